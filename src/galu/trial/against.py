"""What speaks against giving the next dose, beside the rules of modification: for a physician to weigh.

Grave events, whoever caused them; a patient who is in bed; counts that a transfusion or a growth factor of
the last days may carry; another treatment of the cancer that was begun meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from galu.protocol import Study
from galu.record import Record, Row
from galu.record.people import Ecog, Lab, Therapy
from galu.record.when import days_of
from galu.safety.course import present_grade
from galu.safety.inputs import AdverseEventInput
from galu.safety.modification import PRESENT_DAYS
from galu.trial.board import Board
from galu.trial.clues import ECOG_SEVERE, is_of_urine, support_of_blood
from galu.trial.labs import SEVERE_GRADE
from galu.trial.subjects import Subject
from galu.trial.therapies import items_of_therapy
from galu.vocabulary.laboratory import terms_of_test
from galu.vocabulary.results import read_result

#: Terms whose values a support carries for some days; of a transfusion of what is not said, of both.
_CARRIED: Final[Mapping[str, tuple[str, ...]]] = {
    "platelets": ("Platelet count decreased",),
    "tpo": ("Platelet count decreased",),
    "red cells": ("Anemia",),
    "esa": ("Anemia",),
    "g-csf": ("Neutrophil count decreased", "White blood cell decreased"),
    "growth factor": ("Neutrophil count decreased", "White blood cell decreased", "Anemia"),
    "unknown": ("Platelet count decreased", "Anemia"),
}
#: A value tells nothing of the patient's own blood so many days after its support (assumed).
CARRIED_DAYS: Final = PRESENT_DAYS
#: Data items of therapies that treat the cancer and are none of its castration.
_ANTICANCER: Final = frozenset(
    f"therapy.{name}"
    for name in (
        "nha", "taxane", "psma_radioligand", "radionuclide", "investigational", "systemic", "radiotherapy",
    )
)  # fmt: skip


def against_dose(
    study: Study,
    record: Record,
    subjects: Iterable[Subject],
    board: Board,
    events: Mapping[str, Iterable[AdverseEventInput]],
) -> dict[str, tuple[str, ...]]:
    """What speaks against the next dose, in words, of everybody of whom one is due; on the board's day."""
    waiting, day = {item.subject for item in board.due}, board.day
    people = {one.id: one for one in subjects if one.id in waiting}
    found: dict[str, list[str]] = {name: [] for name in people}
    for subject in people.values():
        found[subject.id] += _grave(subject, events.get(subject.id, ()), day)
    rows = record.of(tuple(people))
    read = _tests_read(study, rows)
    told = (*_ecog(rows), *_carried(study, rows, day), *_other_treatment(rows, people))
    for name, why in (*told, *_of_no_day(rows, people, read), *_of_no_value(rows, people, read)):
        if name in found and why not in found[name]:
            found[name].append(why)
    return {name: tuple(reasons) for name, reasons in found.items() if reasons}


def _grave(subject: Subject, events: Iterable[AdverseEventInput], day: date) -> Iterator[str]:
    """Events that go on at grade 3 or more, or at a grade that nobody told, since the first dose."""
    for event in events:
        over = event.ended is not None and event.ended <= day
        if over or event.onset > day:
            continue
        grade = None if event.worst is None else max(present_grade(event) or 0, event.perhaps or 0)
        began = subject.first_dose is not None and (event.onset_until or event.onset) >= subject.first_dose
        if grade is None and began:
            yield f"{event.term} goes on, of a grade that nobody told"
        elif grade is not None and grade >= (SEVERE_GRADE if began else SEVERE_GRADE + 1):
            yield f"{event.term} grade {grade} goes on"


def _ecog(record: Record) -> Iterator[tuple[str, str]]:
    last: dict[str, Row[Ecog]] = {}
    for row in sorted(record.rows(Ecog), key=lambda row: row.fact.on):
        before = last.get(row.subject)
        same_day = before is not None and before.fact.on[:10] == row.fact.on[:10]
        if before is None or not same_day or row.fact.score >= before.fact.score:
            last[row.subject] = row
    for name, row in last.items():
        if row.fact.score >= ECOG_SEVERE:
            yield name, f"ECOG is {row.fact.score} since {row.fact.on[:10]}"


def _carried(study: Study, record: Record, day: date) -> Iterator[tuple[str, str]]:
    """Support of the last days for a value that a rule of modification reads."""
    rules = study.safety.modification if study.safety else ()
    read = {term for rule in rules for term in rule.terms}
    for row, product in support_of_blood(record):
        # A therapy without an end may be going on.
        given = row.fact
        until = (given.ended or day.isoformat()) if isinstance(given, Therapy) else given.on
        carries = [term for term in _CARRIED.get(product, ()) if term in read]
        if carries and days_of(until)[1] >= day - timedelta(days=CARRIED_DAYS):
            what = f"{given.agent if isinstance(given, Therapy) else given.product} of {given.on[:10]}"
            yield row.subject, f"{what} may carry the values of {' and '.join(carries)}"


def _tests_read(study: Study, record: Record) -> frozenset[str]:
    """Tests of the record that a rule of modification reads, or that the study asks for after a dose."""
    plan = study.safety
    if plan is None:
        return frozenset()
    terms = {term for rule in plan.modification for term in rule.terms}
    asked = plan.dlt.assessments.chemistry if plan.dlt.assessments else None
    named = {*(asked.value if asked else ()), *(("CREAT",) if plan.renal_modification else ())}
    tests = record.facts("lab")["test"].unique()
    return frozenset(one for one in tests if one in named or any(t in terms for t, _ in terms_of_test(one)))


def _of_no_day(
    record: Record, people: Mapping[str, Subject], read: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Values that are read, of a day known only in part, perhaps since the last dose."""
    for row in record.rows(Lab):
        last = people[row.subject].last_dose
        if row.day is not None or last is None or days_of(row.fact.on)[1] < last:
            continue
        if row.fact.test in read:
            yield row.subject, f"{row.fact.test} of {row.fact.on}: its day is not known, it may be of today"


def _of_no_value(
    record: Record, people: Mapping[str, Subject], read: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Samples since the last dose that gave no value: the one before does not stand for them."""
    last: dict[tuple[str, str], tuple[date, bool]] = {}
    for row in record.rows(Lab):
        if (
            row.day is None
            or row.fact.test not in read
            or is_of_urine(row.fact.test, row.fact.specimen or "")
        ):
            continue
        key, valued = (row.subject, row.fact.test), _has_value(row.fact)
        day, before = last.get(key, (row.day, True))
        if row.day >= day:
            # Of a sample that gave none and another of its day nobody said which holds.
            last[key] = row.day, valued and (before or row.day > day)
    for (name, test), (day, valued) in last.items():
        dosed = people[name].last_dose
        if not valued and dosed is not None and day > dosed:
            yield name, f"{test} of {day} has no value: it was not measured then"


def _has_value(lab: Lab) -> bool:
    return lab.value is not None or read_result(lab.text) is not None


def _other_treatment(record: Record, people: Mapping[str, Subject]) -> Iterator[tuple[str, str]]:
    """Another treatment of the cancer that was begun, or may have been, since the first dose."""
    for row in record.rows(Therapy):
        dosed = people[row.subject].first_dose
        known = row.fact.anticancer or not _ANTICANCER.isdisjoint(items_of_therapy(row))
        if known and dosed is not None and days_of(row.fact.on)[1] >= dosed:
            what = f"{row.fact.agent}, {row.fact.on[:10]}"
            yield row.subject, f"another treatment of the cancer was begun: {what}"
