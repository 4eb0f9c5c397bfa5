"""Do 95 % intervals of time-integrated activity and dose hold the truth in 95 % of patients?

Simulated kidneys: effective half-life, uptake, mass and the errors shared by every scan are drawn anew for
each patient; scans have 7 % noise of known σ. Run this file to print the table of the methods page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest

from galu.dosimetry import CycleActivity, DosimetryPlan, derive_course, self_dose_gy_per_mbq_h
from galu.kinetics import Samples
from galu.nuclides import nuclide
from galu.quantities import LN2
from support import ROOT

LU = nuclide("Lu-177")
PATIENTS, NOISE = 2500, 0.07
SHARED = {"calibration": 0.05, "recovery": 0.05, "mass": 0.065, "s_value": 0.026, "between_cycles": 0.15}
SCHEDULES = {"4 scans": (4.0, 24.0, 72.0, 168.0), "2 scans": (24.0, 120.0), "1 scan, prior": (48.0,)}
TRUTHS = ("mono-exponential", "uptake 1.5 h", "bi-exponential", "at the physical bound")
#: The same bi-exponential of which the study states nothing: four free parameters.
FREE, SIX = "bi-exponential, nothing stated", "6 scans"
TIMES_H = SCHEDULES | {SIX: (1.0, 4.0, 24.0, 48.0, 96.0, 168.0)}
ROWS = (*((truth, schedule) for truth in TRUTHS for schedule in SCHEDULES), (FREE, SIX))


@dataclass(frozen=True)
class Cell:
    """How patients of one truth are drawn, and what the study states of their kinetics."""

    teff_h: float
    spread: float
    phase: tuple[float, float]
    stated: bool


def cell(truth: str, schedule: str) -> Cell:
    one = schedule.startswith("1")
    if truth == "at the physical bound":
        # One scan knows half-lives only through its prior: here a quarter of the patients are at the bound.
        return Cell(130.0, 0.3, (0.0, 1.5), False) if one else Cell(1e9, 0.3, (0.0, 1.5), False)
    phase = {"uptake 1.5 h": (-1.0, 1.5), "bi-exponential": (2.0, 2.2), FREE: (2.0, 2.2)}.get(
        truth, (0.0, 1.5)
    )
    return Cell(35.5, 0.3, phase, one or truth == "bi-exponential")


def plan_of(drawn: Cell) -> DosimetryPlan:
    region = {
        "name": "kidneys", "alpha_beta_gy": 2.6, "repair_half_time_h": 2.8, "population_teff_h": drawn.teff_h,
        "population_teff_spread": drawn.spread,
        "usual_gy_per_gbq": (1e-9, 1e9), "possible_gy_per_gbq": (1e-9, 1e9),
    }  # fmt: skip
    if drawn.stated and drawn.phase[0] != 0:
        region |= {"fast_ratio": drawn.phase[0], "fast_half_life_h": drawn.phase[1]}
    values = {
        "limits": (), "regions": (region,), "uncertainty": SHARED, "therapy_nuclide": "Lu-177",
        "accepted_risk": 0.05,
    }  # fmt: skip
    return DosimetryPlan.model_validate({k: {"value": v, "source": "protocol"} for k, v in values.items()})


def coverage(truth: str, schedule: str) -> tuple[float, float]:
    """Shares of patients whose time-integrated activity and dose lie inside their intervals."""
    drawn, time = cell(truth, schedule), np.array(TIMES_H[schedule])
    plan = plan_of(drawn)
    rng = np.random.default_rng([2026, (*TRUTHS, FREE).index(truth), len(time)])
    inside = np.zeros(2)
    for _ in range(PATIENTS):
        spread = np.sqrt(np.log1p(drawn.spread**2))
        teff = min(drawn.teff_h * np.exp(spread * rng.standard_normal()), LU.half_life_h)
        amplitude = 80.0 * np.exp(0.35 * rng.standard_normal())
        ratio, fast = drawn.phase
        curve = amplitude * (np.exp2(-time / teff) + ratio * np.exp2(-time / fast))
        tia = amplitude * (teff + ratio * fast) / LN2
        mass = 310.0 * np.exp(0.18 * rng.standard_normal())
        calibration, recovery, of_mass, of_s = (
            1.0 + SHARED[name] * rng.standard_normal()
            for name in ("calibration", "recovery", "mass", "s_value")
        )
        dose = tia * self_dose_gy_per_mbq_h(mass, LU) * of_s
        sigma = NOISE * curve
        seen = curve + sigma * rng.standard_normal(time.size)
        # Shared errors touch the dose only: an interval of activity is that of what the camera saw.
        scale = calibration * recovery
        samples = Samples(tuple(time), tuple(seen * scale), tuple(sigma * scale), LU.half_life_h)
        one = derive_course("kidneys", [CycleActivity(1, samples, mass * of_mass, 7400.0)], plan)[0]
        (low, high), (least, most) = one.fit.interval_mbq_h, one.interval_gy  # type: ignore[misc]
        inside += [low < tia * scale < high, least < dose < most]
    return float(inside[0]) / PATIENTS, float(inside[1]) / PATIENTS


def row(truth: str, schedule: str, found: tuple[float, float]) -> str:
    return f"| {truth} | {schedule} | {100 * found[0]:.1f} % | {100 * found[1]:.1f} % |"


@pytest.mark.slow
@pytest.mark.parametrize("truth,schedule", ROWS)
def test_intervals_hold_the_truth(truth: str, schedule: str) -> None:
    found = coverage(truth, schedule)
    assert all(0.93 <= share <= 0.97 for share in found), row(truth, schedule, found)
    page = (ROOT / "docs" / "methods" / "dosimetry.md").read_text("utf-8")
    printed = re.search(
        rf"\| {re.escape(truth)} \| {re.escape(schedule)} \| ([\d.]+) % \| ([\d.]+) % \|", page
    )
    assert printed is not None, "the methods page lacks this row: run this file"
    assert [float(x) / 100 for x in printed.groups()] == pytest.approx(list(found), abs=0.003)


if __name__ == "__main__":
    print("| truth | schedule | activity | dose |\n|---|---|---|---|")
    for one in ROWS:
        print(row(*one, coverage(*one)), flush=True)
