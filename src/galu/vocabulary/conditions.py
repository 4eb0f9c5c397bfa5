"""Conditions of a medical history: which data item of eligibility a written term speaks of.

A term that is one of the table's is known. One that only names Gilbert's syndrome ("Gilbert excluded") may
be: it is never read as yes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from galu.vocabulary.folding import bag, words

#: What tells of Gilbert's syndrome in any words; other telling words are topics (`galu.vocabulary.topics`).
_GILBERT: Final = re.compile(r"gilbert|meulengracht|吉尔伯特")
#: Manners and sides that do not change what a term says.
_SILENT: Final = frozenset(
    words("known since left right status post sp s p excised resected treated cured removed")
)


class Condition(NamedTuple):
    """What a term speaks of: the item, the value it stands for, and whether it is surely meant."""

    item: str
    means: str
    sure: bool


@cache
def _table() -> Mapping[str, tuple[str, str]]:
    text = (files("galu.vocabulary") / "conditions.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {bag(row["written"]): (row["item"], row["means"]) for row in rows}


@lru_cache(maxsize=4096)
def read_condition(written: str) -> Condition | None:
    """What a term of a medical history surely speaks of; None where it is none of the table's.

    >>> read_condition("Basal-cell carcinoma").means, read_condition("M. Gilbert").item
    ('non-melanoma skin cancer', 'gilbert')
    >>> read_condition("Gilbert excluded").sure, read_condition("father had a stroke")
    (False, None)
    """
    folded = words(written)
    plain = " ".join(sorted(word for word in folded if word not in _SILENT and not word.isdigit()))
    known = _table().get(bag(written)) or _table().get(plain)
    if known is not None:
        return Condition(*known, sure=True)
    text = " ".join(folded)
    return Condition("gilbert", written, sure=False) if _GILBERT.search(text) else None
