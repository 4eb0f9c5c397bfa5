"""The course of one subject: visits with bone and soft tissue joined, and the timeline of endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from galu.efficacy.best import Assessed, confirmed_response, first_progression, first_response
from galu.efficacy.pcwg3 import BoneAssessment, combined_response
from galu.efficacy.plan import EfficacyPlan, TimePlan
from galu.efficacy.psa import PsaAssessment, PsaValue
from galu.efficacy.time_to_event import Dated, Timeline
from galu.safety.events import is_one_of
from galu.safety.inputs import AdverseEventInput
from galu.trial.disease import Disease
from galu.trial.lesions import ReaderResponses
from galu.trial.subjects import Subject

#: A bone scan belongs to a lesion visit when it was done within so many days (assumed).
SAME_VISIT_DAYS: Final = 14
Dates = Mapping[str, Sequence[Dated]]


@dataclass(frozen=True, slots=True)
class Course:
    """What was judged of one subject from `start` on; None: never imaged that way."""

    subject: str
    start: Dated
    psa: PsaAssessment
    psa_values: tuple[PsaValue, ...]
    soft: ReaderResponses | None
    bone: BoneAssessment | None
    combined: tuple[Assessed, ...]


def combine(soft: ReaderResponses | None, bone: BoneAssessment | None) -> tuple[Assessed, ...]:
    """Response of each lesion visit joined with the bone scan of the same visit (PCWG3, table 4).

    A lesion visit without a bone scan of its own has bone not evaluable, or progressed where it had
    before. A bone progression seen away from every lesion visit is a visit. Without lesions in soft
    tissue, or without any image of them after baseline, every bone scan is one.
    """
    scans = [] if bone is None else _scans(bone)
    if soft is None or not soft.visits:
        lesions = "NED" if soft is None else "NE"
        return tuple(_joined(combined_response(lesions, scan.overall), scan) for scan in scans)
    found: list[Assessed] = []
    joined: set[date] = set()
    for visit in soft.visits:
        seen = Assessed(visit.day, visit.overall, visit.facts[-1] if visit.facts else None, visit.facts)
        if bone is not None:
            near = _same_visit(scans, visit.day)
            scan = near or _progressed_before(scans, visit.day)
            joined.update({near.day} if near else ())
            answer = scan.overall if scan else "NE"
            seen = _joined(combined_response(visit.overall, answer, soft.targets_at_baseline), seen, scan)
        found.append(seen)
    found += [scan for scan in scans if scan.overall == "PD" and scan.day not in joined]
    return tuple(sorted(found, key=lambda one: one.day))


def _scans(bone: BoneAssessment) -> list[Assessed]:
    return [
        Assessed(scan.day, answer, scan.ref, (scan.ref,) if scan.ref else ())
        for scan, answer in zip(bone.scans, bone.responses, strict=True)
    ]


def _same_visit(scans: Sequence[Assessed], day: date) -> Assessed | None:
    """The nearest scan within the window, one that shows progression first."""
    near = [scan for scan in scans if abs(scan.day - day) <= timedelta(days=SAME_VISIT_DAYS)]
    return min(near, key=lambda scan: (scan.overall != "PD", abs(scan.day - day), scan.day), default=None)


def _progressed_before(scans: Sequence[Assessed], day: date) -> Assessed | None:
    return next((scan for scan in scans if scan.day < day and scan.overall == "PD"), None)


def _joined(overall: str, one: Assessed, other: Assessed | None = None) -> Assessed:
    return Assessed(one.day, overall, one.ref, (*one.facts, *(other.facts if other else ())))


def responded_on(course: Course, plan: EfficacyPlan) -> date | None:
    """Day of the first response, confirmed where the study asks for it, before progression."""
    progressed = first_progression(course.combined)
    if not plan.recist.confirm.value:
        return first_response(course.combined, progressed)
    return confirmed_response(course.combined, plan.recist.best(), progressed)


def derive_timeline(course: Course, disease: Disease, responded: date | None) -> Timeline:
    """Everything that the declared endpoints look for, by source, each with its facts."""
    return {
        "first dose": (course.start,),
        **_life(course, disease),
        **_images(course.soft, course.bone),
        "PSA progression": _on(course.psa.progression_on, course.psa.facts),
        "PSA value": [Dated(v.day, "", (v.ref,) if v.ref else ()) for v in course.psa_values],
        **_responses(course.combined, responded),
    }


def beside_images(plan: TimePlan, subject: Subject, disease: Disease) -> Timeline:
    """What else an endpoint may look for: the end of treatment, and adverse events of its terms."""
    left = subject.left("treatment")
    told = disease.events.get(subject.id, ()) if plan.terms else ()
    events = [
        Dated(day, event.term, (event.ref,))
        for event in told
        if is_one_of(event, plan.terms) is True
        and (day := _reached(event, plan.min_grade, subject.first_dose)) is not None
    ]
    return {
        "left treatment": () if left is None or left.day is None else _on(left.day, (left.fact,)),
        "adverse event": events,
    }


def _reached(event: AdverseEventInput, grade: int, start: date | None) -> date | None:
    """First day from a start on on which an event can have had a grade; one of no known grade may have any.

    An event that was over before the start, or had the grade before it, is none.
    """
    steps = [(event.onset, event.grade if not event.course else event.course[0][1]), *event.course[1:]]
    days = [day for day, reached in steps if reached is None or reached >= grade]
    if not days and (event.worst or 0) >= grade:
        days = [event.onset]  # told only in words of the event
    if not days:
        return None
    last = event.onset_until if event.onset_until is not None and days[0] == event.onset else days[0]
    if start is not None and days[0] < start:
        return start if last >= start else None
    return days[0]


def _on(day: date | None, facts: tuple[str, ...]) -> tuple[Dated, ...]:
    return () if day is None else (Dated(day, "", facts),)


def _life(course: Course, disease: Disease) -> Dates:
    """A death before time zero cannot be true and is no event."""
    death, alive = disease.deaths.get(course.subject), disease.alive.get(course.subject)
    if alive is not None and course.subject in disease.died_undated:
        alive = Dated(alive.day, "died on a day not known; last known alive", alive.facts)
    return {
        "death": () if death is None or death.day < course.start.day else (death,),
        "known alive": () if alive is None else (alive,),
        "new therapy": disease.therapies.get(course.subject, ()),
    }


def _images(soft: ReaderResponses | None, bone: BoneAssessment | None) -> Dates:
    visits = () if soft is None else soft.visits
    scans = [] if bone is None else _scans(bone)
    progressed = next((visit for visit in visits if visit.overall == "PD"), None)
    adequate = [Dated(visit.day, "", visit.facts) for visit in visits if visit.overall != "NE"]
    adequate += [Dated(scan.day, "", scan.facts) for scan in scans if scan.overall != "NE"]
    return {
        "soft-tissue PD": () if progressed is None else _on(progressed.day, progressed.facts),
        "bone PD": () if bone is None else _on(bone.progression_on, bone.facts),
        "unresolved bone PD": () if bone is None else _on(bone.unresolved_on, bone.facts),
        "radiographic assessment": adequate,
    }


def _responses(combined: Sequence[Assessed], responded: date | None) -> Dates:
    response = next((one for one in combined if one.day == responded), None)
    progressed = next((one for one in combined if one.overall == "PD"), None)
    return {
        "response": () if response is None else _on(response.day, response.facts),
        "progression": () if progressed is None else _on(progressed.day, progressed.facts),
        "response assessment": [Dated(one.day, "", one.facts) for one in combined],
    }
