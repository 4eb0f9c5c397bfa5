"""What galu proposes before each cycle, for a physician to sign: activity, hold, reduction or stop.

Two sources are joined: the toxicity since the last dose by the declared modification rules, and the
organ-dose limits by the probability of passing them. The more restrictive one decides; nothing here
is an order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from galu.protocol import Study
from galu.protocol.treatment import Treatment, Turn
from galu.quantities import mbq_in_words
from galu.safety.course import present_grade
from galu.safety.coverage import gradable_terms
from galu.safety.dlt import COUNTS, WINDOW, signs_since
from galu.safety.events import is_one_of
from galu.safety.inputs import AdverseEventInput, DltPatient
from galu.safety.modification import PRESENT_DAYS, Action, DoseProposal, RenalCourse, TermCourse, propose_dose
from galu.safety.plan import SafetyPlan
from galu.safety.tables import TreatedSubject
from galu.trial.board import Board, Due
from galu.trial.dosimetry import SubjectDose
from galu.trial.exposure import REDUCED_SHARE, Dose, was_lowered
from galu.trial.organ_limits import OrganRoom, Standing, Standings, derive_standings
from galu.trial.planned import next_number
from galu.trial.slots import Slot
from galu.trial.subjects import Subject
from galu.trial.versions import plan_now, study_now


@dataclass(frozen=True, slots=True)
class CycleProposal:
    """The proposal for one subject's next cycle.

    `activity_mbq` is None when nothing is to be given now. `organs` lists every limit that was judged, at the
    activity that toxicity leaves.
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
    fraction: int | None = None


@dataclass(frozen=True)
class Toxicity:
    """What the modification rules read: events, graded values, kidney function by subject.

    `since` says in words, by subject, which toxicity since the last dose is known or asked for, and whether
    the rules of modification answer it; `against` what else speaks against a dose.
    """

    treated: tuple[TreatedSubject, ...]
    grades: pl.DataFrame
    renal: Mapping[str, RenalCourse]
    since: Mapping[str, tuple[str, bool]]
    against: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def derive_proposals(
    study: Study,
    subjects: Iterable[Subject],
    board: Board,
    toxicity: Toxicity,
    doses: Iterable[SubjectDose],
) -> tuple[CycleProposal, ...]:
    """A proposal for every subject whose next cycle is planned.

    Parameters
    ----------
    board
        Lists the next cycles, and says of whom a toxicity is known or asked for.
    toxicity
        Events, graded laboratory values and kidney function.
    doses
        Absorbed doses so far.
    """
    events = {one.subject: one.events for one in toxicity.treated}
    graded = toxicity.grades.group_by("subject", maintain_order=True)
    by_subject = {str(key[0]): rows for key, rows in graded}
    absorbed: dict[str, list[SubjectDose]] = {}
    for dose in doses:
        absorbed.setdefault(dose.subject, []).append(dose)
    people = {subject.id: subject for subject in subjects}
    found = []
    for item in board.due:
        subject = people[item.subject]
        own = study_now(study, subject)
        plan = own.safety
        if plan is None:
            continue
        present = board.day - timedelta(days=PRESENT_DAYS)
        courses = _courses(subject, plan, (by_subject.get(subject.id), present), events.get(subject.id, ()))
        safe = propose_dose(courses, plan, toxicity.renal.get(subject.id))
        standings = Standings((), ())
        if own.dosimetry is not None:
            standings = derive_standings(own.dosimetry, subject.therapy, absorbed.get(subject.id, ()))
        safe = _with_outcome(safe, board.slot(subject.id), len(subject.therapy), plan)
        safe = _held(safe, *toxicity.since.get(subject.id, ("", False)))
        for why in toxicity.against.get(subject.id, ()):
            safe = _held(safe, why)
        if board.phase == "stopped":
            safe = _held(safe, "the trial is stopped")
        found.append(_proposal(study, subject, item, safe, standings))
    return tuple(found)


def _with_outcome(proposal: DoseProposal, slot: Slot | None, given: int, plan: SafetyPlan) -> DoseProposal:
    """The second dose waits for who had a dose-limiting toxicity, unless the rules of modification answer it.

    Every dose waits for who may have had one, the second also for the counts of the first window.
    """
    if slot is None or slot.rule == WINDOW:
        return proposal
    if slot.outcome == "T" and given == 1:
        why = f"had a dose-limiting toxicity: {slot.reason}"
        return _held(proposal, why, _is_answered(slot.rule, plan))
    if slot.rule == COUNTS and given == 1:
        return _held(proposal, f"the first window: {slot.reason}")
    if slot.suspect and slot.rule != COUNTS:
        return _held(proposal, f"may have had a dose-limiting toxicity: {slot.reason}")
    return proposal


