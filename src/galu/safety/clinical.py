"""Terms that a value decides in part: a grade, or the range that is left to a clinician (CTCAE v5.0).

A grade that rests on symptoms, interventions or consequences is never guessed: the range says how far it
may go, and `needs` what would settle it. Grade 5 (death) is never read from a value.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from galu.finding import InputError, Truth
from galu.safety.ctcae import Cut, compare_significant, parse_cut

#: Published versions that ship; another version is another table.
VALUE_TABLES: Final = {"5.0": "ctcae_v5_values.csv"}
CLINICAL: Final = "clinical"


@dataclass(frozen=True, slots=True)
class GradeRange:
    """The grades that the values leave open, both ends included, and what would settle them."""

    least: int
    most: int
    needs: tuple[str, ...] = ()

    @property
    def grade(self) -> int | None:
        """The grade, where the values decide it alone."""
        return self.least if self.least == self.most else None


@dataclass(frozen=True, slots=True)
class Measures:
    """Values by name of the measure, in the unit of the table; None or absent is unknown.

    `lower` and `upper` hold limits of normal, for the measures whose cut refers to one.
    """

    values: Mapping[str, float | None]
    lower: Mapping[str, float] = field(default_factory=dict)
    upper: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One row of the table: `grade` holds when the measure meets the cut (None: a clinician says)."""

    term: str
    measure: str
    unit: str
    cut: Cut | None
    grade: int
    overrides: str


@cache
def value_rules(version: str = "5.0") -> tuple[ValueRule, ...]:
    """Read the table of cuts that are no laboratory grades.

    Raises
    ------
    InputError
        When that version does not ship.
    """
    if version not in VALUE_TABLES:
        raise InputError("CTCAE version", f"{version!r} is not shipped", f"use one of {sorted(VALUE_TABLES)}")
    text = (files("galu.safety") / VALUE_TABLES[version]).read_text(encoding="utf-8")
    return tuple(
        ValueRule(
            row["term"],
            row["measure"],
            row["unit"],
            parse_cut(row["cut"]) if row["cut"] else None,
            int(row["grade"]),
            row["overrides"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def grade_range(term: str, measures: Measures, version: str = "5.0") -> GradeRange:
    """Grade a term from values, as far as they go.

    The worst measure decides. One that is unknown leaves every grade open that it could give, unless a
    measure that takes precedence (24-hour urine over dipstick) is known.

    Raises
    ------
    InputError
        When no value of that term decides a grade, or the version does not ship.
    """
    rules = [rule for rule in value_rules(version) if rule.term == term]
    if not rules:
        known = ", ".join(sorted({rule.term for rule in value_rules(version)}))
        raise InputError("CTCAE term", f"no value decides a grade of {term!r}", f"use one of {known}")
    settled = {r.overrides for r in rules if r.overrides and measures.values.get(r.measure) is not None}
    least = most = 0
    needs: dict[int, list[str]] = {}
    for measure in dict.fromkeys(rule.measure for rule in rules):
        if measure in settled:
            continue
        for rule in (rule for rule in rules if rule.measure == measure):
            met = _meets(rule, measures)
            if met is Truth.TRUE:
                least = max(least, rule.grade)
            elif met is Truth.UNKNOWN:
                needs.setdefault(rule.grade, []).append(_lacking(rule, measures))
    most = max([least, *needs])
    open_ = tuple(dict.fromkeys(need for grade, found in needs.items() if grade > least for need in found))
    return GradeRange(least, most, open_)


def _meets(rule: ValueRule, measures: Measures) -> Truth:
    value = measures.values.get(rule.measure)
    if rule.cut is None or value is None:
        return Truth.UNKNOWN
    bound = rule.cut.factor
    if rule.cut.reference is not None:
        limits = measures.lower if rule.cut.reference == "LLN" else measures.upper
        if rule.measure not in limits:
            return Truth.UNKNOWN
        bound *= limits[rule.measure]
    return Truth.of(bool(compare_significant(rule.cut.sign, np.array([value]), bound)[0]))


def _lacking(rule: ValueRule, measures: Measures) -> str:
    if rule.cut is None:
        return f"a clinician: {rule.unit}"
    if measures.values.get(rule.measure) is None:
        return rule.measure
    return f"limit of normal of {rule.measure}"


def febrile_neutropenia(
    anc_10e9_per_l: float | None, temperature_c: float | None, sustained_over_1_h: bool | None
) -> Truth:
    """ANC <1.0 ×10⁹/L with one temperature >38.3 °C, or ≥38.0 °C for over an hour; then grade 3 or more."""
    low = Truth.of(None if anc_10e9_per_l is None else anc_10e9_per_l < 1.0)
    single = Truth.of(None if temperature_c is None else temperature_c > 38.3)
    raised = Truth.of(None if temperature_c is None else temperature_c >= 38.0)
    return low & (single | (raised & Truth.of(sustained_over_1_h)))


def febrile_neutropenia_range(met: Truth) -> GradeRange:
    """Grade 3 when met, unless life-threatening (grade 4): that needs a clinician."""
    if met is Truth.FALSE:
        return GradeRange(0, 0)
    needs = ("a clinician: life-threatening consequences",)
    if met is Truth.TRUE:
        return GradeRange(3, 4, needs)
    return GradeRange(0, 4, ("neutrophil count, temperature and how long it lasted", *needs))
