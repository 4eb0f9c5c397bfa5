"""Time-integrated activity without a fitted model: trapezoids and single time points."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from galu.kinetics.fitted import AT_BOUND, FittedCurve
from galu.kinetics.interval import Z_95
from galu.kinetics.samples import Samples, trapezoid_weights
from galu.kinetics.single import MOST_HALF_LIVES, TOO_LATE
from galu.quantities import LN2

NOT_POSITIVE: Final = "the activity is not above zero"
WITHOUT_SPREAD: Final = "single time point: the uncertainty of the effective half-life is not in u"


def _normal_interval(value: float, u: float) -> tuple[float, float]:
    """95 % interval of a sum of activities, each with a normal error."""
    return value - Z_95 * u, value + Z_95 * u


def _no_value(model: str, reason: str) -> FittedCurve:
    return FittedCurve(model, (), None, None, None, False, reason)


def trapezoid_physical_tail(samples: Samples) -> FittedCurve:
    """Trapezoids between the scans, the first held back to zero, physical decay after the last."""
    time, activity, sigma = samples.arrays()
    weights = trapezoid_weights(time)
    weights[-1] += samples.half_life_h / LN2
    tia, u = float(weights @ activity), float(np.sqrt(np.sum((weights * sigma) ** 2)))
    if not tia > 0:
        return _no_value("trapezoid, physical tail", "the integral is not above zero")
    return FittedCurve(
        "trapezoid, physical tail",
        (("tail_half_life_h", samples.half_life_h),),
        tia,
        u,
        samples.half_life_h,
        False,
        "the tail decays physically: an upper bound",
        interval_mbq_h=_normal_interval(tia, u),
    )


def trapezoid_fitted_tail(samples: Samples) -> FittedCurve:
    """Trapezoids between the scans, then an exponential through the last two, bounded by physical decay."""
    name = "trapezoid, fitted tail"
    time, activity, sigma = samples.arrays()
    if len(time) < 2 or not (activity[-2:] > 0).all():
        return _no_value(name, "the last two activities must be positive")
    gap = float(time[-1] - time[-2])
    rate = math.log(activity[-2] / activity[-1]) / gap
    physical = LN2 / samples.half_life_h
    bound = rate <= physical
    rate = physical if bound else rate
    weights = trapezoid_weights(time)
    weights[-1] += 1.0 / rate
    tia = float(weights @ activity)
    gradient = weights.copy()
    if not bound:
        by_rate = -activity[-1] / rate**2
        gradient[-2] += by_rate / (activity[-2] * gap)
        gradient[-1] -= by_rate / (activity[-1] * gap)
    if not tia > 0:
        return _no_value(name, "the integral is not above zero")
    half_life, u = LN2 / rate, float(np.sqrt(np.sum((gradient * sigma) ** 2)))
    return FittedCurve(
        name,
        (("tail_half_life_h", half_life),),
        tia,
        u,
        half_life,
        bound,
        "the tail is held at physical decay" if bound else "",
        interval_mbq_h=_normal_interval(tia, u),
    )


def hanscheid(time_h: float, activity_mbq: float, sigma_mbq: float) -> FittedCurve:
    """Single time point after Hänscheid et al., J Nucl Med 2018;59:75: A(t)·2t/ln 2.

    Within 12 % of a single exponential when 0.75 < t/T_eff < 2.5; the stated uncertainty is that of
    the scan alone.
    """
    if not time_h > 0:
        return _no_value("hanscheid", "a scan at time zero says nothing of the half-life")
    if not activity_mbq > 0:
        return _no_value("hanscheid", NOT_POSITIVE)
    factor = 2.0 * time_h / LN2
    return FittedCurve(
        "hanscheid",
        (("time_h", time_h),),
        activity_mbq * factor,
        sigma_mbq * factor,
        None,
        False,
        WITHOUT_SPREAD,
    )


def madsen(
    time_h: float, activity_mbq: float, sigma_mbq: float, population_teff_h: float, half_life_h: float
) -> FittedCurve:
    """Single time point after Madsen et al., Med Phys 2018;45:2318: A(t)·exp(λt)/λ, population λ.

    The stated uncertainty is that of the scan alone.

    Parameters
    ----------
    time_h, activity_mbq, sigma_mbq : float
        Time [h], activity and its known σ [MBq] of the scan.
    population_teff_h : float
        Effective half-life of the population [h], held at physical decay where it is longer.
    half_life_h : float
        Physical half-life [h].
    """
    if not activity_mbq > 0:
        return _no_value("madsen", NOT_POSITIVE)
    bound = population_teff_h >= half_life_h
    teff = min(population_teff_h, half_life_h)
    if time_h > MOST_HALF_LIVES * teff:
        return _no_value("madsen", TOO_LATE)
    rate = LN2 / teff
    factor = math.exp(rate * time_h) / rate
    return FittedCurve(
        "madsen",
        (("time_h", time_h), ("population_teff_h", teff)),
        activity_mbq * factor,
        sigma_mbq * factor,
        teff,
        bound,
        f"{AT_BOUND}; {WITHOUT_SPREAD}" if bound else WITHOUT_SPREAD,
    )
