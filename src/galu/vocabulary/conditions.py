"""Conditions of a medical history: which data item of eligibility a written term speaks of.

A term that is one of the table's is known; a term that only holds a telling word ("suspected stroke", "family
history of melanoma", "lymphoma") may be: it is never read as no.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from galu.vocabulary.folding import bag, words

#: Words that tell of an item without saying what it was; folded as the words of a text are.
_TELLING: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("gilbert", re.compile(r"gilbert|meulengracht")),
    (
        "event.stroke",
        re.compile(r"\bstroke|cerebrovasc|apople|\bcva\b|schlaganfall|hirninfarkt|brain infarct"),
    ),
    (
        "event.stroke",
        re.compile(r"cerebral (infarct|hemorr|bleed)|intracerebral|\btia\b|ischemic attack|卒中|脑梗"),
    ),
    ("event.transplant", re.compile(r"transplant|\bgraft\b|keratoplast|\bhsct\b|移植")),
    (
        "event.other_malignancy",
        re.compile(
            r"carcinom|karzinom|cancer|krebs|malignan|lymphom|leukemi|melanom|sarcom|myelom|blastom"
            r"|\bbcc\b|\bscc\b|\bnmsc\b|基底细胞|癌|恶性|瘤"
        ),
    ),
    ("event.thromboembolic", re.compile(r"thrombos|embol|\bdvt\b|\bpe\b|\bvte\b|血栓|栓塞")),
    (
        "event.peptic_ulcer_or_bleeding",
        re.compile(r"(peptic|gastric|duodenal|stomach) ulcer|hemophil|willebrand"),
    ),
    (
        "event.cns_active",
        re.compile(r"(brain|cerebral|cns|leptomening\w*|mening\w*) (metasta|involvement|lesion)"),
    ),
)
#: The disease of the trial, and what is named like a cancer or graft and is none.
_NOT_MEANT: Final = re.compile(
    r"prostat|前列腺|benign|skin graft|bypass graft|autograft|bone graft|antiembol|thrombosis prophyl"
)
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
    """What a term of a medical history speaks of; None where it holds no telling word.

    >>> read_condition("Basal-cell carcinoma").means, read_condition("M. Gilbert").item
    ('non-melanoma skin cancer', 'gilbert')
    >>> read_condition("father had a stroke").sure, read_condition("Hypertension")
    (False, None)
    """
    folded = words(written)
    plain = " ".join(sorted(word for word in folded if word not in _SILENT and not word.isdigit()))
    known = _table().get(bag(written)) or _table().get(plain)
    if known is not None:
        return Condition(*known, sure=True)
    text = " ".join(folded)
    if _NOT_MEANT.search(text):
        return None
    item = next((item for item, pattern in _TELLING if pattern.search(text)), None)
    return None if item is None else Condition(item, written, sure=False)
