"""The board's page: the answer in a sentence, the lanes, what blocks, and what would follow if."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from galu.desk.identity import acts
from galu.desk.page_words import Said, say
from galu.desk.pages.look import Look, look
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcomes
from galu.finding import InputError
from galu.report.blocks import Card
from galu.report.board import lanes_of, standing_of
from galu.trial.accrual import SignedDecision, fold_orders, read_decisions
from galu.trial.board import Board
from galu.trial.data_state import Asked
from galu.trial.design import ask_design
from galu.trial.slots import Slot, outcome_of, seen_by_design

#: What a pending patient can be turned into, and what that is called.
TURNS: Final = {"T": "DLT", "N": "no DLT"}
_SAYS: Final[dict[Action, Said]] = {
    Action.ESCALATE: say("Go up: the next patient may be enrolled at %(level)s."),
    Action.SAME: say("Stay: the next patient may be enrolled at %(level)s."),
    Action.DE_ESCALATE: say("Go down: the next patient may be enrolled at %(level)s."),
    Action.ELIMINATE: say("The level is closed; the next patient may be enrolled at %(level)s."),
    Action.SUSPEND: say("Wait: nobody is enrolled before a pending patient is settled."),
    Action.DECLARE_MTD: say("The escalation is over: %(level)s is the maximum tolerated dose."),
    Action.DECLARE_HIGHEST: say("The escalation is over: %(level)s, the highest planned, is tolerated."),
    Action.STOP_NO_DOSE: say("The escalation is over: no planned level is tolerated."),
}
_PHASES: Final[dict[str, Said]] = {
    "awaiting RP2D": say("The escalation is over; the committee sets the recommended dose."),
    "complete": say("Enrolment is complete."),
    "stopped": say("The trial is stopped: nobody may be enrolled or dosed."),
    "not planned": say("The study file plans no escalation."),
}


@dataclass(frozen=True, slots=True)
class Flip:
    """A pending patient of the what-if: turned into `to`, or left as it is (empty)."""

    subject: str
    level: int
    to: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The next decision if pending patients were settled so; nothing is written."""

    flips: tuple[Flip, ...]
    answer: Said | str
    reason: str
    changed: bool


@dataclass(frozen=True, slots=True)
class LevelLane:
    """A lane with its level, which colours it; `counts` are patients by state of their slot."""

    level: int
    title: Said
    phase: str
    counts: tuple[tuple[str, int], ...]
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """What the page shows; `slots` are those of the board by subject, to draw the window of each."""

    look: Look
    answer: Said | str
    lanes: tuple[LevelLane, ...]
    slots: Mapping[str, Slot]
    queries: tuple[Asked, ...]
    waiting: tuple[tuple[str, str], ...]
    what_if: WhatIf
    decisions: tuple[tuple[SignedDecision, str], ...]

    @property
    def board(self) -> Board:
        """The board itself."""
        return self.look.state.board


@acts("read-board")
def board_page(folder: Path, as_of: date | None = None, turned: Mapping[str, str] | None = None) -> BoardPage:
    """The board of a trial folder on a day.

    Parameters
    ----------
    turned
        Pending subjects, each with what it is turned into (`T` or `N`) in the what-if.

    Raises
    ------
    InputError
        When the record had not begun on that day, or somebody is turned who is not pending.
    """
    seen = look(folder, as_of)
    board = seen.state.board
    return BoardPage(
        seen,
        answer_of(board, seen),
        tuple(_lanes(seen)),
        {slot.subject: slot for slot in board.slots},
        tuple(one for one in seen.state.data.queries if one.state != "closed" and seen.sees(one.subject)),
        tuple(_waiting(board)),
        _what_if(seen, dict(turned or {})),
        tuple((one, standing_of(one)) for one in reversed(board.decisions)),
    )


def answer_of(board: Board, seen: Look) -> Said | str:
    """The answer to whether, and at which level, the next patient may be enrolled."""
    if board.phase in _PHASES:
        return _PHASES[board.phase]
    if board.phase == "expansion":
        if board.may_enrol:
            return say(
                "The expansion goes on: the next patient may be enrolled at %(level)s.",
                level=_level(seen, board.next_level),
            )
        return say("The expansion is open, and nobody may be enrolled now.")
    if board.decision is None:
        return board.next_step
    if not board.may_enrol and not board.decision.action.ends_escalation:
        return _SAYS[Action.SUSPEND] if board.decision.action is Action.SUSPEND else board.next_step
    return _said(board.decision, seen)


def _said(decision: Decision, seen: Look) -> Said:
    return say(_SAYS[decision.action].text, level=_level(seen, decision.level))


def _level(seen: Look, number: int | None) -> Said:
    plan = seen.state.study.treatment
    activity = next((str(one) for one in plan.levels if one.level == number), "") if plan else ""
    return say("level %(number)s (%(activity)s)", number=number, activity=activity or "?")


def _lanes(seen: Look) -> Iterator[LevelLane]:
    """Lanes from the highest level down, as one looks up to it."""
    plan, board = seen.state.study.treatment, seen.state.board
    activity = {one.level: str(one) for one in plan.levels} if plan else {}
    for lane in reversed(lanes_of(seen.state.study, board)):
        counts = Counter(card.state for card in lane.cards if card.state != "free")
        told = {"level": lane.level, "activity": activity.get(lane.level, "?")}
        title = say("Level %(level)s, %(activity)s", **told)
        yield LevelLane(lane.level, title, lane.phase, tuple(counts.items()), lane.cards)


def _waiting(board: Board) -> Iterator[tuple[str, str]]:
    """Pending patients whose outcome hangs on something, and what."""
    for slot in board.slots:
        if slot.outcome == "P" and slot.phase == "escalation":
            yield slot.subject, "; ".join(one for one in (slot.reason, slot.counts) if one)


def _what_if(seen: Look, turned: dict[str, str]) -> WhatIf:
    """The design's answer with some pending patients settled, by the rules and orders in force."""
    state = seen.state
    there = seen_by_design(state.board.slots)
    pending = {slot.subject: slot for slot in there if slot.outcome == "P"}
    for subject, to in turned.items():
        if subject not in pending or to not in TURNS:
            raise InputError(f"what-if {subject}={to}", "turns nobody who is pending", "choose on the board")
    after = [replace(slot, outcome=turned.get(slot.subject, slot.outcome)) for slot in there]
    orders = fold_orders(read_decisions(state.record))
    decision, silence = ask_design(state.study, Outcomes(tuple(outcome_of(one) for one in after)), orders)
    flips = tuple(Flip(one.subject, one.level, turned.get(one.subject, "")) for one in pending.values())
    if decision is None:
        return WhatIf(flips, silence, "", bool(turned))
    return WhatIf(flips, _said(decision, seen), decision.reason, bool(turned))
