"""Words that deny, doubt, or tell of somebody else: what follows them is neither a yes nor a no."""

from __future__ import annotations

import re
from typing import Final

from galu.vocabulary.folding import words

_SAID: Final = frozenset(
    words(
        "no not without never none denies denied deny negative excluded exclusion excludes absent "
        "absence suspected suspicion possible possibly probable questionable query unlikely "
        "unclear rule ruled planned family father mother brother sister uncle aunt son daughter "
        "grandfather grandmother parent relative maternal paternal kein keine ohne ausgeschlossen "
        "verdacht pas sans exclu prophylaxis prophylactic risk screening vaccination refused "
        "declined"
    )
)
_CHINESE: Final = re.compile(r"无|否认|排除|没有|未见|未|疑似|可疑|待排|家族|父亲|母亲|兄|姐|预防")


def negates(text: str) -> bool:
    """Whether the words of a text deny or doubt what it names, or tell of somebody else.

    >>> [negates(text) for text in ("no history of MI", "Stroke excluded", "否认心梗", "stroke?", "MI")]
    [True, True, True, True, False]
    """
    return "?" in text or bool(set(words(text)) & _SAID) or _CHINESE.search(text) is not None
