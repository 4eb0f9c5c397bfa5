"""Words made comparable: case, accents, script, punctuation, plural, British and American spelling."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

#: Letters that no decomposition takes apart, and signs that stand for a word.
_LETTERS: Final = str.maketrans(
    {"æ": "e", "œ": "e", "ø": "o", "γ": "gamma", "α": "alpha", "β": "beta"}
    | {"↓": " decreased ", "↑": " increased "}
)
_WORD: Final = re.compile(r"[^\W_]+")
#: British to American, both taken to one form that need be neither: `haem`, `oedema`, `tumour`, `leuco`.
_SPELLING: Final = (
    (re.compile("ae|oe"), "e"),
    (re.compile("our"), "or"),
    (re.compile("leuc"), "leuk"),
    (re.compile("kaliem"), "kalem"),
    (re.compile(r"is(e|ed|es|ing|ation)$"), r"iz\1"),
    (re.compile("(fib|cent|lit)re$"), r"\1er"),
)
_PLURAL: Final = ((re.compile("(sh|ch|x)es$"), r"\1"), (re.compile("(?<=[^suic])s$"), ""))
_DIRECTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("low", "decrease", "reduced", "reduction", "lowered", "diminished", "decr"), "decreased"
    ),
    **dict.fromkeys(("high", "increase", "raized", "elevated", "elevation", "incr"), "increased"),
    **dict.fromkeys(("vermindert", "erniedrigt"), "decreased"),
    **dict.fromkeys(("erhoht", "augmente"), "increased"),
}
_SILENT: Final = frozenset({"of", "the", "in", "nos", "a"})


@lru_cache(maxsize=65536)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, each in the form that all its spellings share.

    >>> words("Haemorrhages, intracranial") == words("hemorrhage INTRACRANIAL")
    True
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(folded for word in _WORD.findall(plain) if (folded := _folded(word)) not in _SILENT)


@lru_cache(maxsize=65536)
def _folded(word: str) -> str:
    for pattern, instead in _SPELLING:
        word = pattern.sub(instead, word)
    if len(word) > 4:
        for pattern, instead in _PLURAL:
            word = pattern.sub(instead, word)
    return _DIRECTIONS.get(word, word)


def key(text: str) -> str:
    """A text without case, blanks, hyphens and spelling habits.

    >>> key("Non-cardiac chest pain") == key("NONCARDIAC  CHEST PAIN")
    True
    """
    return "".join(words(text))


def bag(text: str) -> str:
    """The same in whatever order the words stand: "Haemorrhage intracranial", "Intracranial hemorrhage"."""
    return " ".join(sorted(words(text)))


def nearest(text: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The known names that look most like a text, best first; for a question such as "did you mean?".

    >>> nearest("Thrombocytopenai", ["Thrombocytopenia", "Anemia"])
    ('Thrombocytopenia',)
    """
    by_key = {key(name): name for name in known}
    return tuple(by_key[name] for name in difflib.get_close_matches(key(text), by_key, most, 0.72))


def one_slip(one: str, other: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two neighbours are swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    k = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    if k < 0:
        return True
    if len(one) != len(other):
        short, long = (one, other) if len(one) < len(other) else (other, one)
        return long[k + 1 :] == short[k:]
    if one[k + 1 :] == other[k + 1 :]:
        return True
    return one[k : k + 2] == other[k : k + 2][::-1] and one[k + 2 :] == other[k + 2 :]
