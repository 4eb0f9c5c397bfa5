"""Fits of exponential models to measured activities, with known uncertainties as weights.

Effective half-lives are bounded by physical decay; a fit at the bound says so. Covariances use the
known σ and are never scaled by χ² (at four scans scaled intervals cover about 81 %). Models are
chosen by AICc with known σ, χ² + 2k + 2k(k+1)/(n−k−1), which is infinite for n ≤ k+1.
A curve that the scans contradict keeps its value and says so: its χ² does not widen the uncertainty.
Burnham and Anderson, Model Selection and Multimodel Inference, 2002, section 2.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from galu.kinetics.batch import shaped_fit
from galu.kinetics.curve import ExponentialSum
from galu.kinetics.interval import averaged_interval, log_interval, profile_interval
from galu.kinetics.misfit import is_misfit, misfit_of
from galu.kinetics.samples import DecayState, Floats, Samples
from galu.quantities import LN2

#: Assumed uptake half-life when scans are too few to fit one [h].
UPTAKE_HALF_LIFE_H: Final = 1.5
#: Shortest effective half-life a fit may give [h]: no scan schedule resolves a faster phase.
SHORTEST_HALF_LIFE_H: Final = 0.05
AT_BOUND: Final = "the effective half-life is held at physical decay"


@dataclass(frozen=True, slots=True)
class FittedCurve:
    """A fitted time-activity curve and its time-integrated activity.

    Attributes
    ----------
    model : str
        Name of the model that was used.
    parameters : tuple of (str, float)
        Names, with their unit, and values.
    tia_mbq_h, u_tia_mbq_h : float or None
        Time-integrated activity and its standard uncertainty from the scans' σ [MBq·h].
    t_eff_h : float or None
        Effective half-life of the terminal phase [h].
    at_bound : bool
        Whether the terminal phase sits at physical decay.
    reason : str
        Why a value is missing, or what the reader must know.
    curve : ExponentialSum or None
        The curve, where the model has one.
    aicc, chi2 : float
        AICc, infinite when the scans are too few for it, and χ², infinite where nothing was fitted.
    degrees : int or None
        Degrees of freedom of χ²: scans less free parameters, one at its bound being none.
    decay_state : str
        Activities as measured, decay included.
    interval_mbq_h : (float, float) or None
        95 % interval of the time-integrated activity [MBq·h]; not always symmetric.
    u_t_eff_h : float
        Standard uncertainty of `t_eff_h` from the scans' σ [h]; zero where it is held or given.
    shared_mbq_h : float
        Part of `u_tia_mbq_h`, with its sign, that jointly fitted curves of a patient's organ share [MBq·h].
    """

    model: str
    parameters: tuple[tuple[str, float], ...]
    tia_mbq_h: float | None
    u_tia_mbq_h: float | None
    t_eff_h: float | None
    at_bound: bool
    reason: str = ""
    curve: ExponentialSum | None = None
    aicc: float = math.inf
    chi2: float = math.inf
    degrees: int | None = None
    decay_state: DecayState = "measured"
    interval_mbq_h: tuple[float, float] | None = None
    u_t_eff_h: float = 0.0
    shared_mbq_h: float = 0.0

    def contradicted(self) -> bool:
        """Whether the curve's own scans contradict it (`galu.kinetics.misfit`)."""
        return self.degrees is not None and is_misfit(self.chi2, self.degrees)


def _unfitted(model: str, reason: str) -> FittedCurve:
    return FittedCurve(model, (), None, None, None, False, reason)


def _joined(*remarks: str) -> str:
    return "; ".join(remark for remark in remarks if remark)


