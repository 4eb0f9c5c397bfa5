"""A simulated cohort at 7.4 GBq through the whole chain, beside the published kidney doses of 177Lu-PSMA-617.

Published (JNM 2024;65:71): cycle 1 0.43 ± 0.16 Gy/GBq in 30 patients; 19 ± 7 Gy predicted for six full
cycles; scans at 2, 24, 48 and 168 h in cycle 1, at 48 h in the others. Inputs here are the published
effective half-life (median 35.5 h), the reference kidney mass, an uptake of 2.9 % of the activity and
spreads of half-life, uptake and mass; uptake and spreads are assumed.
"""

from __future__ import annotations

import numpy as np
import pytest

from galu.desk.dosimetry import read_plan
from galu.dosimetry import CycleActivity, derive_course
from galu.finding import InputError
from galu.kinetics import Samples
from galu.nuclides import nuclide
from support import ROOT

LU = nuclide("Lu-177")
GIVEN_MBQ, PATIENTS = 7400.0, 300


def _cycles(rng: np.random.Generator) -> list[CycleActivity]:
    teff = min(35.5 * np.exp(0.25 * rng.standard_normal()), LU.half_life_h)
    uptake = 0.029 * np.exp(0.20 * rng.standard_normal())
    mass = 310.0 * np.exp(0.18 * rng.standard_normal())
    cycles = []
    for cycle in range(1, 7):
        times = np.array([2.0, 24.0, 48.0, 168.0] if cycle == 1 else [48.0])
        now = teff * np.exp(0.05 * rng.standard_normal())
        true = GIVEN_MBQ * uptake * np.exp(0.1 * rng.standard_normal()) * np.exp2(-times / now)
        seen = true * (1.0 + 0.07 * rng.standard_normal(times.size))
        samples = Samples(tuple(times), tuple(seen), tuple(0.07 * true), LU.half_life_h)
        cycles.append(CycleActivity(cycle, samples, mass, GIVEN_MBQ))
    return cycles


def test_kidney_doses_are_those_published() -> None:
    plan = read_plan(ROOT / "studies" / "nct07310355")
    rng = np.random.default_rng(177)
    courses = [derive_course("kidneys", _cycles(rng), plan, "signed") for _ in range(PATIENTS)]
    first = np.array([course[0].dose.gy_per_gbq for course in courses])  # type: ignore[union-attr]
    six = np.array([course[-1].cumulative_dose_gy for course in courses])
    assert first.mean() == pytest.approx(0.43, abs=0.04)
    assert first.std() == pytest.approx(0.16, abs=0.04)
    assert six.mean() == pytest.approx(19.0, abs=2.0)
    assert six.std() == pytest.approx(7.0, abs=1.5)
    # What the cohort passes is about what each course expected of itself.
    limit = [next(check for check in course[-1].limits if check.quantity == "dose") for course in courses]
    expected = np.mean([check.probability_passed for check in limit])
    assert (six > 23.0).mean() == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("factor", [1e3, 1e-3, 7.4])
def test_mistaken_units_are_refused_whoever_signs(factor: float) -> None:
    """Milligray for gray, either way, and Gy per cycle for Gy/GBq."""
    plan = read_plan(ROOT / "studies" / "nct07310355")
    times = (2.0, 24.0, 48.0, 168.0)
    activity = tuple(0.029 * GIVEN_MBQ * factor * 2.0 ** (-t / 35.5) for t in times)
    samples = Samples(times, activity, tuple(0.07 * a for a in activity), LU.half_life_h)
    with pytest.raises(InputError, match=r"mixed up|outside the possible"):
        derive_course("kidneys", [CycleActivity(1, samples, 310.0, GIVEN_MBQ)], plan, "signed")


def _scanned_once_later(rng: np.random.Generator) -> tuple[list[CycleActivity], float]:
    """Four scans, then one at 96 h in five cycles of the same kinetics; the true sum of Ã [MBq·h]."""
    teff = 45.0 * np.exp(0.15 * rng.standard_normal())
    cycles = []
    for cycle in range(1, 7):
        times = np.array([4.0, 24.0, 72.0, 168.0] if cycle == 1 else [96.0])
        true = 200.0 * np.exp2(-times / teff)
        seen = true * (1.0 + 0.07 * rng.standard_normal(times.size))
        samples = Samples(tuple(times), tuple(seen), tuple(0.07 * true), LU.half_life_h)
        cycles.append(CycleActivity(cycle, samples, 310.0, 6000.0))
    return cycles, 6.0 * 200.0 * teff / np.log(2.0)


def test_a_half_life_used_again_brings_the_same_error_to_every_cycle() -> None:
    """With the cycles' errors as independent, sums err 1.16 and projections 1.44 times what they say."""
    plan = read_plan(ROOT / "studies" / "nct07310355")
    # No shared error and no spread between cycles: what is left is the noise of the scans.
    quiet = plan.uncertainty.value.model_copy(
        update={"calibration": 0.0, "recovery": 0.0, "mass": 0.0, "s_value": 0.0, "between_cycles": 0.0}
    )
    plan = plan.model_copy(update={"uncertainty": plan.uncertainty.model_copy(update={"value": quiet})})
    rng = np.random.default_rng(5)
    sums, next_ones = [], []
    for _ in range(600):
        cycles, true = _scanned_once_later(rng)
        course = derive_course("kidneys", cycles, plan, "signed")
        per_tia = course[-1].dose.dose_gy / course[-1].fit.tia_mbq_h  # type: ignore[operator, union-attr]
        sums.append((course[-1].cumulative_dose_gy - true * per_tia) / course[-1].u_cumulative_dose_gy)  # type: ignore[operator]
        last = course[2]
        assert last.projected_dose_gy is not None and last.u_projected_dose_gy is not None
        next_ones.append((last.projected_dose_gy - true * per_tia * 4.0 / 6.0) / last.u_projected_dose_gy)
    assert np.std(sums) == pytest.approx(1.0, abs=0.1)
    assert np.std(next_ones) == pytest.approx(1.0, abs=0.1)
