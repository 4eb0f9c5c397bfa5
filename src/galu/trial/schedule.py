"""The visit plan of each subject: what was due when, what was done, what is overdue.

Nobody computes a visit by hand: every planned visit follows from its anchor, and it counts as done by
the facts that its procedures leave. Planning ends with the study for a subject who left it or died.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

import polars as pl

from galu.protocol import Study
from galu.protocol.sections import VisitPlan
from galu.protocol.versions import version
from galu.record import Record
from galu.record.review import NotDone
from galu.trial.subjects import Subject
from galu.trial.versions import first_version, plan_now
from galu.vocabulary.results import kind_of_result

Status = Literal["done", "partial", "missed", "due", "upcoming", "not done"]

#: Procedure to the facts that show it was done: kind, column and values (None: any fact of the kind).
EVIDENCE: Final[Mapping[str, tuple[tuple[str, str, tuple[str, ...] | None], ...]]] = {
    "haematology": (("lab", "test", ("HGB", "PLAT", "NEUT", "WBC")),),
    "chemistry": (("lab", "test", ("CREAT", "ALT", "AST", "BILI")),),
    "psa": (("lab", "test", ("PSA",)),),
    "testosterone": (("lab", "test", ("TESTOS",)),),
    "ecog": (("ecog", "score", None),),
    "vitals": (("vital", "test", None),),
    "ct": (("measurement", "lesion", None), ("scan", "modality", ("CT", "MRI"))),
    "bone-scan": (("bone_scan", "id", None), ("scan", "modality", ("BONE",))),
    "pet": (("scan", "modality", ("PET",)),),
    "dose": (("administration", "agent", None),),
    "survival": (("contact", "alive", None), ("death", "id", None)),
}
#: Kinds of which a fact may hold no result.
_MEASURED: Final = frozenset({"lab", "vital"})
_IMAGING: Final = frozenset({"ct", "bone-scan"})


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One planned visit; `lacking` names the procedures without a fact in its window.

    `procedures` are those of the plan that leave facts, `declined` those of which somebody said why they will
    not be done, with the reason.
    """

    subject: str
    visit: str
    cycle: int | None
    planned: date
    earliest: date
    latest: date
    status: Status
    lacking: tuple[str, ...]
    procedures: tuple[str, ...] = ()
    declined: tuple[tuple[str, str], ...] = ()


def derive_schedule(
    study: Study,
    record: Record,
    subjects: Iterable[Subject],
    day: date,
    progressed: Mapping[str, date] | None = None,
) -> tuple[PlannedVisit, ...]:
    """Every planned visit up to `day`, and the next of each kind after it.

    Parameters
    ----------
    progressed
        Day of radiographic progression by subject: tumour imaging is not planned after it.
    """
    people = tuple(subjects)
    plans = {subject.id: tuple(_plans(study, subject)) for subject in people}
    if not any(plans.values()):
        return ()
    done, declined = days_done(study, record), _declined(record)
    found: list[PlannedVisit] = []
    for subject in people:
        own, treatment = done.get(subject.id, {}), plan_now(study, subject)
        most = 1 if treatment is None else treatment.most_administrations
        for number, plan in plans[subject.id]:
            imaging = not _IMAGING.isdisjoint(plan.procedures)
            until = (progressed or {}).get(subject.id, date.max) if imaging else date.max
            found += _visits((number, plan), subject, own, (day, until, most))
    found = [_without_declined(one, declined.get((one.subject, one.visit, one.planned), ())) for one in found]
    return tuple(sorted(found, key=lambda one: (one.planned, one.subject, one.visit)))


def _declined(record: Record) -> dict[tuple[str, str, date], tuple[NotDone, ...]]:
    """What will not be done, by subject, visit and planned day."""
    found: dict[tuple[str, str, date], tuple[NotDone, ...]] = {}
    for row in record.rows(NotDone):
        key = row.subject, row.fact.visit, date.fromisoformat(row.fact.planned[:10])
        found[key] = (*found.get(key, ()), row.fact)
    return found


def _without_declined(visit: PlannedVisit, told: Iterable[NotDone]) -> PlannedVisit:
    """The visit without what will not be done; what was done all the same stays done."""
    causes = {procedure: one.cause for one in told for procedure in _meant(one, visit)}
    declined = tuple((one, causes[one]) for one in visit.lacking if one in causes)
    if not declined:
        return visit
    lacking = tuple(one for one in visit.lacking if one not in causes)
    status: Status = visit.status
    if not lacking:
        status = "not done" if len(declined) == len(visit.procedures) else "done"
    return replace(visit, lacking=lacking, declined=declined, status=status)


def _meant(one: NotDone, visit: PlannedVisit) -> tuple[str, ...]:
    return visit.procedures if one.procedure is None else (one.procedure,)


def _plans(study: Study, subject: Subject) -> Iterator[tuple[int, VisitPlan]]:
    """Visits of every version under which a subject took a step, with its number."""
    steps = {subject.under.consent, subject.under.now, *(dose.version for dose in subject.therapy)}
    for number in sorted(steps):
        schedule = version(study, number).schedule
        yield from ((number, plan) for plan in (schedule.visits if schedule else ()))


