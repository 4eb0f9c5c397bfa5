"""Compiled two-parameter fits, one or many: A·(e^(−λt) + r·e^(−μt)) with λ at least physical decay."""

from __future__ import annotations

import numpy as np

from galu.compiled import kernel
from galu.kinetics.samples import Floats

FASTEST_RATE_PER_H = 13.86  #: rate of a half-life of 0.05 h [1/h]


@kernel
def amplitude_of(scans, rate):  # type: ignore[no-untyped-def]
    """Best amplitude for a rate, its χ² and its information 1/σ²; leaves what falls off in `scans`.

    `scans`, shape (7, scans), holds times, activities, σ, the curve's shape at each (what multiplies
    e^(−rate·t), and what is added to it), weights 1/σ², and a row of its own.
    """
    yb = bb = 0.0
    for i in range(scans.shape[1]):
        falling = scans[3, i] * np.exp(-rate * scans[0, i])
        scans[6, i] = falling
        base = falling + scans[4, i]
        yb += scans[5, i] * scans[1, i] * base
        bb += scans[5, i] * base * base
    amplitude = yb / bb if bb > 0.0 else 0.0
    chi2 = 0.0
    for i in range(scans.shape[1]):
        residual = scans[1, i] - amplitude * (scans[6, i] + scans[4, i])
        chi2 += scans[5, i] * residual * residual
    return amplitude, chi2, bb


@kernel
def _slopes(scans, amplitude):  # type: ignore[no-untyped-def]
    """Sums for a Gauss-Newton step of the rate that `amplitude_of` was last called with."""
    al = ll = gl = 0.0
    for i in range(scans.shape[1]):
        base = scans[6, i] + scans[4, i]
        residual = scans[1, i] - amplitude * base
        slope = -amplitude * scans[0, i] * scans[6, i]
        al += scans[5, i] * base * slope
        ll += scans[5, i] * slope * slope
        gl += scans[5, i] * residual * slope
    return al, ll, gl


@kernel
def descend(scans, physical, start):  # type: ignore[no-untyped-def]
    """Rate and χ² at the smallest χ²: projected Gauss-Newton, halving steps that do not descend."""
    rate = start
    amplitude, chi2, aa = amplitude_of(scans, rate)
    for _ in range(200):
        al, ll, gl = _slopes(scans, amplitude)
        curvature = ll - al * al / aa if aa > 0.0 else 0.0
        if not curvature > 0.0:
            break
        step = gl / curvature
        step = min(max(step, -0.5 * rate), 2.0 * rate)
        moved = False
        for _ in range(40):
            trial = min(max(rate + step, physical), FASTEST_RATE_PER_H)
            if trial == rate:  # nothing is left to try
                break
            new = amplitude_of(scans, trial)
            if new[1] <= chi2:
                moved = True
                break
            step *= 0.5
        if not moved:
            break
        change = abs(trial - rate)
        rate = trial
        amplitude, chi2, aa = new
        if change <= 1e-13 * rate:
            break
    return rate, chi2


@kernel
def shaped(time, activity, sigma, ratio, fast):  # type: ignore[no-untyped-def]
    """The scans with a fixed fast phase, as `amplitude_of` reads them, shape (7, scans)."""
    scans = np.zeros((7, time.size))
    scans[0], scans[1], scans[2], scans[3] = time, activity, sigma, 1.0
    scans[5] = 1.0 / (sigma * sigma)
    if ratio != 0.0:
        scans[4] = ratio * np.exp(-fast * time)
    return scans


@kernel
def first_rate(scans, physical):  # type: ignore[no-untyped-def]
    """Where the search for a rate begins [1/h]: slope from first to last scan, or twice physical decay."""
    first, last = scans[1, 0], scans[1, scans.shape[1] - 1]
    start = 2.0 * physical
    if first > 0.0 and 0.0 < last < first:
        start = np.log(first / last) / (scans[0, scans.shape[1] - 1] - scans[0, 0])
    return min(max(start, physical * 1.0001), FASTEST_RATE_PER_H)


@kernel
def covariance(scans, rate, bound):  # type: ignore[no-untyped-def]
    """Variances of amplitude and rate, and their covariance; a rate at its bound has none."""
    amplitude, _, aa = amplitude_of(scans, rate)
    al, ll, _ = _slopes(scans, amplitude)
    determinant = aa * ll - al * al
    if bound or not determinant > 0.0:
        return (1.0 / aa if aa > 0.0 else np.inf), 0.0, 0.0
    return ll / determinant, aa / determinant, -al / determinant


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
    scans = shaped(time, activity, sigma, ratio, fast)
    start = first_rate(scans, physical) if ratio == 0.0 else 2.0 * physical
    rate, chi2 = descend(scans, physical, start)
    out = np.zeros(7)
    bound = rate <= physical * (1.0 + 1e-9)
    out[0], out[1], out[5], out[6] = amplitude_of(scans, rate)[0], rate, chi2, (1.0 if bound else 0.0)
    out[2], out[3], out[4] = covariance(scans, rate, bound)
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
