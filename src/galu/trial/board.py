"""The board: who sits in which slot, what is due, what may happen next and why.

Answers in milliseconds; the simulated world asks it before every step, as a coordinator does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcomes, Tally
from galu.protocol import Study
from galu.record import Record
from galu.safety.dlt import DltAssessment
from galu.trial.accrual import (
    Accrual,
    Orders,
    Phase,
    Room,
    SignedDecision,
    ToxicityMonitor,
    derive_monitor,
    fold_orders,
    next_accrual,
    read_decisions,
    reviewed,
)
from galu.trial.adjudication import course_facts
from galu.trial.design import ask_design, reach
from galu.trial.harm import harm_without_dose
from galu.trial.memory import Memory, read_subjects
from galu.trial.planned import dose_slack, due_on, next_number
from galu.trial.safety import derive_dlt
from galu.trial.slot_steps import Reservation, derive_reservations, with_reservations
from galu.trial.slots import Slot, is_gone, outcome_of, seen_by_design, slot_of, with_strays
from galu.trial.subjects import Subject
from galu.trial.versions import plan_now, study_now
from galu.trial.words import read_words


@dataclass(frozen=True, slots=True)
class Due:
    """Something a coordinator should do, with its window; `why` is the plan, or what speaks against it."""

    subject: str
    what: str
    due: date
    latest: date
    why: str = ""

    def overdue(self, day: date) -> bool:
        """Whether the window has closed."""
        return day > self.latest


@dataclass(frozen=True, slots=True)
class Board:
    """The trial at a glance on one day.

    `forecast` is the day on which a suspension by the design would end if no pending patient has a DLT;
    `held` says that a signed decision, or the monitor of the recommended dose, keeps enrolment closed;
    `rp2d` is the signed decision that set the recommended dose; `reservations` are slots asked for, held and
    freed.
    """

    day: date
    phase: Phase
    slots: tuple[Slot, ...]
    tallies: tuple[tuple[int, Tally], ...]
    decision: Decision | None
    may_enrol: bool
    held: bool
    forecast: date | None
    next_level: int | None
    next_step: str
    screening: tuple[str, ...]
    unplaced: tuple[str, ...]
    due: tuple[Due, ...]
    decisions: tuple[SignedDecision, ...]
    monitor: ToxicityMonitor | None
    dosed: int
    target: int | None
    rp2d: SignedDecision | None
    reservations: tuple[Reservation, ...] = ()

    def slot(self, subject: str) -> Slot | None:
        """The slot of a subject, if there is one."""
        return next((slot for slot in self.slots if slot.subject == subject), None)


def derive_board(
    study: Study,
    record: Record,
    day: date,
    subjects: tuple[Subject, ...] | None = None,
    memory: Memory | None = None,
) -> Board:
    """The board at the end of `day`, from a record already filtered to what was known then.

    Parameters
    ----------
    study, record, day
        The version in force, what was known, the day.
    subjects
        Where they are derived already.
    memory
        What was derived of this record when it was shorter; it takes what is new.
    """
    record = read_words(study, record)
    people = read_subjects(study, record, memory or Memory()) if subjects is None else subjects
    in_slots = sorted((s for s in people if s.level is not None), key=lambda s: (s.enrolled or day, s.id))
    # Once the RP2D is signed nothing asks for the outcome of later patients but the safety watch.
    assessments = derive_dlt(study, record, in_slots, day, memory)
    courses = course_facts(record)
    told = harm_without_dose(record, (s for s in in_slots if not s.therapy))
    slots = tuple(slot_of(study, s, assessments.get(s.id), courses, told.get(s.id, ())) for s in in_slots)
    slots = with_strays(slots, harm_without_dose(record, (s for s in people if is_unplaced(s))))
    reservations = derive_reservations(record, people)
    slots = with_reservations(slots, reservations)
    decisions = read_decisions(record)
    orders = fold_orders(decisions)
    outcomes = Outcomes(tuple(outcome_of(s) for s in seen_by_design(slots)))
    decision, silence = ask_design(study, outcomes, orders)
    monitor, halt = _monitor(study, record, orders, slots, assessments)
    room = room_of(study, people, reservations)
    accrual = next_accrual(decision, silence, orders, room, halt)
    waits = _waits_for(study, slots, decision, orders)
    if waits and accrual.may_enrol and accrual.phase == "escalation":
        accrual = replace(accrual, may_enrol=False, step=f"{waits} {accrual.step}")
    if decision is None and not people:
        accrual = Accrual("not planned", False, None, silence)
    levels = sorted({s.level for s in slots if s.phase == "escalation"})
    return Board(
        day=day,
        phase=accrual.phase,
        slots=slots,
        tallies=tuple((number, outcomes.tally(number)) for number in levels),
        decision=decision,
        may_enrol=accrual.may_enrol,
        held=accrual.held,
        forecast=_forecast(study, slots, decision, orders),
        next_level=accrual.level,
        next_step=accrual.step,
        screening=tuple(s.id for s in people if _is_screening(s)),
        unplaced=tuple(s.id for s in people if is_unplaced(s)),
        due=_due(study, people, day),
        decisions=tuple(one for one, _ in decisions),
        monitor=monitor,
        dosed=room.dosed,
        target=room.target,
        rp2d=orders.rp2d,
        reservations=reservations,
    )


def room_of(study: Study, people: Iterable[Subject], reservations: Iterable[Reservation] = ()) -> Room:
    """Patients dosed, seats given to who waits for the dose, and the planned number.

    A seat that is reserved is given, one whose enrolment was cancelled is not.
    """
    steps = tuple(reservations)
    freed, held = {one.subject for one in steps if one.freed}, sum(one.holds for one in steps)
    everyone = tuple(people)
    dosed = sum(1 for s in everyone if s.first_dose is not None)
    plan = study.enrolment
    # Where the enrolled count, whoever leaves before the dose keeps the place that was given.
    kept = plan is not None and plan.counts.value == "enrolled"
    waiting = sum(
        1
        for s in everyone
        if s.has_slot
        and not s.therapy
        and s.id not in freed
        and (_holds_slot(s) or (kept and not without_slot(s)))
    )
    return Room(dosed, waiting + held, plan.target.value if plan else None)


def _monitor(
    study: Study,
    record: Record,
    orders: Orders,
    slots: tuple[Slot, ...],
    assessments: Mapping[str, DltAssessment],
) -> tuple[ToxicityMonitor | None, str]:
    """The monitor of the recommended dose, and why it holds enrolment; empty where it does not."""
    level = orders.rp2d.level if orders.rp2d else None
    there = [slot for slot in slots if slot.level == level]
    monitor = derive_monitor(study, orders, (slot.outcome for slot in there))
    if monitor is None:
        return None, ""
    if not monitor.review:
        return monitor, _monitor_waits(study, orders, there)
    if reviewed(record, orders, (assessments[slot.subject] for slot in there if slot.outcome == "T")):
        return monitor, ""
    return monitor, (
        f"Stop for review: {monitor.dlts} of {monitor.evaluable} evaluable patients at level {level} had a "
        f"DLT, Pr(rate > {monitor.dlt_rate:g}) = {monitor.probability:.2f} reaches {monitor.stop_at:g}; "
        "a signed resume lifts it"
    )


def _monitor_waits(study: Study, orders: Orders, there: Iterable[Slot]) -> str:
    """Whose toxicity, were it one, would reach the bound of the recommended dose; empty where nobody's."""
    slots = tuple(there)
    names = [slot.subject for slot in slots if slot.suspect]
    worst = derive_monitor(study, orders, ("T" if slot.suspect else slot.outcome for slot in slots))
    if not names or worst is None or not worst.review:
        return ""
    return f"Enrolment waits for {', '.join(names)}: with a toxicity there the monitor stops for review."


