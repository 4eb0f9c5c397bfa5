"""Names of persons: whether what stands where a name is asked for names anybody."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What is written where nobody is named, in any case.
_NOBODY: Final = _words(
    "na nd nk nn unk tbd tba tbc pending missing blank empty test dummy xx xxx xxxx ditto same see above "
    "not no name named known stated recorded given available applicable specified determined done yet"
)
#: Words that say so whatever stands beside them.
_SURELY_NOBODY: Final = _words(
    "none nobody noone null nil nan unknown unnamed anonymous anon somebody someone anybody whoever "
    "me myself self system galu auto automatic automatically computer software user admin administrator edc "
    "script robot bot import imported default "
    "unbekannt niemand keiner inconnu inconnue personne aucun desconocido nadie ninguno sconosciuto"
)
_NOBODY_IN_CHINESE: Final = frozenset(("无", "未知", "不详", "不明", "未填", "待定", "无名", "匿名"))
#: Titles name nobody by themselves.
_TITLES: Final = _words("dr prof professor doctor doc mr mrs ms md phd med herr frau pd")
_WORD: Final = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=4096)
def is_named(written: str | None) -> bool:
    """Whether a text names a person or an office: not a placeholder, a title alone, a sign or a number.

    >>> [is_named(text) for text in ("Dr Wu", "Investigator of site 03", "李医生", "Dr N. N.")]
    [True, True, True, False]
    >>> [is_named(text) for text in ("?", "n/a", "unknown", "-", "Dr.", "not known", "007", " ")]
    [False, False, False, False, False, False, False, False]
    """
    plain = (written or "").strip()
    if "".join(plain.split()) in _NOBODY_IN_CHINESE:
        return False
    # Initials are one word: `n.a.`, `N. N.`, `n/a`.
    said = _WORD.findall(re.sub(r"(?<=\b\w)[./]\s*(?=\w\b)", "", plain).casefold())
    if any(word in _SURELY_NOBODY for word in said):
        return False
    titled = any(word in _TITLES for word in said)
    left = [word for word in said if word not in _TITLES and word not in _NOBODY]
    # One letter of an alphabet is a name after a title only; one sign of another script may be one.
    return any(len(word) > 1 or titled or not word.isascii() for word in left)


def named(written: str | None) -> str:
    """The name that a text gives; empty where it names nobody."""
    return (written or "").strip() if is_named(written) else ""
