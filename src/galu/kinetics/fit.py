"""Fits of exponential models to measured activities, with known uncertainties as weights.

Effective half-lives are bounded by physical decay; a fit at the bound says so. Covariances use the
known σ and are never scaled by χ² (at four scans scaled intervals cover about 81 %). Models are
chosen by AICc with known σ, χ² + 2k + 2k(k+1)/(n−k−1), which is infinite for n ≤ k+1.
A curve that the scans contradict keeps its value, says so, and is widened (`galu.kinetics.doubt`).
Burnham and Anderson, Model Selection and Multimodel Inference, 2002, section 2.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from galu.kinetics.batch import shaped_fit
from galu.kinetics.curve import ExponentialSum
from galu.kinetics.doubt import widened_by_misfit
from galu.kinetics.fitted import AT_BOUND, FittedCurve, aicc, joined, unfitted
from galu.kinetics.interval import averaged_interval, log_interval, profile_interval
from galu.kinetics.misfit import misfit_of
from galu.kinetics.samples import Floats, Samples
from galu.kinetics.uptake import fit_free_uptake, with_unseen_uptake
from galu.quantities import LN2

#: Assumed uptake half-life when scans are too few to fit one [h].
UPTAKE_HALF_LIFE_H: Final = 1.5
#: Relative amplitude of a fast phase that is uptake from nothing.
UPTAKE_FROM_NOTHING: Final = -1.0
#: Shortest effective half-life a fit may give [h]: no scan schedule resolves a faster phase.
SHORTEST_HALF_LIFE_H: Final = 0.05
#: A relative uncertainty beyond which the ends of an interval are no numbers any more.
_BEYOND: Final = 300.0


def fit_shaped(samples: Samples, ratio: float, fast_half_life_h: float, model: str = "shaped") -> FittedCurve:
    """Fit A·(2^(−t/T) + ratio·2^(−t/T_fast)) with a population-fixed fast phase.

    Two parameters are free, A and T; `ratio` −1 is uptake from nothing, 0 a single exponential.

    Parameters
    ----------
    samples : Samples
        Two scans or more.
    ratio : float
        Amplitude of the fast phase relative to the slow one.
    fast_half_life_h : float
        Effective half-life of the fast phase [h].
    model : str
        Name reported with the result.
    """
    if len(samples.time_h) < 2:
        return unfitted(model, "two scans or more are needed; with one use Hänscheid or Madsen")
    time, activity, sigma = samples.arrays()
    if not (activity > 0).any():
        return unfitted(model, "no activity is above zero")
    fast = LN2 / fast_half_life_h
    physical = LN2 / samples.half_life_h
    fit = shaped_fit(time, activity, sigma, physical, ratio, fast)
    amplitude, rate, var_a, var_l, cov, chi2, bound = (float(x) for x in fit)
    if not (amplitude > 0 and math.isfinite(chi2)):
        return unfitted(model, "the fit found no positive curve")
    tia = amplitude * (1.0 / rate + ratio / fast)
    variance = integral_variance((amplitude, rate), (ratio, fast), (var_a, var_l, cov))
    low, high = profile_interval(np.array([time, activity, sigma]), physical, (ratio, fast), fit)
    half_life = LN2 / rate
    amplitudes = (amplitude,) if ratio == 0 else (amplitude, amplitude * ratio)
    halves = (half_life,) if ratio == 0 else (half_life, fast_half_life_h)
    curve = ExponentialSum(amplitudes, halves)
    degrees = len(time) - (1 if bound else 2)
    found = FittedCurve(
        model=model,
        parameters=(("amplitude_mbq", amplitude), ("t_eff_h", half_life))
        + (() if ratio == 0 else (("fast_ratio", ratio), ("fast_half_life_h", fast_half_life_h))),
        tia_mbq_h=tia,
        u_tia_mbq_h=math.sqrt(max(variance, 0.0)),
        t_eff_h=half_life,
        at_bound=bool(bound),
        reason=joined(AT_BOUND if bound else "", misfit_of(curve, samples, chi2, degrees)),
        curve=curve,
        aicc=aicc(chi2, len(time), 2),
        chi2=chi2,
        degrees=degrees,
        interval_mbq_h=(float(low), float(high)),
        u_t_eff_h=half_life * math.sqrt(var_l) / rate,
    )
    return widened_by_misfit(found, samples)


def integral_variance(
    curve: tuple[float, float], shape: tuple[float, float], covariance: tuple[float, float, float]
) -> float:
    """First-order variance of the integral A·(1/λ + r/μ) [(MBq·h)²].

    Parameters
    ----------
    curve : (float, float)
        Amplitude A [MBq] and rate λ [1/h].
    shape : (float, float)
        Relative amplitude r and rate μ [1/h] of the fixed fast phase.
    covariance : (float, float, float)
        Variances of A and λ, and their covariance.
    """
    (amplitude, rate), (ratio, fast), (var_a, var_l, cov) = curve, shape, covariance
    by_a, by_l = 1.0 / rate + ratio / fast, -amplitude / rate**2
    return by_a**2 * var_a + by_l**2 * var_l + 2.0 * by_a * by_l * cov


def fit_mono(samples: Samples) -> FittedCurve:
    """Fit a single exponential, its half-life at most the physical one."""
    return fit_shaped(samples, 0.0, UPTAKE_HALF_LIFE_H, "mono")


def fit_uptake(samples: Samples) -> FittedCurve:
    """Fit A·(2^(−t/T) − 2^(−t/Tu)), with Tu fixed at the assumed population uptake of 1.5 h."""
    return fit_shaped(samples, -1.0, UPTAKE_HALF_LIFE_H, "uptake")


def fit_bi(samples: Samples) -> FittedCurve:
    """Fit two falling exponentials with four free parameters; needs five scans or more."""
    return _fit_sum(samples, 2, "bi")


def fit_tri(samples: Samples) -> FittedCurve:
    """Fit three exponentials with six free parameters; needs seven scans or more."""
    return _fit_sum(samples, 3, "tri")


def _fit_sum(samples: Samples, phases: int, model: str) -> FittedCurve:
    if len(samples.time_h) < 2 * phases + 1:
        return unfitted(model, f"{2 * phases + 1} scans or more are needed for {2 * phases} free parameters")
    from scipy.optimize import least_squares  # heavy, and only these models need it

    time, activity, sigma = samples.arrays()
    slow, quick = LN2 / samples.half_life_h, LN2 / SHORTEST_HALF_LIFE_H
    scale = float(np.max(np.abs(activity))) or 1.0

    def residual(x: Floats) -> Floats:
        value = np.exp(-np.outer(time, np.exp(x[phases:]))) @ (x[:phases] * scale)
        return np.asarray((value - activity) / sigma, dtype=np.float64)

    best = None
    for start in _starts(time, phases, slow, quick):
        design = np.exp(-np.outer(time, start)) / sigma[:, None]
        amplitudes = np.linalg.lstsq(design, activity / sigma, rcond=None)[0] / scale
        x0 = np.concatenate([np.clip(amplitudes, -99.0, 99.0), np.log(start)])
        low = np.concatenate([np.full(phases, -100.0), np.full(phases, math.log(slow))])
        high = np.concatenate([np.full(phases, 100.0), np.full(phases, math.log(quick))])
        trial = least_squares(residual, np.clip(x0, low, high), bounds=(low, high), xtol=1e-12, ftol=1e-12)
        best = trial if best is None or trial.cost < best.cost else best
    assert best is not None
    return _summed(samples, np.asarray(best.x), np.asarray(best.jac), (scale, 2.0 * float(best.cost), model))


def _starts(time: Floats, phases: int, slow: float, quick: float) -> list[Floats]:
    spread = np.geomspace(max(LN2 / (4.0 * time[-1]), slow), min(LN2 / max(time[0] / 2.0, 0.1), quick), 6)
    if phases == 2:
        pairs = [(0, 2), (0, 4), (1, 3), (1, 5), (2, 4)]
        return [spread[list(pair)] for pair in pairs]
    return [spread[list(three)] for three in ((0, 2, 4), (0, 2, 5), (1, 3, 5))]


def _summed(samples: Samples, x: Floats, jacobian: Floats, fit: tuple[float, float, str]) -> FittedCurve:
    scale, chi2, model = fit
    phases = len(x) // 2
    amplitudes, rates = x[:phases] * scale, np.exp(x[phases:])
    slow = LN2 / samples.half_life_h
    free = np.ones(len(x), dtype=bool)
    free[phases:] = rates > slow * (1.0 + 1e-6)
    gradient = np.concatenate([scale / rates, -amplitudes / rates])
    information = jacobian[:, free].T @ jacobian[:, free]
    covariance = np.zeros((len(x), len(x)))
    covariance[np.ix_(free, free)] = np.linalg.pinv(information)
    variance = float(gradient @ covariance @ gradient)
    order = np.argsort(rates)
    curve = ExponentialSum(tuple(map(float, amplitudes[order])), tuple(map(float, LN2 / rates[order])))
    tia = curve.integral()
    if not tia > 0 or amplitudes[order[0]] <= 0:
        return unfitted(model, "the terminal phase is not positive")
    if variance > (_BEYOND * tia) ** 2:
        return unfitted(model, "the scans do not tell its phases apart: its uncertainty is beyond any number")
    bound = not bool(free[phases:].all())
    named = [(f"amplitude_{i + 1}_mbq", a) for i, a in enumerate(curve.amplitude_mbq)]
    named += [(f"half_life_{i + 1}_h", t) for i, t in enumerate(curve.half_life_h)]
    degrees = len(samples.time_h) - int(free.sum())
    note = joined(AT_BOUND if bound else "", misfit_of(curve, samples, chi2, degrees))
    u = math.sqrt(max(variance, 0.0))
    slowest = phases + int(order[0])  # its logarithm is the parameter: the variance is relative
    terminal = curve.terminal_half_life_h()
    found = FittedCurve(
        model, tuple(named), tia, u, terminal, bound, note, curve,
        aicc(chi2, len(samples.time_h), len(x)), chi2, degrees, interval_mbq_h=log_interval(tia, u),
        u_t_eff_h=terminal * math.sqrt(max(float(covariance[slowest, slowest]), 0.0)),
    )  # fmt: skip
    return widened_by_misfit(found, samples)


def fit_best(samples: Samples) -> FittedCurve:
    """Fit what the scans allow: two, a single exponential; more, free uptake and sums of exponentials.

    Of several the smallest AICc is kept among those that the scans do not contradict
    (`galu.kinetics.misfit`). What the scans cannot tell apart stays in the uncertainty: the interval is that
    of all models, weighted by exp(−ΔAICc/2). Two scans are met exactly by several models, so none is
    preferred for its χ²; only where they contradict the single exponential and not uptake, uptake is kept.
    """
    if len(samples.time_h) <= 2:
        return _best_of_two(samples)
    found = [fit_free_uptake(samples), fit_bi(samples), fit_tri(samples)]
    usable = [fit for fit in found if fit.tia_mbq_h is not None]
    if not usable:
        return found[0]
    best = min(usable, key=lambda fit: (fit.contradicted(), fit.aicc, fit.chi2))
    return _with_rivals(best, usable)


def _best_of_two(samples: Samples) -> FittedCurve:
    fits = [fit_mono(samples), fit_uptake(samples)]
    usable = [fit for fit in fits if fit.tia_mbq_h is not None]
    if not usable:
        return fits[0]
    best = next((fit for fit in usable if not fit.contradicted()), usable[0])
    return with_unseen_uptake(_with_rivals(best, usable), samples)


def _with_rivals(best: FittedCurve, found: list[FittedCurve]) -> FittedCurve:
    """The best fit with the uncertainty of having chosen it (Burnham and Anderson, section 4.3)."""
    scores = [fit.aicc if math.isfinite(best.aicc) else fit.chi2 for fit in found]
    raw = [math.exp(-(score - min(scores)) / 2.0) for score in scores]
    rivals = [
        (weight / sum(raw), fit.tia_mbq_h, fit.interval_mbq_h, fit.model, fit.t_eff_h)
        for weight, fit in zip(raw, found, strict=True)
        if fit.tia_mbq_h is not None and fit.interval_mbq_h is not None and weight / sum(raw) > 0.001
    ]
    if len(rivals) < 2 or best.tia_mbq_h is None or best.u_tia_mbq_h is None or best.t_eff_h is None:
        return best
    weights, values, intervals, names, half_lives = zip(*rivals, strict=True)
    of_choice = math.fsum(w * (v - best.tia_mbq_h) ** 2 for w, v in zip(weights, values, strict=True))
    of_teff = math.fsum(w * (t - best.t_eff_h) ** 2 for w, t in zip(weights, half_lives, strict=True))
    open_question = "" if max(weights) > 0.9 else f"the scans do not tell {' from '.join(names)}"
    return replace(
        best,
        u_tia_mbq_h=math.sqrt(best.u_tia_mbq_h**2 + of_choice),
        u_t_eff_h=math.sqrt(best.u_t_eff_h**2 + of_teff),
        interval_mbq_h=averaged_interval(weights, values, intervals),
        reason=joined(best.reason, open_question),
    )


#: Models by the name a person gives them.
MODELS: Final[dict[str, Callable[[Samples], FittedCurve]]] = {
    "auto": fit_best,
    "1": fit_mono,
    "2": fit_bi,
    "3": fit_tri,
    "uptake": fit_uptake,
    "free-uptake": fit_free_uptake,
}
