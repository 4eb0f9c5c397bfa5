"""Fast trials of designs that read tallies: tables level by level, and intervals cohort by cohort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import borrowed, inlined, kernel
from galu.escalation.backfill_kernels import backfill_bound
from galu.escalation.draws import stream
from galu.escalation.events import (
    DOWN,
    HOLD,
    LOST_ONE,
    MTD,
    OUT,
    SAME,
    STOP,
    UP,
    begin,
    finish,
    group_above,
    proceed,
)
from galu.escalation.exact import ACTIONS
from galu.escalation.guard_kernels import guard_answer
from galu.escalation.interval import IntervalDesign
from galu.escalation.stay_kernels import stay_known
from galu.escalation.titration_kernels import none_since, titrated_apart, titration_end
from galu.finding import InputError

#: A walk without an answer; it ends the trial as unfinished, which no design may do.
NO_ANSWER = -1


def flat_table(table: NDArray[np.int8]) -> NDArray[np.int8]:
    """Lay a decision table out with sixteen places to each index, so that an index is made by shifts.

    Parameters
    ----------
    table
        Actions, shape (3 situations above, n, dlts, pending), as `tabulate` gives them.

    Raises
    ------
    InputError
        When a level may have more than fifteen patients.
    """
    size = table.shape[1]
    if size > 16:
        raise InputError("design", f"{size - 1} patients of a level are too many", "use fifteen at most")
    flat = np.full((3, 16, 16, 16), -1, np.int8)
    flat[:, :size, :size, :size] = table
    return flat.ravel()


@inlined
def _state(w, level):  # type: ignore[no-untyped-def]
    return (w.n[level] << 8) + (w.y[level] << 4) + w.c[level]


#: Slots of a level that inevaluable patients use up, and those evaluable from which it is judged then.
_SLOTS, _JUDGED = 6, 3


@inlined
def _row(table, w, level, above, kept):  # type: ignore[no-untyped-def]
    """What the table says of a level; `kept`, unless None: an inevaluable patient is not replaced."""
    if kept is not None and _JUDGED <= w.n[level] < _SLOTS and w.y[level] < 2:
        used = w.n[level]
        for k in range(w.known):
            used += w.what[k] == LOST_ONE and w.level[w.who[k]] == level
        if used >= _SLOTS and w.c[level] > 0:
            return HOLD
        if used >= _SLOTS and w.y[level] > 0:
            return DOWN
    return int(table[(above << 12) + _state(w, level)])


@inlined
def climb_decision(table, w, levels, kept):  # type: ignore[no-untyped-def]
    """Walk as `climb` does; gives (action, level)."""
    closed = levels + 2
    for level in range(1, w.tried + 1):
        if _row(table, w, level, 0, kept) == DOWN:
            closed = level
            break
    action, level = NO_ANSWER, 0
    if closed == 1:
        action = STOP
    else:
        for lv in range(min(w.first, closed - 1), levels + 1):
            above = 1 if lv + 1 == closed else (2 if lv == levels else 0)
            found = _row(table, w, lv, above, kept)
            if found != UP:
                action, level = found, lv
                break
            if lv >= w.tried:
                action, level = UP, lv + 1
                break
    return action, level


@kernel
def climb_trials(  # type: ignore[no-untyped-def]
    table, kept, truth, conditions, seeds, worlds, guards, back, selected, patients, dlts, times
):
    """Trials of a table design; `seeds` is (seed, number of the first trial), `guards` None or tables.

    `kept` says that an inevaluable patient is not replaced; who fails screening always is. It is True or
    None, not False: what is None is compiled away, and asking took 6 % of the time of rolling six and 3+3.
    """
    levels = truth.size
    table = borrowed(table)
    truth = borrowed(truth)
    conditions = borrowed(conditions)
    w = worlds[0]
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        begin(w, base, conditions, truth, back)
        while True:
            action, level = climb_decision(table, w, levels, kept)
            if guards is not None:
                action, level = guard_answer(w, action, level, conditions[0], guards)
            if back is not None:
                action, level = backfill_bound(w, back[0], action, level)
            if not proceed(w, base, conditions, truth, action, level, False, guards, back):
                break
        finish(w, action, level, trial, selected, patients, dlts, times)


@kernel
def select_level(w, target, out, excess, room):  # type: ignore[no-untyped-def]
    """Isotonic regression over the tried levels below `out`, as `select_mtd`; 0 when there is none.

    `room` has a row each for the values, weights and sizes of the blocks.
    """
    value, weight, size = room[0], room[1], room[2]
    blocks = 0
    for level in range(1, out):
        n, y = w.n[level], w.y[level]
        if n == 0:
            continue
        value[blocks] = (y + 0.05) / (n + 0.1)
        weight[blocks] = excess[n, y]
        size[blocks] = 1
        blocks += 1
        while blocks > 1 and value[blocks - 2] > value[blocks - 1]:
            a, b = weight[blocks - 2], weight[blocks - 1]
            value[blocks - 2] = (value[blocks - 2] * a + value[blocks - 1] * b) / (a + b)
            weight[blocks - 2] = a + b
            size[blocks - 2] += size[blocks - 1]
            blocks -= 1
    best, nearest, block, left, k = 0, np.inf, 0, 0, 0
    for level in range(1, out):
        if w.n[level] == 0:
            continue
        if left == 0:
            left = size[block]
            block += 1
        left -= 1
        k += 1
        gap = abs(value[block - 1] + k * 1e-10 - target)
        if gap < nearest:
            nearest = gap
            best = level
    return best


@inlined
def _ending(judge, w, excess, ended, plan, room, options):  # type: ignore[no-untyped-def]
    """What all that is known selects, once nobody is pending, as `select_or_wait`."""
    for lv in range(1, w.tried + 1):
        if w.c[lv] > 0:
            return HOLD, 0
    if options is not None and options[2] > 0.0 and judge[int(plan[1]) + 1 + w.n[1], w.y[1]] == OUT:
        return STOP, 0
    below = int(plan[0]) + 1
    for lv in range(1, w.tried + 1):
        if ended[w.n[lv], w.y[lv]]:
            below = lv
            break
    best = select_level(w, plan[3], below, excess, room) if below > 1 else 0
    return (STOP, 0) if best == 0 else (MTD, best)


@inlined
def _out(judge, w, size, each, levels):  # type: ignore[no-untyped-def]
    """Lowest level that is eliminated, judged every so many known; above all where none is."""
    out = levels + 1
    for level in range(1, w.tried + 1):
        known = w.n[level] - w.c[level]
        if known % each == 0 and judge[known, w.y[level]] == OUT:
            out = level
            break
    return out


@inlined
def _out_by_options(judge, w, titration, largest, extra):  # type: ignore[no-untyped-def]
    """The same after titration patients, and at level 1 by the more stringent cutoff.

    `titration` is (levels, cohort size, judged every so many known, patients until its end, its last level).
    """
    levels, size, each, until, last = titration
    out = levels + 1
    for level in range(1, w.tried + 1):
        known = w.n[level] - w.c[level]
        part = known - titrated_apart(w, level, size, until, last)
        if each > 1 and part % size != 0:
            continue
        row = largest + 1 + known if level == 1 and extra else known
        if judge[known, w.y[level]] == OUT or judge[row, w.y[level]] == OUT:
            out = level
            break
    return out


@inlined
def interval_decision(judge, excess, ended, w, plan, room, options):  # type: ignore[no-untyped-def]
    """Decide as `IntervalDesign.decide`; `plan` and `options` as `interval_plan` makes them.

    Options that are not used are None and compiled away: asking for them took a tenth of BOIN's time.
    """
    levels, largest, size = int(plan[0]), int(plan[1]), int(plan[2])
    group, each = int(plan[4]), int(plan[5])
    tried = w.tried
    until, last, apart = 0, 0, 0
    if options is not None:
        if options[0] > 0.0:
            until, last = titration_end(w, levels)
            if until == 0:
                size = 1
        out = _out_by_options(judge, w, (levels, size, each, until, last), largest, options[2] > 0.0)
    else:
        out = _out(judge, w, size, each, levels)
    if out == 1:
        return STOP, 0
    level = w.in_use
    if w.total >= largest:
        return _ending(judge, w, excess, ended, plan, room, options)
    if out <= level:
        return OUT, out - 1
    for lv in range(1, tried + 1):
        if lv != level and lv < out and w.c[lv] > 0:
            return HOLD, 0
    n = w.n[level]
    if options is not None:
        if size == 1 and options[0] > 0.0 and w.c[level] > 0:
            return HOLD, 0
        if until > 0:
            apart = titrated_apart(w, level, size, until, last)
            if none_since(w, until):
                return (DOWN, last - 1) if last > 1 else (SAME, last)
    if n == apart or (n - apart) % size != 0:
        if plan[6] > 0.0 and level > 1:
            said = judge[n - w.c[level], w.y[level]]
            lower = said in (DOWN, OUT)
            if lower and stay_known(w, level):
                return DOWN, level - 1
        return SAME, level
    if w.c[level] > 0:
        return HOLD, 0
    action = judge[n, w.y[level]]
    if action == UP and level + 1 < out and level < levels:
        if not (group > 0 and group_above(w, level, group, plan[3], apart)):
            return UP, level + 1
    elif action == DOWN and level > 1:
        return DOWN, level - 1
    if options is not None and n >= options[1]:
        return _ending(judge, w, excess, ended, plan, room, options)
    return SAME, level


@kernel
def interval_trials(  # type: ignore[no-untyped-def]
    judge,
    excess,
    ended,
    room,
    plan,
    options,
    truth,
    conditions,
    seeds,
    worlds,
    guards,
    back,
    selected,
    patients,
    dlts,
    times,
):
    """Trials of an interval design; tables: judge, weights of the regression, eliminated at the end."""
    judge = borrowed(judge)
    excess = borrowed(excess)
    ended = borrowed(ended)
    room = borrowed(room)
    plan = borrowed(plan)
    truth = borrowed(truth)
    conditions = borrowed(conditions)
    w = worlds[0]
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        begin(w, base, conditions, truth, back)
        while True:
            action, level = interval_decision(judge, excess, ended, w, plan, room, options)
            if guards is not None:
                action, level = guard_answer(w, action, level, conditions[0], guards)
            if back is not None:
                action, level = backfill_bound(w, back[0], action, level)
            if not proceed(w, base, conditions, truth, action, level, False, guards, back):
                break
        finish(w, action, level, trial, selected, patients, dlts, times)


def interval_plan(
    design: IntervalDesign, levels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """The numbers that `interval_decision` reads, and those of the options, None without any.

    (levels, largest, cohort size, target, group of coherence or 0, eliminated every so many known, whether
    inside a cohort a step down is judged at any number known); (whether titration comes first, patients at a
    level that end the trial where it stays, whether level 1 has a more stringent cutoff).
    """
    group = (design.group or design.cohort_size) if design.coherent else 0
    each = 1 if design.eliminate_at == "any" else design.cohort_size
    sooner = float(design.step_down_at == "any")
    plan = np.array([levels, design.largest, design.cohort_size, design.target, group, each, sooner])
    if not design.titration and not design.extra_safe and design.n_earlystop is None:
        return plan, None
    stop = np.inf if design.n_earlystop is None else design.n_earlystop
    return plan, np.array([float(design.titration), stop, float(design.extra_safe)])


def judge_table(design: IntervalDesign) -> NDArray[np.int8]:
    """Actions for y of n patients, shape (2 (largest + 1), largest + 1).

    The lower half has what the more stringent cutoff eliminates at level 1.
    """
    size = design.largest + 1
    table = np.full((2 * size, size), SAME, np.int8)
    for n in range(1, size):
        for y in range(n + 1):
            table[n, y] = ACTIONS.index(design.judge(n, y))
            if design.extra_toxic(n, y):
                table[size + n, y] = OUT
    return table


def regression_tables(
    largest: int, target: float, cutoff: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Weights of the isotonic regression and what is too toxic at the end, each for y of n patients."""
    from galu.escalation.selection import selection_weight
    from galu.escalation.toxic import FEWEST, too_toxic

    weights = np.zeros((largest + 1, largest + 1))
    ended = np.zeros((largest + 1, largest + 1), np.bool_)
    for n in range(1, largest + 1):
        for y in range(n + 1):
            weights[n, y] = selection_weight(n, y)
            ended[n, y] = n >= FEWEST and too_toxic(n, y, target, cutoff)
    return weights, ended
