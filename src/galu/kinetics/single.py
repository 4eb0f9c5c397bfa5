"""One scan with a log-normal prior of the effective half-life.

Ã = A(t)·f(T), f(T) = g(T)/b(T) with b the curve's shape at the scan and g its integral; for a single
exponential f = T·2^(t/T)/ln 2. Near the best time the slope of f vanishes, so a first-order
uncertainty is useless; spread and interval are taken over the prior itself, half-lives beyond physical
decay being held there: the interval on an even grid of its quantiles, the spread on an even grid of its
logarithm, whose ends the heavy tail of f needs.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np

from galu.compiled import kernel
from galu.finding import InputError
from galu.kinetics.curve import ExponentialSum
from galu.kinetics.fitted import AT_BOUND, FittedCurve
from galu.kinetics.samples import Floats, Samples
from galu.kinetics.uptake import with_early_scan
from galu.quantities import LN2

_POINTS = 500
#: After so many half-lives nothing is left to measure.
MOST_HALF_LIVES = 100.0
FROM_PRIOR = "the effective half-life is a prior, its spread is in the uncertainty"
TOO_LATE = "the scan is too late for so short a half-life"
#: Relative amplitude and half-life [h] of the fast phase of a single exponential: there is none.
NO_FAST_PHASE = (0.0, 1.5)


@cache
def _normal_quantiles() -> Floats:
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / _POINTS) for i in range(_POINTS)])


def prior_teff_h(teff_h: float, spread: float, half_life_h: float) -> Floats:
    """Effective half-lives [h] of the prior, shape (points,), rising."""
    log_spread = math.sqrt(math.log1p(spread**2))
    return np.minimum(teff_h * np.exp(log_spread * _normal_quantiles()), half_life_h)


@cache
def _normal_grid() -> tuple[Floats, Floats]:
    """Standard normal values and their weights, which sum to one."""
    z = np.linspace(-6.0, 6.0, 241)
    weights = np.exp(-0.5 * z**2)
    return z, weights / weights.sum()


def _mean_squares(
    time_h: float, central: float, prior: tuple[float, float, float], shape: tuple[float, float]
) -> tuple[float, float]:
    """Means of (f/c − 1)² and (f/c)² over the prior (median [h], spread, physical half-life [h])."""
    teff_h, spread, half_life_h = prior
    z, weights = _normal_grid()
    teff = np.minimum(teff_h * np.exp(math.sqrt(math.log1p(spread**2)) * z), half_life_h)
    with np.errstate(all="ignore"):  # no value is made of an infinite one
        relative = _factors(time_h, teff, shape) / central
        return float(weights @ (relative - 1.0) ** 2), float(weights @ relative**2)


def _factors(time_h: float, teff_h: Floats, shape: tuple[float, float]) -> Floats:
    """f(T) [h] for each half-life, shape (points,)."""
    ratio, fast_h = shape
    base = np.exp2(-time_h / teff_h) + ratio * 2.0 ** (-time_h / fast_h)
    factors: Floats = (teff_h + ratio * fast_h) / LN2 / base
    return factors


def _at_median(time_h: float, teff_h: float, shape: tuple[float, float]) -> float:
    """f [h] at one half-life: what turns the activity of the scan into the estimate of Ã."""
    return float(_factors(time_h, np.array([teff_h]), shape)[0])


@kernel
def _above(factors, activity, sigma, value, wanted):  # type: ignore[no-untyped-def]
    """Share of (A − σz)·f below a value, above the share wanted."""
    below = 0.0
    for factor in factors:
        below += 0.5 * math.erfc((activity - value / factor) / (sigma * math.sqrt(2.0)))
    return below / factors.size - wanted


@kernel
def _mixture_quantile(factors, activity, sigma, wanted):  # type: ignore[no-untyped-def]
    """Quantile of (A − σz)·f with z normal and f drawn from `factors`; false position, Illinois' way."""
    low, high = 0.0, (activity + 8.0 * sigma) * factors.max()
    under, over, side = _above(factors, activity, sigma, low, wanted), 1.0 - wanted, 0
    if under >= 0.0:  # the lowest part lies below zero
        return low
    for _ in range(64):
        middle = (low * over - high * under) / (over - under)
        found = _above(factors, activity, sigma, middle, wanted)
        if abs(found) < 1e-12 or high - low < 1e-12 * high:
            return middle
        if found < 0.0:
            low, under, over, side = middle, found, over * (0.5 if side < 0 else 1.0), -1
        else:
            high, over, under, side = middle, found, under * (0.5 if side > 0 else 1.0), 1
    return 0.5 * (low + high)


