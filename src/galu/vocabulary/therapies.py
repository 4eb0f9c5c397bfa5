"""Treatments: the closed list of therapy classes, and what supports the blood, wherever a site writes it."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from galu.vocabulary.folding import key, nearest, one_slip, words

#: A word of so many letters is recognised with one of them wrong.
_LONG: Final = 8
#: Words of medicines that act on platelets and are none.
_NO_SUPPORT: Final = frozenset(words("inhibitor aggregation antiplatelet anti antibody count"))


@cache
def _rows(kind: str) -> Mapping[str, str]:
    """What is written, and what it means."""
    text = (files("galu.vocabulary") / "therapies.csv").read_text(encoding="utf-8")
    return {row["written"]: row["means"] for row in csv.DictReader(text.splitlines()) if row["kind"] == kind}


@cache
def therapy_classes() -> tuple[str, ...]:
    """The classes of therapy that eligibility tells apart; ``other`` is none of them."""
    return tuple(dict.fromkeys(_rows("class").values()))


@lru_cache(maxsize=4096)
def therapy_class(written: str) -> str | None:
    """The class that a word means; None where it is not known.

    >>> therapy_class("ARPI"), therapy_class("androgen-deprivation therapy"), therapy_class("nah")
    ('nha', 'adt', None)
    """
    known = {key(text): means for text, means in _rows("class").items()}
    known |= {key(name): name for name in therapy_classes()}
    return known.get(key(written))


def nearest_classes(written: str) -> tuple[str, ...]:
    """Classes whose names look most like what was written; all of them where none does."""
    near = nearest(written, _rows("class"))
    meant = dict.fromkeys(means for name in near if (means := therapy_class(name)) is not None)
    return tuple(meant) or therapy_classes()


def _is_slip_of(word: str, said: Collection[str]) -> bool:
    """Whether one of the words is a long word with one letter wrong, or its letters in another order."""
    return len(word) >= _LONG and any(
        one_slip(word, other) or (word[0] == other[0] and sorted(word) == sorted(other)) for other in said
    )


@lru_cache(maxsize=4096)
def support_given(written: str) -> str | None:
    """What supports the blood, of a medicine or procedure as sites name it; None where nothing does.

    ``platelets``, ``red cells``, ``plasma``, ``g-csf``, ``esa``, ``tpo``, or ``unknown``: a transfusion of
    what is not said. The longest name that the text holds decides.

    >>> support_given("Pegfilgrastim 6 mg s.c."), support_given("filgastrim"), support_given("aspirin")
    ('g-csf', 'g-csf', None)
    """
    said, folded = set(words(written)), key(written)
    if said & _NO_SUPPORT and not any(word.startswith("transfus") for word in said):
        return None
    best: tuple[int, str] | None = None
    for name, means in _rows("product").items():
        own = words(name)
        held = all(word in said or _is_slip_of(word, said) for word in own)
        held = held or (not name.isascii() and key(name) in folded)
        size = len(key(name)) + (0 if means == "unknown" else 100)
        if held and (best is None or size > best[0]):
            best = size, means
    return None if best is None else best[1]
