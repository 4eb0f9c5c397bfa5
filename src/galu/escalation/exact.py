"""Exact operating characteristics of table designs, in the limits of accrual.

States are merged by the tallies of the tried levels, so no path is enumerated twice.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from galu.binomial import binomial_pmf
from galu.escalation.climb import Above, Row, first_row, states
from galu.escalation.decision import Action, Decision, Design
from galu.escalation.guarded import Guarded
from galu.escalation.outcomes import Tally
from galu.escalation.rolling_six import RollingSix
from galu.finding import InputError

#: Order in which actions are numbered in tabulated designs.
ACTIONS: tuple[Action, ...] = tuple(Action)
ABOVE: tuple[Above, ...] = (Above.OPEN, Above.CLOSED, Above.NONE)
_SAME = ACTIONS.index(Action.SAME)
_UP = ACTIONS.index(Action.ESCALATE)
_STOP = ACTIONS.index(Action.STOP_NO_DOSE)
_DOWN = ACTIONS.index(Action.DE_ESCALATE)
_ENDS = (ACTIONS.index(Action.DECLARE_MTD), ACTIONS.index(Action.DECLARE_HIGHEST))


class TableDesign(Protocol):
    """A design that is one ordered decision table."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The ordered rows."""


@dataclass(frozen=True, slots=True)
class Characteristics:
    """Exact operating characteristics.

    Parameters
    ----------
    select
        Probability of declaring no level, level 1, level 2, … shape (levels + 1,).
    patients, dlts
        Expected number per level, shape (levels,).
    """

    select: tuple[float, ...]
    patients: tuple[float, ...]
    dlts: tuple[float, ...]


def tabulate(design: TableDesign, largest: int = 6) -> NDArray[np.int8]:
    """Write a table design as an array, shape (3 situations above, n, dlts, pending) of action numbers."""
    table = np.full((3, largest + 1, largest + 1, largest + 1), -1, dtype=np.int8)
    rows = design.rows
    for number, above in enumerate(ABOVE):
        for tally in states(largest):
            action = first_row(rows, tally, above).action
            table[number, tally.enrolled, tally.dlts, tally.pending] = ACTIONS.index(action)
    return table


def check_truth(truth: tuple[float, ...]) -> None:
    """Refuse probabilities that are none, or that fall with the dose.

    Raises
    ------
    InputError
        When there is no level, a value outside 0–1, or a decrease.
    """
    if not truth:
        raise InputError("truth", "there is no level", "give one DLT probability per level, as in 0.10,0.30")
    if any(not 0.0 <= p <= 1.0 for p in truth):
        raise InputError("truth", "a probability lies outside 0–1", "give fractions, as in 0.10,0.30")
    if any(b < a for a, b in itertools.pairwise(truth)):
        raise InputError(
            "truth", "the DLT probability falls with the dose", "order the levels from low to high"
        )


def slow_limit(design: Design, truth: tuple[float, ...]) -> Characteristics:
    """Nobody is pending at any decision: one patient after another."""
    return _run(design, truth, lambda n: 1)


def fast_limit(design: Design, truth: tuple[float, ...]) -> Characteristics:
    """A level is filled to six before any outcome is known."""
    return _run(design, truth, lambda n: 6 - n)


def in_cohorts(design: Design, truth: tuple[float, ...]) -> Characteristics:
    """Whole cohorts of three, as 3+3 is usually analysed."""
    return _run(design, truth, lambda n: 3)


#: Level, whether the one above is closed, and (patients, DLTs) from the lowest level tried to this one.
_State = tuple[int, bool, tuple[tuple[int, int], ...]]


def _run(design: Design, truth: tuple[float, ...], step: Callable[[int], int]) -> Characteristics:
    check_truth(truth)
    inner = design.design if isinstance(design, Guarded) else design
    largest = min(int(getattr(inner, "max_per_level", 6)), 6 if isinstance(inner, RollingSix) else 99)
    table = tabulate(inner, largest).tolist()  # type: ignore[arg-type]
    levels, start = len(truth), int(getattr(inner, "start", 1))
    if start > levels:
        raise InputError("start", f"level {start} of {levels} does not exist", "start at a planned level")
    select = [0.0] * (levels + 1)
    patients = [0.0] * levels
    frontier: dict[_State, float] = {(start, False, ((0, 0),)): 1.0}
    while frontier:
        following: dict[_State, float] = defaultdict(float)
        for state, weight in frontier.items():
            level, closed, counts = state
            n, y = counts[-1]
            action = table[1 if closed else 2 if level == levels else 0][n][y][0]
            ended = _guarded(design, state, action)
            if ended is not None:
                select[ended] += weight
            elif action == _UP:
                following[level + 1, False, (*counts, (0, 0))] += weight
            elif action == _STOP or (action == _DOWN and level == 1):
                select[0] += weight
            elif action == _DOWN:
                following[level - 1, True, counts[:-1] or ((0, 0),)] += weight
            elif action in _ENDS:
                select[level] += weight
            else:
                size = step(n)
                if n + size > largest:
                    fault = f"{n} enrolled and {y} DLTs, all known, lead to no decision"
                    raise InputError("design", fault, "let the table end or leave a full level")
                patients[level - 1] += weight * size
                for more, chance in enumerate(binomial_pmf(size, truth[level - 1])):
                    following[level, closed, (*counts[:-1], (n + size, y + more))] += weight * chance
        frontier = following
    dlts = tuple(n * p for n, p in zip(patients, truth, strict=True))
    return Characteristics(tuple(select), tuple(patients), dlts)


def _guarded(design: Design, state: _State, action: int) -> int | None:
    """Level at which a guard ends the trial, 0 for none; None when no guard objects.

    A level is left out of the state only when those below it are judged, so its tally is not asked for.
    """
    if not isinstance(design, Guarded):
        return None
    if design.shares:
        fault = "the sentinel interval and the minimum follow-up are times, which an exact table has not"
        raise InputError("design", fault, "leave them out, or simulate with `galu design oc`")
    level, _, counts = state
    known = {level - len(counts) + 1 + i: Tally(n, y, 0) for i, (n, y) in enumerate(counts)}
    to = level + 1 if action == _UP else level
    # After a step down the level below is judged in its turn.
    what = (
        ACTIONS[action] if action in (*_ENDS, _STOP) else Action.SUSPEND if action == _DOWN else Action.SAME
    )
    asked = Decision(what, to, "", "", Tally(0, 0, 0))
    answer = design.by_tallies(asked, lambda lv: known.get(lv, Tally(0, 0, 0)))
    return None if answer is None else answer.level or 0
