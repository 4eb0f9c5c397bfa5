"""One fit over organs, cycles and patients: what many scans of cycle 1 teach about one scan of the others.

ln T = ln μ(organ) + b(patient, organ) + e(cycle), b ~ N(0, ω²(organ)), e ~ N(0, κ²), half-lives beyond
physical decay being held there; amplitudes are free, with scale-invariant weight 1/A. μ, ω and κ are the
mode of their marginal posterior (empirical Bayes); the integrals over b and e are sums on an even grid of
ln T, so no shape of the posterior is assumed. κ is shared by all organs.
Log-normal half-lives: Hou et al., 177Lu-PSMA single time points, J Nucl Med 2021 (PMC8882881).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from galu.finding import InputError
from galu.kinetics.curve import ExponentialSum
from galu.kinetics.fitted import AT_BOUND, FittedCurve
from galu.kinetics.misfit import misfit_of
from galu.kinetics.samples import Floats, Samples
from galu.kinetics.single import NO_FAST_PHASE
from galu.quantities import LN2

_POINTS: Final = 161
#: Doubt in a stated median, spread and between-cycle spread: standard deviation of the logarithm (assumed).
MEDIAN_DOUBT, SPREAD_DOUBT = 0.5, 0.5


@dataclass(frozen=True, slots=True)
class OrganCycle:
    """Scans of one organ of one patient in one cycle."""

    patient: str
    organ: str
    cycle: int
    samples: Samples


@dataclass(frozen=True, slots=True)
class TeffPrior:
    """What is assumed of an organ: median half-life [h], coefficient of variation, fixed fast phase."""

    teff_h: float
    spread: float
    shape: tuple[float, float] = NO_FAST_PHASE


@dataclass(frozen=True, slots=True)
class Population:
    """What was found of an organ: median effective half-life [h] and its spread between patients."""

    organ: str
    teff_h: float
    spread: float


@dataclass(frozen=True, slots=True)
class JointFit:
    """Population of each organ, spread between cycles, and one curve for each input, in its order."""

    populations: tuple[Population, ...]
    between_cycles: float
    curves: tuple[FittedCurve, ...]


@dataclass(frozen=True, slots=True)
class _Organ:
    """Curves of one organ on the grid of ln T."""

    name: str
    prior: TeffPrior
    log_teff: Floats  # (points,)
    likelihood: Floats  # (curves, points), largest 1
    amplitude: Floats  # (curves, points)
    u_amplitude: Floats  # (curves, points)
    owner: npt.NDArray[np.int64]  # (curves,) number of the patient
    half_life_h: float

    def teff_h(self) -> Floats:
        return np.minimum(np.exp(self.log_teff), self.half_life_h)

    def integral(self) -> Floats:
        """Integral of a curve of amplitude one [h], over the grid."""
        ratio, fast = self.prior.shape
        integral: Floats = (self.teff_h() + ratio * fast) / LN2
        return integral

    def tia(self, i: int) -> Floats:
        """Time-integrated activity of one curve [MBq·h], over the grid."""
        tia: Floats = self.amplitude[i] * self.integral()
        return tia


def fit_joint(
    curves: Sequence[OrganCycle], priors: Mapping[str, TeffPrior], between_cycles: float
) -> JointFit:
    """Fit every curve together.

    Parameters
    ----------
    curves : sequence of OrganCycle
        One scan or more each, of one nuclide.
    priors : mapping of str to TeffPrior
        What is assumed of each organ.
    between_cycles : float
        Spread between the cycles of a patient that is assumed beforehand.

    Raises
    ------
    InputError
        When an organ has no prior, or a curve no positive activity.
    """
    if not curves:
        raise InputError("joint fit", "has no curves", "give at least one")
    names = tuple(dict.fromkeys(curve.organ for curve in curves))
    missing = [name for name in names if name not in priors]
    if missing:
        raise InputError(f"organ {missing[0]}", "has no prior half-life", "state its median and spread")
    organs = {
        name: _on_grid(name, [curve for curve in curves if curve.organ == name], priors[name])
        for name in names
    }
    kappa, found = _empirical_bayes(organs, between_cycles)
    fitted = {name: iter(_posterior(organs[name], found[name], kappa)) for name in names}
    populations = tuple(
        Population(name, min(math.exp(found[name][0]), organs[name].half_life_h), _cv(found[name][1]))
        for name in names
    )
    joint = tuple(_with_misfit(next(fitted[curve.organ]), curve.samples) for curve in curves)
    return JointFit(populations, _cv(kappa), joint)


def _with_misfit(fit: FittedCurve, samples: Samples) -> FittedCurve:
    """The curve with its χ², and a word where its own scans contradict it; the amplitude alone is free."""
    assert fit.curve is not None
    time, activity, sigma = samples.arrays()
    chi2 = float((((activity - [fit.curve.at(t) for t in time]) / sigma) ** 2).sum())
    degrees = len(time) - 1
    said = misfit_of(fit.curve, samples, chi2, degrees)
    reason = "; ".join(part for part in (fit.reason, said) if part)
    return replace(fit, chi2=chi2, degrees=degrees, reason=reason)


def _cv(log_sd: float) -> float:
    return math.sqrt(math.expm1(log_sd**2))


def _log_sd(cv: float) -> float:
    return math.sqrt(math.log1p(cv**2))


def _on_grid(name: str, curves: list[OrganCycle], prior: TeffPrior) -> _Organ:
    log_teff = math.log(prior.teff_h) + np.linspace(-2.5, 2.5, _POINTS)
    half_life = curves[0].samples.half_life_h
    teff = np.minimum(np.exp(log_teff), half_life)
    shape = np.empty((3, len(curves), _POINTS))
    for i, curve in enumerate(curves):
        time, activity, sigma = curve.samples.arrays()
        if not (activity > 0).any():
            place = f"{curve.patient}, cycle {curve.cycle}, {name}"
            raise InputError(place, "no activity is above zero", "leave the curve out")
        ratio, fast = prior.shape
        base = np.exp2(-time / teff[:, None]) + ratio * np.exp2(-time / fast)
        information = (base**2 / sigma**2).sum(axis=1)
        amplitude = (base * activity / sigma**2).sum(axis=1) / information
        chi2 = (((activity - amplitude[:, None] * base) / sigma) ** 2).sum(axis=1)
        positive = np.maximum(amplitude, 1e-300)
        logs = np.where(amplitude > 0, -0.5 * chi2 - np.log(positive * np.sqrt(information)), -np.inf)
        shape[:, i] = np.exp(logs - logs.max()), amplitude, 1.0 / np.sqrt(information)
    patients = list(dict.fromkeys(curve.patient for curve in curves))
    owner = np.array([patients.index(curve.patient) for curve in curves])
    return _Organ(name, prior, log_teff, shape[0], shape[1], shape[2], owner, half_life)


def _bell(distance: Floats, spread: float) -> Floats:
    """Normal weights on the grid that add up to one along the last axis."""
    weights = np.exp(-0.5 * (distance / spread) ** 2)
    result: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return result


def _by_curve(organ: _Organ, kappa: float) -> Floats:
    """Likelihood of each curve given the patient's own ln T, shape (curves, points)."""
    step = _bell(organ.log_teff[None, :] - organ.log_teff[:, None], kappa)
    return np.maximum(organ.likelihood @ step.T, 1e-300)


