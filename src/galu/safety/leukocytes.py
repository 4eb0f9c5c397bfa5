"""Neutrophils are leukocytes: of the same sample there are never more of them.

So a low count of leukocytes is a count of neutrophils that is at least as low, where none was made or where
it says more than there can be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from galu.safety.inputs import LabInput
from galu.vocabulary.laboratory import in_unit, lab_code, terms_of_test

LEUKOCYTES: Final = "WBC"
NEUTROPENIA: Final = "Neutrophil count decreased"
_UNIT: Final = "10^9/L"
#: CTCAE v5.0: below 1.0 neutrophils are of grade 3 or more.
_SEVERE_BELOW: Final = 1.0
#: A count of neutrophils so much above that of the leukocytes is no matter of rounding (assumed).
_ROUNDING: Final = 1.05


def implied_neutrophils(labs: Iterable[LabInput]) -> tuple[LabInput, ...]:
    """Counts of neutrophils, each below one of leukocytes so low that it would be severe.

    Of days whose own count of neutrophils, if there is one, is none that can be. Only leukocytes in a unit
    that can be read, or in none, are looked at.
    """
    counts: dict[date, list[float]] = {}
    low: list[tuple[LabInput, float]] = []
    for lab in labs:
        if lab.value is None or lab.until is not None:
            continue
        if any(term == NEUTROPENIA for term, _ in terms_of_test(lab.test)):
            number = in_unit(lab_code(lab.test) or "", lab.value, lab.unit, _UNIT)
            counts.setdefault(lab.day, []).extend(() if number is None else (number,))
        elif lab_code(lab.test) == LEUKOCYTES:
            number = in_unit(LEUKOCYTES, lab.value, lab.unit or _UNIT, _UNIT)
            if number is not None and number < _SEVERE_BELOW:
                low.append((lab, number))
    return tuple(
        replace(
            lab, test="NEUT", value=number, unit=_UNIT, bound="<", lower=None, upper=None, baseline=None,
            baseline_flag=None,
        )
        for lab, number in low
        if not any(own <= _ROUNDING * number for own in counts.get(lab.day, ()))
    )  # fmt: skip