def _aicc(chi2: float, scans: int, free: int) -> float:
    if scans <= free + 1:
        return math.inf
    return chi2 + 2.0 * free + 2.0 * free * (free + 1) / (scans - free - 1)


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
        return _unfitted(model, "two scans or more are needed; with one use Hänscheid or Madsen")
    time, activity, sigma = samples.arrays()
    if not (activity > 0).any():
        return _unfitted(model, "no activity is above zero")
    fast = LN2 / fast_half_life_h
    physical = LN2 / samples.half_life_h
    fit = shaped_fit(time, activity, sigma, physical, ratio, fast)
    amplitude, rate, var_a, var_l, cov, chi2, bound = (float(x) for x in fit)
    if not (amplitude > 0 and math.isfinite(chi2)):
        return _unfitted(model, "the fit found no positive curve")
    tia = amplitude * (1.0 / rate + ratio / fast)
    variance = integral_variance((amplitude, rate), (ratio, fast), (var_a, var_l, cov))
    low, high = profile_interval(np.array([time, activity, sigma]), physical, (ratio, fast), fit)
    half_life = LN2 / rate
    amplitudes = (amplitude,) if ratio == 0 else (amplitude, amplitude * ratio)
    halves = (half_life,) if ratio == 0 else (half_life, fast_half_life_h)
    curve = ExponentialSum(amplitudes, halves)
    degrees = len(time) - (1 if bound else 2)
    return FittedCurve(
        model=model,
        parameters=(("amplitude_mbq", amplitude), ("t_eff_h", half_life))
        + (() if ratio == 0 else (("fast_ratio", ratio), ("fast_half_life_h", fast_half_life_h))),
        tia_mbq_h=tia,
        u_tia_mbq_h=math.sqrt(max(variance, 0.0)),
        t_eff_h=half_life,
        at_bound=bool(bound),
        reason=_joined(AT_BOUND if bound else "", misfit_of(curve, samples, chi2, degrees)),
        curve=curve,
        aicc=_aicc(chi2, len(time), 2),
        chi2=chi2,
        degrees=degrees,
        interval_mbq_h=(float(low), float(high)),
        u_t_eff_h=half_life * math.sqrt(var_l) / rate,
    )


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
        return _unfitted(model, f"{2 * phases + 1} scans or more are needed for {2 * phases} free parameters")
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
        return _unfitted(model, "the terminal phase is not positive")
    bound = not bool(free[phases:].all())
    named = [(f"amplitude_{i + 1}_mbq", a) for i, a in enumerate(curve.amplitude_mbq)]
    named += [(f"half_life_{i + 1}_h", t) for i, t in enumerate(curve.half_life_h)]
    degrees = len(samples.time_h) - int(free.sum())
    note = _joined(AT_BOUND if bound else "", misfit_of(curve, samples, chi2, degrees))
    u = math.sqrt(max(variance, 0.0))
    slowest = phases + int(order[0])  # its logarithm is the parameter: the variance is relative
    terminal = curve.terminal_half_life_h()
    return FittedCurve(
        model, tuple(named), tia, u, terminal, bound, note, curve,
        _aicc(chi2, len(samples.time_h), len(x)), chi2, degrees, interval_mbq_h=log_interval(tia, u),
        u_t_eff_h=terminal * math.sqrt(max(float(covariance[slowest, slowest]), 0.0)),
    )  # fmt: skip


def fit_best(samples: Samples) -> FittedCurve:
    """Fit every model the scans allow and keep the smallest AICc; with two scans, a single exponential.

    Two scans are met exactly by several models, so none is preferred for its χ²; only where they contradict
    the single exponential (`galu.kinetics.misfit`) and not uptake, uptake is kept.

    What the scans cannot tell apart stays in the uncertainty: the interval is that of all models,
    weighted by exp(−ΔAICc/2) (by χ² where AICc is infinite for all, all having two free parameters).
    """
    fits = [fit_mono(samples), fit_uptake(samples), fit_bi(samples), fit_tri(samples)]
    found = [fit for fit in fits if fit.tia_mbq_h is not None]
    if not found:
        return fits[0]
    if len(samples.time_h) == 2:
        return _with_rivals(next((fit for fit in found if not fit.contradicted()), found[0]), found)
    return _with_rivals(min(found, key=lambda fit: (fit.aicc, fit.chi2)), found)


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
        reason=_joined(best.reason, open_question),
    )


#: Models by the name a person gives them.
MODELS: Final[dict[str, Callable[[Samples], FittedCurve]]] = {
    "auto": fit_best,
    "1": fit_mono,
    "2": fit_bi,
    "3": fit_tri,
    "uptake": fit_uptake,
}
