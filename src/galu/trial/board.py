"""The board: who sits in which slot, what is due, what may happen next and why.

Answers in milliseconds; the simulated world asks it before every step, as a coordinator does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from galu.escalation.decision import Action, Decision, Design
from galu.escalation.guarded import Guarded, Sentinel
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome, Tally
from galu.escalation.plan import EscalationPlan, design_from_plan
from galu.finding import InputError
from galu.protocol import Study
from galu.record import Record, fact_digest, fact_of
from galu.safety.dlt import DltAssessment
from galu.trial.safety import derive_dlt
from galu.trial.subjects import Subject, derive_subjects

Phase = Literal["escalation", "awaiting RP2D", "expansion", "complete", "stopped", "not planned"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A patient at a dose level. `outcome` is N, T, P or X; `window_day` counts from the first dose."""

    subject: str
    level: int
    phase: str
    enrolled: date | None
    first_dose: date | None
    outcome: str
    window_day: int | None
    window_ends: date | None
    rule: str
    reason: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """Something a coordinator should do, with its window."""

    subject: str
    what: str
    due: date
    latest: date

    def overdue(self, day: date) -> bool:
        """Whether the window has closed."""
        return day > self.latest


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """A decision as recorded; only a signed one counts.

    `signed` says that a signature names it and its digest still fits; `stale` that a fact it rests on was
    since corrected.
    """

    day: date | None
    decision: str
    level: int | None
    by: str
    fact: str
    stale: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The trial at a glance on one day.

    `forecast` is the day on which a suspension would end if no pending patient has a DLT.
    """

    day: date
    phase: Phase
    slots: tuple[Slot, ...]
    tallies: tuple[tuple[int, Tally], ...]
    decision: Decision | None
    may_enrol: bool
    forecast: date | None
    next_level: int | None
    next_step: str
    screening: tuple[str, ...]
    due: tuple[Due, ...]
    decisions: tuple[SignedDecision, ...]
    dosed: int
    target: int | None

    def slot(self, subject: str) -> Slot | None:
        """The slot of a subject, if there is one."""
        return next((slot for slot in self.slots if slot.subject == subject), None)


def derive_board(
    study: Study, record: Record, day: date, subjects: tuple[Subject, ...] | None = None
) -> Board:
    """The board at the end of `day`, from a record already filtered to what was known then."""
    people = derive_subjects(study, record) if subjects is None else subjects
    in_slots = sorted((s for s in people if s.level is not None), key=lambda s: (s.enrolled or day, s.id))
    # Once the RP2D is signed nothing asks for the outcome of later patients but the safety watch.
    assessments = derive_dlt(study, record, in_slots, day)
    slots = tuple(_slot(s, assessments.get(s.id)) for s in in_slots)
    decisions = _decisions(record)
    signed = tuple(one for one in decisions if one.signed)
    outcomes = Outcomes(tuple(outcome_of(study, s) for s in slots if s.phase == "escalation"))
    decision, silence = _decide(study, outcomes)
    dosed = sum(1 for s in people if s.first_dose is not None)
    target = study.enrolment.target.value if study.enrolment else None
    phase, may, level, step = _next_step(decision, silence, signed, people, (dosed, target))
    levels = sorted({s.level for s in slots if s.phase == "escalation"})
    return Board(
        day=day,
        phase=phase,
        slots=slots,
        tallies=tuple((number, outcomes.tally(number)) for number in levels),
        decision=decision,
        may_enrol=may,
        forecast=_forecast(study, slots, decision),
        next_level=level,
        next_step=step,
        screening=tuple(s.id for s in people if _is_screening(s)),
        due=_due(study, people, day),
        decisions=decisions,
        dosed=dosed,
        target=target,
    )


def _is_screening(subject: Subject) -> bool:
    return (
        subject.consent is not None
        and subject.level is None
        and not subject.therapy
        and subject.screen_failed is None
        and subject.died is None
        and subject.left("study") is None
    )


def _slot(subject: Subject, assessed: DltAssessment | None) -> Slot:
    assert subject.level is not None
    gone = subject.left("treatment") is not None or subject.died is not None
    if assessed is None:
        outcome, reason = ("X", "left before the first dose") if gone else ("P", "not yet dosed")
    else:
        outcome, reason = assessed.outcome, assessed.reason
    return Slot(
        subject=subject.id,
        level=subject.level,
        phase=subject.phase or "escalation",
        enrolled=subject.enrolled,
        first_dose=subject.first_dose,
        outcome=outcome,
        window_day=assessed.window_day if assessed else None,
        window_ends=assessed.window_ends if assessed else None,
        rule=assessed.rule_id if assessed else "slot",
        reason=reason,
        facts=(*subject.facts, *_first_dose(subject), *(assessed.facts if assessed else ())),
    )


def _first_dose(subject: Subject) -> tuple[str, ...]:
    """Facts of the administration that the window counts from."""
    return subject.therapy[0].facts if subject.therapy else ()


def outcome_of(study: Study, slot: Slot) -> PatientOutcome:
    """A slot as the design reads it, with the share of the window that has passed."""
    window = study.safety.dlt.window_days.value if study.safety else 1
    passed = min(1.0, (slot.window_day or 0) / window)
    return PatientOutcome(slot.level, Outcome(slot.outcome), max(0.0, passed), ref=slot.subject)


def _decide(study: Study, outcomes: Outcomes) -> tuple[Decision | None, str]:
    """The design's answer, or why there is none: a deviation is shown, never blocked."""
    if study.escalation is None or study.treatment is None:
        return None, "The study file plans no escalation"
    try:
        return trial_design(study, study.escalation).decide(outcomes, len(study.treatment.levels)), ""
    except InputError as error:
        return None, f"The enrolment so far breaks the design ({error.fault}): the safety committee decides"


