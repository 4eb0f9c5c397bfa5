"""Fits of uptake whose half-time is free: A·2^(−t/T)·(1 − 2^(−t/u)), a single exponential where u is none.

u is the half-time of uptake itself, before decay and washout. Where the scans are few or begin late they
say little of it, and a half-normal prior counts (`doubt.POPULATION_UPTAKE_H`).
"""

from __future__ import annotations

import math
from typing import Final

from galu.kinetics.curve import ExponentialSum
from galu.kinetics.doubt import POPULATION_UPTAKE_H, SLOWEST_UPTAKE_H, up_to, widened_by_misfit
from galu.kinetics.fitted import AT_BOUND, FittedCurve, aicc, joined, unfitted
from galu.kinetics.interval import Z_95
from galu.kinetics.misfit import misfit_of
from galu.kinetics.samples import Samples
from galu.kinetics.uptake_kernel import LONGEST_H, free_uptake_fit
from galu.quantities import LN2

#: Scans that tell uptake by themselves: so many, the first of them within so many hours (assumed).
ENOUGH_SCANS: Final = 4
EARLY_H: Final = 12.0
PRIOR_COUNTS: Final = "the scans alone do not tell the uptake half-time: its prior counts"


def uptake_prior_h(samples: Samples) -> float:
    """Scale of the half-normal prior of the uptake half-time [h]; infinite where the scans tell it."""
    alone = len(samples.time_h) >= ENOUGH_SCANS and min(samples.time_h) <= EARLY_H
    return math.inf if alone else POPULATION_UPTAKE_H


def fit_free_uptake(samples: Samples) -> FittedCurve:
    """Fit amplitude, effective half-life and uptake half-time; three scans or more.

    The interval is that of the profile likelihood over all three, within physical decay, and `u_tia_mbq_h`
    its half-width over 1.96. No uptake that the scans can tell is a single exponential, `mono`.

    Parameters
    ----------
    samples : Samples
        The scans.
    """
    model, scans = "free uptake", len(samples.time_h)
    if scans < 3:
        return unfitted(model, "three scans or more are needed for a free uptake half-time")
    time, activity, sigma = samples.arrays()
    if not (activity > 0).any():
        return unfitted(model, "no activity is above zero")
    prior = uptake_prior_h(samples)
    row = [float(x) for x in free_uptake_fit(time, activity, sigma, LN2 / samples.half_life_h, prior)]
    amplitude, rate, uptake, chi2, tia = row[:5]
    if not (amplitude > 0 and tia > 0 and all(map(math.isfinite, row[3:7]))):
        return unfitted(model, "the fit found no positive curve")
    bound, half_life = bool(row[10]), LN2 / rate
    degrees = scans - 3 + int(bound) + int(uptake == 0)
    curve = _curve(amplitude, half_life, uptake)
    told = math.isinf(prior) or row[13] - row[12] < POPULATION_UPTAKE_H
    prior_said = "" if told else PRIOR_COUNTS
    slowest = "the uptake half-time is the longest tried" if uptake >= 0.999 * LONGEST_H else ""
    fit = FittedCurve(
        model="mono" if uptake == 0 else model,
        parameters=(("amplitude_mbq", amplitude), ("t_eff_h", half_life))
        + (() if uptake == 0 else (("uptake_half_time_h", uptake),)),
        tia_mbq_h=tia,
        u_tia_mbq_h=(row[6] - row[5]) / (2.0 * Z_95),
        t_eff_h=half_life,
        at_bound=bound,
        reason=joined(
            AT_BOUND if bound else "", slowest, prior_said, misfit_of(curve, samples, chi2, degrees)
        ),
        curve=curve,
        aicc=aicc(chi2, scans, 2 if uptake == 0 else 3),
        chi2=chi2,
        degrees=degrees,
        interval_mbq_h=(row[5], row[6]),
        u_t_eff_h=half_life * row[11],
    )
    return widened_by_misfit(fit, samples)


def _curve(amplitude_mbq: float, half_life_h: float, uptake_h: float) -> ExponentialSum:
    if uptake_h == 0:
        return ExponentialSum((amplitude_mbq,), (half_life_h,))
    rising_h = half_life_h * uptake_h / (half_life_h + uptake_h)
    return ExponentialSum((amplitude_mbq, -amplitude_mbq), (half_life_h, rising_h))


def with_unseen_uptake(fit: FittedCurve, samples: Samples) -> FittedCurve:
    """A curve of two scans, whose uncertainty reaches what an uptake within its prior would leave.

    Parameters
    ----------
    fit : FittedCurve
        The curve.
    samples : Samples
        Its two scans.
    """
    time, activity, sigma = samples.arrays()
    row = free_uptake_fit(time, activity, sigma, LN2 / samples.half_life_h, POPULATION_UPTAKE_H)
    why = f"two scans do not tell uptake: half-times up to {row[13]:.3g} h are in the uncertainty"
    return up_to(fit, float(row[6]), why)


def with_early_scan(fit: FittedCurve, time_h: float, activity_mbq: float) -> FittedCurve:
    """An estimate from one scan without uptake, whose uncertainty reaches what slow uptake would leave.

    Parameters
    ----------
    fit : FittedCurve
        The estimate.
    time_h, activity_mbq : float
        Time [h] and activity [MBq] of the scan.
    """
    if not time_h > 0 or not fit.t_eff_h:
        return fit
    unit = _curve(1.0, fit.t_eff_h, SLOWEST_UPTAKE_H)
    most = activity_mbq / unit.at(time_h) * unit.integral()
    why = f"one early scan: an uptake half-time up to {SLOWEST_UPTAKE_H:.3g} h is in the uncertainty"
    return up_to(fit, most, why)
