"""The worst that a laboratory value may be, whatever of its limits, baseline or albumin is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from galu.safety.calcium import PLAUSIBLE_ALBUMIN_G_PER_L, is_corrected
from galu.safety.ctcae import lab_rules
from galu.safety.inputs import LabInput
from galu.safety.values import grade_patient_labs
from galu.vocabulary.laboratory import in_unit, lab_code, terms_of_test

#: Smallest upper limits in use, by test: where a laboratory gave none, a value is judged by these, so that
#: only one that no limit could make severe passes. Assumed; adult, either sex.
SMALLEST_UPPER: Final = {
    "ALT": (19.0, "U/L"), "AST": (20.0, "U/L"), "ALP": (80.0, "U/L"), "GGT": (20.0, "U/L"),
    "BILI": (12.0, "umol/L"), "CREAT": (60.0, "umol/L"), "LIPASE": (38.0, "U/L"), "AMYLASE": (53.0, "U/L"),
    "CK": (145.0, "U/L"), "URATE": (340.0, "umol/L"),
}  # fmt: skip
#: No laboratory's upper limit is so many times the smallest in use (assumed).
NO_LIMIT: Final = 10.0
#: A value of unknown baseline may have risen by this factor (assumed).
UNKNOWN_RISE: Final = 10.0


def worst_grade(lab: LabInput, term: str, sought: tuple[str, int]) -> int:
    """The highest grade that a value can have whatever its missing limits, baseline, albumin are; 5: unknown.

    `sought` is the version and the lowest grade that matters.
    """
    version = sought[0]
    if lab.value is None:
        return 5
    side = dict(terms_of_test(lab.test)).get(term)
    if side == "H" and lab.upper is not None and lab.value <= lab.upper:
        return 0  # within the laboratory's own limits
    smallest = smallest_upper(lab)
    upper = lab.upper if lab.upper is not None else smallest
    lower = lab.lower
    if upper is None and not has_multiples(term, "ULN", sought):
        upper = 0.0  # an absolute cut: without a limit the value counts as above it
    if lower is None and not has_multiples(term, "LLN", sought):
        lower = 2.0 * lab.value
    base = lab.baseline if lab.baseline is not None else smallest or lab.value / UNKNOWN_RISE
    albumin = lab.albumin or (PLAUSIBLE_ALBUMIN_G_PER_L if is_corrected(lab, term) else ())
    filled = replace(
        lab, lower=lower, upper=upper, baseline=base, baseline_flag="NORMAL", until=None, albumin=albumin
    )
    found = dict(grade_patient_labs((filled,), version)).get(term, ())
    grade = found[0][1] if found else None
    return 5 if grade is None else grade


def smallest_upper(lab: LabInput) -> float | None:
    """The smallest upper limit in use, in the unit of the value."""
    return _smallest(lab.test, lab.unit)


def _smallest(test: str, unit: str) -> float | None:
    code = lab_code(test) or ""
    known = SMALLEST_UPPER.get(code)
    return None if known is None else in_unit(code, known[0], known[1], unit)


def is_no_limit(test: str, unit: str, upper: float | None) -> bool:
    """Whether an upper limit is so far above the smallest in use that it is none: a slip of the pen."""
    smallest = None if upper is None else _smallest(test, unit)
    return smallest is not None and upper is not None and upper > NO_LIMIT * smallest


def has_multiples(term: str, limit: str, sought: tuple[str, int]) -> bool:
    """Whether a grade that matters is a multiple of a limit of the laboratory."""
    version, least = sought
    rows = (row for row in lab_rules(version) if row.term == term)
    return any(cut.reference == limit for row in rows for cuts in row.cuts[least - 1 :] for cut in cuts)
