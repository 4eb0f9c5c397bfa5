"""Identifiers that a person can read, type again and tell apart.

Two identifiers that look alike on paper are a patient in two halves, so what cannot be seen is refused
(Unicode Standard Annex 31 and Technical Report 36: default-ignorable, bidirectional and control
characters), and `looks` gives the key by which two that differ only in case, width, dashes, blanks or
script are found.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator

#: Characters that show nothing although Unicode counts them as letters, marks or symbols.
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    chr(point) for point in (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))
)
#: Cyrillic and Greek letters that print as a Latin one (Unicode Technical Standard 39, confusables).
_LATIN: Final = str.maketrans(
    {
        **dict(zip("авекмнорстухіјѕԛԝ", "abekmhopctyxijsqw", strict=True)),
        **dict(zip("αβεζηικμνορτυχ", "abezhikmnoptyx", strict=True)),
    }
)


def plain_identifier(text: str) -> str:
    """The identifier itself.

    Raises
    ------
    ValueError
        When it holds a character that nobody sees.
    """
    if text.isascii() and text.isprintable():
        return text
    for place, one in enumerate(text, 1):
        if not one.isprintable() or one in _UNSEEN:
            name = unicodedata.name(one, f"control character {ord(one)}").lower()
            raise ValueError(
                f"{text!r} holds a character that cannot be seen (U+{ord(one):04X}, {name}, at {place}): "
                "type the identifier anew"
            )
    return text


@lru_cache(maxsize=10_000)
def looks(text: str) -> str:
    """What an identifier looks like to a hurried reader: equal keys are to be told apart by a person.

    >>> looks("x01") == looks("X01") == looks("Ｘ01") == looks("X 01")
    True
    >>> looks("X01") == looks("X1")
    False
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LATIN)
    return "".join("-" if unicodedata.category(one) == "Pd" else one for one in plain if not one.isspace())


#: Text that names a subject, a fact or a lesion.
Identifier = Annotated[str, AfterValidator(plain_identifier)]
