"""Fast trials of TITE-BOIN by either of its rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import borrowed, inlined, kernel
from galu.escalation.backfill_kernels import backfill_bound
from galu.escalation.conventions import TINY
from galu.escalation.draws import stream
from galu.escalation.events import (
    DOWN,
    HOLD,
    MTD,
    NOTHING,
    OUT,
    SAME,
    STOP,
    UP,
    begin,
    finish,
    proceed,
    seen_group_above,
    too_early,
    unfollowed,
    unobserved,
)
from galu.escalation.guard_kernels import guard_answer
from galu.escalation.interval import boin_lambdas
from galu.escalation.stay_kernels import stay_known
from galu.escalation.tally_kernels import select_level
from galu.escalation.tite_boin import TiteBoin, eliminated_up_to
from galu.escalation.toxic import FEWEST


@inlined
def _surely(n, y, c, up, down, most):  # type: ignore[no-untyped-def]
    """What the rule of 2020 says whatever the pending were followed for, else NOTHING.

    Their followed share lies between 0 and c, and a rounded quotient never falls as its divisor does.
    """
    if c > most * n:
        return HOLD
    if n > c:
        if y / (n - c) <= up:
            return UP
        if y / n >= down:
            return DOWN
        if y / n > up and y / (n - c) < down:
            return SAME
    return NOTHING


@inlined
def _by_effective_size(n, y, c, stft, up, down):  # type: ignore[no-untyped-def]
    size = n - c + stft
    if size <= 0.0:
        return HOLD
    rate = y / size
    if rate <= up:
        return UP
    return DOWN if rate >= down else SAME


@inlined
def _by_imputation(tally, stft, up, down, half):  # type: ignore[no-untyped-def]
    n, y, c = tally
    p = (y + half) / (n - c + 1.0)
    odds = (1.0 - p) / p
    if stft >= c - (n * up - y) * odds:
        return UP
    return DOWN if stft <= c - (n * down - y) * odds else SAME


@inlined
def _part(w, k, window):  # type: ignore[no-untyped-def]
    return min(max((w.now - w.start[k]) / window, 0.0), 1.0)


@kernel
def _judge(w, level, before, window, plan, most):  # type: ignore[no-untyped-def]
    """Action of the published rule on the level's patients in order of enrolment before number `before`."""
    up, down = plan[4], plan[5]
    n, y, c, stft, new = w.n[level], w.y[level], w.c[level], 0.0, 0
    for patient in range(before, w.patient):
        if w.level[patient] == level and w.state[patient] != 1:
            state = w.state[patient]
            n -= 1
            if state == 3:
                y -= 1
            elif state == 0:
                c -= 1
    if plan[7] == 0.0:
        found = _surely(n, y, c, up, down, most)
        if found != NOTHING:
            return found
    for k in range(w.known, w.last):
        if w.level[w.who[k]] == level and w.who[k] < before:
            part = _part(w, k, window)
            stft += part
            if part == 0.0:
                new += 1
    if plan[7] == 0.0:
        return _by_effective_size(n, y, c, stft, up, down)
    half = 0.5 * plan[3]
    if new > 0 and n > new:
        if y >= down * (n - new):
            return DOWN
        if c > new and _by_imputation((n - new, y, c - new), stft, up, down, half) == DOWN:
            return DOWN
    if y >= down * n:
        return DOWN
    if c > most * n:
        return HOLD
    if c == 0:
        return UP if y <= up * n else SAME
    return _by_imputation((n, y, c), stft, up, down, half)


@inlined
def _may_wait(w, level, most, size):  # type: ignore[no-untyped-def]
    """Whether so many are pending that accrual may wait for a cohort at or below a level.

    Where this says no it surely does not: the rule judges whole cohorts, here all, below at least one.
    """
    whole = w.n[level] - w.n[level] % size
    found = w.c[level] > min(most * whole, whole - 1.0)
    for lv in range(1, level):
        found |= w.c[lv] > min(most * size, size - 1.0)
    return found


@kernel
def _said(w, window, plan):  # type: ignore[no-untyped-def]
    """Action of the rule at the last cohort end, and its level, as `TiteBoin._said`."""
    size, level, end, n = int(plan[2]), w.in_use, w.patient, w.n[w.in_use]
    action, judged, goes_on = SAME, w.in_use, True
    while goes_on:
        left, stay, safe, place, patient = n % size, 0, 0, -1, end - 1
        while patient >= 0 and (stay <= left or safe < size):
            if w.state[patient] != 1:
                if w.level[patient] != level:
                    break
                stay += 1
                if w.state[patient] == 2:
                    safe += 1
                if stay == left:
                    place = patient
            patient -= 1
        found = SAME
        if left == 0:
            found = _judge(w, level, end, window, plan, plan[6])
        elif stay > left:
            found = _judge(w, level, place, window, plan, plan[6])
            if found == DOWN and _judge(w, level, end, window, plan, 1.0) != DOWN:
                found = SAME
        if found in (DOWN, HOLD):
            action, judged = found, level
        goes_on = plan[9] > 0.0 and safe < size and patient >= 0 and w.level[patient] < level
        if goes_on:
            level, end = w.level[patient], patient + 1
            n = w.n[level]
            for later in range(end, w.patient):
                if w.level[later] == level and w.state[later] != 1:
                    n -= 1
    return action, judged


