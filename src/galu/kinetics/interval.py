"""95 % intervals of time-integrated activity, one curve or many.

Curves of two free parameters have them by profile likelihood, those of more to first order on the
logarithmic scale (`log_interval`). A profile interval holds every value whose χ², minimised over the curves
that physical decay allows, is within 3.84 of the smallest:
{Ã : min χ²(A, λ | A·g(λ) = Ã) − χ²_min ≤ 3.84}, g = 1/λ + r/μ. First-order intervals cover 85 to 95 % when
the half-life is near physical decay; these cover 94 to 96 %. Venzon and Moolgavkar, Appl Stat 1988;37:87.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from galu.compiled import kernel
from galu.kinetics.batch import FASTEST_RATE_PER_H, amplitude_of, shaped, shaped_fits
from galu.kinetics.samples import Floats

#: 95 % quantile of χ² with one degree of freedom, and the square root of it.
CHI2_95: Final = 3.841458820694124
Z_95: Final = 1.959963984540054
_GOLDEN = 0.6180339887498949


@kernel
def integral_h(rate, rest):  # type: ignore[no-untyped-def]
    """Integral of a curve of amplitude one [h]: 1/λ − 1/(λ+k) + what the fixed phase adds; `rest` is both.

    k [1/h] is the rate of uptake, zero where there is none.
    """
    falling = 1.0 / rate + rest[0]
    return falling - 1.0 / (rate + rest[1]) if rest[1] > 0.0 else falling


@kernel
def _reach(scans, rate, rest, least, side):  # type: ignore[no-untyped-def]
    """Largest (side 1) or smallest (side −1) integral that a rate allows within the interval [MBq·h]."""
    amplitude, chi2, information = amplitude_of(scans, rate)
    if not information > 0.0:  # a curve that is over before the first scan
        return 0.0
    room = max(CHI2_95 - (chi2 - least), 0.0)
    return (amplitude + side * np.sqrt(room / information)) * integral_h(rate, rest)


@kernel
def _edge(scans, least, inside, outside):  # type: ignore[no-untyped-def]
    """Rate between `inside` and `outside` where χ² leaves the interval; `outside` when it never does."""
    for _ in range(40):
        middle = 0.5 * (inside + outside)
        if amplitude_of(scans, middle)[1] - least > CHI2_95:
            outside = middle
        else:
            inside = middle
    return outside


@kernel
def _extreme(scans, rest, least, edges, side):  # type: ignore[no-untyped-def]
    """Golden-section search of the largest or smallest integral between two rates."""
    low, high = edges
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    fa, fb = _reach(scans, a, rest, least, side), _reach(scans, b, rest, least, side)
    for _ in range(40):
        if side * fa > side * fb:
            high, b, fb = b, a, fa
            a = high - _GOLDEN * (high - low)
            fa = _reach(scans, a, rest, least, side)
        else:
            low, a, fa = a, b, fb
            b = low + _GOLDEN * (high - low)
            fb = _reach(scans, b, rest, least, side)
    ends = _reach(scans, edges[0], rest, least, side), _reach(scans, edges[1], rest, least, side)
    best = max(side * fa, side * fb, side * ends[0], side * ends[1])
    return side * best


@kernel
def reaches(scans, physical, rest, least, rate):  # type: ignore[no-untyped-def]
    """Smallest and largest integral [MBq·h] whose χ² is within 3.84 of `least`, about the best `rate`."""
    slow = _edge(scans, least, rate, physical)
    quick = _edge(scans, least, rate, FASTEST_RATE_PER_H)
    low = _extreme(scans, rest, least, (slow, quick), -1.0)
    return max(low, 0.0), _extreme(scans, rest, least, (slow, quick), 1.0)


@kernel
def profile_interval(samples, physical, shape, fit):  # type: ignore[no-untyped-def]
    """Interval of one fitted curve.

    Parameters
    ----------
    samples : array, shape (3, scans)
        Times [h], activities [MBq] and known σ [MBq], sorted by time.
    physical : float
        Physical decay constant [1/h].
    shape : (float, float)
        Relative amplitude and rate [1/h] of the fixed fast phase.
    fit : array, shape (7,)
        The row that `shaped_fit` gave.

    Returns
    -------
    (float, float)
        Ends of the 95 % interval of the time-integrated activity [MBq·h].
    """
    scans = shaped(samples[0], samples[1], samples[2], shape[0], shape[1])
    rest = (shape[0] / shape[1], 0.0)
    return reaches(scans, physical, rest, fit[5], fit[1])


@kernel
def profile_intervals(time, activity, sigma, physical, shape, fits):  # type: ignore[no-untyped-def]
    """Intervals of many curves sampled at the same times; rows as `profile_interval` gives them.

    Parameters
    ----------
    time : array, shape (scans,)
        Times [h].
    activity, sigma : array, shape (curves, scans)
        Activities and known σ [MBq].
    physical : float
        Physical decay constant [1/h].
    shape : (float, float)
        Relative amplitude and rate [1/h] of the fixed fast phase.
    fits : array, shape (curves, 7)
        Rows that `shaped_fits` gave.

    Returns
    -------
    array, shape (curves, 2)
        Ends of the 95 % intervals [MBq·h].
    """
    out = np.empty((activity.shape[0], 2))
    samples = np.empty((3, time.size))
    for i in range(activity.shape[0]):
        samples[0], samples[1], samples[2] = time, activity[i], sigma[i]
        out[i] = profile_interval(samples, physical, shape, fits[i])
    return out


def log_interval(value: float, u: float) -> tuple[float, float]:
    """95 % interval from a standard uncertainty, on the logarithmic scale: it stays positive."""
    stretch = math.exp(Z_95 * u / value)
    return value / stretch, value * stretch


@kernel
def _split_normal_cdf(x, centre, below, above):  # type: ignore[no-untyped-def]
    """Distribution function of a normal with one spread below its centre and another above."""
    side = below if x < centre else above
    if side <= 0.0:
        return 0.0 if x < centre else 1.0
    return 0.5 * math.erfc((centre - x) / (side * math.sqrt(2.0)))


@kernel
def _mixture_quantile(models, low, high, wanted):  # type: ignore[no-untyped-def]
    """Quantile between two bounds of a mixture of split normals: rows of weight, centre, spreads."""
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = 0.0
        for i in range(models.shape[0]):
            below += models[i, 0] * _split_normal_cdf(middle, models[i, 1], models[i, 2], models[i, 3])
        if below < wanted:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def averaged_interval(
    weights: tuple[float, ...], values: tuple[float, ...], intervals: tuple[tuple[float, float], ...]
) -> tuple[float, float]:
    """95 % interval of a mixture of models that the scans cannot tell apart.

    Each model's interval is read as a split normal of the logarithm.

    Parameters
    ----------
    weights, values : tuple of float
        Weight and estimate of each model.
    intervals : tuple of (float, float)
        Its 95 % interval.
    """
    models = np.array(
        [
            (
                w,
                math.log(v),
                (math.log(v) - math.log(max(a, 1e-9 * v))) / Z_95,
                (math.log(b) - math.log(v)) / Z_95,
            )
            for w, v, (a, b) in zip(weights, values, intervals, strict=True)
        ]
    )
    low = min(math.log(max(a, 1e-9 * b)) for a, b in intervals) - 1.0
    high = max(math.log(b) for _, b in intervals) + 1.0
    return (
        math.exp(_mixture_quantile(models, low, high, 0.025)),
        math.exp(_mixture_quantile(models, low, high, 0.975)),
    )


def intervals_many(
    time_h: Floats, activity_mbq: Floats, sigma_mbq: Floats, half_life_h: float, shape: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Bounded fits of many curves with a fixed fast phase, and their 95 % intervals.

    Parameters
    ----------
    time_h : array, shape (scans,)
        Times [h], rising.
    activity_mbq, sigma_mbq : array, shape (curves, scans)
        Activities at scan time and known σ [MBq].
    half_life_h : float
        Physical half-life [h].
    shape : (float, float)
        Relative amplitude and half-life [h] of the fixed fast phase.

    Returns
    -------
    fits, intervals : array, shape (curves, 7) and (curves, 2)
        As `shaped_fits` gives them; ends of the intervals [MBq·h].
    """
    physical, fast = math.log(2.0) / half_life_h, (shape[0], math.log(2.0) / shape[1])
    fits = shaped_fits(time_h, activity_mbq, sigma_mbq, physical, *fast)
    return fits, profile_intervals(time_h, activity_mbq, sigma_mbq, physical, fast, fits)
