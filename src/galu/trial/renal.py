"""Kidney function over the cycles, as the dose rule reads it: creatinine and Cockcroft–Gault clearance.

Eligibility judges MDRD; label rules of dose quote Cockcroft–Gault. The two are never mixed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from galu.protocol import Study
from galu.record import Record, Row
from galu.record.people import Demographics, Lab, Vital
from galu.record.when import day_of
from galu.safety.modification import RenalCourse, cockcroft_gault_ml_min, propose_dose
from galu.safety.plan import SafetyPlan
from galu.trial.bodies import measured
from galu.trial.exposure import was_lowered
from galu.trial.subjects import Subject
from galu.vocabulary.bodies import ADULT_YEARS
from galu.vocabulary.laboratory import in_unit
from galu.vocabulary.results import read_result


@dataclass(frozen=True, slots=True)
class _Creatinine:
    day: date
    umol_l: float
    clearance_ml_min: float | None
    fact: str


def derive_renal(study: Study, record: Record, subjects: Iterable[Subject]) -> dict[str, RenalCourse]:
    """Course of each treated subject since the last dose; unknown where no creatinine can be read."""
    plan = study.safety
    if plan is None or plan.renal_modification is None:
        return {}
    values = _creatinine(record)
    return {
        subject.id: _course(subject, values.get(subject.id, ()), plan)
        for subject in subjects
        if subject.therapy
    }


def _creatinine(record: Record) -> dict[str, list[_Creatinine]]:
    """Values by subject in order of time, with the clearance where age and weight are known."""
    births = {row.subject: row for row in record.rows(Demographics)}
    weights = measured(record.rows(Vital), "WEIGHT", "kg")
    found: dict[str, list[_Creatinine]] = {}
    for row in record.rows(Lab):
        if row.fact.test != "CREAT" or row.day is None:
            continue
        told = read_result(row.fact.text) if row.fact.value is None else None
        value = row.fact.value if told is None else told.value
        umol_l = None if value is None else in_unit("CREAT", value, row.fact.unit or "", "umol/L")
        if umol_l is None or "URIN" in (row.fact.specimen or "").upper():
            continue
        age = _age(births.get(row.subject), row.day)
        weight = _latest(weights.get(row.subject, []), row.day)
        adult = age is not None and age >= ADULT_YEARS
        clearance = (
            None
            if age is None or weight is None or not adult
            else cockcroft_gault_ml_min(umol_l, age, weight)
        )
        found.setdefault(row.subject, []).append(_Creatinine(row.day, umol_l, clearance, row.id))
    return found


def _age(person: Row[Demographics] | None, day: date) -> float | None:
    """Age in years; from the birth date where its day is known, else as stated."""
    if person is None:
        return None
    birth = day_of(person.fact.birth_date)
    if birth is not None:
        return (day - birth).days / 365.25
    return person.fact.age_years


def _latest(values: list[tuple[date, float]], day: date) -> float | None:
    """The last value up to a day, or else the first."""
    before = [value for when, value in values if when <= day]
    return before[-1] if before else values[0][1] if values else None


def _course(subject: Subject, values: Sequence[_Creatinine], plan: SafetyPlan) -> RenalCourse:
    days = [dose.day for dose in subject.therapy]
    course = _between(values, days[0], days[-1], None)
    applied: list[str] = []
    rule = plan.renal_modification
    for before, after in itertools.pairwise(subject.therapy):
        if rule is None or not was_lowered(before, after):
            continue
        earlier = _between(values, days[0], before.day, after.day)
        if propose_dose((), plan, earlier).action != "give":
            applied.append(rule.id)
    return RenalCourse(course.creatinine_umol_l, course.clearance_ml_min, tuple(applied), course.refs)


def _between(values: Sequence[_Creatinine], first: date, start: date, end: date | None) -> RenalCourse:
    """Baseline up to the first dose, worst and present value after `start` up to `end`."""
    base = [one for one in values if one.day <= first]
    seen = [one for one in values if one.day > start and (end is None or one.day <= end)]
    worst = max(seen, key=lambda one: one.umol_l, default=None)
    triple = (base[-1] if base else None, worst, seen[-1] if seen else None)
    creatinine = tuple(None if one is None else one.umol_l for one in triple)
    clearance = tuple(None if one is None else one.clearance_ml_min for one in triple)
    facts = tuple(dict.fromkeys(one.fact for one in triple if one is not None))
    return RenalCourse(
        (creatinine[0], creatinine[1], creatinine[2]), (clearance[0], clearance[1], clearance[2]), (), facts
    )
