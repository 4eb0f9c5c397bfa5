from __future__ import annotations

import math

import numpy as np
import pytest

from galu.finding import InputError
from galu.kinetics import (
    ExponentialSum,
    Samples,
    fit_best,
    fit_bi,
    fit_mono,
    fit_shaped,
    fit_tri,
    measured_from_corrected,
    trapezoid_fitted_tail,
    trapezoid_physical_tail,
    uptake_peak_h,
)
from galu.kinetics.batch import fit_mono_many
from galu.kinetics.misfit import chi2_probability
from galu.quantities import LN2

LU_H = 159.4632


def samples_of(curve: ExponentialSum, times: tuple[float, ...], relative: float = 0.05) -> Samples:
    activity = tuple(curve.at(t) for t in times)
    return Samples(times, activity, tuple(relative * a for a in activity), LU_H)


@pytest.mark.parametrize("times", [(4.0, 168.0), (2.0, 24.0, 48.0, 168.0)])
def test_exact_points_give_the_curve_back(times: tuple[float, ...]) -> None:
    fit = fit_mono(samples_of(ExponentialSum((100.0,), (35.5,)), times))
    assert fit.t_eff_h == pytest.approx(35.5, rel=1e-8)
    assert fit.tia_mbq_h == pytest.approx(100.0 * 35.5 / LN2, rel=1e-8)
    assert not fit.at_bound


def test_rising_activity_is_held_at_physical_decay_and_says_so() -> None:
    fit = fit_mono(Samples((4.0, 24.0), (10.0, 12.0), (1.0, 1.0), LU_H))
    assert fit.at_bound and fit.t_eff_h == pytest.approx(LU_H) and "physical" in fit.reason


def test_uptake_is_chosen_where_uptake_is() -> None:
    curve = ExponentialSum((120.0, -120.0), (40.0, 1.5))
    fit = fit_best(samples_of(curve, (1.0, 4.0, 24.0, 72.0), 0.02))
    assert fit.model == "free uptake"
    assert fit.tia_mbq_h == pytest.approx(curve.integral(), rel=1e-8)


def test_two_phases_are_found_and_need_five_scans() -> None:
    curve = ExponentialSum((40.0, 80.0), (46.0, 2.2))
    times = (0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 96.0)
    fit = fit_bi(samples_of(curve, times, 0.01))
    assert fit.tia_mbq_h == pytest.approx(curve.integral(), rel=1e-5)
    assert fit.t_eff_h == pytest.approx(46.0, rel=1e-4)
    assert fit_best(samples_of(curve, times, 0.01)).model == "bi"
    few = fit_bi(samples_of(curve, times[:4]))
    assert few.tia_mbq_h is None and "scans" in few.reason


def test_three_phases_are_found() -> None:
    curve = ExponentialSum((90.0, -30.0, -60.0), (55.0, 8.0, 0.5))
    times = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 48.0, 96.0, 168.0)
    activity = tuple(curve.at(t) for t in times)
    fit = fit_tri(Samples(times, activity, tuple(0.005 * 60.0 for _ in times), LU_H))
    assert fit.tia_mbq_h == pytest.approx(curve.integral(), rel=1e-4)


def test_one_scan_is_not_fitted() -> None:
    fit = fit_mono(Samples((48.0,), (10.0,), (1.0,), LU_H))
    assert fit.tia_mbq_h is None and "two scans" in fit.reason


def test_many_fits_equal_single_fits() -> None:
    rng = np.random.default_rng(5)
    time = np.array([4.0, 24.0, 72.0, 168.0])
    truth = 100.0 * np.exp(-LN2 * time / 40.0)
    activity = truth * (1.0 + 0.1 * rng.standard_normal((20, 4)))
    many = fit_mono_many(time, activity, np.tile(0.1 * truth, (20, 1)), LU_H)
    for row, values in zip(many, activity, strict=True):
        one = fit_mono(Samples(tuple(time), tuple(values), tuple(0.1 * truth), LU_H))
        assert one.t_eff_h == pytest.approx(LN2 / row[1], rel=1e-12)


