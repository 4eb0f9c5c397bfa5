"""The coordinator's questions of a day: doses proposed or held, asked, overdue, due, lacking.

Everything is read from a state; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from galu.eligibility import Gate
from galu.escalation.decision import Action
from galu.quantities import mbq_in_words
from galu.trial.agenda import grouped
from galu.trial.board import Board
from galu.trial.eligibility import GateVerdicts
from galu.trial.proposals import CycleProposal
from galu.trial.slots import Slot
from galu.trial.state import TrialState

Group = Literal[
    "dose proposed",
    "held",
    "to be judged",
    "overdue",
    "due",
    "screening",
    "to be recorded",
    "to be corrected",
]
#: The order in which a coordinator reads them.
GROUPS: Final[tuple[Group, ...]] = (
    "dose proposed", "held", "to be judged", "overdue", "due", "screening", "to be recorded",
    "to be corrected",
)  # fmt: skip
#: A dose is listed so long before it is due.
AHEAD: Final = timedelta(days=7)
ALL_SATISFIED: Final = "every criterion is satisfied"


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the list; `until` is the last day allowed, None where there is none."""

    group: Group
    subject: str
    what: str
    until: date | None
    why: str
    facts: tuple[str, ...] = ()


def derive_worklist(state: TrialState) -> tuple[Task, ...]:
    """Every task of the state's day, in the order of the groups, then by the last day allowed."""
    doses = {one.subject for one in state.proposals}
    found = [
        *_first_doses(state),
        *_doses(state.proposals, state.day),
        *_asked(state),
        *_consents(state),
        *_agenda(state, doses),
        *_screening(state),
        *_remarks(state),
        *_unread(state),
    ]
    order = {group: place for place, group in enumerate(GROUPS)}
    return tuple(sorted(found, key=lambda task: (order[task.group], task.until or date.max, task.subject)))


def _doses(proposals: Iterable[CycleProposal], day: date) -> Iterator[Task]:
    for one in proposals:
        if one.due > day + AHEAD:
            continue
        what = f"cycle {one.cycle}" + (f", fraction {one.fraction}" if one.fraction is not None else "")
        if one.activity_mbq is None:
            yield Task("held", one.subject, what, one.latest, "; ".join(grouped(one.reasons)), one.facts)
        else:
            why = "; ".join((f"due {one.due}", *grouped(one.reasons)))
            amount = f"{what}, {mbq_in_words(one.activity_mbq)}"
            yield Task("dose proposed", one.subject, amount, one.latest, why, one.facts)


def _first_doses(state: TrialState) -> Iterator[Task]:
    """Who has a slot and waits for the first dose: how much by the plan, and what speaks against it."""
    gates = {one.subject: one for one in state.eligibility if one.gate is Gate.DOSE}
    waiting = {one.subject: one for one in state.board.slots if one.first_dose is None and one.outcome == "P"}
    for subject in state.subjects:
        slot, planned = waiting.get(subject.id), subject.following
        if slot is None or planned is None:
            continue
        against = [*_closed(state.board, slot)]
        against += [slot.reason] if slot.suspect else []
        against += [planned.how] if planned.mbq is None else []
        gate = gates.get(subject.id)
        against += [lacking] if gate is not None and (lacking := _lacking(gate)) else []
        amount = "" if planned.mbq is None else f", {mbq_in_words(planned.mbq)}"
        why = "; ".join(against or [planned.how or ALL_SATISFIED])
        group: Group = "held" if against else "dose proposed"
        yield Task(group, subject.id, f"first dose, level {slot.level}{amount}", None, why, slot.facts)


def _closed(board: Board, slot: Slot) -> Iterator[str]:
    """Why nobody is dosed at the level of a slot any more, though it was given."""
    decision = board.decision
    if board.phase == "stopped":
        yield "the trial is stopped"
    elif slot.phase == "escalation" and decision is None:
        yield board.next_step
    elif slot.phase != "escalation" or decision is None or decision.action is Action.SUSPEND:
        return
    elif (decision.level or 0) < slot.level:
        yield f"level {slot.level} is not open any more: {decision.reason}"


def _asked(state: TrialState) -> Iterator[Task]:
    """Pending patients who may have had a toxicity: somebody named is to judge, or facts are to come."""
    for slot in state.board.slots:
        if slot.outcome == "P" and slot.suspect:
            yield Task(
                "to be judged", slot.subject, "dose-limiting toxicity", None, slot.reason, slot.decided_by
            )


def _consents(state: TrialState) -> Iterator[Task]:
    for one in state.consents_lacking:
        what = f"consent on form {one.form}" if one.form else "consent again"
        yield Task("due", one.subject, what, None, str(one), one.facts)


def _agenda(state: TrialState, doses: set[str]) -> Iterator[Task]:
    for due in state.agenda:
        if due.subject in doses and "dose, cycle" in due.what:
            continue  # it stands among the doses
        group: Group = "overdue" if due.overdue(state.day) else "due"
        yield Task(group, due.subject, due.what, due.latest, due.why)


def _screening(state: TrialState) -> Iterator[Task]:
    """What keeps each subject in screening from a slot, at the gate that comes next."""
    waiting = set(state.board.screening)
    next_gates = {one.subject: one for one in state.eligibility}  # the next one is last
    for name in sorted(waiting & next_gates.keys()):
        gate = next_gates[name]
        yield Task("screening", name, f"gate {gate.gate.value}", None, _lacking(gate) or ALL_SATISFIED)


def _lacking(verdicts: GateVerdicts) -> str:
    """Criteria that are violated or not known, by number; empty where every one is satisfied."""
    said = []
    for verdict, words in (("violated", "violated"), ("unknown", "not known")):
        names = [one.criterion for one in verdicts.verdicts if one.at_gate == verdict]
        if names:
            said.append(f"{words}: {', '.join(names)}")
    return "; ".join(said)


def _remarks(state: TrialState) -> Iterator[Task]:
    """What is lacking around a dose, or not said of an incident; what is said whole is no task."""
    for one in state.remarks:
        if one.asked:
            when = "" if one.day is None else f" of {one.day}"
            what = f"{one.rule}{when}"
            yield Task("to be recorded", one.subject, what, None, f"{one.what}; {one.asked}", one.facts)


def _unread(state: TrialState) -> Iterator[Task]:
    for name in state.board.unplaced:
        why = "no consent, slot or dose is known of this subject: mistyped?"
        yield Task("to be corrected", name, "subject", None, why)
    for one in state.safety.unread:
        what = f"{one.kind} {one.written!r}"
        yield Task("to be corrected", one.subject, what, None, f"{one.why}; {one.remedy}", (one.fact,))
