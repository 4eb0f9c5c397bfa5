"""One scan with a log-normal prior of the effective half-life.

Ã = A(t)·f(T), f(T) = T·2^(t/T)/ln 2. Near the best time the slope of f vanishes, so a first-order
uncertainty is useless; the mean and spread of f are taken over the prior itself, on an even grid of
its quantiles, cut off at physical decay.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np

from galu.kinetics.curve import ExponentialSum
from galu.kinetics.fit import FittedCurve
from galu.kinetics.samples import Floats, Samples
from galu.quantities import LN2

_POINTS = 4000


@cache
def _normal_quantiles() -> Floats:
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / _POINTS) for i in range(_POINTS)])


def _factors(time_h: float, teff_h: float, spread: float, half_life_h: float) -> Floats:
    """f(T) [h] over the prior, shape (points,); half-lives beyond physical decay are left out."""
    log_spread = math.sqrt(math.log1p(spread**2))
    teff = teff_h * np.exp(log_spread * _normal_quantiles())
    teff = teff[teff <= half_life_h] if teff_h < half_life_h else np.array([half_life_h])
    return np.asarray(teff / LN2 * np.exp2(time_h / teff), dtype=np.float64)


def single_scan_relative(
    time_h: float, sigma_relative: float, teff_h: float, spread: float, half_life_h: float
) -> float:
    """Relative standard uncertainty of Ã from one scan, over the whole prior.

    Parameters
    ----------
    time_h : float
        Time of the scan [h].
    sigma_relative : float
        Relative uncertainty of its activity.
    teff_h, spread : float
        Median effective half-life [h] and its coefficient of variation.
    half_life_h : float
        Physical half-life [h].
    """
    factors = _factors(time_h, teff_h, spread, half_life_h)
    of_shape = float(factors.std() / factors.mean())
    return math.sqrt((1.0 + of_shape**2) * (1.0 + sigma_relative**2) - 1.0)


def first_order_relative(time_h: float, sigma_relative: float, teff_h: float, spread: float) -> float:
    """The same to first order, √(u_A² + (λt − 1)²u_T²): shown only to be distrusted near λt = 1."""
    return math.hypot(sigma_relative, (LN2 * time_h / teff_h - 1.0) * spread)


def single_scan(samples: Samples, teff_h: float, spread: float) -> FittedCurve:
    """Time-integrated activity from one scan and a prior half-life.

    The estimate is that at the median half-life (Madsen's); the uncertainty is the root mean square
    distance of the prior's values from it, together with the scan's own σ.

    Parameters
    ----------
    samples : Samples
        One scan.
    teff_h, spread : float
        Median effective half-life [h] and its coefficient of variation.
    """
    if len(samples.time_h) != 1:
        return FittedCurve("single scan", (), None, None, None, False, "is for exactly one scan")
    time, activity, sigma = samples.time_h[0], samples.activity_mbq[0], samples.sigma_mbq[0]
    if not activity > 0:
        return FittedCurve("single scan", (), None, None, None, False, "the activity is not above zero")
    bounded = min(teff_h, samples.half_life_h)
    central = bounded / LN2 * 2.0 ** (time / bounded)
    factors = _factors(time, bounded, spread, samples.half_life_h)
    squared = float(np.mean((factors - central) ** 2)) * activity**2 + float(np.mean(factors**2)) * sigma**2
    return FittedCurve(
        "single scan",
        (("time_h", time), ("prior_teff_h", bounded), ("prior_spread", spread)),
        activity * central,
        math.sqrt(squared),
        bounded,
        bounded >= samples.half_life_h,
        "the effective half-life is a prior, its spread is in the uncertainty",
        ExponentialSum((activity * 2.0 ** (time / bounded),), (bounded,)),
    )


def best_scan_time_h(
    candidates_h: tuple[float, ...], sigma_relative: float, teff_h: float, spread: float, half_life_h: float
) -> tuple[float, float]:
    """The candidate time [h] with the smallest relative uncertainty of Ã, and that uncertainty."""
    scored = [(single_scan_relative(t, sigma_relative, teff_h, spread, half_life_h), t) for t in candidates_h]
    u, time = min(scored)
    return time, u
