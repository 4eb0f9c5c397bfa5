"""What galu proposes before each cycle, for a physician to sign: activity, hold, reduction or stop.

Two sources are joined: the toxicity since the last dose by the declared modification rules, and the
organ-dose limits by the probability of passing them. The more restrictive one decides; nothing here
is an order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from galu.protocol import Study
from galu.safety.inputs import AdverseEventInput
from galu.safety.modification import DoseProposal, RenalCourse, TermCourse, propose_dose
from galu.safety.plan import SafetyPlan
from galu.safety.tables import TreatedSubject
from galu.trial.board import Due
from galu.trial.dosimetry import SubjectDose
from galu.trial.exposure import Dose
from galu.trial.renal import REDUCED_SHARE
from galu.trial.subjects import Subject


@dataclass(frozen=True, slots=True)
class OrganRoom:
    """What one limit leaves for the next cycle: probability of passing it as planned, largest activity."""

    region: str
    quantity: str
    limit_gy: float
    action: str
    cumulative_gy: float
    projected_gy: float
    probability: float
    accepted_risk: float
    largest_mbq: float

    @property
    def within(self) -> bool:
        """Whether the planned activity keeps the probability at or below the accepted risk."""
        return self.probability <= self.accepted_risk


@dataclass(frozen=True, slots=True)
class CycleProposal:
    """The proposal for one subject's next cycle.

    `activity_mbq` is None when nothing is to be given now. `organs` lists every limit that was judged.
    """

    subject: str
    cycle: int
    due: date
    latest: date
    planned_mbq: float | None
    action: str
    activity_mbq: float | None
    reasons: tuple[str, ...]
    organs: tuple[OrganRoom, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Toxicity:
    """What the modification rules read: events, graded values, kidney function by subject."""

    treated: tuple[TreatedSubject, ...]
    grades: pl.DataFrame
    renal: Mapping[str, RenalCourse]


def derive_proposals(
    study: Study,
    subjects: Iterable[Subject],
    due: Iterable[Due],
    toxicity: Toxicity,
    doses: Iterable[SubjectDose],
) -> tuple[CycleProposal, ...]:
    """A proposal for every subject whose next cycle is planned.

    Parameters
    ----------
    due
        The next cycles, as the board lists them.
    toxicity
        Events, graded laboratory values and kidney function.
    doses
        Absorbed doses so far.
    """
    plan = study.safety
    if plan is None:
        return ()
    events = {one.subject: one.events for one in toxicity.treated}
    graded = toxicity.grades.group_by("subject", maintain_order=True)
    by_subject = {str(key[0]): rows for key, rows in graded}
    organs = _rooms(doses)
    people = {subject.id: subject for subject in subjects}
    found = []
    for item in due:
        subject = people[item.subject]
        courses = _courses(subject, plan, by_subject.get(subject.id), events.get(subject.id, ()))
        safe = propose_dose(courses, plan, toxicity.renal.get(subject.id))
        found.append(_proposal(subject, item, safe, organs.get(subject.id, ())))
    return tuple(found)


def _rooms(doses: Iterable[SubjectDose]) -> dict[str, tuple[OrganRoom, ...]]:
    """Limits after each subject's newest measured cycle."""
    newest: dict[tuple[str, str], SubjectDose] = {}
    for one in doses:
        if one.course is not None and one.course.limits:
            seen = newest.get((one.subject, one.region))
            if seen is None or seen.cycle < one.cycle:
                newest[one.subject, one.region] = one
    found: dict[str, tuple[OrganRoom, ...]] = {}
    for (subject, region), one in sorted(newest.items()):
        assert one.course is not None
        for limit in one.course.limits:
            total = one.course.cumulative_dose_gy
            cumulative = total if limit.quantity == "dose" else one.course.cumulative_bed_gy
            room = OrganRoom(
                region, limit.quantity, limit.limit_gy, limit.action, cumulative or 0.0,
                limit.projected_gy, limit.probability_projected, limit.accepted_risk, limit.largest_mbq,
            )  # fmt: skip
            found[subject] = (*found.get(subject, ()), room)
    return found


def _proposal(
    subject: Subject, due: Due, toxicity: DoseProposal, organs: tuple[OrganRoom, ...]
) -> CycleProposal:
    planned = subject.therapy[-1].planned_mbq
    activity = None if planned is None else planned * toxicity.factor
    action, reasons = toxicity.action, list(toxicity.reasons)
    for room in organs:
        if room.within or action in ("hold", "stop"):
            continue
        risk = f"with probability {room.probability:.0%}"
        said = f"{room.region} {room.quantity} passes {room.limit_gy:g} Gy {risk}"
        if room.action == "alert":
            reasons.append(f"{said}: alert")
        elif activity is not None and room.largest_mbq < activity:
            activity = room.largest_mbq
            action = "reduce" if activity > 0.0 else "stop"
            reasons.append(f"{said}: at most {activity:.0f} MBq keeps it at {room.accepted_risk:.0%}")
    given = activity if action in ("give", "reduce") else None
    facts = (*subject.therapy[-1].facts, *toxicity.facts)
    cycle = len(subject.therapy) + 1
    return CycleProposal(
        subject.id, cycle, due.due, due.latest, planned, action, given, tuple(reasons), organs, facts
    )


def _courses(
    subject: Subject,
    plan: SafetyPlan,
    grades: pl.DataFrame | None,
    events: tuple[AdverseEventInput, ...],
) -> tuple[TermCourse, ...]:
    """Grades of every term that a modification rule names, since the last dose."""
    terms = dict.fromkeys(term for rule in plan.modification for term in rule.terms)
    rows = [] if grades is None else list(grades.iter_rows(named=True))
    return tuple(_course(term, subject, plan, rows, events) for term in terms)


def _course(
    term: str,
    subject: Subject,
    plan: SafetyPlan,
    rows: list[dict[str, Any]],
    events: tuple[AdverseEventInput, ...],
) -> TermCourse:
    own = [row for row in rows if row["term"] == term and row["grade"] is not None and row["day"] is not None]
    own_events = [event for event in events if event.term == term]
    last = subject.therapy[-1].day
    since = sorted((row for row in own if row["day"] > last), key=lambda row: row["day"])
    recent = [e for e in own_events if e.onset > last or e.ended is None or e.ended > last]
    graded = [row["grade"] for row in since] + [e.grade for e in recent if e.grade is not None]
    present = [since[-1]["grade"]] if since else []
    present += [e.grade for e in recent if e.grade is not None and e.ended is None]
    baseline = [row["grade"] for row in own if row["is_baseline"]]
    return TermCourse(
        term,
        max(graded, default=None),
        max(present, default=None),
        max(baseline, default=0),
        _applied(term, subject.therapy, plan, own),
        tuple([row["fact"] for row in since] + [e.ref for e in recent]),
    )


def _applied(
    term: str, therapy: tuple[Dose, ...], plan: SafetyPlan, rows: list[dict[str, Any]]
) -> tuple[str, ...]:
    """Rules for a term that earlier cycles have already answered with a lower activity."""
    found: list[str] = []
    for before, after in itertools.pairwise(therapy):
        if not before.planned_mbq or not after.planned_mbq:
            continue
        if after.planned_mbq >= REDUCED_SHARE * before.planned_mbq:
            continue
        worst = max((row["grade"] for row in rows if before.day < row["day"] <= after.day), default=0)
        found += [r.id for r in plan.modification if term in r.terms and worst >= r.min_grade]
    return tuple(dict.fromkeys(found))
