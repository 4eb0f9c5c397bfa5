"""Use case of `galu dose`: courses of doses, where wanted with S values, a joint fit or budgets."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from galu import dosimetry
from galu.desk.budgets import with_budgets
from galu.desk.dosimetry import Activities, dose_rows, not_judged, read_activities, read_plan
from galu.desk.organs import read_s_values
from galu.desk.time_activity import Row


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asks of `galu dose`.

    Attributes
    ----------
    override : str
        Id of the signed statement on unusual doses, which count either way.
    risk_factors : bool
        Whether the limits for patients with risk factors apply.
    budget : bool
        Whether each row carries its uncertainty budget.
    joint : bool
        Whether half-lives are fitted together, also where the study does not say so.
    s_values : Path or None
        File of S values, in `s_unit`.
    """

    override: str = ""
    risk_factors: bool = False
    budget: bool = False
    joint: bool = False
    s_values: Path | None = None
    s_unit: str = "mGy/(MBq s)"


def course_doses(path: Path, study: Path, wishes: Wishes) -> dict[str, list[Row]]:
    """Dose, BED, cumulative and projected dose of every subject, cycle and region of a CSV file.

    An impossible dose is refused whatever the override says, an unusual one is marked.

    Raises
    ------
    InputError
        When a file is bad, or a dose is impossible.
    """
    plan = read_plan(study)
    activities = read_activities(path, plan)
    if wishes.joint or plan.fits_together():
        activities = dosimetry.fit_together(activities, plan)
    s = None
    if wishes.s_values is not None:
        s = read_s_values(wishes.s_values, plan.therapy_nuclide.value, wishes.s_unit)
        activities = with_s_values(activities, plan, s)
    rows = dose_rows(activities, plan, wishes.override, wishes.risk_factors)
    left_open = not_judged(activities, rows, plan)
    found = {"doses": with_budgets(rows, activities, plan, s) if wishes.budget else rows}
    return found | ({"not_judged": left_open} if left_open else {})


def with_s_values(activities: Activities, plan: dosimetry.DosimetryPlan, s: dosimetry.SValues) -> Activities:
    """Take self-dose from S values, scaled to the patient's mass, and add the dose from other regions.

    Regions that the file does not name keep their own model, and give and receive no cross-dose.
    """
    own = {
        (subject, region): tuple(_with_self(one, region, s) for one in cycles)
        for (subject, region), cycles in activities.items()
    }
    fits = _fits(own, plan)
    return {
        (subject, region): tuple(
            replace(one, cross_gy=_cross(fits.get((subject, one.cycle), {}), region, s)) for one in cycles
        )
        for (subject, region), cycles in own.items()
    }


def _with_self(one: dosimetry.CycleActivity, region: str, s: dosimetry.SValues) -> dosimetry.CycleActivity:
    name = dosimetry.named(region)
    if (name, name) not in s.pairs:
        return one
    return replace(one, self_dose=s.self_dose(region, one.mass_g))


def _fits(
    activities: Activities, plan: dosimetry.DosimetryPlan
) -> dict[tuple[str, int], dict[str, tuple[float, float]]]:
    """Time-integrated activities and their uncertainties [MBq·h], by subject and cycle, by region."""
    found: dict[tuple[str, int], dict[str, tuple[float, float]]] = {}
    for (subject, region), cycles in activities.items():
        for cycle, fit in dosimetry.fit_course(region, cycles, plan):
            if fit.tia_mbq_h is not None and fit.u_tia_mbq_h is not None:
                found.setdefault((subject, cycle), {})[region] = (fit.tia_mbq_h, fit.u_tia_mbq_h)
    return found


def _cross(sources: dict[str, tuple[float, float]], region: str, s: dosimetry.SValues) -> tuple[float, float]:
    """Dose from all other regions of one cycle and its uncertainty [Gy]."""
    target, total, squared = dosimetry.named(region), 0.0, 0.0
    for source, (tia, u) in sources.items():
        pair = s.pairs.get((target, dosimetry.named(source)))
        if pair is not None and dosimetry.named(source) != target:
            total += tia * pair.total()
            squared += (u * pair.total()) ** 2
    return total, math.sqrt(squared)