def _by_patient(organ: _Organ, by_curve: Floats) -> Floats:
    """Log-likelihood of each patient's curves given their ln T, shape (patients, points)."""
    total = np.zeros((int(organ.owner.max()) + 1, _POINTS))
    np.add.at(total, organ.owner, np.log(by_curve))
    return total


def _organ_mode(organ: _Organ, kappa: float) -> tuple[tuple[float, float], float]:
    """Mode of (ln μ, ω) for a between-cycle spread, and the log-posterior there."""
    from scipy.optimize import minimize  # heavy, and only this fit needs it

    logs = _by_patient(organ, _by_curve(organ, kappa))
    top = logs.max(axis=1, keepdims=True)
    scaled = np.exp(logs - top)
    centre, spread = math.log(organ.prior.teff_h), math.log(_log_sd(organ.prior.spread))

    def loss(x: npt.NDArray[np.float64]) -> float:
        own = _bell(organ.log_teff - x[0], math.exp(x[1]))
        fit = float(np.log(np.maximum(scaled @ own, 1e-300)).sum() + top.sum())
        doubt = ((x[0] - centre) / MEDIAN_DOUBT) ** 2 + ((x[1] - spread) / SPREAD_DOUBT) ** 2
        return float(0.5 * doubt - fit)

    found = minimize(loss, np.array([centre, spread]), method="Nelder-Mead", options={"xatol": 1e-4})
    return (float(found.x[0]), math.exp(float(found.x[1]))), -float(found.fun)


