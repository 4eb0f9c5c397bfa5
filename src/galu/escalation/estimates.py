"""What the patients so far say of each level's DLT rate, in the terms of the design that asks.

Interval and table designs: isotonic estimate with the 95 % credible interval of the level alone (uniform
prior). Models: posterior mean or plug-in estimate with its 95 % credible interval, of BLRM
the interval masses too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from galu.escalation.blrm import Blrm
from galu.escalation.crm import SPAN, Floats, Model, Patients, log_likelihood, weighted
from galu.escalation.crm_design import Crm
from galu.escalation.decision import Design
from galu.escalation.guarded import bare, credible
from galu.escalation.monitoring import tail
from galu.escalation.outcomes import Outcome, Outcomes
from galu.escalation.selection import isotonic_rates


def estimates(design: Design, outcomes: Outcomes, levels: int) -> list[dict[str, Any]]:
    """A row per level: patients, DLTs, pending, and what the design's own estimate is.

    Raises
    ------
    InputError
        When a pending patient of a TITE design has no follow-up.
    """
    inner = bare(design)
    rows = [_counts(outcomes, level) for level in range(1, levels + 1)]
    if isinstance(inner, Crm):
        found = _crm(inner, outcomes, levels)
    elif isinstance(inner, Blrm):
        found = _blrm(inner, outcomes)
    else:
        found = _isotonic(rows, getattr(inner, "target", None))
    return [row | more for row, more in zip(rows, found, strict=True)]


def _counts(outcomes: Outcomes, level: int) -> dict[str, Any]:
    tally = outcomes.tally(level)
    return {"level": level, "patients": tally.enrolled, "dlts": tally.dlts, "pending": tally.pending}


def _isotonic(rows: list[dict[str, Any]], target: float | None) -> list[dict[str, Any]]:
    known = [(row["patients"] - row["pending"], row["dlts"]) for row in rows]
    rates = isotonic_rates([n for n, _ in known], [y for _, y in known])
    found = []
    for (n, y), rate in zip(known, rates, strict=True):
        low, high = credible(n, y) if n else (None, None)
        row: dict[str, Any] = {"isotonic_estimate": rate, "lower": low, "upper": high}
        if target is not None:
            row["p_above_target"] = tail(target, y + 1, n - y + 1) if n else None
        found.append(row)
    return found


def _crm(design: Crm, outcomes: Outcomes, levels: int) -> list[dict[str, Any]]:
    model = design.model_for(levels)
    used = [p for p in outcomes if p.outcome is not Outcome.INEVALUABLE]
    if not design.tite:
        used = [p for p in used if p.outcome is not Outcome.PENDING]
    low, mean, high, above = bands(model, weighted(used), design.target)
    return [
        {"estimate": float(m), "lower": float(a), "upper": float(b), "p_above_target": float(p)}
        for m, a, b, p in zip(mean, low, high, above, strict=True)
    ]


def bands(model: Model, patients: Patients, target: float) -> tuple[Floats, Floats, Floats, Floats]:
    """2.5 % limit, plug-in estimate, 97.5 % limit and Pr(rate > target) per level, each shape (levels,).

    A rate falls with b at every level, so its limits are the rates at the limits of b.
    """
    b = np.linspace(-SPAN, SPAN, 2881) * model.scale
    density = log_likelihood(model, patients, b) - 0.5 * (b / model.scale) ** 2
    weights = np.exp(density - density.max())
    weights /= weights.sum()
    running = np.cumsum(weights)
    skeleton = np.array(model.skeleton)
    low_b, high_b = (float(np.interp(q, running, b)) for q in (0.025, 0.975))
    rates = model.p_tox(b[None, :], skeleton[:, None])
    above = (weights[None, :] * (rates > target)).sum(axis=1)
    mean = model.p_tox(float((weights * b).sum()), skeleton)
    first, second = model.p_tox(high_b, skeleton), model.p_tox(low_b, skeleton)
    return np.minimum(first, second), mean, np.maximum(first, second), above


def _blrm(design: Blrm, outcomes: Outcomes) -> list[dict[str, Any]]:
    found, limits = design.estimates(tuple(outcomes)), design.limits(tuple(outcomes))
    return [
        {
            "dose": dose,
            "estimate": x.mean,
            "sd": x.sd,
            "lower": low,
            "upper": high,
            "p_under": x.under,
            "p_target": x.target,
            "p_over": x.over,
            "overdose": bool(x.over >= design.overdose),
        }
        for dose, x, (low, high) in zip(design.doses, found, limits, strict=True)
    ]