def single_scan_relative(
    time_h: float, sigma_relative: float, teff_h: float, spread: float, half_life_h: float
) -> float:
    """Relative standard uncertainty of Ã as `single_scan` states it, of a single exponential.

    The root mean square of truth over estimate less one, the estimate being that at the median.

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
    central = _at_median(time_h, min(teff_h, half_life_h), NO_FAST_PHASE)
    of_prior, of_scan = _mean_squares(time_h, central, (teff_h, spread, half_life_h), NO_FAST_PHASE)
    return math.sqrt(of_prior + of_scan * sigma_relative**2)


def first_order_relative(time_h: float, sigma_relative: float, teff_h: float, spread: float) -> float:
    """The same to first order, √(u_A² + (λt − 1)²u_T²): shown only to be distrusted near λt = 1."""
    return math.hypot(sigma_relative, (LN2 * time_h / teff_h - 1.0) * spread)


def _no_value(reason: str) -> FittedCurve:
    return FittedCurve("single scan", (), None, None, None, False, reason)


def single_scan(
    samples: Samples, teff_h: float, spread: float, shape: tuple[float, float] = NO_FAST_PHASE
) -> FittedCurve:
    """Time-integrated activity from one scan and a prior half-life.

    The estimate is that at the median half-life (Madsen's); the uncertainty is the root mean square
    distance of the prior's values from it, together with the scan's own σ; the interval holds the
    middle 95 % of them.

    Parameters
    ----------
    samples : Samples
        One scan.
    teff_h, spread : float
        Median effective half-life [h] and its coefficient of variation.
    shape : (float, float)
        Relative amplitude and half-life [h] of the population's fast phase; −1 is uptake from nothing.
    """
    if len(samples.time_h) != 1:
        return _no_value("is for exactly one scan")
    time, activity, sigma = samples.time_h[0], samples.activity_mbq[0], samples.sigma_mbq[0]
    if not activity > 0:
        return _no_value("the activity is not above zero")
    if shape[0] < 0 and not time > 0:
        return _no_value("nothing is taken up at time zero")
    bounded = min(teff_h, samples.half_life_h)
    if bounded + shape[0] * shape[1] == 0.0:
        return _no_value("uptake and washout have one half-life: no sum of exponentials")
    if time > MOST_HALF_LIVES * bounded:
        return _no_value(TOO_LATE)
    central = _at_median(time, bounded, shape)
    factors = _factors(time, prior_teff_h(teff_h, spread, samples.half_life_h), shape)
    of_prior, of_scan = _mean_squares(time, central, (teff_h, spread, samples.half_life_h), shape)
    u = central * math.sqrt(of_prior * activity**2 + of_scan * sigma**2)
    if not (math.isfinite(u) and np.isfinite(factors).all()):
        return _no_value(TOO_LATE)
    amplitude = activity * central * LN2 / (bounded + shape[0] * shape[1])
    fast = () if shape[0] == 0 else ((amplitude * shape[0], shape[1]),)
    phases = ((amplitude, bounded), *fast)
    fit = FittedCurve(
        "single scan",
        (("time_h", time), ("prior_teff_h", bounded), ("prior_spread", spread)),
        activity * central,
        u,
        bounded,
        bounded >= samples.half_life_h,
        f"{AT_BOUND}; {FROM_PRIOR}" if bounded >= samples.half_life_h else FROM_PRIOR,
        ExponentialSum(tuple(a for a, _ in phases), tuple(t for _, t in phases)),
        interval_mbq_h=(
            float(_mixture_quantile(factors, activity, sigma, 0.025)),
            float(_mixture_quantile(factors, activity, sigma, 0.975)),
        ),
    )
    return fit if shape[0] != 0 else with_early_scan(fit, time, activity)


def refuse_longer_than_physical(teff_h: float, half_life_h: float) -> None:
    """Refuse a median effective half-life that physical decay does not allow.

    Raises
    ------
    InputError
        When it is longer than the physical half-life.
    """
    if teff_h > half_life_h:
        raise InputError(
            f"effective half-life {teff_h:g} h",
            f"is longer than physical decay, {half_life_h:.4g} h",
            "give one at most as long, or another nuclide",
        )


def prior_error(
    samples: Samples, teff_h: float, spread: float, shape: tuple[float, float] = NO_FAST_PHASE
) -> float:
    """Relative error of Ã from one scan that the spread of its half-life brings.

    Root mean square over the prior, with the sign of the change that a longer half-life makes: scans that
    take the same half-life err together.

    Parameters
    ----------
    samples : Samples
        One scan.
    teff_h, spread, shape
        As in `single_scan`.
    """
    time, half_life = samples.time_h[0], samples.half_life_h
    central = _at_median(time, min(teff_h, half_life), shape)
    of_prior, _ = _mean_squares(time, central, (teff_h, spread, half_life), shape)
    quartiles = prior_teff_h(teff_h, spread, half_life)[[_POINTS // 4, 3 * _POINTS // 4]]
    shorter, longer = _factors(time, quartiles, shape)
    return math.copysign(math.sqrt(of_prior), float(longer - shorter))


def best_scan_time_h(
    candidates_h: tuple[float, ...], sigma_relative: float, teff_h: float, spread: float, half_life_h: float
) -> tuple[float, float]:
    """The candidate time [h] with the smallest relative uncertainty of Ã, and that uncertainty.

    Raises
    ------
    InputError
        When the half-life is longer than physical decay allows.
    """
    refuse_longer_than_physical(teff_h, half_life_h)
    scored = [(single_scan_relative(t, sigma_relative, teff_h, spread, half_life_h), t) for t in candidates_h]
    u, time = min(scored)
    return time, u