def _empirical_bayes(
    organs: Mapping[str, _Organ], between_cycles: float
) -> tuple[float, dict[str, tuple[float, float]]]:
    """Between-cycle spread κ and (ln μ, ω) of each organ at the mode of their posterior."""
    from scipy.optimize import minimize_scalar

    expected = math.log(_log_sd(between_cycles))

    def loss(log_kappa: float) -> float:
        modes = [_organ_mode(organ, math.exp(log_kappa))[1] for organ in organs.values()]
        return 0.5 * ((log_kappa - expected) / SPREAD_DOUBT) ** 2 - math.fsum(modes)

    # The grid of ln T has steps of 0.03: a narrower spread between cycles is not resolved.
    bounds = (math.log(0.03), math.log(1.0))
    kappa = math.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 0.02}).x)
    return kappa, {name: _organ_mode(organ, kappa)[0] for name, organ in organs.items()}


def _posterior(organ: _Organ, found: tuple[float, float], kappa: float) -> list[FittedCurve]:
    """Curve of each organ and cycle, its half-life informed by all other curves."""
    by_curve = _by_curve(organ, kappa)
    by_patient = _by_patient(organ, by_curve)
    own = np.log(np.maximum(_bell(organ.log_teff - found[0], found[1]), 1e-300))
    step = _bell(organ.log_teff[None, :] - organ.log_teff[:, None], kappa)
    curves = []
    for i, patient in enumerate(organ.owner):
        whole = own + by_patient[patient]
        others = whole - np.log(by_curve[i])
        weights = organ.likelihood[i] * (np.exp(others - others.max()) @ step)
        level = np.exp(whole - whole.max())
        # What is expected of this curve if the patient's own half-life were each of the grid's.
        given_level = (step @ (organ.likelihood[i] * organ.tia(i))) / by_curve[i]
        shared = _spread(level / level.sum(), given_level)
        curves.append(replace(_summary(organ, i, weights / weights.sum()), shared_mbq_h=shared))
    return curves


def _spread(weights: Floats, values: Floats) -> float:
    """Standard deviation of values over the grid, negative where they fall along it."""
    away = values - weights @ values
    grid = np.arange(len(values)) - weights @ np.arange(len(values))
    return math.copysign(math.sqrt(float(weights @ away**2)), float(weights @ (away * grid)))


def _summary(organ: _Organ, i: int, weights: Floats) -> FittedCurve:
    ratio, fast = organ.prior.shape
    teff = organ.teff_h()
    tia, u = organ.tia(i), organ.u_amplitude[i] * organ.integral()
    mean = float(weights @ tia)
    variance = float(weights @ (u**2 + (tia - mean) ** 2))
    half_life = float(math.exp(weights @ np.log(teff)))
    amplitude = mean * LN2 / (half_life + ratio * fast)
    phases = ((amplitude, half_life),) if ratio == 0 else ((amplitude, half_life), (amplitude * ratio, fast))
    at_bound = float(weights[teff >= organ.half_life_h].sum()) > 0.5
    return FittedCurve(
        "joint",
        (("amplitude_mbq", amplitude), ("t_eff_h", half_life)),
        mean,
        math.sqrt(variance),
        half_life,
        at_bound,
        AT_BOUND if at_bound else "",
        ExponentialSum(tuple(a for a, _ in phases), tuple(t for _, t in phases)),
        interval_mbq_h=(_quantile(weights, tia, u, 0.025), _quantile(weights, tia, u, 0.975)),
    )


def _quantile(weights: Floats, centre: Floats, spread: Floats, wanted: float) -> float:
    """Quantile of a mixture of normals."""
    from scipy.special import ndtr

    used = weights > 1e-9
    weights, centre, spread = weights[used], centre[used], spread[used]
    low, high = float((centre - 8.0 * spread).min()), float((centre + 8.0 * spread).max())
    for _ in range(40):
        middle = 0.5 * (low + high)
        below = float(weights @ ndtr((middle - centre) / spread)) < wanted
        low, high = (middle, high) if below else (low, middle)
    return max(0.5 * (low + high), 0.0)