def without_slot(subject: Subject) -> bool:
    """Whether a slot was given and freed again: screening failed, as by a PET without uptake, and no dose."""
    return subject.failed and not subject.therapy


def is_unplaced(subject: Subject) -> bool:
    """Whether nothing says how a subject came into the trial: no consent, slot, dose or screen failure."""
    return not (subject.consent or subject.has_slot or subject.therapy or subject.imaging or subject.failed)


def _is_screening(subject: Subject) -> bool:
    return (
        subject.consent is not None
        and subject.level is None
        and not subject.therapy
        and not subject.failed
        and not subject.dead
        and subject.left("treatment") is None
    )


def _waits_for(study: Study, slots: tuple[Slot, ...], decision: Decision | None, orders: Orders) -> str:
    """Who must be judged before anybody else is dosed; empty where nothing hangs on it.

    A pending patient who may have had a toxicity is read both ways: where a toxicity would lead lower, or
    end the escalation, enrolment waits for the judgement.
    """
    there = seen_by_design(slots)
    names = [slot.subject for slot in there if slot.suspect]
    if decision is None or not names:
        return ""
    worst = [replace(slot, outcome="T") if slot.suspect else slot for slot in there]
    if_toxic, _ = ask_design(study, Outcomes(tuple(outcome_of(slot) for slot in worst)), orders)
    if if_toxic is not None and reach(if_toxic) >= reach(decision):
        return ""
    answer = "no answer" if if_toxic is None else if_toxic.action.value
    return f"Enrolment waits for {', '.join(names)}: with a toxicity there the design says {answer}."


def _forecast(
    study: Study, slots: tuple[Slot, ...], decision: Decision | None, orders: Orders
) -> date | None:
    """When a suspension ends if every pending window closes without a DLT, one after the other."""
    if decision is None or decision.action is not Action.SUSPEND:
        return None
    known = {slot.subject: slot for slot in seen_by_design(slots)}
    ends = sorted((s.window_ends, s.subject) for s in known.values() if s.outcome == "P" and s.window_ends)
    for day, subject in ends:
        known[subject] = replace(known[subject], outcome="N")
        later, _ = ask_design(study, Outcomes(tuple(outcome_of(one) for one in known.values())), orders)
        if later is not None and later.action is not Action.SUSPEND:
            return day
    return None


def _holds_slot(subject: Subject) -> bool:
    return not subject.therapy and not is_gone(subject)


def _due(study: Study, people: Iterable[Subject], day: date) -> tuple[Due, ...]:
    found = []
    for subject in people:
        plan = plan_now(study, subject)
        if plan is None or subject.last_dose is None:
            continue
        number = next_number(plan, subject.therapy)
        gone = subject.completed or subject.left("treatment") is not None or subject.dead
        if number <= plan.most_administrations and not gone:
            due = due_on(plan, subject.therapy, number)
            what = f"{plan.therapy_agent.value} dose, {plan.turn(number)}"
            latest = due + timedelta(days=dose_slack(study_now(study, subject), plan.turn(number)))
            found.append(Due(subject.id, what, due, latest))
    return tuple(sorted(found, key=lambda item: (item.due, item.subject)))
