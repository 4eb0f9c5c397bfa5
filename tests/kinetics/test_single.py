from __future__ import annotations

import numpy as np
import pytest

from galu.finding import InputError
from galu.kinetics import Samples, best_scan_time_h, first_order_relative, hanscheid, madsen, single_scan
from galu.kinetics import single_scan_relative as relative
from galu.quantities import LN2

LU_H = 159.4632


def test_first_order_is_useless_near_the_best_time() -> None:
    assert first_order_relative(48.0, 0.05, 35.5, 0.3) == pytest.approx(0.053, abs=0.0005)
    assert relative(48.0, 0.05, 35.5, 0.3, LU_H) > 1.4 * first_order_relative(48.0, 0.05, 35.5, 0.3)


def test_stated_uncertainty_is_that_of_truth_over_estimate() -> None:
    rng = np.random.default_rng(3)
    teff = 35.5 * np.exp(np.sqrt(np.log1p(0.09)) * rng.standard_normal(400_000))
    teff = np.minimum(teff, LU_H)
    # The scan is known, the truth is drawn about it: how far from one is truth over estimate?
    truth = (1.0 + 0.05 * rng.standard_normal(teff.size)) * teff / LN2 * np.exp2(48.0 / teff)
    ratio = truth / (35.5 / LN2 * 2.0 ** (48.0 / 35.5))
    expected = np.sqrt(np.mean((ratio - 1.0) ** 2))
    assert relative(48.0, 0.05, 35.5, 0.3, LU_H) == pytest.approx(expected, rel=0.01)
    fit = single_scan(Samples((48.0,), (100.0,), (5.0,), LU_H), 35.5, 0.3)
    stated = fit.u_tia_mbq_h / fit.tia_mbq_h  # type: ignore[operator]
    assert stated == pytest.approx(relative(48.0, 0.05, 35.5, 0.3, LU_H), rel=1e-12)


def test_estimate_is_that_of_madsen_and_is_wider() -> None:
    fit = single_scan(Samples((48.0,), (100.0,), (5.0,), LU_H), 35.5, 0.3)
    plain = madsen(48.0, 100.0, 5.0, 35.5, LU_H)
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


def test_no_half_life_is_longer_than_physical_decay() -> None:
    fit = madsen(48.0, 40.0, 2.0, 500.0, LU_H)
    assert fit.at_bound and fit.t_eff_h == LU_H and "physical decay" in fit.reason
    assert fit.tia_mbq_h == pytest.approx(40.0 * LU_H / LN2 * 2.0 ** (48.0 / LU_H))
    assert not madsen(48.0, 40.0, 2.0, 35.5, LU_H).at_bound
    held = single_scan(Samples((48.0,), (40.0,), (2.0,), LU_H), 500.0, 0.3)
    assert (
        held.at_bound and held.tia_mbq_h == pytest.approx(fit.tia_mbq_h) and "physical decay" in held.reason
    )
    with pytest.raises(InputError, match="physical decay"):
        best_scan_time_h((1.0, 2.0), 0.05, 35.0, 0.3, 1.13)


@pytest.mark.parametrize(
    "fit,word",
    [
        (hanscheid(0.0, 40.0, 2.0), "time zero"),
        (hanscheid(48.0, -4.0, 2.0), "above zero"),
        (madsen(48.0, -4.0, 2.0, 35.5, LU_H), "above zero"),
        (madsen(48.0, 4.0, 2.0, 0.01, LU_H), "late"),
        (single_scan(Samples((48.0,), (4.0,), (1.0,), LU_H), 0.01, 0.3), "late"),
        (single_scan(Samples((48.0,), (4.0,), (1.0,), LU_H), 1.5, 0.3, (-1.0, 1.5)), "one half-life"),
    ],
)
def test_a_scan_without_a_value_says_why(fit, word) -> None:  # type: ignore[no-untyped-def]
    assert fit.tia_mbq_h is None and word in fit.reason
