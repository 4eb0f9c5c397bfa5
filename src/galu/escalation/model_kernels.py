"""Fast trials of CRM and TITE-CRM: the likelihood tabulated on 161 nodes, carried along by products.

161 nodes over ±8 prior deviations agree with the fine quadrature of `fit_bayes` to 1e-8. The nearest level
follows from the estimate alone: level k + 1 is nearer than k where their probabilities add up to less than
twice the target, so the recommendation counts the roots that the estimate has passed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import borrowed, inlined, kernel
from galu.escalation.backfill_kernels import backfill_bound
from galu.escalation.conventions import SKIPPING
from galu.escalation.crm import Model
from galu.escalation.crm_design import Crm, fewest_toxic
from galu.escalation.draws import stream
from galu.escalation.events import (
    HOLD,
    MTD,
    NONE,
    SAME,
    STOP,
    TOXIC,
    UP,
    begin,
    finish,
    group_above,
    proceed,
    seen_group_above,
    too_early,
    unfollowed,
    unobserved,
)
from galu.escalation.guard_kernels import guard_answer
from galu.escalation.stay_kernels import left_inside, stay_known

Floats = NDArray[np.float64]
Tables = tuple[Floats, Floats, Floats, Floats, Floats]
NODES = 161
_SPAN = 8.0


def tabulate_model(model: Model, target: float) -> Tables:
    """Tabulate a curve and its recommendations: b, prior density, P(DLT) and P(none), cuts.

    The rows of the probabilities are levels (level 0 unused); a cut is the estimate from which the next
    level is nearer, the last one infinite.
    """
    b = np.linspace(-_SPAN, _SPAN, NODES) * model.scale
    levels = len(model.skeleton)
    toxic = np.ones((levels + 1, NODES))
    toxic[1:] = model.p_tox(b[None, :], np.array(model.skeleton)[:, None])
    prior = np.exp(-0.5 * (b / model.scale) ** 2)
    cuts = np.array([*(_cut(model, k, target) for k in range(levels - 1)), np.inf])
    return b, prior, toxic, 1.0 - toxic, cuts


def _cut(model: Model, k: int, target: float) -> float:
    from scipy.optimize import brentq

    pair = np.array(model.skeleton[k : k + 2])

    def excess(b: float) -> float:
        return float(model.p_tox(b, pair).sum()) - 2.0 * target

    span = _SPAN * model.scale
    if excess(-span) < 0.0:
        return -np.inf
    return np.inf if excess(span) > 0.0 else float(brentq(excess, -span, span, xtol=1e-13))


@inlined
def nearest_level(nodes, cuts, density):  # type: ignore[no-untyped-def]
    """Recommended level at the posterior mean; four sums, since one would wait for its own last addition."""
    m0 = m1 = m2 = m3 = 0.0
    s0 = s1 = s2 = s3 = 0.0
    for i in range(0, NODES - 1, 4):
        m0 += density[i]
        m1 += density[i + 1]
        m2 += density[i + 2]
        m3 += density[i + 3]
        s0 += density[i] * nodes[i]
        s1 += density[i + 1] * nodes[i + 1]
        s2 += density[i + 2] * nodes[i + 2]
        s3 += density[i + 3] * nodes[i + 3]
    last = density.size - 1
    mass = (m0 + m1) + (m2 + m3) + density[last]
    mean = ((s0 + s1) + (s2 + s3) + density[last] * nodes[last]) / mass
    level = 1
    while mean > cuts[level - 1]:
        level += 1
    return level


@inlined
def multiply(density, factor):  # type: ignore[no-untyped-def]
    """Multiply a density by a likelihood, node by node."""
    for i in range(NODES):
        density[i] *= factor[i]


@inlined
def _with_pending(toxic, known, work, w, window):  # type: ignore[no-untyped-def]
    """Posterior that counts each pending patient by the followed fraction of the window."""
    for i in range(NODES):
        work[i] = known[i]
    for k in range(w.known, w.last):
        part = min(max((w.now - w.start[k]) / window, 0.0), 1.0)
        if part > 0.0:
            row = toxic[w.level[w.who[k]]]
            for i in range(NODES):
                work[i] *= 1.0 - part * row[i]


@inlined
def crm_move(w, nearest, full, plan):  # type: ignore[no-untyped-def]
    """From the nearest level to (action, level), as `Crm._answer` without what TITE asks of follow-up.

    `plan` is (levels, largest, cohort size, tite, group of coherence or 0, skipping, target, minimum
    follow-up, initial stage, whether to answer though nobody waits, because a guard may suspend, whether
    inside a cohort a step down is judged at any number known, then for each number of patients the fewest
    DLTs that forbid to declare a level).
    """
    highest = w.tried
    while highest > w.first and w.n[highest] == 0:
        highest -= 1
    level = w.in_use
    if full:
        best = min(nearest, highest)
        for lv in range(1, best + 1):
            if w.y[lv] >= plan[11 + w.n[lv]]:
                best = lv - 1
                break
        return (STOP, 0) if best == 0 else (MTD, best)
    if plan[5] == 0.0:
        highest = level
    following = nearest if plan[5] == 2.0 else min(nearest, highest + 1)
    if following > level and plan[5] != 2.0:
        back = unobserved(w, level)
        if back > 0:
            return SAME, back
    coherent = following > level and plan[4] > 0.0 and plan[3] == 0.0
    if coherent and group_above(w, level, int(plan[4]), plan[6], 0):
        return SAME, level
    return (UP if following > level else SAME), following


@kernel
def _bound_before(nodes, prior, toxic, safe, cuts, work, w, size):  # type: ignore[no-untyped-def]
    """The level in use, or the lower one to which those before the present stay lead by now."""
    level = w.in_use
    above, first = left_inside(w, size)
    if above > 0:
        for i in range(NODES):
            work[i] = prior[i]
        for patient in range(first):
            if w.state[patient] == 3:
                multiply(work, toxic[w.level[patient]])
            elif w.state[patient] == 2:
                multiply(work, safe[w.level[patient]])
        level = min(level, nearest_level(nodes, cuts, work))
    return level


@inlined
def crm_decision(tables, known, work, w, window, plan):  # type: ignore[no-untyped-def]
    """Decide as `Crm.decide`; `tables` as `tabulate_model` makes them, `plan` as in `crm_move`."""
    nodes, prior, toxic, safe, cuts = tables
    level = w.in_use
    full = w.total >= plan[1]
    fills = not full and (w.total == 0 or w.n[level] % int(plan[2]) != 0)
    if fills and w.total == 0:
        return SAME, level
    if fills and plan[3] == 0.0:
        if w.known < w.last - w.c[level]:
            return HOLD, 0
        bound = level
        if plan[10] > 0.0 and level > 1:
            if w.tried > level:
                bound = _bound_before(nodes, prior, toxic, safe, cuts, work, w, int(plan[2]))
            if stay_known(w, level):
                bound = min(bound, nearest_level(nodes, cuts, known))
        return SAME, bound
    waits = w.known < w.last
    if waits and (full or plan[3] == 0.0):
        return HOLD, 0
    if not full and w.waiting == 0 and plan[3] == 1.0 and plan[9] == 0.0:
        return SAME, level  # nobody asks, and this design never suspends before its last patient
    if waits:
        _with_pending(toxic, known, work, w, window)
        nearest = nearest_level(nodes, cuts, work)
    else:
        nearest = nearest_level(nodes, cuts, known)
    action, following = crm_move(w, nearest, full, plan)
    if action == UP and plan[3] == 1.0:
        if plan[4] > 0.0 and seen_group_above(w, level, int(plan[4]), plan[6], window):
            return SAME, level
        if fills or unfollowed(w, following, plan[7], window) or too_early(w, level, plan[8]):
            return SAME, level
    return action, following


@kernel
def crm_trials(  # type: ignore[no-untyped-def]
    nodes,
    prior,
    toxic,
    safe,
    cuts,
    posterior,
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
    """Trials of CRM or TITE-CRM; `posterior` is room for two densities."""
    timed = plan[3] == 1.0
    known = borrowed(posterior[0])
    work = borrowed(posterior[1])
    toxic = borrowed(toxic)
    safe = borrowed(safe)
    tables = borrowed(nodes), borrowed(prior), toxic, safe, borrowed(cuts)
    plan = borrowed(plan)
    truth = borrowed(truth)
    conditions = borrowed(conditions)
    w = worlds[0]
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        begin(w, base, conditions, truth, back)
        known[:] = prior
        while True:
            action, level = crm_decision(tables, known, work, w, conditions[0], plan)
            if guards is not None:
                action, level = guard_answer(w, action, level, conditions[0], guards)
            if back is not None:
                action, level = backfill_bound(w, back[0], action, level)
            if not proceed(w, base, conditions, truth, action, level, timed, guards, back):
                break
            seen = w.event_level
            if w.event == TOXIC:
                multiply(known, toxic[seen])
            elif w.event == NONE:
                multiply(known, safe[seen])
        finish(w, action, level, trial, selected, patients, dlts, times)


def crm_plan(design: Crm, levels: int, guarded: bool = False) -> Floats:
    """The numbers that `crm_decision` reads."""
    group = (design.group or design.cohort_size) if design.coherent else 0
    sizes = (levels, design.largest, design.cohort_size, int(design.tite), group)
    asked = (design.target, design.min_followup, design.initial_stage, guarded, design.step_down_at == "any")
    closed = (fewest_toxic(n, design.target, design.cutoff) for n in range(design.largest + 1))
    return np.array([*sizes, SKIPPING.index(design.skipping), *asked, *closed], dtype=float)
