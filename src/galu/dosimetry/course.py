"""The doses of one region over the cycles of one patient: fit, dose, BED, sums, limits, next cycle.

A cycle with several scans is fitted on its own, up to four with the population's fast phase where the
study states one; a cycle with a single scan takes the patient's last own effective half-life, with its
error, or else the population's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from galu import kinetics
from galu.dosimetry.bed import biological_dose, cumulative_bed, u_bed
from galu.dosimetry.organ import OrganDose, check_plausible, region_dose
from galu.dosimetry.plan import DoseLimit, DosimetryPlan, Region
from galu.dosimetry.projection import cumulative_dose, propose_next
from galu.dosimetry.self_dose import SelfDose
from galu.nuclides import Nuclide, nuclide

#: Reduced activity beside the planned one: a step of 20 %, as for toxicity (assumed).
REDUCED: Final = 0.8
NO_ALPHA_BED: Final = "BED is not defined for α emitters"
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
class LimitCheck:
    """Cumulative and projected dose or BED against one limit; probabilities are of passing it.

    The planned activity of the next cycle is the last one given; the reduced one is `REDUCED` of it.
    """

    quantity: str
    limit_gy: float
    action: str
    probability_passed: float
    planned_mbq: float
    projected_gy: float
    u_projected_gy: float
    probability_projected: float
    accepted_risk: float
    largest_mbq: float
    reduced_mbq: float = 0.0
    probability_reduced: float = 0.0


@dataclass(frozen=True, slots=True)
class CycleDose:
    """One region in one cycle. Doses are None when they cannot be known, and `reason` says why.

    The projected dose is the cumulative one after another cycle of the last activity.
    `u_dose_gy`, `interval_gy` (95 %) and `u_cumulative_dose_gy` hold everything, the errors shared by all
    cycles too.
    """

    region: str
    cycle: int
    fit: kinetics.FittedCurve
    reason: str
    refs: tuple[str, ...]
    dose: OrganDose | None = None
    u_dose_gy: float | None = None
    bed_gy: float | None = None
    eqd2_gy: float | None = None
    cumulative_dose_gy: float | None = None
    u_cumulative_dose_gy: float | None = None
    cumulative_bed_gy: float | None = None
    limits: tuple[LimitCheck, ...] = ()
    warning: str = ""
    interval_gy: tuple[float, float] | None = None
    projected_dose_gy: float | None = None
    u_projected_dose_gy: float | None = None


@dataclass(frozen=True, slots=True)
class _OwnHalfLife:
    """Effective half-life that several scans of an earlier cycle gave, and its standard uncertainty [h]."""

    teff_h: float
    u_h: float

    def spread(self, between_cycles: float) -> float:
        """Relative spread of another cycle's half-life about it."""
        return math.hypot(between_cycles, self.u_h / self.teff_h)


@dataclass
class _History:
    """What earlier cycles of a region left; `common` is what the re-used half-life adds to each [Gy]."""

    doses: list[float] = field(default_factory=list)
    random: list[float] = field(default_factory=list)
    beds: list[float] = field(default_factory=list)
    u_beds: list[float] = field(default_factory=list)
    common: list[float] = field(default_factory=list)
    administered_mbq: list[float] = field(default_factory=list)
    own: _OwnHalfLife | None = None
    counted: list[int] = field(default_factory=list)


def derive_course(
    region: str,
    cycles: Iterable[CycleActivity],
    plan: DosimetryPlan,
    override: str = "",
    risk_factors: bool = False,
) -> tuple[CycleDose, ...]:
    """Doses of one region, cycle by cycle.

    Parameters
    ----------
    region
        Organ or lesion, as the plan names it.
    cycles
        Measurements, in the order of the cycles.
    override
        Id of the signed statement that accepts unusual doses; an impossible dose is refused whatever
        it says.
    risk_factors
        Whether the limits for patients with risk factors apply.

    Raises
    ------
    InputError
        When the plan does not know the region, or a dose is impossible or unusual and not accepted.
    """
    history = _History()
    return tuple(_cycle(region, cycle, plan, history, (override, risk_factors)) for cycle in cycles)


