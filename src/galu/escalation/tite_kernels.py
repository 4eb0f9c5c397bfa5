"""Fast trials of TITE-BOIN by either of its rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import borrowed, inlined, kernel
from galu.escalation.draws import stream
from galu.escalation.events import (
    DOWN,
    HOLD,
    MTD,
    OUT,
    SAME,
    STOP,
    UP,
    begin,
    finish,
    proceed,
)
from galu.escalation.interval import boin_lambdas
from galu.escalation.tally_kernels import regression_tables, select_level
from galu.escalation.tite_boin import TiteBoin


@inlined
def _by_effective_size(tally, stft, up, down, most):  # type: ignore[no-untyped-def]
    n, y, c = tally
    size = n - c + stft
    if c > most * n or size <= 0.0:
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
def tite_boin_decision(w, window, plan, excess, toxic, room):  # type: ignore[no-untyped-def]
    """Decide as `TiteBoin.decide`.

    `plan` is (levels, largest, cohort size, target, λe, λd, largest share pending, imputes).
    """
    levels, size, target = int(plan[0]), int(plan[2]), plan[3]
    up, down, most = plan[4], plan[5], plan[6]
    out = levels + 1
    for level in range(1, w.tried + 1):
        if toxic[w.n[level], w.y[level]]:
            out = level
            break
    if out == 1:
        return STOP, 0
    if w.total >= plan[1]:
        if w.known < w.last:
            return HOLD, 0
        best = select_level(w, target, out, excess, room)
        return (STOP, 0) if best == 0 else (MTD, best)
    level = w.in_use
    if out <= level:
        return OUT, out - 1
    n, y, c = w.n[level], w.y[level], w.c[level]
    if n == 0 or n % size != 0:
        return SAME, level
    stft = 0.0
    for k in range(w.known, w.last):
        if w.level[w.who[k]] == level:
            stft += min(max((w.now - w.start[k]) / window, 0.0), 1.0)
    if plan[7] == 0.0:
        action = _by_effective_size((n, y, c), stft, up, down, most)
    elif y >= down * n:
        action = DOWN
    elif c > most * n:
        action = HOLD
    elif c == 0:
        action = UP if y <= up * n else SAME
    else:
        action = _by_imputation((n, y, c), stft, up, down, 0.5 * target)
    if action == HOLD:
        return HOLD, 0
    if action == UP and level + 1 < out and level < levels:
        return UP, level + 1
    if action == DOWN and level > 1:
        return DOWN, level - 1
    return SAME, level


@kernel
def tite_boin_trials(  # type: ignore[no-untyped-def]
    excess, toxic, room, plan, truth, conditions, seeds, worlds, selected, patients, dlts, times
):
    """Trials of TITE-BOIN."""
    excess = borrowed(excess)
    toxic = borrowed(toxic)
    room = borrowed(room)
    plan = borrowed(plan)
    truth = borrowed(truth)
    conditions = borrowed(conditions)
    w = worlds[0]
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        begin(w, base, conditions, truth)
        while True:
            action, level = tite_boin_decision(w, conditions[0], plan, excess, toxic, room)
            if not proceed(w, base, conditions, truth, action, level, True):
                break
        finish(w, action, level, trial, selected, patients, dlts, times)


def tite_boin_plan(design: TiteBoin, levels: int) -> NDArray[np.float64]:
    """The numbers that `tite_boin_decision` reads."""
    imputes = float(design.rule == "imputation-2018")
    sizes = (levels, design.largest, design.cohort_size)
    return np.array([*sizes, design.target, *boin_lambdas(design.target), design.max_pending, imputes])


__all__ = ["regression_tables", "tite_boin_plan", "tite_boin_trials"]
