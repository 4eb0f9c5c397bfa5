"""Courses of laboratory values in one unit a test, with the CTCAE bands that they pass through.

A test whose grades are printed as numbers is shown in the unit of the table that most results are in, and
other results are converted to it; one graded by multiples of the upper limit is shown as such multiples,
each result over its own limit. What cannot be shown is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

import polars as pl

from galu.safety.ctcae import Cut, LabRule, rules_for
from galu.trial.state import TrialState
from galu.vocabulary.laboratory import in_unit, lab_tests

#: Tests with a figure: code, CTCAE term, direction.
SHOWN: Final = (
    ("HGB", "Anemia", "L"),
    ("PLAT", "Platelet count decreased", "L"),
    ("NEUT", "Neutrophil count decreased", "L"),
    ("WBC", "White blood cell decreased", "L"),
    ("LYM", "Lymphocyte count decreased", "L"),
    ("CREAT", "Creatinine increased", "H"),
    ("ALT", "Alanine aminotransferase increased", "H"),
)
#: Unit of a result over its own upper limit.
MULTIPLES: Final = "× upper limit"
#: From this grade on a subject stands out.
SEVERE: Final = 3


@dataclass(frozen=True, slots=True)
class Point:
    """One result: weeks since the first dose, the value shown, its grade (None: cannot be graded)."""

    week: float
    value: float
    grade: int | None
    day: date
    reported: float
    unit: str
    after_dose: bool
    fact: str


@dataclass(frozen=True, slots=True)
class Line:
    """The results of one subject. `mark` is severe, suspect, pending or empty; `doses` are weeks."""

    subject: str
    level: int | None
    mark: str
    doses: tuple[float, ...]
    points: tuple[Point, ...]

    @property
    def worst(self) -> Point:
        """The result of the highest grade after the first dose, else the last one."""
        graded = [one for one in self.points if one.after_dose and one.grade is not None]
        return max(graded, key=lambda one: one.grade or 0) if graded else self.points[-1]


@dataclass(frozen=True, slots=True)
class Courses:
    """One test: `cuts` are (grade, where it begins), mild first; `omitted` says what is not shown."""

    test: str
    name: str
    term: str
    direction: str
    unit: str
    cuts: tuple[tuple[int, float], ...]
    lines: tuple[Line, ...]
    omitted: tuple[tuple[str, int], ...]


def derive_courses(state: TrialState) -> tuple[Courses, ...]:
    """Courses of every test in `SHOWN` that anybody dosed has a result of."""
    found = (_course(state, *one) for one in SHOWN)
    return tuple(one for one in found if one is not None)


def _course(state: TrialState, test: str, term: str, direction: str) -> Courses | None:
    version = state.study.safety.ctcae_version.value if state.study.safety else "5.0"
    rows = state.safety.grades.filter(
        (pl.col("test").str.to_uppercase() == test) & (pl.col("term") == term)
    ).sort("day", "fact", nulls_last=True)
    starts = {s.id: s.first_dose for s in state.subjects if s.first_dose is not None}
    rows = rows.filter(pl.col("subject").is_in(list(starts)))
    if not rows.height:
        return None
    unit, rule = _shown_unit(rows, version, term, direction)
    omitted: Counter[str] = Counter()
    points: dict[str, list[Point]] = {}
    for row in rows.iter_rows(named=True):
        shown = _shown(row, test, unit)
        if isinstance(shown, str) or row["day"] is None:
            omitted[shown if isinstance(shown, str) else "no day"] += 1
            continue
        week = (row["day"] - starts[row["subject"]]).days / 7.0
        points.setdefault(row["subject"], []).append(
            Point(week, shown, row["grade"], row["day"], row["value"], row["unit"] or "", row["after_dose"],
                  row["fact"])
        )  # fmt: skip
    name = lab_tests()[test].name
    lines = _lines(state, points)
    limits = _limits(rows, test, unit)
    cuts = () if rule is None else _cuts(rule, limits)
    return Courses(test, name, term, direction, unit, cuts, lines, tuple(sorted(omitted.items())))


def _shown_unit(rows: pl.DataFrame, version: str, term: str, direction: str) -> tuple[str, LabRule | None]:
    """The unit of the figure, and the row of the table of cuts for it."""
    counted = Counter(unit for unit in rows["unit"].to_list() if unit)
    for unit, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
        applied = rules_for(version, term, direction, unit)
        if applied.rules:
            rule = next((one for one in applied.rules if one.baseline != "high"), applied.rules[0])
            if "any" in rule.units:
                return MULTIPLES, rule
            same = unit if applied.factor == 1.0 else rule.units[0]
            return same, rule
    return (max(counted, key=lambda one: counted[one]) if counted else ""), None


def _shown(row: dict[str, object], test: str, unit: str) -> float | str:
    """A value in the unit of the figure, or why it is not in it."""
    value, reported, upper = row["value"], row["unit"], row["upper"]
    if not isinstance(value, float):
        return "result that is no number"
    if unit == MULTIPLES:
        return value / upper if isinstance(upper, float) and upper > 0.0 else "no upper limit"
    shown = in_unit(test, value, str(reported or ""), unit)
    return "unit that cannot be converted" if shown is None else shown


def _limits(rows: pl.DataFrame, test: str, unit: str) -> dict[str, float]:
    """Median limit of normal in the unit of the figure, by the name that cuts use."""
    if unit == MULTIPLES:
        return {"ULN": 1.0}
    found: dict[str, float] = {}
    for column, name in (("lower", "LLN"), ("upper", "ULN")):
        pairs = rows.select(column, "unit").drop_nulls().iter_rows()
        values = [in_unit(test, value, reported, unit) for value, reported in pairs]
        known = [value for value in values if value is not None]
        if known:
            found[name] = median(known)
    return found


def _cuts(rule: LabRule, limits: dict[str, float]) -> tuple[tuple[int, float], ...]:
    """Where each grade begins by fixed numbers and limits of normal; cuts on a baseline are no band."""
    found = []
    for grade, cuts in enumerate(rule.cuts, 1):
        values = [value for cut in cuts if (value := _at(cut, limits)) is not None]
        if values:
            found.append((grade, max(values) if rule.direction == "L" else min(values)))
    return tuple(found)


def _at(cut: Cut, limits: dict[str, float]) -> float | None:
    if cut.reference is None:
        return cut.factor
    limit = limits.get(cut.reference)
    return None if limit is None else cut.factor * limit + cut.added


def _lines(state: TrialState, points: dict[str, list[Point]]) -> tuple[Line, ...]:
    slots = {slot.subject: slot for slot in state.board.slots}
    found = []
    for subject in state.subjects:
        own = tuple(points.get(subject.id, ()))
        if not own or subject.first_dose is None:
            continue
        severe = any(one.after_dose and (one.grade or 0) >= SEVERE for one in own)
        slot = slots.get(subject.id)
        waits = "" if slot is None or slot.outcome != "P" else "suspect" if slot.suspect else "pending"
        doses = tuple((dose.day - subject.first_dose).days / 7.0 for dose in subject.therapy)
        found.append(Line(subject.id, subject.level, "severe" if severe else waits, doses, own))
    return tuple(found)
