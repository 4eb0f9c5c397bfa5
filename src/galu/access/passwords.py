"""Which passwords are refused: NIST SP 800-63B (rev. 4) 3.1.1.2: length and a list of known ones, no recipes.

The list holds the 40,000 most common passwords of public breaches (`data/README.md` says whose). Few of them
have twelve characters, so what people make of a common one to reach that length is refused too: the same
word with figures and signs about it, or written over and over.
"""

from __future__ import annotations

import gzip
import itertools
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Final

SHORTEST: Final = 12
#: argon2 reads any length; a longer text is a way to keep the server busy [characters].
LONGEST: Final = 256
_FEWEST_SIGNS: Final = 5
_LEET: Final = str.maketrans("013457@$!", "oieastasi")


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Passwords of public breaches, in small letters."""
    packed = files("galu.access").joinpath("data/common-passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode("utf-8").split("\n"))


def password_fault(password: str, about: Iterable[str] = ()) -> str | None:
    """Why a password is refused, as a sentence; None where it may be used.

    Parameters
    ----------
    password
        As typed.
    about
        What others know of the account: login, name, study, site.
    """
    plain = folded(password)
    if len(plain) < SHORTEST:
        return f"the password is shorter than {SHORTEST} characters"
    if len(plain) > LONGEST:
        return f"the password is longer than {LONGEST} characters"
    if any(unicodedata.category(one) == "Cc" for one in password):
        return "the password holds a control character"
    small = plain.casefold()
    if len(set(small)) < _FEWEST_SIGNS:
        return f"the password has fewer than {_FEWEST_SIGNS} different characters"
    if _is_common(small):
        return "the password is, or is made of, one that is known from breaches"
    words = {word for text in about for word in re.split(r"[^\w]+", text.casefold()) if len(word) > 3}
    said = next((word for word in sorted(words) if word in small), None)
    if said is not None:
        return f"the password holds {said!r}, which others know of you or of the study"
    return None


def folded(password: str) -> str:
    """A password as it is kept: two ways to type the same sign are the same (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _is_common(small: str) -> bool:
    known = common_passwords()
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", small)
    forms = {small, bare, small.translate(_LEET), bare.translate(_LEET)}
    forms |= {re.sub(r"[\W_]+", "", one) for one in forms}
    return any(one in known or _unit(one) in known or _is_row(one) for one in forms if len(one) > 2)


def _unit(text: str) -> str:
    """What is written over and over, or the text itself."""
    at = (text + text).find(text, 1)
    return text[:at]


def _is_row(text: str) -> bool:
    """Whether each character follows the one before, as in abcdefghijkl or 987654321."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(text)}
    return len(text) >= SHORTEST and (steps <= {1, -9} or steps <= {-1, 9})
