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
from galu.dosimetry import CycleActivity, CycleDose, DosimetryPlan, derive_course, fit_together
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


#: No shared error: what is left is the noise of the scans and of half-lives.
QUIET = {"calibration": 0.0, "recovery": 0.0, "mass": 0.0, "s_value": 0.0}


def _quiet_plan(between_cycles: float) -> DosimetryPlan:
    plan = read_plan(ROOT / "studies" / "nct07310355")
    kidneys = plan.region("kidneys").model_copy(
        update={"usual_gy_per_gbq": (1e-9, 1e9), "possible_gy_per_gbq": (1e-9, 1e9)}
    )
    stated = {
        "uncertainty": plan.uncertainty.value.model_copy(update=QUIET | {"between_cycles": between_cycles}),
        "regions": (kidneys,),
    }
    return plan.model_copy(
        update={
            name: getattr(plan, name).model_copy(update={"value": value}) for name, value in stated.items()
        }
    )


def _six(
    rng: np.random.Generator, first: tuple[float, ...], later_h: float, drawn: tuple[float, float, float]
) -> tuple[tuple[CycleActivity, ...], np.ndarray]:
    """Six cycles, one scan each after the first; and the true Ã of each [MBq·h]."""
    median, between_patients, between_cycles = drawn
    own = median * np.exp(np.sqrt(np.log1p(between_patients**2)) * rng.standard_normal())
    cycles, truth = [], []
    for cycle in range(1, 7):
        times = np.array(first if cycle == 1 else (later_h,))
        teff = min(own * np.exp(between_cycles * rng.standard_normal()), LU.half_life_h)
        true = 200.0 * np.exp2(-times / teff)
        seen = true * (1.0 + 0.07 * rng.standard_normal(times.size))
        samples = Samples(tuple(times), tuple(seen), tuple(0.07 * true), LU.half_life_h)
        cycles.append(CycleActivity(cycle, samples, 310.0, 6000.0))
        truth.append(200.0 * teff / np.log(2.0))
    return tuple(cycles), np.array(truth)


def _errors(courses: list[tuple[CycleDose, ...]], truths: list[np.ndarray]) -> tuple[float, float]:
    """Root mean square of error over stated uncertainty: of six cycles' sum, and of cycle 4 as expected."""
    sums, expected = [], []
    for course, truth in zip(courses, truths, strict=True):
        last, third = course[-1], course[2]
        per_tia = last.dose.dose_gy / last.fit.tia_mbq_h  # type: ignore[operator, union-attr]
        sums.append((last.cumulative_dose_gy - truth.sum() * per_tia) / last.u_cumulative_dose_gy)  # type: ignore[operator]
        error = third.projected_dose_gy - truth[:4].sum() * per_tia  # type: ignore[operator]
        expected.append(error / third.u_projected_dose_gy)
    return float(np.sqrt(np.mean(np.square(sums)))), float(np.sqrt(np.mean(np.square(expected))))


@pytest.mark.parametrize("between_cycles", [0.0, 0.1])
@pytest.mark.parametrize("later_h", [24.0, 48.0, 96.0])
def test_sums_and_projections_are_as_uncertain_as_they_say(later_h: float, between_cycles: float) -> None:
    """Later cycles take the half-life of the first: one error in all of them."""
    plan, rng = _quiet_plan(between_cycles), np.random.default_rng(5)
    drawn = [_six(rng, (4.0, 24.0, 72.0, 168.0), later_h, (45.0, 0.15, between_cycles)) for _ in range(200)]
    courses = [derive_course("kidneys", cycles, plan) for cycles, _ in drawn]
    of_sum, of_next = _errors(courses, [truth for _, truth in drawn])
    assert of_sum == pytest.approx(1.0, abs=0.15)
    assert of_next == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("later_h", [24.0, 48.0])
def test_the_population_half_life_errs_alike_in_every_cycle_too(later_h: float) -> None:
    """One scan in each of six cycles; taken as independent, the sums would err 2.5 times what they say."""
    plan, rng = _quiet_plan(0.1), np.random.default_rng(6)
    drawn = [_six(rng, (later_h,), later_h, (35.5, 0.3, 0.1)) for _ in range(200)]
    courses = [derive_course("kidneys", cycles, plan) for cycles, _ in drawn]
    assert _errors(courses, [truth for _, truth in drawn])[0] == pytest.approx(1.1, abs=0.2)


def test_jointly_fitted_cycles_share_what_is_not_known_of_the_patient() -> None:
    plan, rng = _quiet_plan(0.1), np.random.default_rng(7)
    drawn = [_six(rng, (24.0,), 24.0, (35.5, 0.3, 0.1)) for _ in range(60)]
    joint = fit_together({(f"P{i}", "kidneys"): cycles for i, (cycles, _) in enumerate(drawn)}, plan)
    courses = [derive_course("kidneys", cycles, plan) for cycles in joint.values()]
    assert _errors(courses, [truth for _, truth in drawn])[0] == pytest.approx(1.1, abs=0.25)
