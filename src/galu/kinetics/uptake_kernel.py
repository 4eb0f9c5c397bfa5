"""Compiled fits of A·e^(−λt)·(1 − 2^(−t/u)), with λ at least physical decay and the uptake half-time u free.

u is searched on a grid and then between its neighbours; a single exponential is u = 0. The interval of the
integral is by profile likelihood over A, λ and u, as `interval.py` has it of A and λ.
"""

from __future__ import annotations

import numpy as np

from galu.compiled import kernel
from galu.kinetics.batch import amplitude_of, covariance, descend, first_rate, shaped
from galu.kinetics.interval import CHI2_95, integral_h, reaches

#: Shortest uptake half-time told from none, and the longest that is tried [h].
SHORTEST_H, LONGEST_H = 0.2, 48.0
_COARSE, _WITHIN, _LN2 = 24, 9, 0.6931471805599453
_GOLDEN = 0.6180339887498949
#: Columns: A [MBq], λ [1/h], u [h], χ², integral, its ends [MBq·h], variances of A and λ, covariance, whether
#: λ is at its bound, u_T/T, rate of uptake at the ends of what the scans allow of u [h].
COLUMNS = 14


@kernel
def _rest(half_time):  # type: ignore[no-untyped-def]
    """What `integral_h` must know: nothing is added, and the rate of uptake [1/h]."""
    return 0.0, (_LN2 / half_time if half_time > 0.0 else 0.0)


@kernel
def _taken_up(scans, half_time):  # type: ignore[no-untyped-def]
    """Write what has been taken up by each scan into the shape."""
    for i in range(scans.shape[1]):
        scans[3, i] = 1.0 - np.exp(-_LN2 * scans[0, i] / half_time) if half_time > 0.0 else 1.0


@kernel
def _best_rate(scans, physical, half_time, prior, start):  # type: ignore[no-untyped-def]
    """Rate and penalised χ² for an uptake half-time; the prior is half-normal with that scale [h]."""
    _taken_up(scans, half_time)
    rate, chi2 = descend(scans, physical, start)
    return rate, chi2 + (half_time / prior) ** 2


@kernel
def _grid():  # type: ignore[no-untyped-def]
    """Uptake half-times that are tried first [h]: none, and a geometric row."""
    found = np.zeros(_COARSE + 1)
    for i in range(_COARSE):
        found[i + 1] = SHORTEST_H * (LONGEST_H / SHORTEST_H) ** (i / (_COARSE - 1))
    return found


@kernel
def _refined(scans, physical, prior, start, ends):  # type: ignore[no-untyped-def]
    """Golden-section search of the best uptake half-time between two others."""
    low, high = ends
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    fa, fb = (
        _best_rate(scans, physical, a, prior, start)[1],
        _best_rate(scans, physical, b, prior, start)[1],
    )
    for _ in range(44):
        if fa < fb:
            high, b, fb = b, a, fa
            a = high - _GOLDEN * (high - low)
            fa = _best_rate(scans, physical, a, prior, start)[1]
        else:
            low, a, fa = a, b, fb
            b = low + _GOLDEN * (high - low)
            fb = _best_rate(scans, physical, b, prior, start)[1]
    return a if fa < fb else b


@kernel
def _border(scans, physical, prior, limit, ends):  # type: ignore[no-untyped-def]
    """Uptake half-time between `ends` (allowed, not allowed) where χ² passes `limit`; start is a rate."""
    inside, outside, start = ends
    for _ in range(12):
        middle = 0.5 * (inside + outside)
        if _best_rate(scans, physical, middle, prior, start)[1] > limit:
            outside = middle
        else:
            inside = middle
    return inside


