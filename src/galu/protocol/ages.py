"""Which ages a study admits, as its record and its criteria say."""

from __future__ import annotations

import math
import re
from typing import Final, Protocol

from galu.eligibility.plan import EligibilityPlan
from galu.protocol.sections import Identity
from galu.vocabulary.bodies import ADULTS, Ages

_YEARS: Final = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25}
_CHINESE: Final = {
    "岁": "year",
    "周岁": "year",
    "年": "year",
    "个月": "month",
    "月": "month",
    "周": "week",
    "天": "day",
}
_AGE: Final = re.compile(
    r"(\d+(?:\.\d+)?)\s*(years?|months?|weeks?|days?|周岁|岁|年|个月|月|周|天)?", re.IGNORECASE
)


class Aged(Protocol):
    """What says which ages are admitted."""

    @property
    def identity(self) -> Identity:
        """What the registry says."""

    @property
    def eligibility(self) -> EligibilityPlan | None:
        """Criteria."""


def read_age(text: str | None) -> float | None:
    """Age in years of a registry's words; None where they tell none.

    >>> read_age("18 Years"), read_age("6 Months"), read_age("N/A")
    (18.0, 0.5, None)
    """
    found = _AGE.fullmatch((text or "").strip())
    if found is None:
        return None
    unit = (found.group(2) or "years").lower()
    return float(found.group(1)) * _YEARS[_CHINESE.get(unit, unit.rstrip("s"))]


def stated_ages(study: Aged) -> dict[str, Ages]:
    """Ages by where they are stated: the key of the file, or the criterion's atom."""
    one, found = study.identity, {}
    least = read_age(one.minimum_age.value) if one.minimum_age else None
    most = read_age(one.maximum_age.value) if one.maximum_age else None
    if least is not None or most is not None:
        found["identity.minimum_age"] = _ages(least, most)
    for criterion in study.eligibility.criteria if study.eligibility is not None else ():
        for atom in criterion.atoms:
            if atom.comparison == "age" and criterion.polarity == "inclusion":
                found[atom.id] = _ages(atom.at_least, atom.at_most)
    return found


def _ages(least: float | None, most: float | None) -> Ages:
    """Without a least age adults are meant, unless the greatest is that of children."""
    if least is None:
        least = ADULTS.least if most is None or most >= ADULTS.least else 0.0
    return Ages(least, math.inf if most is None else most)


def ages_of(study: Aged) -> Ages:
    """The ages that a study admits, the widest that it states; adults where it states none."""
    stated = stated_ages(study).values()
    if not stated:
        return ADULTS
    return Ages(min(one.least for one in stated), max(one.most for one in stated))