def _is_answered(rule_id: str, plan: SafetyPlan) -> bool:
    """Whether the rules of modification say what follows the toxicity that a rule sees."""
    rule = next((one for one in plan.dlt.rules if one.id == rule_id), None)
    read = {term for one in plan.modification for term in one.terms}
    return rule is not None and bool(rule.terms) and read.issuperset(rule.terms)


def _held(proposal: DoseProposal, why: str, answered: bool = False) -> DoseProposal:
    """The proposal with what speaks against giving; what the rules of the study answered, they decide."""
    said = why.partition(": ")[2] or why
    if not why:
        return proposal
    held: tuple[Action, ...] = ("give",) if answered else ("give", "reduce")
    action: Action = "hold" if proposal.action in held else proposal.action
    told = any(said in reason for reason in proposal.reasons)
    return replace(proposal, action=action, reasons=proposal.reasons if told else (why, *proposal.reasons))


def toxicity_since(
    study: Study, watched: Iterable[DltPatient], subjects: Iterable[Subject], board: Board
) -> dict[str, tuple[str, bool]]:
    """Toxicity since the last dose that is known or asked for, of those whose next dose is due.

    In words, and whether the rules of modification say what follows it.
    """
    waiting = {item.subject for item in board.due}
    people = {one.id: one for one in subjects if one.id in waiting}
    found: dict[str, tuple[str, bool]] = {}
    for patient in watched:
        subject = people.get(patient.subject)
        plan = study_now(study, subject).safety if subject is not None else None
        if subject is None or plan is None or subject.last_dose is None:
            continue
        signs = signs_since(patient, plan, subject.last_dose, board.day)
        answered = [bool(sign.met) and _is_answered(sign.rule_id, plan) for sign in signs]
        if signs:
            first = signs[answered.index(False)] if False in answered else signs[0]
            what = "toxicity since the last dose" if first.met else "to be judged since the last dose"
            found[patient.subject] = f"{what}: {first.reason}", all(answered)
    return found


def _next_planned(study: Study, subject: Subject) -> float | None:
    """Activity that the plan has for the next dose [MBq]: that of the level, or less once it was reduced.

    None where the plan cannot say it, as for an activity by weight without a weight.
    """
    last, level = subject.therapy[-1], subject.following
    if study.treatment is None or subject.level is None:
        return last.planned_mbq
    if level is None or level.mbq is None or last.planned_mbq is None or not last.level_mbq:
        return None if level is None else level.mbq
    if last.planned_mbq >= REDUCED_SHARE * last.level_mbq:
        return level.mbq
    return last.planned_mbq * (level.mbq / last.level_mbq)


def _proposal(
    study: Study, subject: Subject, due: Due, toxicity: DoseProposal, standings: Standings
) -> CycleProposal:
    last, plan = subject.therapy[-1], plan_now(study, subject)
    turn = Turn(0, len(subject.therapy) + 1)
    if plan is not None:
        turn = plan.turn(next_number(plan, subject.therapy))
    planned = _next_planned(study, subject)
    allowed = None if planned is None else planned * toxicity.factor
    action, activity, reasons = _within_limits(plan, toxicity, allowed, standings)
    if subject.following is not None and subject.following.how:
        reasons.append(subject.following.how)
        if planned is None and action in ("give", "reduce"):
            action = "hold"  # an activity that nobody can say is not given
    return CycleProposal(
        subject=subject.id,
        cycle=turn.cycle,
        due=due.due,
        latest=due.latest,
        planned_mbq=planned,
        action=action,
        activity_mbq=activity if action in ("give", "reduce") else None,
        reasons=tuple(reasons),
        organs=tuple(
            one.room(one.check.planned_mbq if allowed is None else allowed) for one in standings.judged
        ),
        facts=tuple(
            dict.fromkeys([*last.facts, *toxicity.facts, *(f for one in standings.judged for f in one.facts)])
        ),
        fraction=turn.fraction if turn.fractions > 1 else None,
    )