@kernel
def free_uptake_fit(time, activity, sigma, physical, prior):  # type: ignore[no-untyped-def]
    """Fit one curve.

    Parameters
    ----------
    time, activity, sigma : array, shape (scans,)
        Times [h], activities [MBq] and known σ [MBq], sorted by time.
    physical : float
        Physical decay constant [1/h], the smallest rate allowed.
    prior : float
        Scale of the half-normal prior of the uptake half-time [h]; infinite where the scans speak alone.

    Returns
    -------
    array, shape (14,)
        As `COLUMNS` says; χ² is that of the scans alone.
    """
    scans = shaped(time, activity, sigma, 0.0, 1.0)
    start = first_rate(scans, physical)
    tried, count = _grid(), _COARSE + 1
    rates, chi2 = np.empty(count), np.empty(count)
    for j in range(count):
        rates[j], chi2[j] = _best_rate(scans, physical, tried[j], prior, start)
    best = int(np.argmin(chi2))
    half_time, rate, least = tried[best], rates[best], chi2[best]
    if best > 0:
        between = tried[max(best - 1, 1)], tried[min(best + 1, count - 1)]
        found = _refined(scans, physical, prior, rate, between)
        of_found = _best_rate(scans, physical, found, prior, rate)
        if of_found[1] <= least:
            half_time, rate, least = found, of_found[0], of_found[1]
    out = np.zeros(COLUMNS)
    _taken_up(scans, half_time)
    out[0], out[1], out[2] = amplitude_of(scans, rate)[0], rate, half_time
    out[3] = least - (half_time / prior) ** 2
    out[4] = out[0] * integral_h(rate, _rest(half_time))
    bound = rate <= physical * (1.0 + 1e-9)
    out[7], out[8], out[9] = covariance(scans, rate, bound)
    out[10] = 1.0 if bound else 0.0
    low, high = _allowed(scans, physical, prior, (tried, chi2, rates, half_time, least))
    out[12], out[13] = low, high
    out[5], out[6], spread = _over(scans, physical, prior, (low, high, rate, least))
    out[11] = np.sqrt(out[8] / rate**2 + spread)
    return out


@kernel
def _allowed(scans, physical, prior, found):  # type: ignore[no-untyped-def]
    """Smallest and largest uptake half-time within the 95 % interval [h]."""
    tried, chi2, rates, half_time, least = found
    limit = least + CHI2_95
    count = tried.size
    low, high = half_time, half_time
    for j in range(count):
        if chi2[j] <= limit:
            low, high = min(low, tried[j]), max(high, tried[j])
    for j in range(count):
        if tried[j] < low and (j == count - 1 or tried[j + 1] >= low):
            low = _border(scans, physical, prior, limit, (low, tried[j], rates[j]))
            break
    for j in range(count):
        if tried[j] > high:
            high = _border(scans, physical, prior, limit, (high, tried[j], rates[j]))
            break
    return low, high


@kernel
def _over(scans, physical, prior, found):  # type: ignore[no-untyped-def]
    """Ends of the integral over all uptake half-times allowed, and the relative variance that they give λ."""
    low, high, best_rate, least = found
    ends = np.array([np.inf, 0.0])
    weights = squares = 0.0
    steps = _WITHIN if high > low else 1
    for j in range(steps):
        half_time = low + (high - low) * j / max(steps - 1, 1)
        rate, chi2 = _best_rate(scans, physical, half_time, prior, best_rate)
        weight = np.exp(-0.5 * (chi2 - least))
        weights += weight
        squares += weight * (rate / best_rate - 1.0) ** 2
        if chi2 - least <= CHI2_95 * (1.0 + 1e-6):
            mine = reaches(scans, physical, _rest(half_time), least - (half_time / prior) ** 2, rate)
            ends[0], ends[1] = min(ends[0], mine[0]), max(ends[1], mine[1])
    return ends[0], ends[1], (squares / weights if weights > 0.0 else 0.0)


@kernel
def free_uptake_fits(time, activity, sigma, physical, prior):  # type: ignore[no-untyped-def]
    """Fit many curves sampled at the same times; rows as `free_uptake_fit` gives them.

    Parameters
    ----------
    time : array, shape (scans,)
        Times [h].
    activity, sigma : array, shape (curves, scans)
        Activities and known σ [MBq].
    physical, prior : float
        As in `free_uptake_fit`.

    Returns
    -------
    array, shape (curves, 14)
        One row for each curve.
    """
    out = np.empty((activity.shape[0], COLUMNS))
    for i in range(activity.shape[0]):
        out[i] = free_uptake_fit(time, activity[i], sigma[i], physical, prior)
    return out
