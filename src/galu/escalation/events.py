"""What happens to patients in calendar time: arrivals, screening, windows; shared by every fast kernel.

A kernel of a design alternates between its own decision and `proceed`, which enrols a waiting patient or
goes on to the next event. Conventions, which move durations: consent reserves a slot at the level decided
then; a screening failure reopens it; a DLT or an inevaluable patient is known the moment it happens; the
clock runs from day 0 to the decision that ends the escalation; arrivals during suspension are lost or queue.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from galu.compiled import inlined
from galu.escalation.decision import Action
from galu.escalation.draws import DLT, GAP, LOST, LOST_TIME, SCREEN, TIME, uniform
from galu.escalation.exact import ACTIONS

UP = ACTIONS.index(Action.ESCALATE)
SAME = ACTIONS.index(Action.SAME)
DOWN = ACTIONS.index(Action.DE_ESCALATE)
HOLD = ACTIONS.index(Action.SUSPEND)
MTD = ACTIONS.index(Action.DECLARE_MTD)
STOP = ACTIONS.index(Action.STOP_NO_DOSE)
OUT = ACTIONS.index(Action.ELIMINATE)

#: Patients after whom a trial is given up as unfinished.
MOST = 512
#: Levels a record has room for, counted from 0.
MOST_LEVELS = 32
#: Outcomes by number; a pending patient has one already, due later.
NONE, TOXIC, LOST_ONE, FAILED = 0, 1, 2, 3
NOTHING = -1


# The trial that is running lies in two flat arrays, because a kernel hands them on at no cost (records and
# named tuples cost it five- to thirtyfold). `w` holds whole numbers at these places:
PENDING, PATIENT, WAITING, ARRIVALS, TOTAL, CURRENT, IN_USE, TRIED, EVENT, EVENT_LEVEL, TIED = range(11)
#: By level (level 0 unused): enrolled, with a DLT, pending; dosed and with a DLT as they will be counted.
N, Y, C, TREATED, TOXIC_BY = range(16, 16 + 5 * MOST_LEVELS, MOST_LEVELS)
#: Of each patient in order of consent: level, 1 if they no longer count. Of each pending one: outcome, who.
LEVEL, GONE, WHAT, WHO = range(192, 192 + 4 * MOST, MOST)
#: `f` holds days: now, the next arrival, suspended so far; of each pending patient when known, when dosed.
NOW, ARRIVAL, SUSPENDED = range(3)
DUE, START = 8, 8 + MOST


def new_world() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Room for one running trial: `w` and `f`."""
    return np.zeros(WHO + MOST, np.int64), np.zeros(START + MOST)


@inlined
def begin(w, f, base, conditions):  # type: ignore[no-untyped-def]
    """Start a trial: nobody enrolled, the first arrival due."""
    for place in range(N, LEVEL):
        w[place] = 0
    w[PENDING] = 0
    w[TIED] = 0
    w[PATIENT] = 0
    w[WAITING] = 0
    w[TOTAL] = 0
    w[CURRENT] = 1
    w[IN_USE] = 1
    w[TRIED] = 1
    w[ARRIVALS] = 1
    w[EVENT] = NOTHING
    f[NOW] = 0.0
    f[SUSPENDED] = 0.0
    f[ARRIVAL] = -conditions[1] * math.log(uniform(base, 0, GAP))


@inlined
def _enrol(w, f, base, conditions, truth, level):  # type: ignore[no-untyped-def]
    patient = w[PATIENT]
    place = w[PENDING]
    window, power, lost = conditions[0], conditions[3], conditions[4]
    screening, failure = conditions[5], conditions[6]
    dosed = f[NOW] + screening
    w[N + level] += 1
    w[C + level] += 1
    w[LEVEL + patient] = level
    w[GONE + patient] = 0
    w[WHO + place] = patient
    f[START + place] = dosed
    if failure > 0.0 and uniform(base, patient, SCREEN) < failure:
        w[WHAT + place] = FAILED
        f[DUE + place] = dosed
    else:
        w[TREATED + level] += 1
        if uniform(base, patient, DLT) < truth[level - 1]:
            part = uniform(base, patient, TIME)
            w[TOXIC_BY + level] += 1
            w[WHAT + place] = TOXIC
            f[DUE + place] = dosed + window * (part if power == 1.0 else part**power)
        elif lost > 0.0 and uniform(base, patient, LOST) < lost:
            w[WHAT + place] = LOST_ONE
            f[DUE + place] = dosed + window * uniform(base, patient, LOST_TIME)
        else:
            w[WHAT + place] = NONE
            f[DUE + place] = dosed + window
    w[PENDING] = place + 1
    w[PATIENT] = patient + 1
    w[CURRENT] = level
    w[IN_USE] = level
    w[TOTAL] += 1
    w[WAITING] -= 1
    if level > w[TRIED]:
        w[TRIED] = level


