"""Courses of doses with S values of the user's file, for `galu dose`."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from galu import dosimetry
from galu.desk.dosimetry import Activities
from galu.desk.organs import read_s_values


def with_s_values(activities: Activities, plan: dosimetry.DosimetryPlan, path: Path, unit: str) -> Activities:
    """Take self-dose from S values, scaled to the patient's mass, and add the dose from other regions.

    Regions that the file does not name keep their own model, and give and receive no cross-dose.
    """
    s = read_s_values(path, plan.therapy_nuclide.value, unit)
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
