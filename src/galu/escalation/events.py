"""What happens to patients in calendar time: arrivals, screening, windows; shared by every fast kernel.

A kernel of a design alternates between its own decision and `proceed`, which enrols a waiting patient or
goes on to the next event. Conventions, which move durations: consent reserves a slot at the level decided
then; a screening failure reopens it; a DLT or an inevaluable patient is known the moment it happens; the
clock runs from day 0 to the decision that ends the escalation; arrivals during suspension are lost or queue.
A trial whose given arrivals are used up before that decision is unfinished.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from galu.compiled import inlined
from galu.escalation.backfill_kernels import (
    backfill_begin,
    backfill_due,
    backfill_learn,
    backfill_place,
)
from galu.escalation.conventions import SEEN, TINY
from galu.escalation.decision import Action
from galu.escalation.dlt_times import dlt_part
from galu.escalation.draws import DLT, GAP, LOST, LOST_TIME, SCREEN, TIME, uniform
from galu.escalation.exact import ACTIONS
from galu.finding import InputError

UP = ACTIONS.index(Action.ESCALATE)
SAME = ACTIONS.index(Action.SAME)
DOWN = ACTIONS.index(Action.DE_ESCALATE)
HOLD = ACTIONS.index(Action.SUSPEND)
MTD = ACTIONS.index(Action.DECLARE_MTD)
STOP = ACTIONS.index(Action.STOP_NO_DOSE)
OUT = ACTIONS.index(Action.ELIMINATE)

#: Patients that a record has room for, the smallest that does; after them a trial is given up as unfinished.
ROOMS = (500, 8192, 131072)
#: Levels a record has room for, counted from 0.
MOST_LEVELS = 32
#: Outcomes by number; a pending patient has one already, due later.
NONE, TOXIC, LOST_ONE, FAILED = 0, 1, 2, 3
NOTHING = -1


#: The trial that is running, one record, which a kernel hands on as one pointer (arrays and named tuples
#: would be counted at every step, at twice the time). By level (level 0 unused): `n` enrolled, `y` with a
#: DLT, `c` pending, `treated` and `toxic` dosed and with a DLT as they will be counted. Of each patient in
#: order of consent: `level`, and `state`: 0 pending, 1 no longer counted, 2 known without a DLT, 3 with one.
#: Of each outcome in order of its `due` day: `what` it is, `who` has it, `start` of the window; those before
#: `known` are known, those before `last` pending. `tied` says that more becomes known at this moment; `first`
#: is the level of the first patient; at `until` a suspension by follow-up ends, infinite where there is none.
def _world(room: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            *((name, "f8") for name in ("now", "arrival", "suspended", "until")),
            *((name, "i8") for name in ("known", "last", "patient", "waiting", "arrivals", "total", "tied")),
            *((name, "i8") for name in ("first", "room", "in_use", "tried", "event", "event_level")),
            *((name, "i8", (MOST_LEVELS,)) for name in ("n", "y", "c", "treated", "toxic")),
            *((name, "i8", (room,)) for name in ("level", "state", "what", "who")),
            *((name, "f8", (room,)) for name in ("due", "start")),
        ]
    )


def new_world(first: int = 1, patients: int = 0) -> NDArray[np.void]:
    """Room for one running trial, shape (1,).

    Parameters
    ----------
    first
        Level of the first patient.
    patients
        Patients that it must have room for.

    Raises
    ------
    InputError
        When there is no room for so many.
    """
    room = next((room for room in ROOMS if room >= patients), None)
    if room is None:
        raise InputError("n", f"{patients} patients are too many to simulate", f"stay below {ROOMS[-1]}")
    world = np.zeros(1, _world(room))
    world["first"], world["room"], world["until"] = first, room, np.inf
    return world


#: Place of the probability of an inevaluable patient among the conditions, and how many come before the
#: given arrival days, if there are any (see `Conditions.as_array`).
INEVALUABLE, GIVEN = 4, 7


@inlined
def _next_arrival(w, base, conditions, since):  # type: ignore[no-untyped-def]
    """Day of the next arrival: a Poisson process from `since`, or the next of the given days."""
    number = w.arrivals
    w.arrivals = number + 1
    if conditions.size == GIVEN:
        return since - conditions[1] * math.log(uniform(base, number, GAP))
    return conditions[GIVEN + number] if GIVEN + number < conditions.size else math.inf


@inlined
def begin(w, base, conditions, truth, back):  # type: ignore[no-untyped-def]
    """Start a trial: nobody enrolled, the first arrival due."""
    if back is not None:
        backfill_begin(back[0], truth.size)
    for level in range(truth.size + 1):
        w.n[level] = 0
        w.y[level] = 0
        w.c[level] = 0
        w.treated[level] = 0
        w.toxic[level] = 0
    w.known = 0
    w.last = 0
    w.tied = 0
    w.patient = 0
    w.waiting = 0
    w.total = 0
    w.in_use = w.first
    w.tried = w.first
    w.arrivals = 0
    w.event = NOTHING
    w.now = 0.0
    w.suspended = 0.0
    w.arrival = _next_arrival(w, base, conditions, 0.0)


@inlined
def _enrol(w, base, conditions, truth, level):  # type: ignore[no-untyped-def]
    patient = w.patient
    window, power, lost = conditions[0], conditions[3], conditions[4]
    screening, failure = conditions[5], conditions[6]
    dosed = w.now + screening
    w.n[level] += 1
    w.c[level] += 1
    w.level[patient] = level
    w.state[patient] = 0
    what, due = NONE, dosed + window
    if failure > 0.0 and uniform(base, patient, SCREEN) < failure:
        what, due = FAILED, dosed
    else:
        w.treated[level] += 1
        if uniform(base, patient, DLT) < truth[level - 1]:
            part = uniform(base, patient, TIME)
            w.toxic[level] += 1
            when = part if power == 1.0 else dlt_part(power, part, truth[level - 1])
            what, due = TOXIC, dosed + window * when
        elif lost > 0.0 and uniform(base, patient, LOST) < lost:
            what, due = LOST_ONE, dosed + window * uniform(base, patient, LOST_TIME)
    place = w.last
    while place > w.known and w.due[place - 1] > due:
        w.due[place] = w.due[place - 1]
        w.what[place] = w.what[place - 1]
        w.who[place] = w.who[place - 1]
        w.start[place] = w.start[place - 1]
        place -= 1
    w.due[place] = due
    w.what[place] = what
    w.who[place] = patient
    w.start[place] = dosed
    w.last += 1
    w.patient = patient + 1
    w.in_use = level
    w.total += 1
    w.waiting -= 1
    if level > w.tried:
        w.tried = level


@inlined
def _learn(w):  # type: ignore[no-untyped-def]
    """Let the next outcome become known."""
    place = w.known
    patient, what = w.who[place], w.what[place]
    level = w.level[patient]
    w.known = place + 1
    w.tied = 1 if place + 1 < w.last and w.due[place + 1] <= w.now else 0
    w.c[level] -= 1
    if what == TOXIC:
        w.y[level] += 1
        w.state[patient] = 3
    elif what == NONE:
        w.state[patient] = 2
    else:
        w.n[level] -= 1
        w.total -= 1
        w.state[patient] = 1
        last = w.patient - 1
        while last >= 0 and w.state[last] == 1:
            last -= 1
        w.in_use = w.level[last] if last >= 0 else w.first
    w.event = what
    w.event_level = level


@inlined
def proceed(w, base, conditions, truth, action, level, timed, guards, back):  # type: ignore[no-untyped-def]
    """Act on a decision and go on until the next one is needed; False when the trial is over.

    `timed` says that a decision changes with time, so that it is asked for again at each arrival; with guards
    (None: none) a suspension may end at `until`.
    """
    enrols = action in (SAME, UP, DOWN, OUT)
    w.event = NOTHING
    if w.tied == 1:
        # Outcomes of one moment are learnt together: nobody is enrolled between two of them.
        _learn(w)
        return True
    if back is not None and backfill_due(back[0]) <= w.now:
        backfill_learn(back[0])
        return True
    if not enrols and action != HOLD:
        return False
    if w.patient >= w.room:
        return False
    if enrols and w.waiting > 0:
        _enrol(w, base, conditions, truth, level)
        return True
    queue = conditions[2] > 0.5
    if back is not None:
        while action == HOLD and w.waiting > 0 and backfill_place(w, base, conditions, truth, back[0]):
            w.waiting -= 1
    if not queue:
        w.waiting = 0
    # A guard's suspension may end as time passes, where the design counts follow-up: who comes is asked for.
    lost = action == HOLD and not queue and back is None and (guards is None or not timed)
    while enrols and w.arrival < w.now:
        # Arrivals of a suspension were lost; a Poisson process has no memory, so it begins anew.
        w.arrival = _next_arrival(w, base, conditions, w.now)
    while True:
        when = math.inf if lost else w.arrival
        learns = w.known < w.last and w.due[w.known] <= when
        if learns:
            when = w.due[w.known]
        wakes = False
        if guards is not None and action == HOLD and w.until < when:
            wakes = True
            when = w.until
        if back is not None:
            first = backfill_due(back[0])
            if first < when:
                if action == HOLD:
                    w.suspended += first - w.now
                w.now = first
                backfill_learn(back[0])
                return True
        if when == math.inf:
            return False
        if action == HOLD:
            w.suspended += when - w.now
        w.now = when
        if wakes:
            return True
        if learns:
            _learn(w)
            return True
        w.waiting += 1
        w.arrival = _next_arrival(w, base, conditions, when)
        if timed:
            return True
        if enrols:
            _enrol(w, base, conditions, truth, level)
            return True
        if back is not None and backfill_place(w, base, conditions, truth, back[0]):
            w.waiting -= 1
        if not queue:
            w.waiting = 0


@inlined
def group_above(w, level, size, target, apart):  # type: ignore[no-untyped-def]
    """Whether the last group at a level had a rate above the target, as `conventions.group_above`."""
    known = w.n[level] - w.c[level]
    if known > apart:
        known -= apart
    count = known % size
    if count == 0:
        count = min(size, known)
    left, dlts, patient = count, 0, w.patient - 1
    while left > 0:
        state = w.state[patient] if w.level[patient] == level else 1
        if state >= 2:
            dlts += state - 2
            left -= 1
        patient -= 1
    return dlts > target * count + TINY


@inlined
def seen_group_above(w, level, size, target, window):  # type: ignore[no-untyped-def]
    """The same where a pending patient counts as without DLT once followed for long enough."""
    seen = w.n[level] - w.c[level]
    for k in range(w.known, w.last):
        if w.level[w.who[k]] == level and (w.now - w.start[k]) / window >= SEEN - TINY:
            seen += 1
    count = seen % size
    if count == 0:
        count = min(size, seen)
    left, dlts, patient = count, 0, w.patient - 1
    while left > 0:
        state = w.state[patient] if w.level[patient] == level else 1
        if state >= 2:
            dlts += state - 2
            left -= 1
        elif state == 0:
            for k in range(w.known, w.last):
                if w.who[k] == patient and (w.now - w.start[k]) / window >= SEEN - TINY:
                    left -= 1
        patient -= 1
    return dlts > target * count + TINY


@inlined
def unfollowed(w, highest, share, window):  # type: ignore[no-untyped-def]
    """Whether somebody at or below a level was followed too briefly, as `conventions.unfollowed`."""
    found = False
    if share > 0.0:
        for k in range(w.known, w.last):
            part = min(max((w.now - w.start[k]) / window, 0.0), 1.0)
            if w.level[w.who[k]] <= highest and part < share - TINY:
                found = True
                break
    return found


@inlined
def too_early(w, level, stage):  # type: ignore[no-untyped-def]
    """Whether the initial stage forbids a step up, as `conventions.too_early`."""
    return w.n[level] - w.c[level] - w.y[level] < stage


@inlined
def unobserved(w, level):  # type: ignore[no-untyped-def]
    """Lowest level below whose patients were all inevaluable, as `conventions.unobserved`; 0 for none.

    Of a design that skips no level, so that every one from the first was tried.
    """
    found = 0
    for lv in range(level - 1, w.first - 1, -1):
        if w.n[lv] == 0:
            found = lv
    return found


@inlined
def finish(w, action, level, trial, selected, patients, dlts, times):  # type: ignore[no-untyped-def]
    """Write a finished trial into the results; -1 is an unfinished one."""
    for lv in range(patients.shape[1]):
        patients[trial, lv] = w.treated[lv + 1]
        dlts[trial, lv] = w.toxic[lv + 1]
    times[trial, 0] = w.now
    times[trial, 1] = w.suspended
    if action == STOP:
        selected[trial] = 0
    elif action == MTD or action == MTD + 1:
        selected[trial] = level
    else:
        selected[trial] = -1
