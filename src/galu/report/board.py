"""The board as lanes and lines: the same words in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from galu.escalation.outcomes import Outcome
from galu.protocol import Study
from galu.report.blocks import Card, Lane, Table
from galu.trial.accrual import SignedDecision
from galu.trial.board import Board, Due
from galu.trial.slots import Slot

#: Patients of a cohort, of designs that have no switch for it.
_COHORT: Final = {"3+3": 3, "iq-rolling-six": 6}
_STATES: Final = {
    Outcome.NONE: ("none", "no DLT"),
    Outcome.DLT: ("dlt", "DLT"),
    Outcome.PENDING: ("pending", "pending"),
    Outcome.INEVALUABLE: ("replaced", "not evaluable"),
}


def lanes_of(study: Study, board: Board) -> tuple[Lane, ...]:
    """A lane per dose level of the escalation with the slots of its cohort, then one per expanded level."""
    levels = {} if study.treatment is None else {lv.level: str(lv) for lv in study.treatment.levels}
    found = []
    for phase in ("escalation", "expansion"):
        for level in sorted({*levels, *(slot.level for slot in board.slots)}):
            slots = [slot for slot in board.slots if (slot.phase, slot.level) == (phase, level)]
            if slots or phase == "escalation":
                taken = sum(slot.outcome != "X" for slot in slots)
                free = _free(study, taken) if phase == "escalation" else 0
                found.append(_lane((phase, level, levels.get(level)), slots, board, free))
    return tuple(found)


def _free(study: Study, taken: int) -> int:
    """Slots that the design's own cohort leaves open at a level; cohorts are filled one after another."""
    if study.escalation is None:
        return 0
    own = study.escalation.switches
    most = own.get("max_per_level")
    if most is not None:
        return max(0, int(most) - taken)
    cohort = int(own.get("cohort_size") or _COHORT.get(study.escalation.design.value, 1))
    return cohort if taken == 0 else -taken % cohort


def _lane(which: tuple[str, int, str | None], slots: list[Slot], board: Board, free: int) -> Lane:
    """A lane with so many free slots."""
    phase, level, activity = which
    cards = [_card(slot, board) for slot in slots if slot.outcome != "X"]
    cards += [Card("", "free", "free", "", "", "")] * free
    cards += [_card(slot, board) for slot in slots if slot.outcome == "X"]
    counts = {state: sum(slot.outcome == state.value for slot in slots) for state in Outcome}
    words = [f"{count} {_STATES[state][1]}" for state, count in counts.items() if count]
    name = f"Level {level}" + ("" if activity is None else f", {activity}")
    return Lane(f"{name} · {phase}", ", ".join(words) or "nobody yet", tuple(cards), level, phase)


def _card(slot: Slot, board: Board) -> Card:
    state, word = _STATES[Outcome(slot.outcome)]
    shown = ""
    if slot.window_day is None:
        shown = slot.reason
    elif slot.window_ends is not None and slot.outcome == "P":
        left = (slot.window_ends - board.day).days
        of = "" if slot.window_days is None else f" of {slot.window_days}"
        ends = f"{left} days left" if left > 0 else "window over"
        shown = f"day {slot.window_day}{of}, {ends}"
    if slot.counts and slot.outcome == "P":
        shown = f"{shown}; {slot.counts}" if shown else slot.counts
    if slot.weaker:
        shown = "; ".join(one for one in (shown, "at a lower activity than the level has now") if one)
    if slot.deviations:
        shown = f"{shown}; {'; '.join(slot.deviations)}"
    return Card(slot.subject, state, word, shown, slot.rule, slot.reason)


def decision_rows(board: Board) -> tuple[tuple[str, str], ...]:
    """What may happen next, by which row of the design, and why."""
    rows: list[tuple[str, str]] = [("phase", board.phase)]
    if board.decision is not None:
        decided = board.decision
        level = "" if decided.level is None else f" (level {decided.level})"
        rows += [("design says", decided.action.value + level), ("rule row", decided.rule)]
        rows += [("because", decided.reason)]
        rows += [("alert", decided.alert)] if decided.alert else []
    enrol = "yes" if board.may_enrol else "no"
    if board.may_enrol and board.next_level is not None:
        enrol += f", at level {board.next_level}"
    rows += [("may enrol", enrol), ("next step", board.next_step)]
    if board.forecast is not None:
        rows.append(("suspension ends, if no pending patient has a DLT", board.forecast.isoformat()))
    dosed = str(board.dosed) if board.target is None else f"{board.dosed} of {board.target}"
    return (*rows, ("dosed with therapy", dosed))


def signed_table(board: Board) -> Table:
    """Decisions as signed; a stale one rests on a fact that was corrected since."""
    rows = tuple(
        (one.day, one.decision, one.level, one.by, one.signer or "nobody",
         standing_of(one),
         one.fact)
        for one in board.decisions
    )  # fmt: skip
    columns = ("day", "decision", "level", "decided by", "signed by", "state", "fact")
    return Table("signed-decisions", "Signed decisions", columns, rows)


def standing_of(one: SignedDecision) -> str:
    """Why a decision does not stand; empty where it does."""
    if not one.signed:
        return "not signed: does not count"
    return "stale: a fact it rests on was corrected" if one.stale else ""


def due_table(agenda: Iterable[Due], day: date) -> Table:
    """What is due and what is overdue, earliest first."""
    rows = tuple(
        (one.subject, one.what, one.due, one.latest,
         "overdue" if one.overdue(day) else _when(one.due, day), one.why)
        for one in agenda
    )  # fmt: skip
    columns = ("subject", "what", "due", "latest", "state", "plan, or what speaks against it")
    return Table("due", "Due and overdue", columns, rows)


def _when(due: date, day: date) -> str:
    left = (due - day).days
    return f"in {left} days" if left > 0 else "due now"
