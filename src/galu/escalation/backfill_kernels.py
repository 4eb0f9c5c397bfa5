"""Backfilled patients in fast trials: placed while the escalation is suspended, known one window later.

They stand in a record of their own, since a design counts those of its escalation alone. What is done with
it is called, not compiled into each kernel, whose first run took minutes otherwise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from galu.compiled import inlined, kernel
from galu.escalation.backfill import BackfillRule
from galu.escalation.conventions import TINY
from galu.escalation.decision import Action
from galu.escalation.dlt_times import dlt_part
from galu.escalation.draws import DLT, LOST, LOST_TIME, SCREEN, TIME, uniform
from galu.escalation.exact import ACTIONS
from galu.escalation.interval import boin_lambdas
from galu.escalation.toxic import FEWEST, too_toxic

_LEVELS, _ROOM = 32, 4096
_HOLD, _MTD = ACTIONS.index(Action.SUSPEND), ACTIONS.index(Action.DECLARE_MTD)
_DOWN, _STOP = ACTIONS.index(Action.DE_ESCALATE), ACTIONS.index(Action.STOP_NO_DOSE)
_ENROLS = tuple(
    ACTIONS.index(a) for a in (Action.ESCALATE, Action.SAME, Action.DE_ESCALATE, Action.ELIMINATE)
)
#: Number of the first backfilled patient among the random numbers of a trial.
FIRST = 1 << 20
#: By level `n` enrolled, `y` with a DLT, `c` pending; of each outcome in order of its `due` day: `what` it is
#: (0 none, 1 DLT, 2 no longer counted) and its `level`. `most` of a level, `down` the rate
#: that calls for a step down, `stops` the fewest DLTs of so many that end the trial at level 1; `ends` says
#: that the design has no place for more at a level; `closing` that only outcomes are waited for.
_RECORD = np.dtype(
    [
        ("down", "f8"),
        *((name, "i8") for name in ("most", "ends", "closing", "known", "last")),
        *((name, "i8", (_LEVELS,)) for name in ("n", "y", "c")),
        *((name, "i8", (_ROOM,)) for name in ("what", "level", "stops")),
        ("due", "f8", (_ROOM,)),
    ]
)


def backfill_record(rule: BackfillRule, ends: bool) -> NDArray[np.void]:
    """The record of a rule, shape (1,)."""
    record = np.zeros(1, _RECORD)
    record["most"], record["ends"], record["down"] = rule.most, ends, boin_lambdas(rule.target)[1]
    stops, fewest = record["stops"][0], 1
    for n in range(_ROOM):
        while n >= FEWEST and fewest <= n and not too_toxic(n, fewest, rule.target):
            fewest += 1
        stops[n] = fewest if n >= FEWEST else n + 1
    return record


@kernel
def backfill_begin(back, levels):  # type: ignore[no-untyped-def]
    """Start a trial: nobody is backfilled."""
    for level in range(levels + 1):
        back.n[level] = 0
        back.y[level] = 0
        back.c[level] = 0
    back.known = 0
    back.last = 0
    back.closing = 0


@inlined
def pooled_toxic(w, back, level):  # type: ignore[no-untyped-def]
    """Whether the known of a level, backfilled or not, call for a step down."""
    known = w.n[level] - w.c[level] + back.n[level] - back.c[level]
    return known == 0 or w.y[level] + back.y[level] >= back.down * known - TINY


@inlined
def _open_level(w, back):  # type: ignore[no-untyped-def]
    """Highest level that takes a backfilled patient, 0 for none, as `backfill.backfill`."""
    found = 0
    for level in range(1, w.in_use):
        if pooled_toxic(w, back, level):
            break
        if w.n[level] + back.n[level] < back.most:
            found = level
    return found


@kernel
def backfill_place(w, base, conditions, truth, back):  # type: ignore[no-untyped-def]
    """Treat somebody at the highest open level; False where there is none."""
    level = 0
    if back.closing == 0 and back.last < back.due.size:
        level = _open_level(w, back)
    if level > 0:
        patient = FIRST + back.last
        window, power = conditions[0], conditions[3]
        dosed = w.now + conditions[5]
        back.n[level] += 1
        back.c[level] += 1
        what, due = 0, dosed + window
        if conditions[6] > 0.0 and uniform(base, patient, SCREEN) < conditions[6]:
            what, due = 2, dosed
        else:
            w.treated[level] += 1
            if uniform(base, patient, DLT) < truth[level - 1]:
                w.toxic[level] += 1
                what = 1
                due = dosed + window * dlt_part(power, uniform(base, patient, TIME), truth[level - 1])
            elif conditions[4] > 0.0 and uniform(base, patient, LOST) < conditions[4]:
                what, due = 2, dosed + window * uniform(base, patient, LOST_TIME)
        place = back.last
        while place > back.known and back.due[place - 1] > due:
            back.due[place] = back.due[place - 1]
            back.what[place] = back.what[place - 1]
            back.level[place] = back.level[place - 1]
            place -= 1
        back.due[place] = due
        back.what[place] = what
        back.level[place] = level
        back.last += 1
    return level > 0


@kernel
def backfill_due(back):  # type: ignore[no-untyped-def]
    """Day on which the next backfilled patient is known, infinite where there is none."""
    return back.due[back.known] if back.known < back.last else math.inf


@kernel
def backfill_learn(back):  # type: ignore[no-untyped-def]
    """Let the next backfilled patient's outcome become known."""
    what, level = back.what[back.known], back.level[back.known]
    back.known += 1
    back.c[level] -= 1
    if what == 1:
        back.y[level] += 1
    elif what == 2:
        back.n[level] -= 1


@kernel
def backfill_bound(w, back, action, level):  # type: ignore[no-untyped-def]
    """What backfilled patients leave of an answer, as `backfill.bound_by`."""
    back.closing = 0
    cap = _LEVELS
    for lv in range(1, w.tried + 1):
        if back.n[lv] > back.c[lv] and pooled_toxic(w, back, lv):
            cap = max(lv - 1, 1)
            break
    known = w.n[1] - w.c[1] + back.n[1] - back.c[1]
    if cap == 1 and back.n[1] > 0 and w.y[1] + back.y[1] >= back.stops[min(known, back.stops.size - 1)]:
        action, level = _STOP, 0
    elif level > cap and action in _ENROLS:
        action, level = (_MTD, cap) if back.ends > 0 else (_DOWN, cap)
        for lv in range(1, w.tried + 1):
            if w.c[lv] > 0:
                action, level = _HOLD, 0
                break
    elif level > cap and (action == _MTD or action == _MTD + 1):
        action, level = _MTD, cap
    if (action == _MTD or action == _MTD + 1) and back.known < back.last:
        back.closing = 1
        action, level = _HOLD, 0
    return action, level
