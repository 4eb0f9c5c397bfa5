from __future__ import annotations

import numpy as np
import pytest

from galu.finding import InputError
from galu.kinetics import (
    Samples,
    best_scan_time_h,
    best_two_scan_times_h,
    single_scan_relative,
    two_scans_relative,
)
from galu.kinetics.joint import OrganCycle, TeffPrior, fit_joint
from galu.quantities import LN2

LU_H = 159.4632
DAYS = (4.0, 24.0, 48.0, 72.0, 96.0, 120.0, 168.0)


def test_two_scans_beat_the_best_single_one() -> None:
    times, u = best_two_scan_times_h(DAYS, 0.05, 35.5, 0.3, LU_H)
    assert u < best_scan_time_h(DAYS, 0.05, 35.5, 0.3, LU_H)[1]
    assert times[0] <= 48.0 and times[1] >= 72.0
    assert u == min(two_scans_relative((a, b), 0.05, 35.5, 0.3, LU_H) for a in DAYS for b in DAYS if a < b)


def test_stated_uncertainty_is_the_error_of_simulated_patients() -> None:
    rng = np.random.default_rng(4)
    times = np.array([24.0, 96.0])
    curves, truth = [], []
    for i in range(400):
        teff = min(35.5 * np.exp(np.sqrt(np.log1p(0.09)) * rng.standard_normal()), LU_H)
        true = 80.0 * np.exp2(-times / teff)
        seen = true * (1.0 + 0.08 * rng.standard_normal(2))
        samples = Samples(tuple(times), tuple(seen), tuple(0.08 * true), LU_H)
        curves.append(OrganCycle(str(i), "kidneys", 1, samples))
        truth.append(80.0 * teff / LN2)
    # Prior and scans together, as the optimiser assumes: a joint fit of patients that share no cycle.
    fit = fit_joint(curves, {"kidneys": TeffPrior(35.5, 0.3)}, 0.03)
    error = np.array([curve.tia_mbq_h for curve in fit.curves]) / np.array(truth) - 1.0
    expected = two_scans_relative((24.0, 96.0), 0.08, 35.5, 0.3, LU_H)
    assert np.sqrt((error**2).mean()) == pytest.approx(expected, rel=0.12)


def test_later_scans_suit_longer_half_lives() -> None:
    short = best_two_scan_times_h(DAYS, 0.05, 20.0, 0.3, LU_H)[0]
    long = best_two_scan_times_h(DAYS, 0.05, 80.0, 0.3, LU_H)[0]
    assert sum(short) < sum(long)
    assert best_scan_time_h(DAYS, 0.05, 20.0, 0.3, LU_H)[0] < best_scan_time_h(DAYS, 0.05, 80.0, 0.3, LU_H)[0]


def test_one_candidate_is_refused() -> None:
    with pytest.raises(InputError, match="two"):
        best_two_scan_times_h((24.0,), 0.05, 35.5, 0.3, LU_H)
    assert single_scan_relative(24.0, 0.05, 35.5, 0.3, LU_H) > 0.05
