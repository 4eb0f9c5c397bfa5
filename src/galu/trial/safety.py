"""Safety wired to the record: what the DLT rules and the tables read, from facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from galu.protocol import Study
from galu.record import Record, Row
from galu.record.people import Contact, History, Lab, Therapy, Vital
from galu.record.site import Incident
from galu.record.treatment import Transfusion
from galu.record.when import days_of
from galu.safety.clues import is_haemostatic
from galu.safety.coverage import is_read
from galu.safety.dlt import DltAssessment, assess_dlt
from galu.safety.inputs import (
    BLED,
    AdverseEventInput,
    Departure,
    DltPatient,
    Fraction,
    LabInput,
    PlannedCount,
    TransfusionInput,
)
from galu.safety.measured import celsius
from galu.safety.plan import SafetyPlan
from galu.safety.values import grade_together
from galu.trial.adjudication import adjudications_by_subject, evaluability_by_subject
from galu.trial.clues import (
    blood_found,
    clues_by_subject,
    conditions_begun,
    infections_treated,
    support_of_blood,
)
from galu.trial.events import events_by_subject
from galu.trial.first_dose import dose_doubts, dosing_visits, full_dose
from galu.trial.labs import labs_by_subject
from galu.trial.memory import Memory
from galu.trial.schedule import planned_days
from galu.trial.subjects import Death, Exit, Subject
from galu.trial.versions import first_version, groups
from galu.vocabulary.events import may_tell_of_bleeding
from galu.vocabulary.therapies import support_given

#: Fever [°C].
FEVER_C: Final = 38.0


def _dlt_tests(plan: SafetyPlan, record: Record) -> frozenset[str]:
    """Tests that the rules read; one of no known name may be any, a vital sign too."""
    written = {test for kind in ("lab", "vital") for test in record.facts(kind)["test"].unique()}
    return frozenset(test for test in written if is_read(test, plan))


def _transfusions(record: Record) -> dict[str, tuple[TransfusionInput, ...]]:
    """Transfusions, also among the medication, and bleedings told by treatment, history or a test."""
    rows: list[tuple[Row[Transfusion] | Row[Therapy] | Row[History] | Row[Lab], str]] = list(
        support_of_blood(record)
    )
    rows += [
        (row, BLED)
        for row in record.rows(Therapy)
        if support_given(row.fact.agent) in (None, "plasma")
        and is_haemostatic(row.fact.agent, row.fact.indication or "")
    ]
    rows += [(row, BLED) for row in conditions_begun(record) if may_tell_of_bleeding(row.fact.term)]
    rows += [(row, BLED) for row in blood_found(record)]
    found: dict[str, tuple[TransfusionInput, ...]] = {}
    for row, product in rows:
        first, last = days_of(row.fact.on)
        ended = row.fact.ended if isinstance(row.fact, Therapy | History) else None
        last = max(last, days_of(ended)[1]) if ended and row.day is None else last
        given = TransfusionInput(row.id, first, product, last if row.day is None else None)
        found[row.subject] = (*found.get(row.subject, ()), given)
    return found


def plans_by_subject(study: Study, subjects: Iterable[Subject]) -> dict[str, SafetyPlan]:
    """The rules that were in force at the first dose of each subject; of others those of today."""
    return {
        one.id: own.safety
        for own, people in groups(study, subjects, first_version)
        if own.safety is not None
        for one in people
    }


def dlt_patients(study: Study, record: Record, subjects: Iterable[Subject]) -> tuple[DltPatient, ...]:
    """What the DLT rules read of each subject who got a therapeutic dose at a level."""
    people = tuple(subjects)
    plans = plans_by_subject(study, people)
    until = {
        one.id: one.first_dose + _reach(plans[one.id])
        for one in people
        if one.first_dose is not None and one.id in plans
    }
    return within_reach(_by_version(study, record, people, until), plans)


def within_reach(patients: Iterable[DltPatient], plans: Mapping[str, SafetyPlan]) -> tuple[DltPatient, ...]:
    """The patients without what happened long after the window: an assessment once made stays known."""
    found = []
    for one in patients:
        last = one.first_dose + _reach(plans[one.subject])
        events = tuple(event for event in one.events if event.onset <= last)
        found.append(replace(one, events=events, labs=tuple(lab for lab in one.labs if lab.day <= last)))
    return tuple(found)


def watched_patients(study: Study, record: Record, subjects: Iterable[Subject]) -> tuple[DltPatient, ...]:
    """The same with everything that happened since the first dose, for the watch on late toxicity."""
    return _by_version(study, record, tuple(subjects), None)


def _by_version(
    study: Study, record: Record, people: tuple[Subject, ...], until: Mapping[str, date] | None
) -> tuple[DltPatient, ...]:
    """What is read by the rules in force at the first dose, in the order of the subjects."""
    parts = tuple(groups(study, people, first_version))
    if len(parts) == 1:
        return _patients(parts[0][0], record, people, until)
    found = {
        patient.subject: patient
        for own, some in parts
        for patient in _patients(own, record.of({one.id for one in some}), some, until)
    }
    return tuple(found[one.id] for one in people if one.id in found)


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
    visits, incidents = dosing_visits(study, record), record.rows_by_subject(Incident)
    met = {row.subject: row.day for row in record.rows(Contact) if row.day is not None}
    clues = clues_by_subject(record, {one.id: one.first_dose for one in dosed if one.first_dose is not None})
    bare = tuple(
        (s, _dlt_patient(s, study, events.get(s.id, ()), labs.get(s.id, ()), transfusions.get(s.id, ())))
        for s in dosed
    )
    grade_together((patient for _, patient in bare), plan.ctcae_version.value)
    return tuple(
        replace(
            patient,
            doubts=dose_doubts(
                subject, study, patient.events, visits.get(subject.id, {}), incidents.get(subject.id, ())
            ),
            adjudications=adjudications.get(patient.subject, ()),
            evaluability=evaluability.get(patient.subject, ()),
            counts=_planned_counts(study, plan, patient.first_dose),
            fevers=fevers.get(patient.subject, ()),
            clues=clues.get(patient.subject, ()),
            met_on=met.get(patient.subject),
        )
        for subject, patient in bare
    )


def _fevers(record: Record) -> dict[str, tuple[tuple[date, str], ...]]:
    """Body temperatures of a fever (CTCAE: 38.0 °C or more) and treated infections, by subject."""
    found: dict[str, tuple[tuple[date, str], ...]] = {}
    rows: tuple[Row[Lab] | Row[Vital], ...] = (*record.rows(Vital), *record.rows(Lab))
    for row in rows:
        if row.fact.value is None or not row.fact.test.upper().startswith("TEMP"):
            continue
        if celsius(row.fact.value, row.fact.unit or "") >= FEVER_C:
            first, last = days_of(row.fact.on)
            # Of a day known only in part it may have been any.
            days = (first + timedelta(days=n) for n in range((last - first).days + 1))
            found[row.subject] = (*found.get(row.subject, ()), *((day, row.id) for day in days))
    for subject, day, fact in infections_treated(record):
        found[subject] = (*found.get(subject, ()), (day, fact))
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
        full_dose=full_dose(subject, study.safety, study.treatment.fractions if study.treatment else 1),
        withdrew=_departure(exit_, subject) if exit_ else None,
        died=_departure(death, subject) if death else None,
        cycle2=next(
            (d.day for n, d in enumerate(subject.therapy, 1) if d.recorded and (d.cycle or n) > 1), None
        ),
        events=events,
        labs=tuple(lab for lab in labs if lab.last_day >= start),
        transfusions=transfusions,
        fractions=tuple(_fractions(study, subject, start)),
    )


def _fractions(study: Study, subject: Subject, first: date) -> Iterator[Fraction]:
    """Fractions of the first cycle after the first, each with the dose that was given of it."""
    days = study.treatment.days_of_fractions if study.treatment else ()
    for number, day in enumerate(days[1:], 2):
        dose = next((one for one in subject.therapy if one.recorded and one.number == number), None)
        given, facts = (None, ()) if dose is None else (dose.day, dose.facts[:1])
        yield Fraction(number, first + timedelta(days=day - 1), given, facts)


def _departure(left: Exit | Death, subject: Subject) -> Departure:
    """Where the day is known only in part, whoever was dosed was still there."""
    if left.day is not None:
        return Departure(left.day, left.related, left.fact)
    first = max(left.between[0], subject.last_dose or date.min)
    return Departure(first, left.related, left.fact, max(first, left.between[1]))


def derive_dlt(
    study: Study, record: Record, subjects: Iterable[Subject], day: date, memory: Memory | None = None
) -> dict[str, DltAssessment]:
    """Assessment of each dosed subject at the end of `day`; what a memory holds is not judged again."""
    people = tuple(subjects)
    plans = plans_by_subject(study, people)
    if memory is None:
        return {p.subject: assess_dlt(p, plans[p.subject], day) for p in dlt_patients(study, record, people)}
    known = memory.assessed(day)
    unread = [one for one in people if one.id not in memory.patients]
    for patient in dlt_patients(study, record.of({one.id for one in unread}), unread):
        memory.patients[patient.subject] = patient
    for name in [one.id for one in people if one.id in memory.patients and one.id not in known]:
        patient = memory.patients[name]
        known[name] = assess_dlt(patient, plans[name], day)
        if day >= _settled_on(patient, plans[name]):
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