def trial_design(study: Study, plan: EscalationPlan) -> Design:
    """The design of the plan, with its sentinel interval."""
    design, days = design_from_plan(plan), plan.sentinel_interval_days.value
    window = study.safety.dlt.window_days.value if study.safety else 1
    return Guarded(design, (Sentinel(min(1.0, days / window)),)) if days else design


def _forecast(study: Study, slots: tuple[Slot, ...], decision: Decision | None) -> date | None:
    """When a suspension ends if every pending window closes without a DLT, one after the other."""
    if decision is None or decision.action is not Action.SUSPEND:
        return None
    ends = sorted((s.window_ends, s.subject) for s in slots if s.outcome == "P" and s.window_ends)
    known = {slot.subject: slot for slot in slots if slot.phase == "escalation"}
    for day, subject in ends:
        known[subject] = replace(known[subject], outcome="N")
        later, _ = _decide(study, Outcomes(tuple(outcome_of(study, slot) for slot in known.values())))
        if later is not None and later.action is not Action.SUSPEND:
            return day
    return None


def _decisions(record: Record) -> tuple[SignedDecision, ...]:
    signatures = {(row["signs"], row["digest"]) for row in record.facts("signature").iter_rows(named=True)}
    return tuple(
        SignedDecision(
            day=row["day"],
            decision=row["decision"],
            level=row["level"],
            by=row["by"],
            fact=row["id"],
            stale=any(fact in record.superseded for fact in row["rests_on"] or ()),
            signed=(row["id"], fact_digest(fact_of("decision", row))) in signatures,
        )
        for row in record.facts("decision").iter_rows(named=True)
    )


def _next_step(
    decision: Decision | None,
    silence: str,
    signed: tuple[SignedDecision, ...],
    people: Iterable[Subject],
    counts: tuple[int, int | None],
) -> tuple[Phase, bool, int | None, str]:
    dosed, target = counts
    if any(s.decision == "stop" for s in signed):
        return "stopped", False, None, "The trial was stopped by a signed decision"
    rp2d = next((s for s in reversed(signed) if s.decision == "rp2d"), None)
    if rp2d is not None:
        reserved = sum(1 for s in people if s.level is not None and _holds_slot(s)) + dosed
        if target is not None and dosed >= target:
            return "complete", False, rp2d.level, f"{dosed} patients dosed: enrolment is complete"
        free = target is None or reserved < target
        step = (
            f"Expansion at level {rp2d.level}: {dosed} of {target} dosed, {reserved - dosed} slots reserved"
        )
        return "expansion", free, rp2d.level, step
    if decision is None:
        return ("escalation" if people else "not planned"), False, None, silence
    suspended = signed and signed[-1].decision == "suspend"
    if suspended:
        return "escalation", False, decision.level, "Accrual is suspended by a signed decision"
    if decision.action.ends_escalation:
        none = decision.action.value == "stop-no-dose"
        phase: Phase = "stopped" if none else "awaiting RP2D"
        return phase, False, decision.level, f"{decision.reason} The RP2D is a signed committee decision"
    may = decision.action.value in ("escalate", "same", "de-escalate")
    return "escalation", may, decision.level, decision.reason


def _holds_slot(subject: Subject) -> bool:
    return not subject.therapy and subject.left("treatment") is None and subject.died is None


def _due(study: Study, people: Iterable[Subject], day: date) -> tuple[Due, ...]:
    if study.treatment is None:
        return ()
    cycle, most = study.treatment.cycle_days.value, study.treatment.max_cycles.value
    visits = study.schedule.visits if study.schedule else ()
    slack = next((v.after_days for v in visits if v.anchor == "cycle" and "dose" in v.procedures), 7)
    found = []
    for subject in people:
        treated = subject.last_dose is not None and len(subject.therapy) < most
        if treated and subject.left("treatment") is None and subject.died is None:
            assert subject.last_dose is not None
            due = subject.last_dose + timedelta(days=cycle)
            what = f"177Lu dose, cycle {len(subject.therapy) + 1}"
            found.append(Due(subject.id, what, due, due + timedelta(days=slack)))
    return tuple(sorted(found, key=lambda item: (item.due, item.subject)))
