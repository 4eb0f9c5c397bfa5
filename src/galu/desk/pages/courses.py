"""Courses of a subject's laboratory values with the grades of CTCAE as bands, and of PSA."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from galu.record.people import Lab
from galu.safety.ctcae import Cut, rules_for
from galu.trial.adverse import CTCAE_VERSION
from galu.trial.state import TrialState
from galu.trial.subjects import Subject
from galu.vocabulary.laboratory import lab_code

#: What is shown first, in this order; further tests follow by their name.
FIRST: Final = ("PLAT", "NEUT", "HGB", "PSA", "CREAT", "ALT", "AST", "BILI")
_NAMES: Final = {
    "PLAT": "Platelets", "NEUT": "Neutrophils", "HGB": "Haemoglobin", "PSA": "PSA", "CREAT": "Creatinine",
    "ALT": "ALT", "AST": "AST", "BILI": "Bilirubin",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Band:
    """Values of one grade, from `low` to `high`; None is without end."""

    grade: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One value with its day, grade and fact."""

    day: date
    value: float
    grade: int | None
    fact: str


@dataclass(frozen=True, slots=True)
class Course:
    """One test in one unit over time, with the days of the doses."""

    test: str
    name: str
    unit: str
    points: tuple[Point, ...]
    bands: tuple[Band, ...]
    doses: tuple[tuple[date, str], ...]
    note: str = ""

    @property
    def last(self) -> Point:
        """The newest value."""
        return self.points[-1]


def courses_of(state: TrialState, person: Subject) -> Iterator[Course]:
    """Every course of at least two values, those of the first interest first."""
    doses = tuple((one.day, f"C{one.cycle}") for one in person.therapy if one.starts_cycle)
    graded = state.safety.grades.filter(pl.col("subject") == person.id)
    found: dict[tuple[str, str], list[Point]] = {}
    for row in state.record.rows_by_subject(Lab).get(person.id, ()):
        code = lab_code(row.fact.test) or row.fact.test
        if row.fact.value is not None and row.day is not None:
            point = Point(row.day, row.fact.value, None, row.id)
            found.setdefault((code, row.fact.unit or ""), []).append(point)
    grades = {row["fact"]: row for row in graded.sort("grade", nulls_last=False).iter_rows(named=True)}
    order = {name: place for place, name in enumerate(FIRST)}
    for (code, unit), points in sorted(found.items(), key=lambda one: (order.get(one[0][0], 99), one[0])):
        if len(points) > 1 and code in order:
            told = [Point(p.day, p.value, _grade(grades.get(p.fact)), p.fact) for p in points]
            newest = grades.get(points[-1].fact)
            yield Course(
                code, _NAMES.get(code, code), unit, tuple(sorted(told, key=lambda one: one.day)),
                _bands(state, newest, unit), doses, _psa_note(state, person) if code == "PSA" else "",
            )  # fmt: skip


def _grade(row: dict[str, Any] | None) -> int | None:
    return None if row is None else row["grade"]


def _bands(state: TrialState, row: dict[str, Any] | None, unit: str) -> tuple[Band, ...]:
    """Bands of the grades of the newest value's table, in its unit; none where they hang on more."""
    if row is None:
        return ()
    safety = state.study.safety
    version = safety.ctcae_version.value if safety else CTCAE_VERSION
    applied = rules_for(version, row["term"], row["direction"], unit)
    if not applied.rules or applied.factor != 1.0:
        return ()
    limits = {"LLN": row["lower"], "ULN": row["upper"], None: 1.0}
    ends = [_end(cuts, limits) for cuts in applied.rules[0].cuts]
    low = row["direction"].upper().startswith("L")
    bands = []
    for grade, end in enumerate(ends, 1):
        nearer = end
        farther = next((one for one in ends[grade:] if one is not None), None)
        if nearer is not None:
            bands.append(Band(grade, farther if low else nearer, nearer if low else farther))
    return tuple(bands)


def _end(cuts: tuple[Cut, ...], limits: dict[str | None, float | None]) -> float | None:
    """Where a grade begins; None where it hangs on a baseline, or on a limit that is not known."""
    for cut in cuts:
        limit = limits.get(cut.reference)
        if limit is not None:
            return cut.factor * limit + cut.added
    return None


def _psa_note(state: TrialState, person: Subject) -> str:
    """What the rules say of the PSA."""
    found = next((one for one in state.efficacy.subjects if one.subject == person.id), None)
    if found is None:
        return ""
    told = found.psa
    best = "" if told.best_change_percent is None else f"best change {told.best_change_percent:+.0f} %"
    progressed = "" if told.progression_on is None else f"progression {told.progression_on}"
    return "; ".join(one for one in (best, progressed) if one)
