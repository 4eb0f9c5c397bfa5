"""Fast trials of CRM and TITE-CRM: the likelihood tabulated on 161 nodes, carried along by products.

161 nodes over ±8 prior deviations agree with the fine quadrature of `fit_bayes` to 1e-8. The nearest level
follows from the estimate alone: level k + 1 is nearer than k where their probabilities add up to less than
twice the target, so the recommendation counts the roots that the estimate has passed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import borrowed, inlined, kernel
from galu.escalation.crm import Crm, Model
from galu.escalation.draws import stream
from galu.escalation.events import (
    HOLD,
    MTD,
    NONE,
    SAME,
    TOXIC,
    begin,
    finish,
    proceed,
)

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
def crm_decision(nodes, toxic, cuts, known, work, w, window, plan):  # type: ignore[no-untyped-def]
    """Decide as `Crm.decide`; `plan` is (levels, largest, cohort size, tite)."""
    level = w.in_use
    full = w.total >= plan[1]
    if not full and (w.total == 0 or w.n[level] % plan[2] != 0):
        return SAME, level
    waits = w.known < w.last
    if waits and (full or plan[3] == 0):
        return HOLD, 0
    if not full and w.waiting == 0 and plan[3] == 1:
        return SAME, level  # nobody asks, and this design never suspends before its last patient
    highest = w.tried
    while highest > 1 and w.n[highest] == 0:
        highest -= 1
    if waits:
        _with_pending(toxic, known, work, w, window)
        following = min(nearest_level(nodes, cuts, work), highest + 1)
    else:
        following = min(nearest_level(nodes, cuts, known), highest + 1)
    return (MTD, following) if full else (SAME, following)


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
    selected,
    patients,
    dlts,
    times,
):
    """Trials of CRM or TITE-CRM; `posterior` is room for two densities."""
    timed = plan[3] == 1
    known = borrowed(posterior[0])
    work = borrowed(posterior[1])
    nodes = borrowed(nodes)
    toxic = borrowed(toxic)
    safe = borrowed(safe)
    cuts = borrowed(cuts)
    plan = borrowed(plan)
    truth = borrowed(truth)
    conditions = borrowed(conditions)
    w = worlds[0]
    for trial in range(selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        begin(w, base, conditions, truth)
        known[:] = prior
        while True:
            action, level = crm_decision(nodes, toxic, cuts, known, work, w, conditions[0], plan)
            if not proceed(w, base, conditions, truth, action, level, timed):
                break
            seen = w.event_level
            if w.event == TOXIC:
                multiply(known, toxic[seen])
            elif w.event == NONE:
                multiply(known, safe[seen])
        finish(w, action, level, trial, selected, patients, dlts, times)


def crm_plan(design: Crm, levels: int) -> NDArray[np.int64]:
    """The numbers that `crm_decision` reads."""
    return np.array([levels, design.largest, design.cohort_size, int(design.tite)])
