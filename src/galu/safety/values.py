"""Laboratory values of a patient with their grades: the same value is graded once, many of them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import polars as pl

from galu.safety.calcium import value_to_grade, with_albumin
from galu.safety.ctcae import grade_labs
from galu.safety.inputs import DltPatient, LabInput
from galu.safety.runs import Graded
from galu.vocabulary.laboratory import terms_of_test


class _Measured(NamedTuple):
    """All that the grade of a value for a term depends on."""

    term: str
    direction: str
    unit: str
    value: float | None
    bound: str
    lower: float | None
    upper: float | None
    baseline: float | None
    baseline_flag: str | None


_Pair = tuple[LabInput, str, str]
#: Grades by version and value: the same values are graded for the window, for the watch, day after day.
_KNOWN: Final[dict[str, dict[_Measured, int | None]]] = {}
_MOST_KNOWN: Final = 1_000_000


def _pairs(labs: tuple[LabInput, ...]) -> list[_Pair]:
    """Each value with the terms and sides that its test can decide."""
    return [(lab, term, side) for lab in with_albumin(labs) for term, side in terms_of_test(lab.test)]


def _measured(lab: LabInput, term: str, side: str) -> _Measured:
    value = value_to_grade(lab, term, side)
    return _Measured(
        term, side, lab.unit, value, lab.bound, lab.lower, lab.upper, lab.baseline, lab.baseline_flag
    )


def _grades(measured: list[_Measured], version: str) -> list[int | None]:
    """Grade of each; those that are not known yet are graded together."""
    known = _KNOWN.setdefault(version, {})
    if len(known) > _MOST_KNOWN:
        known.clear()
    fresh = list(dict.fromkeys(one for one in measured if one not in known))
    if fresh:
        columns = [
            pl.Series(name, [one[place] for one in fresh], dtype=kind)
            for place, (name, kind) in enumerate(_COLUMNS)
        ]
        change = 100.0 * (pl.col("AVAL") - pl.col("BASE")) / pl.col("BASE")
        table = pl.DataFrame(columns).with_columns(pl.when(pl.col("BASE") != 0.0).then(change).alias("PCHG"))
        known.update(zip(fresh, grade_labs(table, version), strict=True))
    return [known[one] for one in measured]


_COLUMNS: Final = (
    ("TERM", pl.String), ("DIRECTION", pl.String), ("AVALU", pl.String), ("AVAL", pl.Float64),
    ("BOUND", pl.String), ("ANRLO", pl.Float64), ("ANRHI", pl.Float64), ("BASE", pl.Float64),
    ("BNRIND", pl.String),
)  # fmt: skip


def grade_together(patients: Iterable[DltPatient], version: str) -> None:
    """Grade the values of many patients in one go: whoever asks for one of them finds it known."""
    pairs = (pair for patient in patients for pair in _pairs(patient.labs))
    _grades([_measured(*pair) for pair in pairs], version)


@lru_cache(maxsize=4096)
def grade_patient_labs(labs: tuple[LabInput, ...], version: str) -> Mapping[str, tuple[Graded, ...]]:
    """Grade each value for each term its test can decide; by term, ordered by day.

    Calcium is graded corrected for the albumin of the same patient, where that is known.
    """
    pairs = _pairs(labs)
    grades = _grades([_measured(*pair) for pair in pairs], version)
    by_term: dict[str, list[Graded]] = defaultdict(list)
    for (lab, term, _), grade in zip(pairs, grades, strict=True):
        by_term[term].append((lab, grade))
    return {term: tuple(sorted(found, key=lambda r: (r[0].day, r[0].ref))) for term, found in by_term.items()}
