"""Fast trials without a calendar: cohort after cohort, each known in full before the next is decided.

A design by cohorts waits for its patients, so where nobody is lost and no time is asked for, arrivals and
windows change neither levels nor outcomes: these kernels give the patients, DLTs and selections of the
calendar kernels on the same random numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import borrowed, inlined, kernel
from galu.escalation.draws import DLT, stream, uniform
from galu.escalation.events import DOWN, OUT, SAME, STOP, UP
from galu.escalation.guard_kernels import guard_answer
from galu.escalation.model_kernels import NODES, crm_move, multiply, nearest_level
from galu.escalation.tally_kernels import interval_decision
from galu.escalation.titration_kernels import titrated_apart, titration_end

Floats = NDArray[np.float64]


@inlined
def _begin(w, levels):  # type: ignore[no-untyped-def]
    for level in range(levels + 1):
        w.n[level] = 0
        w.y[level] = 0
        w.c[level] = 0
    w.total = 0
    w.patient = 0
    w.in_use = w.first
    w.tried = w.first


@inlined
def _titrated_count(w, level, size, levels):  # type: ignore[no-untyped-def]
    """Patients of the next cohort: one while titration goes on, then what fills the level's cohort."""
    until, last = titration_end(w, levels)
    if until == 0:
        return 1
    there = titrated_apart(w, level, size, until, last)
    if level == max(last - 1, 1) and 0 < w.n[level] < size:
        return size - w.n[level]
    return size - (w.n[level] - there) % size


@inlined
def _cohort(w, base, truth, level, count, largest):  # type: ignore[no-untyped-def]
    """Treat the level's next `count`, as far as the trial has room; gives how many were toxic."""
    toxic = 0
    count = min(count, largest - w.total)
    for patient in range(w.total, w.total + count):
        w.level[patient] = level
        w.state[patient] = 2
        if uniform(base, patient, DLT) < truth[level - 1]:
            w.state[patient] = 3
            toxic += 1
    w.patient = w.total + count
    w.n[level] += count
    w.y[level] += toxic
    w.total += count
    w.in_use = level
    if level > w.tried:
        w.tried = level
    return toxic


@inlined
def _finish(w, action, level, trial, selected, patients, dlts):  # type: ignore[no-untyped-def]
    for lv in range(patients.shape[1]):
        patients[trial, lv] = w.n[lv + 1]
        dlts[trial, lv] = w.y[lv + 1]
    selected[trial] = 0 if action == STOP else level


@kernel
def interval_cohorts(  # type: ignore[no-untyped-def]
    judge, excess, ended, room, plan, options, truth, seeds, worlds, guards, selected, patients, dlts
):
    """Trials of an interval design; arguments as in `tally_kernels.interval_trials`."""
    judge = borrowed(judge)
    excess = borrowed(excess)
    ended = borrowed(ended)
    room = borrowed(room)
    plan = borrowed(plan)
    truth = borrowed(truth)
    w = worlds[0]
    largest, size = int(plan[1]), int(plan[2])
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        _begin(w, truth.size)
        while True:
            action, level = interval_decision(judge, excess, ended, w, plan, room, options)
            if guards is not None:
                action, level = guard_answer(w, action, level, 1.0, guards)
            if action != SAME and action != UP and action != DOWN and action != OUT:
                break
            count = size - w.n[level] % size
            if options is not None and options[0] > 0.0:
                count = _titrated_count(w, level, size, truth.size)
            _cohort(w, base, truth, level, count, largest)
        _finish(w, action, level, trial, selected, patients, dlts)


@kernel
def crm_cohorts(  # type: ignore[no-untyped-def]
    nodes, prior, factors, cuts, plan, truth, seeds, worlds, guards, selected, patients, dlts
):
    """Trials of CRM; `factors` (levels + 1, count, dlts, nodes) is the likelihood of a whole cohort."""
    density = np.empty(NODES)
    nodes = borrowed(nodes)
    cuts = borrowed(cuts)
    truth = borrowed(truth)
    plan = borrowed(plan)
    w = worlds[0]
    largest, size = int(plan[1]), int(plan[2])
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        _begin(w, truth.size)
        density[:] = prior
        action, level = SAME, w.first
        while True:
            if guards is not None:
                action, level = guard_answer(w, action, level, 1.0, guards)
            if action != SAME and action != UP:
                break
            before = w.total
            toxic = _cohort(w, base, truth, level, size - w.n[level] % size, largest)
            multiply(density, factors[level, w.total - before, toxic])
            action, level = crm_move(w, nearest_level(nodes, cuts, density), w.total >= largest, plan)
        _finish(w, action, level, trial, selected, patients, dlts)


def cohort_factors(toxic: Floats, safe: Floats, size: int) -> Floats:
    """Likelihood of every result of up to `size` patients.

    Parameters
    ----------
    toxic, safe
        P(DLT) and P(none) by level and node, shape (levels + 1, nodes).

    Returns
    -------
    array, shape (levels + 1, size + 1, size + 1, nodes)
        By level, patients and DLTs among them.
    """
    factors = np.ones((len(toxic), size + 1, size + 1, toxic.shape[1]))
    for count in range(size + 1):
        for dlts in range(count + 1):
            factors[:, count, dlts] = toxic**dlts * safe ** (count - dlts)
    return factors
