"""Operating characteristics in calendar time: table designs with arrivals, screening and a window.

Conventions, which move durations: consent reserves a slot at the level decided then; a screening
failure reopens it; a DLT or an inevaluable patient is known the moment it happens; the clock runs
from day 0 to the decision that ends the escalation; arrivals during suspension are lost or queue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galu.compiled import kernel
from galu.escalation.decision import Action
from galu.escalation.draws import DLT, GAP, LOST, LOST_TIME, SCREEN, TIME, stream, uniform
from galu.escalation.exact import ACTIONS, TableDesign, check_truth, tabulate
from galu.finding import InputError

_UP = ACTIONS.index(Action.ESCALATE)
_SAME = ACTIONS.index(Action.SAME)
_DOWN = ACTIONS.index(Action.DE_ESCALATE)
_HOLD = ACTIONS.index(Action.SUSPEND)
#: Exponent on a uniform number that gives the fraction of the window at which a DLT occurs.
DLT_TIMES = {"uniform": 1.0, "early": 2.0, "late": 0.5, "end": 0.0}
_MOST = 512
_STOP = -1


@dataclass(frozen=True, slots=True)
class Conditions:
    """How patients come and what happens to them.

    Parameters
    ----------
    window_days, gap_days
        DLT window and mean gap between arrivals (Poisson) [days].
    queue
        Whether arrivals during suspension wait; otherwise they are lost.
    dlt_time
        When in the window a DLT occurs: uniform, early (u²), late (√u) or end.
    inevaluable
        Probability that a patient without DLT becomes inevaluable, uniformly in the window.
    screening_days, screen_failure
        Time from consent to dosing [days], probability of failing.
    """

    window_days: float = 42.0
    gap_days: float = 10.0
    queue: bool = False
    dlt_time: str = "uniform"
    inevaluable: float = 0.0
    screening_days: float = 0.0
    screen_failure: float = 0.0

    def __post_init__(self) -> None:
        if self.window_days <= 0 or self.gap_days <= 0 or self.screening_days < 0:
            raise InputError("conditions", "a time is not positive", "give days above 0")
        if not (0 <= self.inevaluable < 0.9 and 0 <= self.screen_failure < 0.9):
            raise InputError("conditions", "a probability lies outside 0–0.9", "give fractions below 0.9")
        if self.dlt_time not in DLT_TIMES:
            raise InputError(
                "dlt-time", f"`{self.dlt_time}` is not known", f"use one of {', '.join(DLT_TIMES)}"
            )

    def as_array(self) -> NDArray[np.float64]:
        """Return the numbers in the order the kernel reads them."""
        return np.array(
            [
                self.window_days,
                self.gap_days,
                float(self.queue),
                DLT_TIMES[self.dlt_time],
                self.inevaluable,
                self.screening_days,
                self.screen_failure,
            ]
        )


@dataclass(frozen=True, slots=True)
class Trials:
    """Simulated trials, one row each.

    Parameters
    ----------
    selected
        Declared level, 0 for none; shape (trials,).
    patients, dlts
        Per level (screening failures are no patients), shape (trials, levels).
    duration_days, suspended_days
        Shape (trials,) [days].
    """

    selected: NDArray[np.int64]
    patients: NDArray[np.int64]
    dlts: NDArray[np.int64]
    duration_days: NDArray[np.float64]
    suspended_days: NDArray[np.float64]


@kernel
def _decide(  # type: ignore[no-untyped-def]  # noqa: PLR0913 - a kernel takes its arrays
    table, n, y, c, current, tried, levels
):
    """Walk as `climb` does; gives (action, level), the action -1 for "no level"."""
    closed = levels + 2
    for level in range(1, tried + 1):
        if table[0, n[level], y[level], c[level]] == _DOWN:
            closed = level
            break
    if closed == 1:
        return _STOP, 0
    for level in range(1, levels + 1):
        above = 1 if level + 1 == closed else (2 if level == levels else 0)
        action = table[above, n[level], y[level], c[level]]
        if action == _UP:
            if level < current:
                continue
            return _UP, level + 1
        return action, level
    return _STOP, 0


@kernel
def _trials(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0913 - one event loop, arrays as arguments
    table, truth, conditions, seed, first, selected, patients, dlts, times
):
    levels = truth.size
    window, gap, queue = conditions[0], conditions[1], conditions[2] > 0.5
    power, lost, screening, failure = conditions[3], conditions[4], conditions[5], conditions[6]
    n = np.zeros(levels + 2, np.int64)
    y = np.zeros(levels + 2, np.int64)
    c = np.zeros(levels + 2, np.int64)
    due = np.empty(64)
    what = np.empty(64, np.int64)
    where = np.empty(64, np.int64)
    for trial in range(selected.size):
        base = stream(seed, first + trial)
        n[:] = 0
        y[:] = 0
        c[:] = 0
        open_, patient, waiting = 0, 0, 0
        now, suspended = 0.0, 0.0
        action, level = _decide(table, n, y, c, 1, 1, levels)
        current, tried = 1, 1
        arrival = -gap * math.log(uniform(base, 0, GAP))
        arrivals = 1
        while True:
            soonest = -1
            when = arrival
            for k in range(open_):
                if due[k] <= when:
                    when = due[k]
                    soonest = k
            if action == _HOLD:
                suspended += when - now
            now = when
            if soonest >= 0:
                at = where[soonest]
                c[at] -= 1
                if what[soonest] == 1:
                    y[at] += 1
                elif what[soonest] >= 2:
                    n[at] -= 1
                open_ -= 1
                due[soonest] = due[open_]
                what[soonest] = what[open_]
                where[soonest] = where[open_]
                action, level = _decide(table, n, y, c, current, tried, levels)
            else:
                waiting += 1
                arrival = now - gap * math.log(uniform(base, arrivals, GAP))
                arrivals += 1
            while waiting > 0 and action in (_SAME, _UP) and patient < _MOST:
                waiting -= 1
                current = level
                tried = max(tried, level)
                n[level] += 1
                c[level] += 1
                fails = failure > 0.0 and uniform(base, patient, SCREEN) < failure
                where[open_] = level
                if fails:
                    what[open_] = 3
                    due[open_] = now + screening
                else:
                    patients[trial, level - 1] += 1
                    if uniform(base, patient, DLT) < truth[level - 1]:
                        what[open_] = 1
                        dlts[trial, level - 1] += 1
                        due[open_] = now + screening + window * uniform(base, patient, TIME) ** power
                    elif lost > 0.0 and uniform(base, patient, LOST) < lost:
                        what[open_] = 2
                        due[open_] = now + screening + window * uniform(base, patient, LOST_TIME)
                    else:
                        what[open_] = 0
                        due[open_] = now + screening + window
                open_ += 1
                patient += 1
                action, level = _decide(table, n, y, c, current, tried, levels)
            if not queue:
                waiting = 0
            if action != _SAME and action != _UP and action != _HOLD:
                break
            if patient >= _MOST:
                level = -1
                break
        selected[trial] = 0 if action == _STOP else level
        times[trial, 0] = now
        times[trial, 1] = suspended


def simulate(
    design: TableDesign, truth: tuple[float, ...], conditions: Conditions, seed: int, span: range
) -> Trials:
    """Simulate the trials numbered by `span`.

    Parameters
    ----------
    design
        A design of one decision table.
    truth
        DLT probability per level.
    conditions
        Arrivals, window, screening.
    seed
        With the trial's number it fixes every random number.
    span
        Trial numbers (step 1); chunks of a range put together equal the whole.
    """
    check_truth(truth)
    count = len(span)
    levels = len(truth)
    selected = np.zeros(count, np.int64)
    patients = np.zeros((count, levels), np.int64)
    dlts = np.zeros((count, levels), np.int64)
    times = np.zeros((count, 2))
    table = tabulate(design)
    _trials(table, np.array(truth), conditions.as_array(), seed, span.start, selected, patients, dlts, times)
    return Trials(selected, patients, dlts, times[:, 0], times[:, 1])
