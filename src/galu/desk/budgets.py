"""Budgets of the doses of `galu dose`: each of the curve and the self-dose that its row was made with."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from galu import dosimetry, kinetics
from galu.desk.dosimetry import Activities
from galu.desk.time_activity import Row
from galu.nuclides import nuclide

#: Monte Carlo draws of a budget, and their seed: the same table gives the same numbers.
DRAWS, DRAWS_SEED = 5000, 1
#: Models whose curve a budget cannot draw anew, and why.
NO_BUDGET: Final = {
    "bi": "a budget draws curves of two free parameters, this has four",
    "tri": "a budget draws curves of two free parameters, this has six",
    "joint": "the curve was fitted together with others, whose scans a budget would have to draw too",
    "hanscheid": "one scan without a prior half-life",
}
#: Relative amplitude and half-life [h] of the fast phase that a model's name says.
SHAPES: Final = {"mono": kinetics.NO_FAST_PHASE, "uptake": (-1.0, kinetics.UPTAKE_HALF_LIFE_H)}


def with_budgets(
    rows: list[Row],
    activities: Activities,
    plan: dosimetry.DosimetryPlan,
    s_values: dosimetry.SValues | None = None,
) -> list[Row]:
    """Rows with the relative uncertainty of dose and BED, to first order and by Monte Carlo.

    Calibration and recovery are those of the study, together; the draws have a fixed seed. Where there is no
    budget, `budget_reason` says why.

    Parameters
    ----------
    rows
        Rows as `dose_rows` gives them.
    activities
        What they were made of.
    plan
        The study's dosimetry.
    s_values
        The S values that self-dose was taken from, where the activities say so.
    """
    cycles = {(*key, one.cycle): one for key, parts in activities.items() for one in parts}
    found = []
    for row in rows:
        reason = row["reason"] if row["dose_gy"] is None else NO_BUDGET.get(row["model"], "")
        if reason:
            found.append(row | {"budget": None, "budget_reason": reason})
            continue
        one = cycles[row["subject"], row["region"], row["cycle"]]
        chain = _chain(row, one, plan, s_values)
        found.append(row | {"budget": _budget(chain), "budget_reason": ""})
    return found


def _chain(
    row: Row,
    one: dosimetry.CycleActivity,
    plan: dosimetry.DosimetryPlan,
    s_values: dosimetry.SValues | None,
) -> dosimetry.Chain:
    name, used = row["region"], row["parameters"]
    region, shared = plan.region(name), plan.uncertainty.value
    therapy = nuclide(plan.therapy_nuclide.value)

    def self_dose(volume_ml: float) -> float:
        mass = volume_ml * region.density_g_ml
        if s_values is not None and one.self_dose:
            return s_values.self_dose(name, mass).gy_per_mbq_h
        return dosimetry.self_dose_of(name, region, mass, therapy).gy_per_mbq_h

    few = len(one.samples.time_h) < 3
    return dosimetry.Chain(
        samples=one.samples,
        nuclide=therapy,
        volume_ml=one.mass_g / region.density_g_ml,
        u_volume=shared.mass,
        calibration=float(np.hypot(shared.calibration, shared.recovery)),
        recovery=dosimetry.RecoveryCurve(0.0, 1.0),
        u_s=shared.s_value,
        radiobiology=(region.alpha_beta_gy, region.repair_half_time_h),
        prior=(used["prior_teff_h"], used["prior_spread"]) if "prior_teff_h" in used else None,
        shape=SHAPES.get(row["model"]) or region.fast_phase() or kinetics.NO_FAST_PHASE,
        free_uptake=row["model"] == "free uptake" or (row["model"] == "mono" and not few),
        self_dose=self_dose,
        cross_gy=one.cross_gy,
    )


def _budget(chain: dosimetry.Chain) -> dict[str, Any]:
    budget = dosimetry.dose_budget(chain, np.random.default_rng(DRAWS_SEED), DRAWS)
    lines = {
        line.quantity: {
            "first_order": line.first_order,
            "monte_carlo": line.monte_carlo,
            "first_order_reliable": line.first_order_reliable,
            "reported": line.reported(),
        }
        for line in budget.lines
    }
    return {"relative": lines, "contributions": dict(budget.contributions), "note": budget.note}
