"""The doses of one region over the cycles of one patient: fit, dose, BED, sums, limits, next cycle."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from galu import kinetics
from galu.dosimetry.bed import BiologicalDose, biological_dose
from galu.dosimetry.curves import CycleActivity, fit_cycle, own_half_life
from galu.dosimetry.history import History
from galu.dosimetry.organ import OrganDose, absorbed_dose, check_plausible, self_dose_of
from galu.dosimetry.plan import DoseLimit, DosimetryPlan, Region
from galu.dosimetry.projection import NextCycle, cumulative_dose
from galu.finding import InputError
from galu.nuclides import Nuclide, nuclide

#: Reduced activity beside the planned one: a step of 20 %, as for toxicity (assumed).
REDUCED: Final = 0.8
NO_ALPHA_BED: Final = "BED is not defined for α emitters"


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

    The projected dose is the cumulative one after another cycle of the last activity; `next_cycles` has what
    any activity would add, one for each of `limits`. `refusal` is why a dose was not counted: it is
    impossible. `at_least` says that the sums lack a cycle; `limits` then take it at the patient's mean.
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
    next_cycles: tuple[NextCycle, ...] = ()
    refusal: InputError | None = None
    at_least: bool = False


def derive_course(
    region: str,
    cycles: Iterable[CycleActivity],
    plan: DosimetryPlan,
    override: str = "",
    risk_factors: bool = False,
) -> tuple[CycleDose, ...]:
    """Doses of one region, cycle by cycle; an impossible dose is refused.

    Parameters
    ----------
    region
        Organ or lesion, as the plan names it.
    cycles
        Measurements, in the order of the cycles.
    override
        Id of the signed statement on unusual doses, which count either way; an impossible dose is refused
        whatever it says.
    risk_factors
        Whether the limits for patients with risk factors apply.

    Raises
    ------
    InputError
        When the plan does not know the region, or a dose is impossible.
    """
    course = judge_course(region, cycles, plan, override, risk_factors)
    for one in course:
        if one.refusal is not None:
            raise one.refusal
    return course


def judge_course(
    region: str,
    cycles: Iterable[CycleActivity],
    plan: DosimetryPlan,
    override: str = "",
    risk_factors: bool = False,
) -> tuple[CycleDose, ...]:
    """The same, but an impossible dose stays out of the sums, with its reason.

    Raises
    ------
    InputError
        When the plan does not know the region.
    """
    history = History(plan.uncertainty.value, plan.region(region))
    limits = plan.limits_of(region, risk_factors)
    return tuple(_cycle(region, one, plan, history, (limits, override)) for one in cycles)


def _cycle(
    name: str,
    cycle: CycleActivity,
    plan: DosimetryPlan,
    history: History,
    judged: tuple[tuple[DoseLimit, ...], str],
) -> CycleDose:
    therapy, region, between = _therapy(plan), history.region, history.budget.between_cycles
    curve = fit_cycle(cycle, history.own, region, between)
    fit = curve.fit
    if fit.tia_mbq_h is None or fit.u_tia_mbq_h is None:
        return CycleDose(name, cycle.cycle, fit, fit.reason, cycle.refs)
    try:
        dose = _dose(cycle, region, (name, fit.tia_mbq_h, fit.u_tia_mbq_h), therapy)
        warning = check_plausible(dose, region, judged[1])
    except InputError as error:
        return CycleDose(name, cycle.cycle, fit, str(error), cycle.refs, refusal=error)
    history.own = own_half_life(cycle, curve, between) or history.own
    history.add(cycle.cycle, cycle.administered_mbq, dose, curve)
    bed = None if therapy.emits_alpha else _biological(dose, fit, region, therapy)
    if bed is not None:
        history.beds.append(bed)
    found = CycleDose(
        region=name,
        cycle=cycle.cycle,
        fit=fit,
        reason=_notes(fit, history, bed),
        refs=cycle.refs,
        dose=dose,
        u_dose_gy=cumulative_dose([dose.dose_gy], [dose.u_dose_gy], history.budget.systematic()).u_gy(),
        bed_gy=None if bed is None else bed.bed_gy,
        eqd2_gy=None if bed is None else bed.eqd2_gy,
        warning=warning,
        interval_gy=_interval(fit, dose, history.budget.systematic()),
    )
    return _with_sums(found, history, judged[0], plan.accepted_risk.value)


def _therapy(plan: DosimetryPlan) -> Nuclide:
    return nuclide(plan.therapy_nuclide.value)


def _biological(
    dose: OrganDose, fit: kinetics.FittedCurve, region: Region, therapy: Nuclide
) -> BiologicalDose:
    shape = fit.curve or kinetics.ExponentialSum((1.0,), (fit.t_eff_h or therapy.half_life_h,))
    return biological_dose(dose.dose_gy, shape, region.alpha_beta_gy, region.repair_half_time_h)


def _notes(fit: kinetics.FittedCurve, history: History, bed: BiologicalDose | None) -> str:
    gaps = history.gaps()
    cycles = ", ".join(map(str, gaps))
    lacking = f"at least: sums lack cycle {cycles}, which limits take at this patient's mean" if gaps else ""
    return "; ".join(part for part in (fit.reason, lacking, NO_ALPHA_BED if bed is None else "") if part)


def _with_sums(
    found: CycleDose, history: History, limits: tuple[DoseLimit, ...], accepted_risk: float
) -> CycleDose:
    """The cycle with its cumulative and projected dose, and the limits it is held against."""
    last, total, expected = history.administered_mbq[-1], history.dose(), history.next_cycle(of_bed=False)
    projected = expected.after(last)
    judged = [limit for limit in limits if limit.quantity == "dose" or found.bed_gy is not None]
    following = tuple(history.next_cycle(of_bed=limit.quantity == "bed") for limit in judged)
    return replace(
        found,
        cumulative_dose_gy=total.dose_gy,
        u_cumulative_dose_gy=total.u_gy(),
        cumulative_bed_gy=None if found.bed_gy is None else history.bed().dose_gy,
        projected_dose_gy=projected.dose_gy,
        u_projected_dose_gy=projected.u_gy(),
        limits=tuple(
            _against(limit, _with_gaps(one, history), last, accepted_risk)
            for limit, one in zip(judged, following, strict=True)
        ),
        next_cycles=following,
        at_least=bool(history.gaps()),
    )


def _with_gaps(following: NextCycle, history: History) -> NextCycle:
    """The next cycle after those that lack too, each at the mean activity of those that do not."""
    mean_mbq = math.fsum(history.administered_mbq) / len(history.administered_mbq)
    for _ in history.gaps():
        following = following.with_cycle(mean_mbq)
    return following


def _against(limit: DoseLimit, following: NextCycle, planned_mbq: float, accepted_risk: float) -> LimitCheck:
    projected, reduced = following.after(planned_mbq), following.after(REDUCED * planned_mbq)
    return LimitCheck(
        quantity=limit.quantity,
        limit_gy=limit.limit_gy,
        action=limit.action,
        probability_passed=following.so_far.probability_above(limit.limit_gy),
        planned_mbq=planned_mbq,
        projected_gy=projected.dose_gy,
        u_projected_gy=projected.u_gy(),
        probability_projected=projected.probability_above(limit.limit_gy),
        accepted_risk=accepted_risk,
        largest_mbq=following.largest_mbq(limit.limit_gy, accepted_risk),
        reduced_mbq=REDUCED * planned_mbq,
        probability_reduced=reduced.probability_above(limit.limit_gy),
    )


def _interval(fit: kinetics.FittedCurve, dose: OrganDose, systematic: float) -> tuple[float, float] | None:
    """95 % interval of a dose [Gy]: fit and shared errors, joined on the logarithmic scale."""
    if fit.interval_mbq_h is None or not fit.tia_mbq_h or not fit.interval_mbq_h[0] > 0:
        return None
    ends = [
        math.hypot(math.log(end / fit.tia_mbq_h), kinetics.Z_95 * systematic) for end in fit.interval_mbq_h
    ]
    return dose.dose_gy * math.exp(-ends[0]), dose.dose_gy * math.exp(ends[1])


def _dose(
    cycle: CycleActivity, region: Region, found: tuple[str, float, float], therapy: Nuclide
) -> OrganDose:
    """Dose of a region from its integral [MBq·h], by its own model or S value, and from other regions."""
    name, tia, u_tia = found
    per_tia = cycle.self_dose or self_dose_of(name, region, cycle.mass_g, therapy)
    dose = absorbed_dose(name, (tia, u_tia), per_tia, cycle.administered_mbq, therapy)
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
