"""Safety wired to the record: what the DLT rules and the tables read, from facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

import polars as pl

from galu.protocol import Study
from galu.record import Record
from galu.record.when import days_of, hours_between
from galu.safety.coverage import is_read
from galu.safety.dlt import DltAssessment, assess_dlt
from galu.safety.inputs import (
    AdverseEventInput,
    Departure,
    DltPatient,
    LabInput,
    PlannedCount,
    TransfusionInput,
)
from galu.safety.measured import celsius
from galu.safety.plan import SafetyPlan
from galu.safety.terms import VERSIONS
from galu.safety.worst import worst_grade
from galu.trial.adjudication import adjudications_by_subject, evaluability_by_subject, judged_toxic
from galu.trial.events import events_by_subject
from galu.trial.memory import Memory
from galu.trial.schedule import planned_days
from galu.trial.subjects import Death, Exit, Subject
from galu.vocabulary.laboratory import in_unit, lab_code, terms_of_test
from galu.vocabulary.results import kind_of_result, read_result
from galu.vocabulary.therapies import support_given

_PRODUCTS = {"red-cells": "red cells"}
#: From this grade on an event may be a dose-limiting toxicity of any usual definition (assumed).
SEVERE_GRADE: Final = 3
_SEVERE: Final = (VERSIONS[-1], SEVERE_GRADE)
#: Fever [°C].
FEVER_C: Final = 38.0
#: CTCAE grades blood: the pH or glucose of urine says nothing of acidosis or hypoglycaemia.
IN_BLOOD = ~pl.col("specimen").fill_null("").str.contains(r"(?i)\burin(e|ary)?\b|尿")


def labs_by_subject(
    record: Record,
    subjects: Iterable[Subject],
    tests: frozenset[str] | None = None,
    until: Mapping[str, date] | None = None,
) -> dict[str, tuple[LabInput, ...]]:
    """Laboratory values, each with its baseline: that marked by its source, else the last before the dose.

    Of `subjects`, of these `tests`, up to the day that `until` has for a subject. A result in words is read
    by `read_result`; one that is no number has no value. One of a partly known day holds the first and the
    last that it can have been, and is no baseline. One of the day of the dose of which nothing tells whether
    it was taken before is a baseline only where that hides nothing.
    """
    first = {subject.id: subject.therapy[0] for subject in subjects if subject.therapy}
    told = pl.col("value").is_not_null() | pl.col("text").is_not_null()
    # A vital sign is read as a value without limits: sites write a QT interval here or there.
    frame = pl.concat((record.facts("lab"), record.facts("vital")), how="diagonal_relaxed")
    frame = frame.filter(told & IN_BLOOD)
    if tests is not None:
        frame = frame.filter(pl.col("test").is_in(list(tests)))
    if until is not None:
        # Rows are left out before they are read: most of a long record lies after the windows.
        last = pl.col("subject").replace_strict(
            {name: day.isoformat() for name, day in until.items()}, default="", return_dtype=pl.String
        )
        frame = frame.filter(pl.col("on").str.slice(0, 10) <= last)
    labs: dict[str, list[LabInput]] = {}
    bases: dict[tuple[str, str], _Bases] = {}
    for row in frame.iter_rows(named=True):
        # A sample that gave no result is a value that is missing.
        if row["value"] is None and kind_of_result(row["text"]) == "no result":
            continue
        lab, dose = _lab(row), first.get(row["subject"])
        labs.setdefault(row["subject"], []).append(lab)
        if dose is not None and lab.until is None and lab.value is not None:
            taken = after_dose(row, dose.start, record.zone)
            known = bases.setdefault((row["subject"], lab.test), _Bases())
            known.note(lab, taken, bool(row["baseline"]))
    return {
        subject: tuple(_flagged(lab, bases.get((subject, lab.test), _Bases()).baseline) for lab in values)
        for subject, values in labs.items()
    }


@dataclass(slots=True)
class _Bases:
    """Values of one test that may be its baseline: marked by the source, surely before the dose, perhaps."""

    marked: LabInput | None = None
    before: LabInput | None = None
    perhaps: LabInput | None = None

    def note(self, lab: LabInput, after: bool | None, marked: bool) -> None:
        """Take a value into account, in the order of their days."""
        if after is not True and marked:
            self.marked = lab
        elif after is False:
            self.before = lab
        elif after is None:
            self.perhaps = lab

    @property
    def baseline(self) -> LabInput | None:
        """The baseline; of a sure and a doubtful value the milder one, a severe doubtful one never."""
        if self.marked is not None or self.perhaps is None:
            return self.marked or self.before
        sides = {side for _, side in terms_of_test(self.perhaps.test)}
        if self.before is None:
            worst = (worst_grade(self.perhaps, t, _SEVERE) for t, _ in terms_of_test(self.perhaps.test))
            return None if max(worst, default=0) >= SEVERE_GRADE else self.perhaps
        if self.before.unit != self.perhaps.unit or len(sides) != 1:
            return self.before
        pick = min if sides == {"H"} else max
        return pick(self.before, self.perhaps, key=lambda lab: lab.value or 0.0)


def after_dose(row: Mapping[str, Any], start: str, zone: str) -> bool | None:
    """Whether a value was taken after a dose; None where that is not known.

    On the day of the dose the times decide, where both are known.
    """
    day = days_of(start)[0]
    if row["day"] is None:
        return None
    if row["day"] != day:
        return bool(row["day"] > day)
    hours = hours_between(start, row["on"], zone)
    return None if hours is None else hours > 0


def _lab(row: dict[str, Any]) -> LabInput:
    read = read_result(row["text"]) if row["value"] is None else None
    first, last = days_of(row["on"])
    low, high = row["lower_limit"], row["upper_limit"]
    if low is not None and high is not None and low > high:
        low = high = None  # limits that contradict each other are not known
    return LabInput(
        ref=row["id"],
        test=row["test"],
        day=first,
        value=row["value"] if read is None else read.graded,
        unit=row["unit"] or "",
        lower=low,
        upper=high,
        bound="" if read is None else read.bound,
        until=last if row["day"] is None else None,
        text="" if row["value"] is not None or read is not None else row["text"],
    )


def _flagged(lab: LabInput, base: LabInput | None) -> LabInput:
    if base is None:
        return lab
    flag = None
    if base.value is not None and (base.lower is not None or base.upper is not None):
        low = base.lower is not None and base.value < base.lower
        high = base.upper is not None and base.value > base.upper
        flag = "LOW" if low else "HIGH" if high else "NORMAL"
    value = base.value
    if base.unit != lab.unit:
        value = None if value is None else in_unit(lab.test, value, base.unit, lab.unit)
    return replace(lab, baseline=value, baseline_flag=flag)


def _dlt_tests(plan: SafetyPlan, record: Record) -> frozenset[str]:
    """Tests that the rules read; of vital signs those that are known, for no count is among them."""
    vital = {test for test in record.facts("vital")["test"].unique().to_list() if lab_code(test)}
    written = {*record.facts("lab")["test"].unique().to_list(), *vital}
    return frozenset(test for test in written if is_read(test, plan))


def _transfusions(record: Record) -> dict[str, tuple[TransfusionInput, ...]]:
    """Transfusions, also those that a site wrote among the concomitant medication."""
    rows = [
        (row, _PRODUCTS.get(row["product"], row["product"]), None)
        for row in record.facts("transfusion").iter_rows(named=True)
    ]
    for row in record.facts("therapy").iter_rows(named=True):
        product = support_given(row["agent"])
        if product is not None:
            rows.append((row, product, row["ended"]))
    found: dict[str, tuple[TransfusionInput, ...]] = {}
    for row, product, ended in rows:
        first, last = days_of(row["on"])
        last = max(last, days_of(ended)[1]) if ended and row["day"] is None else last
        given = TransfusionInput(row["id"], first, product, last if row["day"] is None else None)
        found[row["subject"]] = (*found.get(row["subject"], ()), given)
    return found


def _level_mbq(subject: Subject, study: Study) -> float | None:
    levels = study.treatment.levels if study.treatment else ()
    return next((1000.0 * one.activity_gbq for one in levels if one.level == subject.level), None)


def _full_dose(subject: Subject, study: Study, plan: SafetyPlan) -> bool | None:
    """Whether the first activity was that of the level; of a dose outside the plan that is not known."""
    dose, least = subject.therapy[0], plan.dlt.full_dose_fraction.value
    planned = _level_mbq(subject, study) or dose.planned_mbq
    if dose.net_mbq is None or not planned:
        return None
    # Of several administrations of one cycle nobody knows which were given, of an activity whether all was.
    if dose.repeated_by:
        return None
    fraction = dose.net_mbq / planned
    if subject.unplanned:
        return True if least <= fraction <= 2.0 - least else None
    return fraction >= least


def _dose_doubts(subject: Subject, study: Study, plan: SafetyPlan) -> tuple[str, ...]:
    """What makes a known first activity none of the level."""
    dose, most = subject.therapy[0], 2.0 - plan.dlt.full_dose_fraction.value
    planned = _level_mbq(subject, study)
    if dose.net_mbq is None or not planned or dose.net_mbq <= most * planned:
        return ()
    above = dose.net_mbq / planned - 1.0
    return (f"the first dose of {dose.net_mbq:.0f} MBq is {above:+.0%} of level {subject.level}",)


def dlt_patients(study: Study, record: Record, subjects: Iterable[Subject]) -> tuple[DltPatient, ...]:
    """What the DLT rules read of each subject who got a therapeutic dose at a level.

    What happened long after the window is left out, so that an assessment once made stays known.
    """
    plan = study.safety
    if plan is None:
        return ()
    people = tuple(subjects)
    until = {one.id: one.first_dose + _reach(plan) for one in people if one.first_dose is not None}
    patients = _patients(study, record, people, until)
    return tuple(
        replace(one, events=tuple(event for event in one.events if event.onset <= until[one.subject]))
        for one in patients
    )


def watched_patients(study: Study, record: Record, subjects: Iterable[Subject]) -> tuple[DltPatient, ...]:
    """The same with everything that happened since the first dose, for the watch on late toxicity."""
    return _patients(study, record, subjects, None)


def _patients(
    study: Study, record: Record, subjects: Iterable[Subject], until: Mapping[str, date] | None
) -> tuple[DltPatient, ...]:
    """What the rules read of each subject who was dosed; laboratory values up to a day, if one is given."""
    plan = study.safety
    dosed = [s for s in subjects if s.first_dose is not None and s.level is not None]
    if plan is None or not dosed:
        return ()
    events = events_by_subject(record)
    labs = labs_by_subject(record, dosed, _dlt_tests(plan, record), until)
    transfusions, adjudications = _transfusions(record), adjudications_by_subject(record)
    evaluability, fevers = evaluability_by_subject(record), _fevers(record)
    patients = (
        _dlt_patient(s, study, events.get(s.id, ()), labs.get(s.id, ()), transfusions.get(s.id, ()))
        for s in dosed
    )
    return tuple(
        replace(
            patient,
            adjudications=adjudications.get(patient.subject, ()),
            evaluability=evaluability.get(patient.subject, ()),
            counts=_planned_counts(study, plan, patient.first_dose),
            fevers=fevers.get(patient.subject, ()),
        )
        for patient in patients
    )


def _fevers(record: Record) -> dict[str, tuple[tuple[date, str], ...]]:
    """Body temperatures of a fever by subject (CTCAE: 38.0 °C or more)."""
    found: dict[str, tuple[tuple[date, str], ...]] = {}
    rows = record.facts("vital").filter(pl.col("value").is_not_null() & pl.col("day").is_not_null())
    hot = rows.filter(pl.col("test").str.to_uppercase().str.starts_with("TEMP"))
    for row in hot.iter_rows(named=True):
        if celsius(row["value"], row["unit"] or "") >= FEVER_C:
            found[row["subject"]] = (*found.get(row["subject"], ()), (row["day"], row["id"]))
    return found


def _planned_counts(study: Study, plan: SafetyPlan, first_dose: date) -> tuple[PlannedCount, ...]:
    """Blood counts of the first cycle that the rules rest on, as the visit plan dates them."""
    wanted = plan.dlt.assessments.visits.value if plan.dlt.assessments else ()
    visits = study.schedule.visits if study.schedule else ()
    ends = first_dose + timedelta(days=plan.dlt.window_days.value)
    return tuple(
        PlannedCount(day, day - timedelta(days=one.before_days), day + timedelta(days=one.after_days))
        for one in visits
        if one.id in wanted
        for day in planned_days(one, first_dose, ends)
    )


def _dlt_patient(
    subject: Subject,
    study: Study,
    events: tuple[AdverseEventInput, ...],
    labs: tuple[LabInput, ...],
    transfusions: tuple[TransfusionInput, ...],
) -> DltPatient:
    assert subject.first_dose is not None and subject.level is not None and study.safety is not None
    start = subject.first_dose
    # A later exit may be the one that says it was for toxicity.
    exit_ = next((one for one in subject.exits if one.related), subject.left("treatment"))
    death = subject.death
    return DltPatient(
        subject=subject.id,
        level=subject.level,
        first_dose=start,
        full_dose=_full_dose(subject, study, study.safety),
        withdrew=_departure(exit_, subject) if exit_ else None,
        died=_departure(death, subject) if death else None,
        cycle2=next(
            (d.day for n, d in enumerate(subject.therapy, 1) if d.recorded and (d.cycle or n) > 1), None
        ),
        events=events,
        labs=tuple(lab for lab in labs if lab.last_day >= start),
        transfusions=transfusions,
        doubts=_dose_doubts(subject, study, study.safety),
    )


def _departure(left: Exit | Death, subject: Subject) -> Departure:
    """Where the day is known only in part, whoever was dosed was still there."""
    if left.day is not None:
        return Departure(left.day, left.related, left.fact)
    first = max(left.between[0], subject.last_dose or date.min)
    return Departure(first, left.related, left.fact, max(first, left.between[1]))


@lru_cache(maxsize=65536)
def _assess(patient: DltPatient, plan: SafetyPlan, day: date) -> DltAssessment:
    return assess_dlt(patient, plan, day)


def derive_dlt(
    study: Study, record: Record, subjects: Iterable[Subject], day: date, memory: Memory | None = None
) -> dict[str, DltAssessment]:
    """Assessment of each dosed subject at the end of `day`; what a memory holds is not judged again."""
    if study.safety is None:
        return {}
    plan, people = study.safety, tuple(subjects)
    if memory is None:
        return {p.subject: _assess(p, plan, day) for p in dlt_patients(study, record, people)}
    known = memory.assessed(day)
    unread = [one for one in people if one.id not in memory.patients]
    for patient in dlt_patients(study, record.of({one.id for one in unread}), unread):
        memory.patients[patient.subject] = patient
    for name in [one.id for one in people if one.id in memory.patients and one.id not in known]:
        patient = memory.patients[name]
        known[name] = _assess(patient, plan, day)
        if day >= _settled_on(patient, plan):
            memory.settled[name] = (day, known[name])
    return {one.id: known[one.id] for one in people if one.id in known}


def _settled_on(patient: DltPatient, plan: SafetyPlan) -> date:
    """From this day on only new facts change an assessment: it reads nothing that happens later."""
    toxic = [one.day for one in patient.adjudications]
    said = [day for day in (*toxic, *(one.day for one in patient.evaluability)) if day is not None]
    return max((patient.first_dose + _reach(plan), *said))


def _reach(plan: SafetyPlan) -> timedelta:
    """How long after the first dose what happened is still read."""
    return timedelta(days=2 * plan.dlt.unresolved_until_day.value)


def harm_without_dose(record: Record, subjects: Iterable[Subject]) -> dict[str, tuple[str, ...]]:
    """Facts of harm since the slot was given, of subjects without a recorded dose.

    Events of grade 3 or more or of no grade that are not called unrelated, a judgement of a toxicity, a death
    that is not known to be unrelated: the record of a dose may be missing.
    """
    waiting = {one.id: one for one in subjects}
    if not waiting:
        return {}
    found: dict[str, list[str]] = {}
    mine = pl.col("subject").is_in(list(waiting))
    for row in record.facts("adverse_event").filter(mine).iter_rows(named=True):
        grave = row["grade"] is None or row["grade"] >= SEVERE_GRADE
        slot = waiting[row["subject"]].enrolled
        if grave and row["attribution"] != "unrelated" and (slot is None or days_of(row["on"])[1] >= slot):
            found.setdefault(row["subject"], []).append(row["id"])
    for name, fact in judged_toxic(record, waiting):
        found.setdefault(name, []).append(fact)
    for one in waiting.values():
        if one.death is not None and one.death.related is not False:
            found.setdefault(one.id, []).append(one.death.fact)
    return {name: tuple(facts) for name, facts in found.items() if facts}
