from __future__ import annotations

import numpy as np
import pytest

from galu.kinetics import Samples, best_scan_time_h, first_order_relative, madsen, single_scan
from galu.kinetics import single_scan_relative as relative
from galu.quantities import LN2

LU_H = 159.4632


def test_first_order_is_useless_near_the_best_time() -> None:
    assert first_order_relative(48.0, 0.05, 35.5, 0.3) == pytest.approx(0.053, abs=0.0005)
    assert relative(48.0, 0.05, 35.5, 0.3, LU_H) > 1.4 * first_order_relative(48.0, 0.05, 35.5, 0.3)


def test_quantile_grid_equals_random_draws() -> None:
    rng = np.random.default_rng(3)
    teff = 35.5 * np.exp(np.sqrt(np.log1p(0.09)) * rng.standard_normal(400_000))
    teff = teff[teff <= LU_H]
    tia = (1.0 + 0.05 * rng.standard_normal(teff.size)) * teff / LN2 * np.exp2(48.0 / teff)
    assert relative(48.0, 0.05, 35.5, 0.3, LU_H) == pytest.approx(tia.std() / tia.mean(), rel=0.03)


def test_estimate_is_that_of_madsen_and_is_wider() -> None:
    fit = single_scan(Samples((48.0,), (100.0,), (5.0,), LU_H), 35.5, 0.3)
    plain = madsen(48.0, 100.0, 5.0, 35.5)
    assert fit.tia_mbq_h == pytest.approx(plain.tia_mbq_h, rel=1e-12)
    assert fit.u_tia_mbq_h > 1.3 * plain.u_tia_mbq_h  # type: ignore[operator]


def test_interval_covers_patients_drawn_from_the_prior() -> None:
    rng = np.random.default_rng(17)
    teff = 35.5 * np.exp(np.sqrt(np.log1p(0.09)) * rng.standard_normal(3000))
    teff = teff[teff <= LU_H]
    inside = 0
    for t in teff:
        activity = 100.0 * 2.0 ** (-48.0 / t)
        seen = activity * (1.0 + 0.05 * rng.standard_normal())
        fit = single_scan(Samples((48.0,), (seen,), (0.05 * activity,), LU_H), 35.5, 0.3)
        inside += abs(fit.tia_mbq_h - 100.0 * t / LN2) < 1.96 * fit.u_tia_mbq_h  # type: ignore[operator]
    assert 0.93 <= inside / teff.size <= 0.97


def test_best_time_for_kidneys_is_about_two_days() -> None:
    time, u = best_scan_time_h((4.0, 24.0, 48.0, 72.0, 168.0), 0.05, 35.5, 0.3, LU_H)
    assert time == 48.0
    assert u < relative(24.0, 0.05, 35.5, 0.3, LU_H)