def test_fit_is_the_minimum_that_scipy_finds() -> None:
    from scipy.optimize import least_squares

    rng = np.random.default_rng(11)
    time = np.array([4.0, 24.0, 72.0, 168.0])
    for _ in range(20):
        truth = 80.0 * np.exp(-LN2 * time / rng.uniform(15.0, 150.0))
        sigma = 0.15 * truth
        activity = truth + sigma * rng.standard_normal(4)
        row = fit_mono_many(time, activity[None, :], sigma[None, :], LU_H)[0]

        def residual(x: np.ndarray, y: np.ndarray = activity, s: np.ndarray = sigma) -> np.ndarray:
            return (x[0] * np.exp(-x[1] * time) - y) / s

        low = LN2 / LU_H
        slow = least_squares(residual, [80.0, 0.02], bounds=([0.0, low], [1e4, 10.0]), xtol=1e-14, ftol=1e-14)
        assert row[5] <= 2.0 * slow.cost * (1.0 + 1e-6) + 1e-12


@pytest.mark.parametrize("relative,patients", [(0.05, 4000), (0.08, 4000)])
def test_intervals_cover_a_single_exponential(relative: float, patients: int) -> None:
    rng = np.random.default_rng(2026)
    time = np.array([4.0, 24.0, 72.0, 168.0])
    teff = rng.uniform(20.0, 60.0, patients)
    truth = 100.0 * np.exp(-LN2 * time / teff[:, None])
    sigma = relative * truth
    fits = fit_mono_many(time, truth + sigma * rng.standard_normal(truth.shape), sigma, LU_H)
    amplitude, rate = fits[:, 0], fits[:, 1]
    tia = amplitude / rate
    variance = fits[:, 2] / amplitude**2 + fits[:, 3] / rate**2 - 2.0 * fits[:, 4] / (amplitude * rate)
    inside = np.abs(tia - 100.0 * teff / LN2) < 1.959964 * tia * np.sqrt(variance)
    assert 0.93 <= inside.mean() <= 0.97


def test_decay_corrected_activities_are_turned_back() -> None:
    assert measured_from_corrected((LU_H,), (8.0,), LU_H) == pytest.approx((4.0,))


@pytest.mark.parametrize(
    "time,activity,sigma",
    [
        ((1.0, 2.0), (1.0,), (1.0,)),
        ((1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),
        ((-1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),
        ((1.0, 2.0), (1.0, math.nan), (1.0, 1.0)),
        ((1.0, 2.0), (1.0, 1.0), (1.0, 0.0)),
        ((), (), ()),
        ((1.0, 2.0), (1e300, 1e299), (1e298, 1e298)),
        ((1.0, 2.0), (1.0, 1.0), (1e-300, 1e-300)),
        ((1.0, 1e9), (1.0, 1.0), (1.0, 1.0)),
    ],
)
def test_bad_samples_are_refused(time: tuple, activity: tuple, sigma: tuple) -> None:
    with pytest.raises(InputError):
        Samples(time, activity, sigma, LU_H)


@pytest.mark.filterwarnings("error")
def test_whatever_samples_are_accepted_are_fitted_without_an_error() -> None:
    rng = np.random.default_rng(7)
    for _ in range(60):
        scans = int(rng.integers(1, 5))
        times = np.sort(10.0 ** rng.uniform(-3, 5, scans))
        activity = 10.0 ** rng.uniform(-12, 12, scans) * rng.choice([1.0, 1.0, 0.0, -1.0], scans)
        sigma = 10.0 ** rng.uniform(-12, 12, scans)
        fit = fit_best(Samples(tuple(times), tuple(activity), tuple(sigma), LU_H))
        if fit.tia_mbq_h is None:
            assert fit.reason
        else:
            assert math.isfinite(fit.tia_mbq_h) and math.isfinite(fit.u_tia_mbq_h or 0.0)


@pytest.mark.parametrize("sigma_mbq", [1.0, 1e2, 1e4, 1e6, 1e9])
def test_scans_that_say_nothing_of_two_phases_leave_a_curve_and_no_error(sigma_mbq: float) -> None:
    times = (1.0, 4.0, 24.0, 72.0, 100.0, 168.0, 200.0)
    samples = Samples(times, tuple(10.0 * 2.0 ** (-t / 40.0) for t in times), (sigma_mbq,) * 7, 159.5)
    fits = fit_bi(samples), fit_tri(samples), fit_best(samples)
    for fit in fits:
        assert (fit.tia_mbq_h is None) == (fit.interval_mbq_h is None)
        assert fit.tia_mbq_h is not None or "do not tell its phases apart" in fit.reason
    assert fits[2].tia_mbq_h == pytest.approx(577.078, rel=1e-3)


def test_corrected_samples_are_refused() -> None:
    with pytest.raises(InputError, match="decay-corrected"):
        Samples((1.0,), (1.0,), (1.0,), LU_H, "corrected")


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 10])
def test_chi2_probability_is_that_of_scipy(degrees: int) -> None:
    from scipy.stats import chi2

    for value in (0.0, 1e-3, 0.5, 3.0, 20.0, 300.0, 1e4):
        assert chi2_probability(value, degrees) == pytest.approx(chi2.sf(value, degrees), rel=1e-10)
    assert chi2_probability(5.0, 0) == 1.0


