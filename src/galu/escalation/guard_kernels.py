"""Guards around a design in fast trials: what `Guarded` answers, read from small tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import inlined
from galu.escalation.conventions import TINY
from galu.escalation.events import DOWN, HOLD, MTD, OUT, SAME, STOP, UP
from galu.escalation.guarded import (
    EnoughAtLevel,
    Guarded,
    LowestToxic,
    MinFollowup,
    PreciseAtLevel,
    Sentinel,
    barred,
)
from galu.escalation.toxic import too_toxic

Guards = tuple[
    NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]
]


def guard_tables(design: Guarded, largest: int) -> Guards:
    """What the kernels read: (sentinel share, follow-up, enough), too toxic at level 1, precise, and
    what forbids to declare level 1 and a higher one.

    A number of 0 switches its guard off; the tables have y of n known patients, up to `largest`.
    """
    numbers = np.zeros(3)
    toxic = np.zeros((largest + 1, largest + 1), np.bool_)
    precise = np.zeros((largest + 1, largest + 1), np.bool_)
    lowest = np.zeros((largest + 1, largest + 1), np.bool_)
    higher = np.zeros((largest + 1, largest + 1), np.bool_)
    target = design.target
    for n in range(1, largest + 1 if target is not None else 1):
        for y in range(n + 1):
            lowest[n, y] = barred(1, n, y, target or 0.0)
            higher[n, y] = barred(2, n, y, target or 0.0)
    for guard in design.guards:
        if isinstance(guard, Sentinel):
            numbers[0] = guard.share
        elif isinstance(guard, MinFollowup):
            numbers[1] = guard.share
        elif isinstance(guard, EnoughAtLevel):
            numbers[2] = guard.patients
        for n in range(largest + 1):
            for y in range(n + 1):
                if isinstance(guard, LowestToxic):
                    toxic[n, y] = too_toxic(n, y, guard.limit, guard.certainty)
                elif isinstance(guard, PreciseAtLevel):
                    precise[n, y] = guard.holds(n, y)
    return numbers, toxic, precise, lowest, higher


@inlined
def _brief(w, highest, share, window, first):  # type: ignore[no-untyped-def]
    """Earliest day on which a pending patient at or below a level is followed for a share; -1 when all are.

    With `first` only the first counting patient of each level is looked at.
    """
    until = -1.0
    for k in range(w.known, w.last):
        who = w.who[k]
        level = w.level[who]
        part = min(max((w.now - w.start[k]) / window, 0.0), 1.0)
        if level > highest or part >= share - TINY:
            continue
        leads = True
        if first:
            for earlier in range(who):
                if w.level[earlier] == level and w.state[earlier] != 1:
                    leads = False
                    break
        day = w.start[k] + share * window
        if leads and (until < 0.0 or day < until):
            until = day
    return until


@inlined
def guard_answer(w, action, level, window, guards):  # type: ignore[no-untyped-def]
    """What the first guard that objects answers, else the design's (action, level)."""
    numbers, toxic, precise, lowest, higher = guards
    w.until = np.inf
    if toxic[w.n[1] - w.c[1], w.y[1]]:
        return STOP, 0
    if action != SAME and action != UP and action != DOWN and action != OUT:
        return action, level
    while True:
        if numbers[0] > 0.0:
            until = _brief(w, level, numbers[0], window, True)
            if until >= 0.0:
                w.until = until
                return HOLD, 0
        if numbers[1] > 0.0 and action == UP:
            until = _brief(w, level, numbers[1], window, False)
            if until >= 0.0:
                w.until = until
                return HOLD, 0
        known = w.n[level] - w.c[level]
        if not ((numbers[2] > 0.0 and w.n[level] >= numbers[2]) or precise[known, w.y[level]]):
            return action, level
        if w.c[level] > 0:
            return HOLD, 0
        if level == 1:
            return (STOP, 0) if lowest[known, w.y[level]] else (MTD, level)
        if not higher[known, w.y[level]]:
            return MTD, level
        action = SAME  # not a step up, whichever way it leads
        level -= 1
