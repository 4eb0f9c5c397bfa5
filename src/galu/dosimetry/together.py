"""One fit of half-lives over all patients, regions and cycles, as the courses of their doses need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from galu import kinetics
from galu.dosimetry.curves import CycleActivity
from galu.dosimetry.plan import DosimetryPlan

Key = tuple[str, str]


def fit_together(
    activities: Mapping[Key, tuple[CycleActivity, ...]], plan: DosimetryPlan
) -> dict[Key, tuple[CycleActivity, ...]]:
    """Fit the half-lives of all subjects, regions and cycles together; priors are the study's.

    Regions without a population half-life, cycles without positive activity, and three scans or more that
    contradict the joint curve (as uptake slower than the stated one does) keep their own fit.

    Parameters
    ----------
    activities
        Cycles of each (subject, region).
    plan
        The study's dosimetry.

    Raises
    ------
    InputError
        When the plan does not know a region.
    """
    priors = {
        region.name: kinetics.TeffPrior(
            region.population_teff_h,
            region.population_teff_spread,
            region.fast_phase() or kinetics.NO_FAST_PHASE,
        )
        for region in plan.regions.value
        if region.population_teff_h is not None
    }
    # Each lesion has its own half-life about the median of all lesions, as each patient has.
    curves = {
        (*key, one.cycle): kinetics.OrganCycle(
            "/".join(key), plan.region(key[1]).name, one.cycle, one.samples
        )
        for key, cycles in activities.items()
        for one in cycles
        if plan.region(key[1]).name in priors and max(one.samples.activity_mbq) > 0
    }
    if not curves:
        return dict(activities)
    fit = kinetics.fit_joint(tuple(curves.values()), priors, plan.uncertainty.value.between_cycles)
    found = dict(zip(curves, fit.curves, strict=True))
    return {
        key: tuple(replace(one, fit=_own_or_joint(one, found.get((*key, one.cycle)))) for one in cycles)
        for key, cycles in activities.items()
    }


def _own_or_joint(one: CycleActivity, joint: kinetics.FittedCurve | None) -> kinetics.FittedCurve | None:
    """The joint curve, but for scans that contradict its shape and are enough for one of their own."""
    if joint is not None and joint.contradicted() and len(one.samples.time_h) > 2:
        return None
    return joint