def test_a_gross_misfit_keeps_its_value_and_names_the_worst_scan() -> None:
    rising = fit_best(Samples((4.0, 24.0, 48.0, 96.0), (10.0, 20.0, 40.0, 80.0), (1.0, 1.0, 2.0, 4.0), LU_H))
    assert rising.tia_mbq_h is not None and rising.degrees == 2 and rising.chi2 > 100.0
    assert "does not fit" in rising.reason and "physical decay" in rising.reason
    times, seen = (4.0, 24.0, 48.0, 168.0), (270.0, 183.0, 230.0, 11.4)
    wrong = fit_best(Samples(times, seen, tuple(0.05 * a for a in seen), LU_H))
    assert wrong.tia_mbq_h is not None and "48 h lies" in wrong.reason and "σ above" in wrong.reason
    fit = fit_bi(
        Samples((1.0, 2.0, 4.0, 24.0, 48.0, 96.0), (90.0, 75.0, 60.0, 33.0, 90.0, 12.0), (1.0,) * 6, LU_H)
    )
    assert "48 h" in fit.reason and fit.degrees == 2


def test_two_scans_are_a_single_exponential_whatever_rounding_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        activity = 100.0 * np.exp2(-np.array([4.0, 48.0]) / 35.0) * (1.0 + 0.05 * rng.standard_normal(2))
        fit = fit_best(Samples((4.0, 48.0), tuple(activity), tuple(0.05 * activity), LU_H))
        assert fit.model == "mono" and "uptake" in fit.reason
        assert (
            fit.u_tia_mbq_h
            > fit_mono(Samples((4.0, 48.0), tuple(activity), tuple(0.05 * activity), LU_H)).u_tia_mbq_h
        )  # type: ignore[operator]


def test_two_scans_that_no_falling_curve_meets_are_uptake() -> None:
    fit = fit_best(Samples((0.5, 24.0), (20.0, 60.0), (1.0, 3.0), LU_H))
    assert fit.model == "uptake" and "does not fit" not in fit.reason


def test_peak_of_equal_half_lives_is_the_limit() -> None:
    assert uptake_peak_h(1.5, 1.5) == pytest.approx(uptake_peak_h(1.5, 1.5 * (1.0 + 1e-6)), rel=1e-5)


def test_a_stated_shape_that_does_not_fit_says_so() -> None:
    fit = fit_shaped(Samples((1.0, 24.0, 72.0), (2.0, 60.0, 30.0), (0.1, 3.0, 1.5), LU_H), 2.0, 2.2)
    assert fit.tia_mbq_h is not None and "does not fit" in fit.reason


def test_trapezoids_without_activity_have_no_value() -> None:
    nothing = Samples((4.0, 24.0), (0.0, 0.0), (1.0, 1.0), LU_H)
    negative = Samples((4.0, 24.0, 48.0, 72.0), (-50.0, -50.0, 2.0, 1.0), (1.0,) * 4, LU_H)
    for fit in (trapezoid_physical_tail(nothing), trapezoid_fitted_tail(negative)):
        assert fit.tia_mbq_h is None and "above zero" in fit.reason
