"""Calcium corrected for albumin, which is what CTCAE v5.0 grades ("corrected serum calcium").

Corrected = measured + 0.02 mmol/L for each g/L (0.8 mg/dL for each g/dL) that albumin lies below 40 g/L, and
less so much above it. Source: Payne RB, Little AJ, Williams RB, Milner JR. Interpretation of serum calcium in
patients with abnormal serum proteins. BMJ 1973;4:643-646, in the rounded coefficients in use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from galu.safety.inputs import LabInput
from galu.vocabulary.laboratory import in_unit, lab_code, lab_tests
from galu.vocabulary.units import same_unit

#: Terms that are graded by the corrected value, and the test whose value it is.
CORRECTED_TERMS: Final = ("Hypocalcemia", "Hypercalcemia")
CALCIUM: Final = "CA"
ALBUMIN: Final = "ALB"
#: Days between calcium and albumin within which they are read together (assumed; the nearest one is).
MARGIN_DAYS: Final = 3
NORMAL_ALBUMIN_G_PER_L: Final = 40.0
#: Lowest and highest albumin that a patient of a trial may have where it is not known [g/L] (assumed).
PLAUSIBLE_ALBUMIN_G_PER_L: Final = (15.0, 55.0)
NOT_CORRECTED: Final = "not corrected: albumin unknown"
#: Calcium for each g/L of albumin, by unit.
_PER_GRAM: Final = (("mmol/L", 0.02), ("mg/dL", 0.08))


def albumin_g_per_l(value: float | None, unit: str, bound: str = "") -> float | None:
    """Albumin in g/L; None where it is only a bound, of an unknown unit, or none a living person has."""
    if value is None or bound:
        return None
    given = in_unit(ALBUMIN, value, unit, "g/L")
    ((_, least, most),) = lab_tests()[ALBUMIN].possible
    return given if given is not None and least <= given <= most else None


def nearest_albumin(day: date | None, known: Iterable[tuple[date, float]]) -> tuple[float, ...]:
    """Albumin [g/L] of the nearest day within the margin; several where as many are equally near."""
    if day is None:
        return ()
    apart = sorted((abs((on - day).days), grams) for on, grams in known)
    return tuple(grams for days, grams in apart if days <= MARGIN_DAYS and days == apart[0][0])


def corrected_calcium(value: float, unit: str, albumin: tuple[float, ...], side: str) -> float:
    """Calcium in its own unit as it is graded.

    Parameters
    ----------
    albumin
        What is known of albumin [g/L]; of several the one counts that gives the worse grade. Empty: the
        value stays as it is.
    side
        L or H: whether low or high values are graded.

    >>> corrected_calcium(1.9, "mmol/L", (30.0,), "L"), corrected_calcium(10.0, "mg/dL", (30.0,), "H")
    (2.1, 10.8)
    """
    if not albumin:
        return value
    below = NORMAL_ALBUMIN_G_PER_L - (max(albumin) if side == "L" else min(albumin))
    for known, per_gram in _PER_GRAM:
        if same_unit(unit, known):
            return float(f"{value + per_gram * below:.15g}")
    factor = in_unit(CALCIUM, 1.0, unit, "mmol/L")
    return value if factor is None else float(f"{value + 0.02 * below / factor:.15g}")


def with_albumin(labs: tuple[LabInput, ...]) -> tuple[LabInput, ...]:
    """The values of one patient, each calcium with the albumin it is corrected for, where that is known."""
    if not any(lab_code(lab.test) == CALCIUM for lab in labs):
        return labs
    known = [
        (lab.day, grams)
        for lab in labs
        if lab_code(lab.test) == ALBUMIN
        and lab.until is None
        and (grams := albumin_g_per_l(lab.value, lab.unit, lab.bound)) is not None
    ]
    return tuple(
        replace(lab, albumin=nearest_albumin(lab.day, known))
        if lab_code(lab.test) == CALCIUM and lab.until is None and not lab.albumin
        else lab
        for lab in labs
    )


def is_corrected(lab: LabInput, term: str) -> bool:
    """Whether a term is graded by the corrected value of a test."""
    return term in CORRECTED_TERMS and lab_code(lab.test) == CALCIUM


def value_to_grade(lab: LabInput, term: str, side: str) -> float | None:
    """The value that a term grades: of calcium the corrected one."""
    if lab.value is None or not is_corrected(lab, term):
        return lab.value
    return corrected_calcium(lab.value, lab.unit, lab.albumin, side)


def calcium_note(value: float | None, unit: str, albumin: tuple[float, ...], side: str) -> str:
    """How a calcium was read: corrected, for which albumin and to what, or not."""
    if value is None:
        return ""
    if not albumin:
        return NOT_CORRECTED
    grams = max(albumin) if side == "L" else min(albumin)
    return f"{corrected_calcium(value, unit, albumin, side):g} {unit} corrected for albumin {grams:g} g/L"


__all__ = [
    "ALBUMIN",
    "CALCIUM",
    "CORRECTED_TERMS",
    "MARGIN_DAYS",
    "NOT_CORRECTED",
    "PLAUSIBLE_ALBUMIN_G_PER_L",
    "albumin_g_per_l",
    "calcium_note",
    "corrected_calcium",
    "is_corrected",
    "nearest_albumin",
    "value_to_grade",
    "with_albumin",
]
