"""Designs that read one decision table level by level: rolling six, 3+3 and their relatives.

The table says what one level's tally means; `climb` says what that means for the trial. Levels are
judged from the lowest up to the one enrolling last, so a decision is re-run in full whenever a DLT
arrives late or a patient turns inevaluable: those already dosed stay where they are and enrolment
above pauses.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcomes, Tally
from galu.finding import InputError


class Above(enum.Enum):
    """What lies above the level that is judged."""

    OPEN = "open"
    CLOSED = "closed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision table: the first whose condition holds answers.

    `above` lists the situations the row applies to; `source` cites its clause or says "assumed".
    """

    id: str
    when: Callable[[Tally], bool]
    action: Action
    meaning: str
    source: str
    above: tuple[Above, ...] = (Above.OPEN, Above.CLOSED, Above.NONE)


def first_row(rows: tuple[Row, ...], tally: Tally, above: Above) -> Row:
    """Return the row that answers for a tally.

    Raises
    ------
    InputError
        When no row answers: the tally is none that the design can reach.
    """
    for row in rows:
        if above in row.above and row.when(tally):
            return row
    raise InputError(
        "outcomes",
        f"{tally.enrolled} enrolled, {tally.dlts} DLTs, {tally.pending} pending is no state of this design",
        "check how many patients each level has",
    )


#: Levels that a trial may plan.
MOST_PLANNED = 30


def states(largest: int) -> tuple[Tally, ...]:
    """All tallies of at most `largest` patients, in order (84 for six)."""
    return tuple(
        Tally(n, y, c) for n in range(largest + 1) for y in range(n + 1) for c in range(n - y, -1, -1)
    )


def check_order(
    outcomes: Outcomes, levels: int, largest: int, fewest: int = 3, start: int = 1, skips: bool = False
) -> None:
    """Refuse outcomes that no trial of such a design can have produced.

    Parameters
    ----------
    largest, fewest
        Evaluable patients of a level, and those that leave it upwards.
    start
        Level of the first patient.
    skips
        Whether untried levels may be skipped.

    Raises
    ------
    InputError
        When a level does not exist, is skipped, is entered too early or is over-full.
    """
    if levels < 1:
        raise InputError("levels", f"{levels} levels are no trial", "plan at least one level")
    if levels > MOST_PLANNED:
        raise InputError("levels", f"{levels} levels are too many", f"plan {MOST_PLANNED} at most")
    if not 1 <= start <= levels:
        raise InputError("start", f"level {start} of {levels} does not exist", "start at a planned level")
    seen = [0] * (levels + 2)
    slots = [0] * (levels + 2)
    highest = start - 1
    for number, patient in enumerate(outcomes, start=1):
        level = patient.level
        if level > levels:
            raise InputError(
                "outcomes", f"patient {number} is at level {level} of {levels}", "use the planned levels only"
            )
        if level > highest + 1 and not skips:
            raise InputError(
                "outcomes",
                f"patient {number} skips to level {level}",
                f"enrol every level in turn, from level {start}",
            )
        if level > start and seen[level - 1] < fewest:
            raise InputError(
                "outcomes",
                f"patient {number} is at level {level} after {seen[level - 1]} at level {level - 1}",
                f"a level is left upwards after at least {fewest} patients",
            )
        seen[level] += 1
        slots[level] += patient.outcome.value != "X"
        if slots[level] > largest:
            raise InputError(
                "outcomes", f"level {level} has more than {largest} evaluable patients", f"stop at {largest}"
            )
        highest = max(highest, level)


Judge = Callable[[int, Above], Row]


def climb(judge: Judge, outcomes: Outcomes, levels: int, start: int = 1) -> Decision:
    """Turn a table into a decision for the trial.

    Parameters
    ----------
    judge
        Gives the row for a level (from 1) and what lies above it.
    outcomes
        All patients so far.
    levels
        Number of planned levels.
    start
        Level of the first patient; a level below it is tried only when the one above it closes.

    Notes
    -----
    A level whose tally reads "de-escalate" is closed, with all above it. Below it the walk always
    ends, because no row escalates under a closed level. A level that was tried is judged by its own
    tally, also when a late outcome took the last patient to a level below it.
    """
    tried = max(outcomes.levels_tried, default=0)
    closed = next(
        (lv for lv in range(1, tried + 1) if judge(lv, Above.OPEN).action is Action.DE_ESCALATE), levels + 2
    )
    if closed == 1:
        row = judge(1, Above.OPEN)
        return _decision(Action.STOP_NO_DOSE, None, outcomes.tally(1), row, "no planned level is tolerated")
    for level in range(min(start, closed - 1), min(levels, closed - 1) + 1):
        above = Above.CLOSED if level + 1 == closed else Above.NONE if level == levels else Above.OPEN
        row = judge(level, above)
        if row.action is Action.ESCALATE and level < tried:
            continue
        return _answer(row, level, outcomes, (closed, start))
    raise AssertionError("the walk ends at the top level or below a closed one")


def _answer(row: Row, level: int, outcomes: Outcomes, bounds: tuple[int, int]) -> Decision:
    closed, start = bounds
    tally = outcomes.tally(level)
    current = outcomes.current_level if outcomes.patients else start
    if row.action is Action.ESCALATE:
        return _decision(row.action, level + 1, tally, row, f"escalate to level {level + 1}")
    if row.action is Action.DECLARE_MTD:
        return _decision(row.action, level, tally, row, f"level {level} is the MTD")
    if row.action is Action.DECLARE_HIGHEST:
        return _decision(row.action, level, tally, row, f"level {level} is the highest planned dose")
    if row.action is Action.STOP_NO_DOSE:
        return _decision(row.action, None, tally, row, "the trial ends without a dose")
    alert = "" if level >= current or closed <= current else _late(level, current)
    if row.action is Action.SUSPEND:
        return _decision(row.action, None, tally, row, f"suspend accrual at level {level}", alert)
    if level < current:
        then = f"the next patient goes to level {level}"
        return _decision(Action.DE_ESCALATE, level, tally, row, then, alert)
    then = f"stay at level {level}" if level == current else f"the next patient goes to level {level}"
    return _decision(row.action, level, tally, row, then)


def _late(level: int, current: int) -> str:
    return (
        f"Level {level} no longer supports the enrolment at level {current}: those dosed stay there, "
        f"enrolment above level {level} pauses, the safety committee is to be told."
    )


def _decision(
    action: Action, level: int | None, tally: Tally, row: Row, then: str, alert: str = ""
) -> Decision:
    counts = f"{tally.enrolled} enrolled, {tally.dlts} with a DLT, {tally.pending} pending"
    return Decision(action, level, f"{counts}: {row.meaning}; {then}.", row.id, tally, alert)