@inlined
def _first_out(w, levels, highest, window, plan, most_by_dlts):  # type: ignore[no-untyped-def]
    """Lowest eliminated level up to `highest`, else levels + 1."""
    for level in range(1, highest + 1):
        # What is followed of the pending only adds to the known, so counts alone tell most levels.
        most = most_by_dlts[w.y[level]] + TINY
        if w.n[level] < FEWEST or w.n[level] - w.c[level] > most:
            continue
        size = float(w.n[level])
        if plan[11] == 0.0 and w.c[level] > 0:
            size -= w.c[level]
            stft = 0.0
            for k in range(w.known, w.last):
                if w.level[w.who[k]] == level:
                    stft += _part(w, k, window)
            size += stft
        if size >= FEWEST - TINY and size <= most:
            return level
    return levels + 1


@inlined
def tite_boin_decision(w, window, plan, excess, most_by_dlts, room):  # type: ignore[no-untyped-def]
    """Decide as `TiteBoin.decide`.

    `plan` is (levels, largest, cohort size, target, λe, λd, largest share pending, imputes, group of
    coherence or 0, minimum follow-up, initial stage, eliminates by the enrolled, whether inside a cohort a
    step down is judged at any number known, whether to answer though nobody waits, because a guard may
    suspend).
    """
    levels, size, target = int(plan[0]), int(plan[2]), plan[3]
    unasked = plan[13] == 0.0 and w.waiting == 0 and w.total < plan[1]
    out = _first_out(w, levels, 1 if unasked else w.tried, window, plan, most_by_dlts)
    if out == 1:
        return STOP, 0
    if w.total >= plan[1]:
        if w.known < w.last:
            return HOLD, 0
        best = select_level(w, target, out, excess, room)
        return (STOP, 0) if best == 0 else (MTD, best)
    level = w.in_use
    if out <= level:
        bound, judged = _said(w, window, plan)
        if bound == DOWN and judged < out:
            return DOWN, max(judged - 1, 1)
        return OUT, out - 1
    n = w.n[level]
    fills = n == 0 or n % size != 0
    if n == 0 or (unasked and not _may_wait(w, level, plan[6], size)):
        return SAME, level
    bound, judged = _said(w, window, plan)
    if bound == HOLD:
        out = _first_out(w, levels, w.tried, window, plan, most_by_dlts)
        return (OUT, out - 1) if out <= level else (HOLD, 0)
    if bound == DOWN and max(judged - 1, 1) < level:
        return DOWN, max(judged - 1, 1)
    if fills:
        sooner = plan[12] > 0.0 and level > 1 and not unasked and stay_known(w, level)
        if sooner and _judge(w, level, w.patient, window, plan, 1.0) == DOWN:
            return DOWN, level - 1
        return SAME, level
    action = _judge(w, level, w.patient, window, plan, plan[6])
    if action == HOLD:
        out = _first_out(w, levels, w.tried, window, plan, most_by_dlts)
        return (OUT, out - 1) if out <= level else (HOLD, 0)
    if unasked:
        return SAME, level
    if action == DOWN and level > 1:
        return DOWN, level - 1
    if action == UP and level + 1 < out and level < levels:
        back = unobserved(w, level)
        if back > 0:
            return DOWN, back
        if plan[8] > 0.0 and seen_group_above(w, level, int(plan[8]), target, window):
            return SAME, level
        if unfollowed(w, level + 1, plan[9], window) or too_early(w, level, plan[10]):
            return SAME, level
        return UP, level + 1
    return SAME, level


@kernel
def tite_boin_trials(  # type: ignore[no-untyped-def]
    excess,
    most_by_dlts,
    room,
    plan,
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
    """Trials of TITE-BOIN."""
    excess = borrowed(excess)
    most_by_dlts = borrowed(most_by_dlts)
    room = borrowed(room)
    plan = borrowed(plan)
    truth = borrowed(truth)
    conditions = borrowed(conditions)
    w = worlds[0]
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        begin(w, base, conditions, truth, back)
        while True:
            action, level = tite_boin_decision(w, conditions[0], plan, excess, most_by_dlts, room)
            if guards is not None:
                action, level = guard_answer(w, action, level, conditions[0], guards)
            if back is not None:
                action, level = backfill_bound(w, back[0], action, level)
            if not proceed(w, base, conditions, truth, action, level, True, guards, back):
                break
        finish(w, action, level, trial, selected, patients, dlts, times)


def tite_boin_plan(design: TiteBoin, levels: int, guarded: bool = False) -> NDArray[np.float64]:
    """The numbers that `tite_boin_decision` reads."""
    imputes = float(design.rule == "imputation-2018")
    sizes = (levels, design.largest, design.cohort_size)
    group = (design.group or design.cohort_size) if design.coherent else 0
    rule = (design.target, *boin_lambdas(design.target), design.max_pending, imputes)
    enrolled = float(design.eliminate_by == "enrolled")
    sooner = float(design.step_down_at == "any")
    return np.array(
        [*sizes, *rule, group, design.min_followup, design.initial_stage, enrolled, sooner, guarded]
    )


def eliminations(design: TiteBoin) -> NDArray[np.float64]:
    """Largest number of patients of whom so many DLTs are too toxic, by the number of DLTs."""
    limits = (eliminated_up_to(y, design.target, design.cutoff) for y in range(design.largest + 1))
    return np.array(list(limits))