def fit_course(
    region: str, cycles: Iterable[CycleActivity], plan: DosimetryPlan
) -> tuple[tuple[int, kinetics.FittedCurve], ...]:
    """Curve of each cycle of a region, as `derive_course` fits them.

    Raises
    ------
    InputError
        When the plan does not know the region.
    """
    stated, own = plan.region(region), None
    found = []
    for one in cycles:
        fit = one.fit or _fit(one.samples, own, stated, plan.uncertainty.value.between_cycles)
        own = _own(one, fit) or own
        found.append((one.cycle, fit))
    return tuple(found)


def _own(one: CycleActivity, fit: kinetics.FittedCurve) -> _OwnHalfLife | None:
    """Half-life of a cycle with several scans, for later cycles with one."""
    if len(one.samples.time_h) < 2 or fit.tia_mbq_h is None or fit.t_eff_h is None:
        return None
    return _OwnHalfLife(fit.t_eff_h, fit.u_t_eff_h)


def _fit(
    samples: kinetics.Samples, own: _OwnHalfLife | None, region: Region, between_cycles: float
) -> kinetics.FittedCurve:
    scans, fast = len(samples.time_h), region.fast_phase()
    if scans > FEW_SCANS or (scans > 1 and fast is None):
        return kinetics.fit_best(samples)
    if scans > 1 and fast is not None:
        return kinetics.fit_shaped(samples, *fast, "population shape")
    shape = fast or kinetics.NO_FAST_PHASE
    if own is not None:
        return kinetics.single_scan(samples, own.teff_h, own.spread(between_cycles), shape)
    if region.population_teff_h is not None:
        return kinetics.single_scan(samples, region.population_teff_h, region.population_teff_spread, shape)
    return kinetics.hanscheid(samples.time_h[0], samples.activity_mbq[0], samples.sigma_mbq[0])


def _interval(fit: kinetics.FittedCurve, dose: OrganDose, systematic: float) -> tuple[float, float] | None:
    """95 % interval of a dose [Gy]: fit and shared errors, joined on the logarithmic scale."""
    if fit.interval_mbq_h is None or not fit.tia_mbq_h or not fit.interval_mbq_h[0] > 0:
        return None
    ends = [
        math.hypot(math.log(end / fit.tia_mbq_h), kinetics.Z_95 * systematic) for end in fit.interval_mbq_h
    ]
    return dose.dose_gy * math.exp(-ends[0]), dose.dose_gy * math.exp(ends[1])


def _cycle(
    name: str, cycle: CycleActivity, plan: DosimetryPlan, history: _History, choice: tuple[str, bool]
) -> CycleDose:
    therapy = nuclide(plan.therapy_nuclide.value)
    region, budget = plan.region(name), plan.uncertainty.value
    fit = cycle.fit or _fit(cycle.samples, history.own, region, budget.between_cycles)
    if fit.tia_mbq_h is None or fit.u_tia_mbq_h is None:
        return CycleDose(name, cycle.cycle, fit, fit.reason, cycle.refs)
    dose = _dose(cycle, region, (name, fit.tia_mbq_h, fit.u_tia_mbq_h), therapy)
    warning = check_plausible(dose, region, choice[0])
    history.common.append(dose.dose_gy * _reused(cycle, history.own, region))
    history.own = _own(cycle, fit) or history.own
    history.counted.append(cycle.cycle)
    gaps = sorted(set(range(1, cycle.cycle)) - set(history.counted))
    notes = [fit.reason] + ([f"sums lack cycle {', '.join(map(str, gaps))}"] if gaps else [])
    bed, eqd2 = _remember(history, dose, fit, region, therapy)
    history.administered_mbq.append(cycle.administered_mbq)
    shared = budget.systematic()
    total = cumulative_dose(history.doses, history.random, shared, history.common)
    share = cycle.administered_mbq / sum(history.administered_mbq)
    projected = total.plus(total.dose_gy * share, budget.between_cycles)
    return CycleDose(
        region=name,
        cycle=cycle.cycle,
        fit=fit,
        reason="; ".join(part for part in (*notes, NO_ALPHA_BED if bed is None else "") if part),
        refs=cycle.refs,
        dose=dose,
        u_dose_gy=cumulative_dose([dose.dose_gy], [dose.u_dose_gy], shared).u_gy(),
        bed_gy=bed,
        eqd2_gy=eqd2,
        cumulative_dose_gy=total.dose_gy,
        u_cumulative_dose_gy=total.u_gy(),
        cumulative_bed_gy=None if bed is None else cumulative_bed(history.beds),
        limits=tuple(
            _against(limit, plan, history)
            for limit in plan.limits_of(name, choice[1])
            if limit.quantity == "dose" or bed is not None
        ),
        warning=warning,
        interval_gy=_interval(fit, dose, shared),
        projected_dose_gy=projected.dose_gy,
        u_projected_dose_gy=projected.u_gy(),
    )


