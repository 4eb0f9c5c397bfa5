"""Measured values that may be a severe toxicity although no laboratory grade says so: they are asked for.

Filtration, QT interval, ejection fraction, saturation, temperature, weight, blood pressure; glucose,
phosphate and troponin, which CTCAE v5.0 grades by what was done. Whether it was a toxicity of the grade, an
investigator says.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Final

from galu.safety.inputs import DltPatient, LabInput
from galu.safety.plan import DltRule
from galu.safety.sign import Sign
from galu.safety.told import is_told, may_begin_inside
from galu.vocabulary.laboratory import in_unit, lab_code, lab_tests

_TABLE: Final = "asked_from_v5.csv"
_FAHRENHEIT_FROM: Final = 60.0


@dataclass(frozen=True, slots=True)
class AskedFrom:
    """From which value of a test, or which change from baseline, an investigator is asked.

    An event of one of the `terms`, of grade `told_from` at least, answers for the value.
    """

    code: str
    change: str
    sign: str
    cut: float
    unit: str
    terms: tuple[str, ...]
    told_from: int
    source: str

    def holds(self, value: float) -> bool:
        """Whether a value, or its change, is beyond the cut."""
        if self.sign == "<":
            return value < self.cut
        return value > self.cut if self.sign == ">" else value >= self.cut

    def opens(self, bound: str) -> bool:
        """Whether a result beyond a limit may lie beyond the cut."""
        return bound == ("<" if self.sign == "<" else ">")


def celsius(value: float, unit: str) -> float:
    """A body temperature [°C]; no living person has one above 60 °C: it is in °F, whatever is written."""
    return (value - 32.0) / 1.8 if "F" in unit.upper() or value > _FAHRENHEIT_FROM else value


@cache
def asked_from() -> Mapping[str, tuple[AskedFrom, ...]]:
    """The table, by code of the test."""
    text = (files("galu.safety") / _TABLE).read_text(encoding="utf-8")
    found: dict[str, tuple[AskedFrom, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        one = AskedFrom(
            row["code"], row["change"], row["sign"], float(row["cut"]), row["unit"],
            tuple(row["terms"].split(";")), int(row["told_from"]), row["source"],
        )  # fmt: skip
        found[one.code] = (*found.get(one.code, ()), one)
    return found


def ask_of_measured(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> list[Sign]:
    """Values of a window, or that may have been there in it, that an investigator must judge."""
    by_code: dict[str, list[LabInput]] = {}
    for lab in patient.labs:
        code = lab_code(lab.test)
        if code in asked_from() and lab.day <= as_of:
            by_code.setdefault(code or "", []).append(lab)
    return [
        sign
        for code, labs in by_code.items()
        for one in asked_from()[code]
        for sign in _asked(rule, one, sorted(labs, key=lambda lab: (lab.day, lab.ref)), (patient, window))
    ]


def _asked(
    rule: DltRule, one: AskedFrom, labs: Iterable[LabInput], look: tuple[DltPatient, tuple[date, date]]
) -> Iterable[Sign]:
    patient, window = look
    before: date | None = None
    for _, rows in groupby(labs, lambda lab: lab.day):
        own = list(rows)
        beyond = [lab for lab in own if _may_reach(one, lab)]
        if not beyond:
            before = max(lab.last_day for lab in own)
        for lab in beyond:
            days = lab.day, lab.last_day
            inside = lab.last_day >= window[0] and may_begin_inside(before, lab.day, window)
            told = any(is_told(patient.events, term, days, one.told_from) for term in one.terms)
            if inside and not told:
                said = f"{rule.clause}: {lab.words} of {lab.day} may be {one.terms[0]} of grade 3 or more"
                yield Sign(
                    None, lab.day, rule.id, f"{said}: an investigator must judge it", (lab.ref,), days,
                    asks=True,
                )  # fmt: skip


def _may_reach(one: AskedFrom, lab: LabInput) -> bool:
    """Whether a value, in whatever unit it may be, is beyond the cut and was not so before treatment."""
    if lab.value is None:
        return one.change == "value"  # one question for a result that nobody can read
    return any(_reaches(one, lab, unit) for unit in _units(one, lab))


def _reaches(one: AskedFrom, lab: LabInput, unit: str) -> bool:
    value, base = _in(one, lab.value, unit), _in(one, lab.baseline, unit)
    if value is None:
        return one.change == "value"
    if one.change == "value":
        beyond = one.holds(value) or one.opens(lab.bound)
        return beyond and not (base is not None and one.holds(base))
    if base is None or base <= 0.0:
        return False  # a change from what is not known is asked for by no value
    rise = value - base if one.change == "rise" else 100.0 * abs(value - base) / base
    upward = one.change != "fall percent"
    return (value > base) == upward and one.holds(rise)


def _units(one: AskedFrom, lab: LabInput) -> tuple[str, ...]:
    """The unit of a value; where none is written, every one in which such a value is possible."""
    if lab.unit:
        return (lab.unit,)
    test = lab_tests()[one.code]
    least, most = next(((low, high) for _, low, high in test.possible), (0.0, float("inf")))
    fits = [
        unit for unit in test.usual if (v := _in(one, lab.value, unit)) is not None and least <= v <= most
    ]
    return tuple(fits) or ("",)


def _in(one: AskedFrom, value: float | None, unit: str) -> float | None:
    """A value in the unit of the cut; None where it cannot be read in it."""
    if value is None:
        return None
    if one.code == "TEMP":
        return celsius(value, unit)
    found = in_unit(one.code, value, unit, one.unit)
    # Filtration is reported per body surface or not: the number is the same to the rule.
    same = found is None and unit in lab_tests()[one.code].usual and one.code == "GFR"
    return value if same else found
