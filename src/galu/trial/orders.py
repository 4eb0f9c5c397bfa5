"""Activity to be ordered, by when: a vial belongs to one subject and hour, and is made days ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from galu.protocol import Study
from galu.record import Record, Row
from galu.record.site import ActivityOrder, OrderStep
from galu.record.treatment import Enrolment
from galu.trial.board import Board, Due
from galu.trial.planned import next_number
from galu.trial.subjects import Subject
from galu.trial.versions import plan_now, study_now

#: An order is listed so long before it is due.
AHEAD = timedelta(days=7)
#: Steps after which an order brings nothing by itself.
_STUCK = {"held": "is held", "delayed": "is delayed", "failed": "failed", "cancelled": "was cancelled"}


def orders_due(study: Study, record: Record, subjects: Iterable[Subject], board: Board) -> Iterator[Due]:
    """Orders that are to be placed, or looked after, for the next dose of everybody of whom one is due.

    A first dose is due on the day that the slot was planned for; where nobody planned it, that is asked.
    Of an imported or simulated record nobody is asked.
    """
    people = tuple(subjects)
    if record.origin != "observed" or all(_days_ahead(study, one) is None for one in people):
        return
    due = {one.subject: one.due for one in board.due}
    planned = {one.subject: one.planned for one in board.reservations}
    asked = {one.subject for one in board.reservations if one.holds}
    asked |= {row.subject for row in record.rows(Enrolment)}
    ordered = record.rows_by_subject(ActivityOrder)
    steps = {record.root(row.fact.order): row for row in record.rows(OrderStep)}
    for subject in people:
        ahead, plan = _days_ahead(study, subject), plan_now(study, subject)
        first = not subject.therapy and subject.id in asked and board.slot(subject.id) is not None
        day = planned.get(subject.id) if first else due.get(subject.id)
        if ahead is None or plan is None or not (first or subject.id in due) or _is_out(board, subject):
            continue
        turn = plan.turn(next_number(plan, subject.therapy))
        what = f"order of {plan.therapy_agent.value}, {turn}"
        if day is None:
            why = "the day of the first dose is not planned: a slot_step says it in `planned`"
            yield Due(subject.id, what, board.day, board.day, why)
            continue
        own = [
            row
            for row in ordered.get(subject.id, ())
            if row.fact.agent == plan.therapy_agent.value
            and row.fact.cycle in (None, turn.cycle)
            and (row.fact.fraction or 1) == turn.fraction
            and (row.fact.cycle is not None or row.day is None or row.day > (subject.last_dose or date.min))
        ]
        stuck = [_stuck(record, row, steps) for row in own]
        if own and not all(stuck):
            continue
        by = day - timedelta(days=ahead)
        if board.day >= by - AHEAD or own:
            why = "; ".join(one for one in stuck if one) or f"{ahead} days before the dose of {day}"
            yield Due(subject.id, what, by, by, why)


def _is_out(board: Board, subject: Subject) -> bool:
    """Whether no further dose is to come."""
    slot = board.slot(subject.id)
    return board.phase == "stopped" or (not subject.therapy and slot is not None and slot.outcome == "X")


def _days_ahead(study: Study, subject: Subject) -> int | None:
    plan = study_now(study, subject).site
    return plan.order_days_ahead.value if plan and plan.order_days_ahead else None


def _stuck(record: Record, order: Row[ActivityOrder], steps: dict[str, Row[OrderStep]]) -> str:
    """Why an order brings nothing by itself; empty where it may."""
    step = steps.get(record.root(order.id))
    if step is None or step.fact.step not in _STUCK:
        return ""
    return f"the order {order.id} {_STUCK[step.fact.step]} since {step.fact.on[:10]}"