def _reused(cycle: CycleActivity, own: _OwnHalfLife | None, region: Region) -> float:
    """Relative error, with its sign, that a re-used half-life brings to a cycle."""
    if cycle.fit is not None or own is None or len(cycle.samples.time_h) > 1:
        return 0.0
    shape = region.fast_phase() or kinetics.NO_FAST_PHASE
    return kinetics.half_life_error(cycle.samples.time_h[0], own.teff_h, own.u_h, shape)


def _dose(
    cycle: CycleActivity, region: Region, found: tuple[str, float, float], therapy: Nuclide
) -> OrganDose:
    """Dose of a region from its integral [MBq·h], by its own model or S value, and from other regions."""
    name, *tia = found
    given = (cycle.administered_mbq, therapy)
    dose = region_dose(name, region, (tia[0], tia[1]), cycle.mass_g, given, cycle.self_dose)
    if not cycle.cross_gy[0] > 0:
        return dose
    total = dose.dose_gy + cycle.cross_gy[0]
    return replace(
        dose,
        dose_gy=total,
        u_dose_gy=math.hypot(dose.u_dose_gy, cycle.cross_gy[1]),
        gy_per_gbq=total / (cycle.administered_mbq / 1000.0),
        method=f"{dose.method}; {cycle.cross_gy[0]:.3g} Gy from other regions",
    )


def _remember(
    history: _History, dose: OrganDose, fit: kinetics.FittedCurve, region: Region, therapy: Nuclide
) -> tuple[float | None, float | None]:
    """Add a cycle's dose and BED to the history; gives BED and EQD2 [Gy], None for α emitters."""
    history.doses.append(dose.dose_gy)
    history.random.append(dose.u_dose_gy)
    if therapy.emits_alpha:
        return None, None
    shape = fit.curve or kinetics.ExponentialSum((1.0,), (fit.t_eff_h or therapy.half_life_h,))
    bed = biological_dose(dose.dose_gy, shape, region.alpha_beta_gy, region.repair_half_time_h)
    history.beds.append(bed.bed_gy)
    history.u_beds.append(u_bed(dose.dose_gy, dose.u_dose_gy, bed.g, region.alpha_beta_gy))
    return bed.bed_gy, bed.eqd2_gy


def _against(limit: DoseLimit, plan: DosimetryPlan, history: _History) -> LimitCheck:
    budget = plan.uncertainty.value
    given_gbq = sum(history.administered_mbq) / 1000.0
    planned = history.administered_mbq[-1]
    if limit.quantity == "dose":
        values, random, common, stretch = history.doses, history.random, history.common, 1.0
    else:
        # A relative change of a dose changes BED by (BED + its quadratic part): 2·BED − D in all.
        values, random = history.beds, history.u_beds
        stretch = (2.0 * sum(history.beds) - sum(history.doses)) / sum(history.beds) if sum(values) else 1.0
        common = [
            share * (2.0 * bed - dose) / dose
            for share, bed, dose in zip(history.common, history.beds, history.doses, strict=True)
        ]
    so_far = cumulative_dose(values, random, budget.systematic() * stretch, common)
    bound = (limit.limit_gy, plan.accepted_risk.value)
    per_gbq, spread = sum(values) / given_gbq, budget.between_cycles * stretch
    proposal = propose_next(so_far, per_gbq, planned, spread, bound)
    reduced = so_far.plus(per_gbq * REDUCED * planned / 1000.0, spread)
    return LimitCheck(
        quantity=limit.quantity,
        limit_gy=limit.limit_gy,
        action=limit.action,
        probability_passed=so_far.probability_above(limit.limit_gy),
        planned_mbq=planned,
        projected_gy=proposal.projected.dose_gy,
        u_projected_gy=proposal.projected.u_gy(),
        probability_projected=proposal.probability,
        accepted_risk=plan.accepted_risk.value,
        largest_mbq=proposal.largest_mbq,
        reduced_mbq=REDUCED * planned,
        probability_reduced=reduced.probability_above(limit.limit_gy),
    )
