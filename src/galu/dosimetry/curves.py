"""The curve of each cycle of a region, and what its error has in common with other cycles.

A cycle with several scans is fitted on its own, up to four with the population's fast phase where the study
states one and the scans do not contradict it; three scans or more tell uptake from nothing themselves. A
cycle with a single scan takes the patient's last own effective half-life, or else the population's: that
half-life, right or wrong, is the same in every cycle that takes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from galu import kinetics
from galu.dosimetry.plan import DosimetryPlan, Region
from galu.dosimetry.self_dose import SelfDose

#: Up to here a fast phase is not fitted: AICc of more than two free parameters is infinite or useless.
FEW_SCANS: Final = 4


@dataclass(frozen=True, slots=True)
class CycleActivity:
    """What was measured of one region in one cycle; `refs` are the ids of the facts.

    A curve fitted elsewhere (jointly with other curves), a self-dose of the user's S values and the dose from
    other regions with its uncertainty [Gy] replace or join what the course derives by itself.
    """

    cycle: int
    samples: kinetics.Samples
    mass_g: float
    administered_mbq: float
    refs: tuple[str, ...] = ()
    fit: kinetics.FittedCurve | None = None
    self_dose: SelfDose | None = None
    cross_gy: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class HalfLife:
    """An effective half-life that several cycles take: where it comes from, median [h], relative error."""

    source: str
    teff_h: float
    error: float


@dataclass(frozen=True, slots=True)
class CycleCurve:
    """The curve of a cycle; `shared` is the part of its relative error, with its sign, from `source`."""

    fit: kinetics.FittedCurve
    source: str = ""
    shared: float = 0.0


def fit_cycle(one: CycleActivity, own: HalfLife | None, region: Region, between_cycles: float) -> CycleCurve:
    """Curve of one cycle.

    Parameters
    ----------
    one : CycleActivity
        The measurements.
    own : HalfLife or None
        Half-life of an earlier cycle with several scans, as `own_half_life` gives it.
    region : Region
        What the study states of the region.
    between_cycles : float
        Relative spread of a cycle's half-life about the patient's mean.
    """
    samples, fast = one.samples, region.fast_phase()
    if one.fit is not None:
        tia = one.fit.tia_mbq_h
        return CycleCurve(one.fit, "joint fit", one.fit.shared_mbq_h / tia if tia else 0.0)
    scans = len(samples.time_h)
    if scans > FEW_SCANS or (scans > 1 and fast is None):
        return CycleCurve(kinetics.fit_best(samples))
    if scans > 1 and fast is not None:
        return CycleCurve(_of_stated_shape(samples, fast))
    shape = fast or kinetics.NO_FAST_PHASE
    taken = own or _population(region)
    if taken is None:
        scan = (samples.time_h[0], samples.activity_mbq[0], samples.sigma_mbq[0])
        return CycleCurve(kinetics.hanscheid(*scan))
    # The half-life taken may be off, and this cycle's own lies about the patient's mean.
    spread = math.hypot(taken.error, between_cycles) if own else taken.error
    fit = kinetics.single_scan(samples, taken.teff_h, spread, shape)
    if fit.tia_mbq_h is None:
        return CycleCurve(fit)
    shared = kinetics.prior_error(samples, taken.teff_h, taken.error, shape)
    return CycleCurve(fit, taken.source, shared)


def _of_stated_shape(samples: kinetics.Samples, fast: tuple[float, float]) -> kinetics.FittedCurve:
    """The population's shape, unless the scans tell uptake themselves or contradict it."""
    stated = kinetics.fit_shaped(samples, *fast, "population shape")
    told = len(samples.time_h) > 2 and fast[0] == kinetics.UPTAKE_FROM_NOTHING
    if not (told or stated.tia_mbq_h is None or stated.contradicted()):
        return stated
    own = kinetics.fit_best(samples)
    if own.tia_mbq_h is None or (own.contradicted() and not stated.contradicted()):
        return stated
    return own


def own_half_life(one: CycleActivity, curve: CycleCurve, between_cycles: float) -> HalfLife | None:
    """Half-life that a cycle with several scans lends to later ones, its error about the patient's mean."""
    fit = curve.fit
    if one.fit is not None or len(one.samples.time_h) < 2 or fit.tia_mbq_h is None or not fit.t_eff_h:
        return None
    return HalfLife(
        f"cycle {one.cycle}", fit.t_eff_h, math.hypot(fit.u_t_eff_h / fit.t_eff_h, between_cycles)
    )


def _population(region: Region) -> HalfLife | None:
    if region.population_teff_h is None:
        return None
    return HalfLife("population", region.population_teff_h, region.population_teff_spread)


def fit_course(
    region: str, cycles: Iterable[CycleActivity], plan: DosimetryPlan
) -> tuple[tuple[int, kinetics.FittedCurve], ...]:
    """Curve of each cycle of a region, as the course of its doses has them.

    Raises
    ------
    InputError
        When the plan does not know the region.
    """
    stated, between = plan.region(region), plan.uncertainty.value.between_cycles
    own: HalfLife | None = None
    found = []
    for one in cycles:
        curve = fit_cycle(one, own, stated, between)
        own = own_half_life(one, curve, between) or own
        found.append((one.cycle, curve.fit))
    return tuple(found)
