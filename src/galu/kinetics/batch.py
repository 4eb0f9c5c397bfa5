"""Compiled two-parameter fits, one or many: A·(e^(−λt) + r·e^(−μt)) with λ at least physical decay."""

from __future__ import annotations

import numpy as np

from galu.compiled import kernel
from galu.kinetics.samples import Floats

FASTEST_RATE_PER_H = 13.86  #: rate of a half-life of 0.05 h [1/h]


@kernel
def profile(time, activity, sigma, rate, ratio, fast):  # type: ignore[no-untyped-def]
    """Best amplitude for a rate, χ² and the sums for a Gauss-Newton step of the rate."""
    yb = bb = 0.0
    for i in range(time.size):
        base = np.exp(-rate * time[i])
        if ratio != 0.0:
            base += ratio * np.exp(-fast * time[i])
        weight = 1.0 / (sigma[i] * sigma[i])
        yb += weight * activity[i] * base
        bb += weight * base * base
    amplitude = yb / bb if bb > 0.0 else 0.0
    chi2 = aa = al = ll = gl = 0.0
    for i in range(time.size):
        slow = np.exp(-rate * time[i])
        base = slow
        if ratio != 0.0:
            base += ratio * np.exp(-fast * time[i])
        weight = 1.0 / (sigma[i] * sigma[i])
        residual = activity[i] - amplitude * base
        slope = -amplitude * time[i] * slow
        chi2 += weight * residual * residual
        aa += weight * base * base
        al += weight * base * slope
        ll += weight * slope * slope
        gl += weight * residual * slope
    return amplitude, chi2, aa, al, ll, gl


@kernel
def _descend(time, activity, sigma, physical, ratio, fast, start):  # type: ignore[no-untyped-def]  # noqa: PLR0913 - compiled code takes no objects
    """Projected Gauss-Newton on the rate, halving steps that do not descend."""
    rate = start
    state = profile(time, activity, sigma, rate, ratio, fast)
    for _ in range(200):
        curvature = state[4] - state[3] * state[3] / state[2]
        if not curvature > 0.0:
            break
        step = state[5] / curvature
        step = min(max(step, -0.5 * rate), 2.0 * rate)
        moved = False
        for _ in range(40):
            trial = min(max(rate + step, physical), FASTEST_RATE_PER_H)
            new = profile(time, activity, sigma, trial, ratio, fast)
            if new[1] <= state[1]:
                moved = True
                break
            step *= 0.5
        change = abs(trial - rate) if moved else 0.0
        if moved:
            rate = trial
            state = new
        if change <= 1e-13 * rate:
            break
    return rate, state[1]


@kernel
def shaped_fit(time, activity, sigma, physical, ratio, fast):  # type: ignore[no-untyped-def]
    """Fit one curve.

    Parameters
    ----------
    time, activity, sigma : array, shape (scans,)
        Times [h], activities [MBq] and known σ [MBq], sorted by time.
    physical : float
        Physical decay constant [1/h], the smallest rate allowed.
    ratio, fast : float
        Relative amplitude and rate [1/h] of the fixed fast phase.

    Returns
    -------
    array, shape (7,)
        Amplitude [MBq], rate [1/h], their variances and covariance, χ², and 1 when at the bound.
    """
    first, last = activity[0], activity[time.size - 1]
    start = 2.0 * physical
    if first > 0.0 and last > 0.0 and last < first and ratio == 0.0:
        start = np.log(first / last) / (time[time.size - 1] - time[0])
    start = min(max(start, physical * 1.0001), FASTEST_RATE_PER_H)
    rate, chi2 = _descend(time, activity, sigma, physical, ratio, fast, start)
    amplitude, chi2, aa, al, ll, _ = profile(time, activity, sigma, rate, ratio, fast)
    out = np.zeros(7)
    out[0], out[1], out[5] = amplitude, rate, chi2
    bound = rate <= physical * (1.0 + 1e-9)
    out[6] = 1.0 if bound else 0.0
    determinant = aa * ll - al * al
    if bound or not determinant > 0.0:
        out[2] = 1.0 / aa if aa > 0.0 else np.inf
    else:
        out[2], out[3], out[4] = ll / determinant, aa / determinant, -al / determinant
    return out


@kernel
def shaped_fits(time, activity, sigma, physical, ratio, fast):  # type: ignore[no-untyped-def]
    """Fit many curves sampled at the same times.

    Parameters
    ----------
    time : array, shape (scans,)
        Times [h].
    activity, sigma : array, shape (curves, scans)
        Activities and known σ [MBq].
    physical, ratio, fast : float
        As in `shaped_fit`.

    Returns
    -------
    array, shape (curves, 7)
        Rows as `shaped_fit` gives them.
    """
    out = np.empty((activity.shape[0], 7))
    for i in range(activity.shape[0]):
        out[i] = shaped_fit(time, activity[i], sigma[i], physical, ratio, fast)
    return out


def fit_mono_many(time_h: Floats, activity_mbq: Floats, sigma_mbq: Floats, half_life_h: float) -> Floats:
    """Bounded single-exponential fits of many curves.

    Parameters
    ----------
    time_h : array, shape (scans,)
        Times [h], rising.
    activity_mbq, sigma_mbq : array, shape (curves, scans)
        Activities at scan time and known σ [MBq].
    half_life_h : float
        Physical half-life [h].

    Returns
    -------
    array, shape (curves, 7)
        Amplitude [MBq], rate [1/h], their variances and covariance, χ², 1 when at the bound.
    """
    out: Floats = shaped_fits(time_h, activity_mbq, sigma_mbq, np.log(2.0) / half_life_h, 0.0, 1.0)
    return out
