"""Lesion measurements as rows of a CSV file, refused where they contradict each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast, get_args

from galu.desk.rows import Row
from galu.efficacy.parts import parents_of
from galu.efficacy.recist import Measurement, Role, State, visits_from_baseline
from galu.finding import InputError

_YES: Final = ("Y", "YES", "1", "TRUE")
_NO: Final = ("N", "NO", "0", "FALSE")
#: States of a lesion that has no size.
_SIZELESS: Final = ("absent", "not-evaluable")
#: Names of a visit that is meant as the baseline.
_BASELINE: Final = re.compile(
    r"b|bl|base.*|.*baseline.*|.*screening.*|scr.*|pre.*|(week|w|day|d|cycle)\s*(-\s*\d+|0)"
    r"|(day|d|visit|v)\s*1",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LesionRows:
    """Measurements of one patient by one reader; `note` says when the baseline had to be assumed."""

    measurements: tuple[Measurement, ...]
    note: str


def read_lesions(rows: Sequence[Row], first_dose: date | None) -> LesionRows:
    """Read the rows of one patient and reader.

    Raises
    ------
    InputError
        Naming file, line and column: when a state contradicts the size or the role, a lesion is given
        twice at a visit, is a node here and none there, or has no baseline and is not new.
    """
    nodal = _nodal(rows)
    measurements = tuple(_measurement(row, nodal) for row in rows)
    _once(rows)
    try:
        visits = visits_from_baseline(measurements, first_dose)
    except InputError as error:
        who = f"{rows[0].file}, {rows[0]['USUBJID']} {rows[0]['READER']}".rstrip()
        raise InputError(f"{who}, {error.place}", error.fault, error.remedy) from None
    baseline = visits[0][0].visit
    kept = {items[0].visit for items in visits}
    roles = {item.lesion: item.role for item in visits[0]}
    for row, item in zip(rows, measurements, strict=True):
        if item.visit in kept:
            _check_role(row, item, roles, item.visit == baseline)
    assumed = first_dose is None and not _BASELINE.fullmatch(baseline)
    note = f"baseline assumed at {baseline}, the earliest visit: no first dose is given" if assumed else ""
    return LesionRows(measurements, note)


def _nodal(rows: Sequence[Row]) -> dict[str, bool]:
    """Whether each lesion is a node; a row that does not say so takes what the others say."""
    found: dict[str, bool] = {}
    for row in rows:
        if row["NODAL"]:
            lesion = row["LESION"]
            said = row.one_of("NODAL", (*_YES, *_NO)) in _YES
            if found.setdefault(lesion, said) != said:
                fault = f"`{row['NODAL']}` where an earlier row of {lesion} says otherwise"
                raise InputError(row.place("NODAL"), fault, "say of each lesion once whether it is a node")
    return found


def _once(rows: Sequence[Row]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        line = seen.setdefault((row["VISIT"], row["LESION"]), row.line)
        if line != row.line:
            fault = f"a lesion is given twice: {row['LESION']} at {row['VISIT']} stands in line {line} too"
            raise InputError(row.place("LESION"), fault, "give each lesion once per visit and reader")


def _measurement(row: Row, nodal: dict[str, bool]) -> Measurement:
    state = cast(State, row.one_of("STATE", get_args(State)) if row["STATE"] else "measured")
    role = cast(Role, row.one_of("ROLE", get_args(Role)))
    value = row.number("VALUE_MM")
    if value is not None and value < 0.0:
        raise InputError(row.place("VALUE_MM"), f"`{row['VALUE_MM']}` mm", "give a size of 0 or more")
    if value and state in _SIZELESS:
        fault = f"`{row['VALUE_MM']}` mm of a lesion that is {state}"
        raise InputError(row.place("VALUE_MM"), fault, "leave the size or the state out")
    if role == "target" and state == "progressed":
        fault = "progressed is for non-targets; a target progresses by its size"
        raise InputError(row.place("STATE"), fault, "give its size")
    lesion = row.given("LESION", "name the lesion")
    day, visit = row.day("ADT"), row.given("VISIT", "name the visit")
    return Measurement(lesion, day, visit, value, state, role, nodal.get(lesion, False), row["ORGAN"])


def _check_role(row: Row, item: Measurement, roles: dict[str, Role], at_baseline: bool) -> None:
    """A lesion keeps the role that it has at baseline; one that was not there is new."""
    if at_baseline:
        if item.role == "new":
            remedy = "make it a target or non-target lesion"
            raise InputError(row.place("ROLE"), f"{item.lesion} is new at the baseline visit", remedy)
        return
    before = roles.get(item.lesion)
    if before is None and item.role != "new" and not parents_of(item.lesion, roles):
        fault = f"{item.lesion} is no {item.role} lesion at baseline"
        raise InputError(row.place("ROLE"), fault, "say role new, or give its row at baseline")
    if before is not None and item.role != before:
        fault = f"{item.lesion} is {item.role} here and {before} at baseline"
        raise InputError(row.place("ROLE"), fault, "keep the role of each lesion")
