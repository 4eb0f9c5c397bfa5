"""Continual reassessment: CRM and TITE-CRM, empiric and logistic, by quadrature or likelihood.

O'Quigley, Pepe & Fisher, Biometrics 1990;46:33; Cheung & Chappell, Biometrics 2000;56:1177.
Conventions of the R package dfcrm: plug-in estimates at the posterior mean, nearest level wins.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from galu.escalation.conventions import followed_share
from galu.escalation.outcomes import Outcome, PatientOutcome
from galu.finding import InputError

Floats = NDArray[np.float64]
SCALE = 1.34**0.5
#: Deviations of b between which the curve is fitted: beyond them it is fixed, or flat but for a jump.
SCALES = 0.05, 5.0
_NODES = 1441
SPAN = 12.0


@dataclass(frozen=True, slots=True)
class Model:
    """A one-parameter dose–toxicity curve through a skeleton.

    Parameters
    ----------
    skeleton
        Prior DLT probability per level.
    kind
        empiric: p^exp(b). logistic: expit(intercept + exp(b) d).
    scale
        Prior standard deviation of b.

    Raises
    ------
    InputError
        When the skeleton does not rise within 0–1, or the scale or intercept is none.
    """

    skeleton: tuple[float, ...]
    kind: Literal["empiric", "logistic"] = "empiric"
    scale: float = SCALE
    intercept: float = 3.0

    def __post_init__(self) -> None:
        if not self.skeleton or any(not 0.0 < p < 1.0 for p in self.skeleton):
            raise InputError("prior", "a probability lies outside 0–1", "give one fraction per level")
        if any(b <= a for a, b in zip(self.skeleton, self.skeleton[1:], strict=False)):
            raise InputError("prior", "the skeleton does not rise", "order the levels from low to high")
        if self.kind not in ("empiric", "logistic"):
            raise InputError("model", f"`{self.kind}` is not known", "use empiric or logistic")
        if not SCALES[0] <= self.scale <= SCALES[1]:
            fault = f"{self.scale:g} is no deviation of b under which the curve can be fitted"
            between = f"give a number from {SCALES[0]:g} to {SCALES[1]:g}, as in 1.16"
            raise InputError("scale", fault, between)
        if not math.isfinite(self.intercept):
            raise InputError("intercept", f"{self.intercept} is not finite", "give a number such as 3")

    def p_tox(self, b: Floats | float, skeleton: Floats) -> Floats:
        """DLT probability, shape of `b` broadcast against `skeleton`."""
        # Far out in the tails the curve is flat: 0 or 1, as the overflowing power says.
        with np.errstate(over="ignore", under="ignore"):
            if self.kind == "empiric":
                return np.asarray(skeleton ** np.exp(b))
            dose = np.log(skeleton / (1.0 - skeleton)) - self.intercept
            return np.asarray(1.0 / (1.0 + np.exp(-(self.intercept + np.exp(b) * dose))))


@dataclass(frozen=True, slots=True)
class Fit:
    """Estimate of b, its variance, DLT probability per level and the recommended level (from 1)."""

    estimate: float
    variance: float
    p_tox: tuple[float, ...]
    recommended: int


@dataclass(frozen=True, slots=True)
class Patients:
    """Levels (from 1), DLTs and weights of the patients, each of shape (patients,)."""

    levels: tuple[int, ...]
    dlts: tuple[int, ...]
    weights: tuple[float, ...] | None = None

    def check(self, levels: int) -> None:
        """Refuse what does not belong together.

        Raises
        ------
        InputError
            When lengths differ, a level does not exist, or a weight lies outside 0–1.
        """
        lengths = {
            len(self.levels),
            len(self.dlts),
            len(self.levels if self.weights is None else self.weights),
        }
        if len(lengths) != 1:
            raise InputError(
                "patients", "levels, DLTs and weights differ in number", "give one of each per patient"
            )
        if any(not 1 <= level <= levels for level in self.levels):
            raise InputError("levels", "a level does not exist", f"use 1 to {levels}")
        if any(dlt not in (0, 1) for dlt in self.dlts):
            raise InputError("dlts", "a DLT is neither 0 nor 1", "write 0 or 1")
        if self.weights is not None and any(not 0.0 <= w <= 1.0 for w in self.weights):
            raise InputError("weights", "a weight lies outside 0–1", "give the final weight of each patient")


def log_likelihood(model: Model, patients: Patients, b: Floats) -> Floats:
    """Log likelihood of the patients at each value of b, shape of `b`."""
    total = np.zeros_like(b)
    weights = patients.weights or (1.0,) * len(patients.levels)
    skeleton = np.array(model.skeleton)
    for level, dlt, weight in zip(patients.levels, patients.dlts, weights, strict=True):
        p = model.p_tox(b, skeleton[level - 1])
        with np.errstate(divide="ignore"):
            total += np.log(p if dlt else 1.0 - weight * p)
    return total


def fit_bayes(model: Model, patients: Patients, target: float) -> Fit:
    """Posterior mean and variance by the trapezoid rule on 1,441 nodes over ±12 prior deviations."""
    patients.check(len(model.skeleton))
    b = np.linspace(-SPAN, SPAN, _NODES) * model.scale
    log_density = log_likelihood(model, patients, b) - 0.5 * (b / model.scale) ** 2
    density = np.exp(log_density - log_density.max())
    density[[0, -1]] *= 0.5
    mass = float(density.sum())
    mean = float((b * density).sum() / mass)
    variance = float((b * b * density).sum() / mass - mean * mean)
    return _fit(model, mean, variance, target)


def fit_mle(model: Model, patients: Patients, target: float) -> Fit:
    """Maximum likelihood within ±10, as dfcrm; the variance is the inverse observed information.

    Raises
    ------
    InputError
        When all patients have the same outcome, so that there is no maximum.
    """
    from scipy.optimize import minimize_scalar

    patients.check(len(model.skeleton))
    if len(set(patients.dlts)) != 2:
        raise InputError("dlts", "maximum likelihood needs both outcomes", "use --method bayes until then")

    def loss(b: float) -> float:
        return -float(log_likelihood(model, patients, np.array([b]))[0])

    grid = np.linspace(-10.0, 10.0, 401)
    start = int(np.argmax(log_likelihood(model, patients, grid)))
    low, high = grid[max(start - 1, 0)], grid[min(start + 1, 400)]
    best = float(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x)
    step = 1e-4
    curvature = (loss(best + step) - 2.0 * loss(best) + loss(best - step)) / step**2
    return _fit(model, best, 1.0 / curvature, target)


def _fit(model: Model, b: float, variance: float, target: float) -> Fit:
    p = model.p_tox(b, np.array(model.skeleton))
    return Fit(b, variance, tuple(float(x) for x in p), int(np.argmin(np.abs(p - target))) + 1)


def skeleton(halfwidth: float, target: float, start: int, levels: int, model: Model) -> tuple[float, ...]:
    """Prior DLT probabilities whose indifference interval is target ± halfwidth (dfcrm's `getprior`).

    Lee & Cheung, Clin Trials 2009;6:227. `model` gives the curve; its own skeleton is not used.

    Parameters
    ----------
    start
        Level thought to be the MTD.
    levels
        Number of levels.
    """
    check_interval("target", target, halfwidth, "or give a skeleton of your own (prior)")
    scale, unscale = _dose_scale(model)
    doses = [0.0] * levels
    doses[start - 1] = scale(target)
    low, high = scale(target - halfwidth), scale(target + halfwidth)
    for k in range(start - 1, 0, -1):
        doses[k - 1] = low * doses[k] / high
    for k in range(start - 1, levels - 1):
        doses[k + 1] = high * doses[k] / low
    return tuple(unscale(dose) for dose in doses)


def check_interval(place: str, target: float, halfwidth: float, remedy: str) -> None:
    """Refuse a target whose interval leaves 0–1.

    Raises
    ------
    InputError
        With the range that is allowed.
    """
    if not halfwidth < target < 1.0 - halfwidth:
        low, high = target - halfwidth, target + halfwidth
        fault = f"the interval from {low:.4g} to {high:.4g} around the target {target} is not inside 0–1"
        between = f"give a target above {halfwidth:g} and below {1.0 - halfwidth:g}"
        raise InputError(place, fault, f"{between}, {remedy}" if remedy else between)


def _dose_scale(model: Model) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """To and from the scale on which the curve multiplies the dose by exp(b)."""
    if model.kind == "empiric":
        return math.log, math.exp
    return (
        lambda p: math.log(p / (1.0 - p)) - model.intercept,
        lambda dose: 1.0 / (1.0 + math.exp(-model.intercept - dose)),
    )


def weighted(used: list[PatientOutcome]) -> Patients:
    """Patients with the followed fraction of the window as the weight of a pending one.

    Raises
    ------
    InputError
        When a pending patient has no follow-up.
    """
    return Patients(
        tuple(p.level for p in used),
        tuple(int(p.outcome is Outcome.DLT) for p in used),
        tuple(1.0 if p.outcome is not Outcome.PENDING else followed_share(p) for p in used),
    )