def _within_limits(
    plan: Treatment | None, toxicity: DoseProposal, allowed: float | None, standings: Standings
) -> tuple[str, float | None, list[str]]:
    """Action, activity [MBq] and reasons once the organ limits are kept, in the way of the plan."""
    action: str = toxicity.action
    activity, reasons = allowed, list(toxicity.reasons)
    ends = plan is not None and plan.at_organ_limit is not None and plan.at_organ_limit.value == "stop"
    if action not in ("give", "reduce"):
        return action, activity, reasons
    for one in standings.judged:
        largest = one.largest_mbq()
        if one.check.action == "stop" and activity is not None and largest < activity:
            kept = f"at most {mbq_in_words(largest)} keeps it at {one.check.accepted_risk:.0%}"
            kept = "by the plan no further dose is given" if ends else kept
            reasons.append(f"{_passes(one, activity)}: {kept}")
            activity, action = largest, "stop" if ends or largest <= 0.0 else "reduce"
    reasons += [
        f"{_passes(one, activity)}: alert"
        for one in standings.judged
        if one.check.action == "alert"
        and activity is not None
        and one.probability(activity) > one.check.accepted_risk
    ]
    return action, activity, [*reasons, *standings.notes]


def _passes(one: Standing, activity_mbq: float) -> str:
    risk = f"{one.probability(activity_mbq):.0%}"
    return f"{one.region} {one.check.quantity} passes {one.check.limit_gy:g} Gy with probability {risk}"


def _courses(
    subject: Subject,
    plan: SafetyPlan,
    seen: tuple[pl.DataFrame | None, date],
    events: tuple[AdverseEventInput, ...],
) -> tuple[TermCourse, ...]:
    """Grades of every term that a modification rule names, since the last dose.

    `seen` holds the graded values, and the day from which on a value tells of the present.
    """
    terms = dict.fromkeys(term for rule in plan.modification for term in rule.terms)
    grades, present = seen
    rows = [] if grades is None else list(grades.iter_rows(named=True))
    courses = [_course(term, subject, plan, rows, _named(events, term)) for term in terms]
    newest = {t: max((r["day"] for r in rows if r["term"] == t and r["day"]), default=None) for t in terms}
    courses = [
        replace(one, present=None, old=True)
        if one.present is not None and one.term in gradable_terms() and _before(newest[one.term], present)
        else one
        for one in courses
    ]
    unread = [event for event in events if any(is_one_of(event, (term,)) is None for term in terms)]
    for name in dict.fromkeys(event.term for event in unread):
        course = _course(name, subject, plan, (), [event for event in unread if event.term == name])
        if course.refs:
            courses.append(replace(course, recognised=False))
    return tuple(courses)


def _before(day: date | None, other: date) -> bool:
    return day is None or day < other


def _named(events: Iterable[AdverseEventInput], term: str) -> list[AdverseEventInput]:
    return [event for event in events if is_one_of(event, (term,))]


def _course(
    term: str,
    subject: Subject,
    plan: SafetyPlan,
    rows: Sequence[dict[str, Any]],
    own_events: Sequence[AdverseEventInput],
) -> TermCourse:
    dated = [row for row in rows if row["term"] == term and row["day"] is not None]
    own = [row for row in dated if row["grade"] is not None]
    last = subject.therapy[-1].day
    unread = [row["day"] for row in dated if row["grade"] is None and row["day"] > last]
    since = sorted((row for row in own if row["day"] > last), key=lambda row: row["day"])
    recent = [e for e in own_events if e.onset > last or e.ended is None or e.ended > last]
    graded = [row["grade"] for row in since] + [e.grade for e in recent if e.grade is not None]
    # A later value that nobody can grade says that the last grade is not the present one.
    current = since and not any(day >= since[-1]["day"] for day in unread)
    # Of several values of its day the worst: which was right nobody has said.
    present = [row["grade"] for row in since if row["day"] == since[-1]["day"]] if current else []
    present += [grade for e in recent if e.ended is None and (grade := present_grade(e)) is not None]
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
        if not was_lowered(before, after):
            continue
        worst = max((row["grade"] for row in rows if before.day < row["day"] <= after.day), default=0)
        found += [r.id for r in plan.modification if term in r.terms and worst >= r.min_grade]
    return tuple(dict.fromkeys(found))