@inlined
def _learn(w, f, place):  # type: ignore[no-untyped-def]
    """Let the outcome of a pending patient become known."""
    patient, what = w[WHO + place], w[WHAT + place]
    level = w[LEVEL + patient]
    w[C + level] -= 1
    if what == TOXIC:
        w[Y + level] += 1
    elif what != NONE:
        w[N + level] -= 1
        w[TOTAL] -= 1
        w[GONE + patient] = 1
        last = w[PATIENT] - 1
        while last >= 0 and w[GONE + last] == 1:
            last -= 1
        w[IN_USE] = w[LEVEL + last] if last >= 0 else 1
    w[EVENT] = what
    w[EVENT_LEVEL] = level
    last = w[PENDING] - 1
    w[PENDING] = last
    f[DUE + place] = f[DUE + last]
    w[WHAT + place] = w[WHAT + last]
    w[WHO + place] = w[WHO + last]
    f[START + place] = f[START + last]


@inlined
def _learn_tied(w, f):  # type: ignore[no-untyped-def]
    """Let another outcome of this very moment become known: nobody is enrolled between the two."""
    place = -1
    w[TIED] = 0
    for k in range(w[PENDING]):
        if f[DUE + k] <= f[NOW]:
            if place >= 0:
                w[TIED] = 1
            place = k
    _learn(w, f, place)


@inlined
def proceed(w, f, base, conditions, truth, action, level, timed):  # type: ignore[no-untyped-def]
    """Act on a decision and go on until the next one is needed; False when the trial is over.

    `timed` says that a decision changes with time, so that it is asked for again at each arrival.
    """
    enrols = action in (SAME, UP, DOWN, OUT)
    w[EVENT] = NOTHING
    if w[TIED] == 1:
        _learn_tied(w, f)
        return True
    if not enrols and action != HOLD:
        return False
    if w[PATIENT] >= MOST:
        return False
    if enrols and w[WAITING] > 0:
        _enrol(w, f, base, conditions, truth, level)
        return True
    queue = conditions[2] > 0.5
    if not queue:
        w[WAITING] = 0
    while True:
        place = -1
        when = f[ARRIVAL]
        tied = 0
        for k in range(w[PENDING]):
            if f[DUE + k] < when or (place < 0 and f[DUE + k] == when):
                when = f[DUE + k]
                place = k
                tied = 0
            elif f[DUE + k] == when:
                tied = 1
        if action == HOLD:
            f[SUSPENDED] += when - f[NOW]
        f[NOW] = when
        if place >= 0:
            w[TIED] = tied
            _learn(w, f, place)
            return True
        w[WAITING] += 1
        f[ARRIVAL] = when - conditions[1] * math.log(uniform(base, w[ARRIVALS], GAP))
        w[ARRIVALS] += 1
        if timed:
            return True
        if enrols:
            _enrol(w, f, base, conditions, truth, level)
            return True
        if not queue:
            w[WAITING] = 0


@inlined
def finish(w, f, action, level, trial, selected, patients, dlts, times):  # type: ignore[no-untyped-def]
    """Write a finished trial into the results; -1 is an unfinished one."""
    for lv in range(patients.shape[1]):
        patients[trial, lv] = w[TREATED + lv + 1]
        dlts[trial, lv] = w[TOXIC_BY + lv + 1]
    times[trial, 0] = f[NOW]
    times[trial, 1] = f[SUSPENDED]
    if action == STOP:
        selected[trial] = 0
    elif action == MTD or action == MTD + 1:
        selected[trial] = level
    else:
        selected[trial] = -1
