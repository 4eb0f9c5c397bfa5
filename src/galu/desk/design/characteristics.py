"""Operating characteristics simulated in calendar time."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np

from galu.desk.design.reading import make_design, stated
from galu.escalation import Design
from galu.escalation.backfill import BackfillRule
from galu.escalation.calendar import Conditions, Trials
from galu.escalation.dlt_times import told_dlt_time
from galu.escalation.expansion import ExpansionPlan, expand
from galu.finding import InputError
from galu.simulation.scale import ALONE, Crew
from galu.simulation.scale import run as run_scaled

_BINS: Final = 40
_QUANTILES: Final = (0.05, 0.5, 0.95)


def characteristics(
    name: str,
    truth: tuple[float, ...],
    conditions: Conditions,
    runs: tuple[int, int],
    switches: dict[str, Any],
    crew: Crew = ALONE,
) -> dict[str, Any]:
    """Simulate in calendar time; `runs` is (replicates, seed)."""
    design = make_design(name, switches)
    found = described(name, simulated(design, truth, conditions, runs, crew))
    return {**found, "seed": runs[1], **stated(design, len(truth)), "assumptions": assumptions(conditions)}


def characteristics_with_expansion(
    name: str,
    scene: tuple[tuple[float, ...], Conditions, ExpansionPlan],
    runs: tuple[int, int],
    switches: dict[str, Any],
    crew: Crew = ALONE,
) -> dict[str, Any]:
    """The same, with the expansion at the selected level beside it; `scene` is (truth, conditions, plan)."""
    truth, conditions, plan = scene
    design = make_design(name, switches)
    found = simulated(design, truth, conditions, runs, crew)
    added, root = expand(found, truth, plan), len(found.selected) ** 0.5
    expansion: dict[str, Any] = {
        "target": plan.target,
        "patients": float(added.patients.mean()),
        "dlts": float(added.dlts.mean()),
        "stopped": float(added.stopped.mean()),
        "se": {
            "patients": float(added.patients.std()) / root,
            "stopped": float(added.stopped.std()) / root,
        },
    }
    beyond = float((found.patients.sum(axis=1) >= plan.target).mean())
    if beyond:
        share = f"{beyond:.2%} of the escalations take {plan.target} patients or more by themselves"
        expansion["reason"] = f"{share}: nobody is added there"
    told = {"seed": runs[1], **stated(design, len(truth)), "assumptions": assumptions(conditions)}
    return {**described(name, found), "expansion": expansion, **told}


def characteristics_by_cohorts(
    name: str, truth: tuple[float, ...], runs: tuple[int, int], switches: dict[str, Any], crew: Crew = ALONE
) -> dict[str, Any]:
    """Simulate a design by cohorts without a calendar: no time of a trial is known, the rest as above."""
    from galu.desk.design.exact_characteristics import by_cohorts, check_by_cohorts
    from galu.escalation.cohorts import simulate_cohorts

    count, seed = _checked(runs)
    check_by_cohorts(switches)
    design = make_design(name, switches)
    trials = partial(simulate_cohorts, design, truth, seed)
    told = stated(design, len(truth))
    told["switches"] = by_cohorts(told["switches"])
    return {**described(name, run_scaled(trials, count, crew)), "seed": seed, **told}


def backfill_rule(most: int | None, target: float | None) -> BackfillRule | None:
    """The rule of a backfill of levels up to `most` patients, at the target of the trial if one is given."""
    if most is None:
        return None
    return BackfillRule(most) if target is None else BackfillRule(most, target)


def assumptions(conditions: Conditions) -> dict[str, Any]:
    """What simulated trials rest on, in words."""
    return {
        "DLT window [days]": conditions.window_days,
        **(
            {"arrivals [day]": list(conditions.arrival_days)}
            if conditions.arrival_days
            else {"mean gap between arrivals [days]": conditions.gap_days}
        ),
        "arrivals while accrual is suspended": "queue" if conditions.queue else "lost",
        "time of a DLT in the window": told_dlt_time(conditions.dlt_time, conditions.late_share),
        "probability of an inevaluable patient": conditions.inevaluable,
        "consent to dosing [days]": conditions.screening_days,
        "probability of screening failure": conditions.screen_failure,
        **({} if conditions.backfill is None else {"backfill": conditions.backfill.words}),
        "end of the clock": "the decision that ends the escalation",
    }


#: Seeds that fit the integer which the random numbers are made of.
_SEEDS = 1 << 63


def _checked(runs: tuple[int, int]) -> tuple[int, int]:
    count, seed = runs
    if count < 2:
        raise InputError("--replicates", f"{count} trials tell no spread", "give two or more")
    if not 0 <= seed < _SEEDS:
        raise InputError("--seed", f"{seed} is no seed", f"give a whole number from 0 to {_SEEDS - 1}")
    return count, seed


def simulated(
    design: Design, truth: tuple[float, ...], conditions: Conditions, runs: tuple[int, int], crew: Crew
) -> Trials:
    """Simulate `runs` (replicates, seed) of a design.

    Raises
    ------
    InputError
        When the design is not simulated in calendar time, or there are too few trials.
    """
    from galu.escalation.calendar import simulate

    count, seed = _checked(runs)
    return run_scaled(partial(simulate, design, truth, conditions, seed), count, crew)


def described(name: str, found: Trials) -> dict[str, Any]:
    """The averages of simulated trials, and how their patients and durations are distributed."""
    return {**summarise(name, found), "distribution": distribution(found)}


def distribution(found: Trials) -> dict[str, Any]:
    """Share of trials by patients taken; quantiles and histogram of their duration where it is known."""
    sizes, counts = np.unique(found.patients.sum(axis=1), return_counts=True)
    days = found.duration_days
    timed: dict[str, Any] | None = None
    if not bool(np.isnan(days).any()):
        shares, edges = np.histogram(days, bins=_BINS)
        cuts = np.quantile(days, _QUANTILES)
        timed = {
            "quantiles": {f"{100 * q:g}%": float(x) for q, x in zip(_QUANTILES, cuts, strict=True)},
            "histogram": {
                "edges": [float(x) for x in edges],
                "shares": [float(x) / len(days) for x in shares],
            },
        }
    return {
        "patients": [
            {"patients": int(n), "probability": float(c) / len(days)}
            for n, c in zip(sizes, counts, strict=True)
        ],
        "duration_days": timed,
    }


def summarise(name: str, found: Trials) -> dict[str, Any]:
    """Average simulated trials, with the Monte Carlo errors."""
    count, levels = found.patients.shape
    share = [float((found.selected == level).mean()) for level in range(levels + 1)]
    days, held = found.duration_days, found.suspended_days
    root = count**0.5
    unfinished = float((found.selected < 0).mean())
    timed = not bool(np.isnan(days).any())
    return {
        "design": name,
        "select": {"none": share[0], "levels": share[1:]},
        **({"unfinished": unfinished} if unfinished else {}),
        "patients": {"levels": [float(x) for x in found.patients.mean(axis=0)]},
        "dlts": {"levels": [float(x) for x in found.dlts.mean(axis=0)]},
        "expected_n": float(found.patients.sum(axis=1).mean()),
        "expected_dlts": float(found.dlts.sum(axis=1).mean()),
        "duration_days": {
            "mean": float(days.mean()),
            "sd": float(days.std()),
            "se": float(days.std()) / root,
        }
        if timed
        else None,
        "suspended_days": float(held.mean()) if timed else None,
        "replicates": count,
        "se": {
            "select": [(p * (1 - p) / count) ** 0.5 for p in share],
            "expected_n": float(found.patients.sum(axis=1).std()) / root,
            "expected_dlts": float(found.dlts.sum(axis=1).std()) / root,
        },
    }