def days_done(study: Study, record: Record) -> dict[str, dict[str, frozenset[date]]]:
    """Days on which each procedure of each subject left a fact."""
    found: dict[str, dict[str, set[date]]] = {}
    therapy = study.treatment.therapy_agent.value if study.treatment else None
    for procedure, sources in EVIDENCE.items():
        for kind, column, values in sources:
            frame = _told(record.facts(kind)) if kind in _MEASURED else record.facts(kind)
            if kind == "administration" and therapy is not None:
                frame = frame.filter(pl.col("agent") == therapy)
            elif values is not None:
                frame = frame.filter(pl.col(column).is_in(list(values)))
            for name, when in frame.select("subject", "day").unique().iter_rows():
                if when is not None:
                    found.setdefault(name, {}).setdefault(procedure, set()).add(when)
    return {name: {p: frozenset(days) for p, days in own.items()} for name, own in found.items()}


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    """Results that are told: a sample that gave none shows that nothing was measured."""
    words = frame.filter(pl.col("value").is_null())["text"].drop_nulls().unique()
    said = [text for text in words if kind_of_result(text) != "no result"]
    return frame.filter(pl.col("value").is_not_null() | pl.col("text").is_in(said))


def _anchors(
    plan: VisitPlan, number: int, subject: Subject, most: int
) -> Iterator[tuple[int | None, date, date]]:
    """(cycle, day 1, last day on which the plan may fall) of each anchor that a subject has reached.

    Of a study that was amended, of the anchors at which the version of this number was in force.
    """
    last = _end(subject)
    consented = subject.under.consent == number
    if plan.anchor == "consent" and subject.consent is not None and consented:
        failed = subject.screen_failed or (
            _last_seen(subject, subject.consent) if subject.failed else date.max
        )
        yield None, subject.consent, min(last, failed)
    began = first_version(subject) == number
    if plan.anchor == "first-dose" and subject.first_dose is not None and began:
        yield None, subject.first_dose, last
    finished = subject.left("treatment") is not None or len(subject.therapy) >= most
    finished = finished and subject.under.now == number
    if plan.anchor == "last-dose" and subject.last_dose is not None and finished:
        yield None, subject.last_dose, last
    if plan.anchor == "cycle":
        starts = [dose for dose in subject.therapy if dose.starts_cycle]
        for cycle, dose in enumerate(starts, start=1):
            wanted = plan.cycles in (None, "all") or (plan.cycles == "first") == (cycle == 1)
            following = starts[cycle].day if cycle < len(starts) else date.max
            if wanted and dose.version == number:
                yield cycle, dose.day, min(last, following)


def _end(subject: Subject) -> date:
    left = subject.left("study")
    ends = (
        [subject.died if subject.died else _last_seen(subject, subject.death.between[0])]
        if subject.death
        else []
    )
    ends += [left.day if left.day else _last_seen(subject, left.between[0])] if left else []
    return min(ends, default=date.max)


def _last_seen(subject: Subject, earliest: date) -> date:
    """Up to when visits are asked for where the last day is known only in part."""
    return max(earliest, subject.last_alive or earliest)


def _visits(
    planned_by: tuple[int, VisitPlan],
    subject: Subject,
    done: Mapping[str, frozenset[date]],
    context: tuple[date, date, int],
) -> Iterator[PlannedVisit]:
    (number, plan), (day, until, most) = planned_by, context
    for cycle, first, last in _anchors(plan, number, subject, most):
        for planned in planned_days(plan, first, day):
            if planned > min(last, until):
                break
            earliest = planned - timedelta(days=plan.before_days)
            latest = planned + timedelta(days=plan.after_days)
            status, lacking = _status(plan, done, (earliest, latest), day)
            seen = tuple(one for one in plan.procedures if one in EVIDENCE)
            yield PlannedVisit(subject.id, plan.id, cycle, planned, earliest, latest, status, lacking, seen)


def planned_days(plan: VisitPlan, first: date, until: date) -> Iterator[date]:
    """Days of the plan up to `until`, and one more after it: the next that is due. Day 1 is `first`."""
    offset = plan.day - 1 if plan.day > 0 else plan.day
    while True:
        planned = first + timedelta(days=offset)
        if plan.until_day is not None and offset >= plan.until_day:
            return
        yield planned
        if planned > until or plan.every_days is None:
            return
        offset += plan.every_days


def _status(
    plan: VisitPlan, done: Mapping[str, frozenset[date]], window: tuple[date, date], day: date
) -> tuple[Status, tuple[str, ...]]:
    earliest, latest = window
    seen = [procedure for procedure in plan.procedures if procedure in EVIDENCE]
    lacking = tuple(p for p in seen if not any(earliest <= when <= latest for when in done.get(p, ())))
    if not lacking:
        return "done", ()
    if day < earliest:
        return "upcoming", lacking
    if day <= latest:
        return "due", lacking
    return ("partial" if len(lacking) < len(seen) else "missed"), lacking


def outstanding(visits: Iterable[PlannedVisit], day: date) -> tuple[PlannedVisit, ...]:
    """Visits that a coordinator should see to: due now, or missed or left incomplete within two weeks."""
    recent = day - timedelta(days=14)
    return tuple(
        one
        for one in visits
        if one.status == "due" or (one.status in ("missed", "partial") and one.latest >= recent)
    )
