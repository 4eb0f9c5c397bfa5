"""Population fits of the bi-exponential model: conditional linearisation (FOCE) and Laplace with censoring.

`fit_foce` linearises the model about each subject's most likely effects and fits the linear mixed model,
in turn until both agree (Lindstrom and Bates, Biometrics 1990;46:673; as nlme does). It takes quantified
samples only. Where the linearised model has no solution its steps are damped, and where that does not help
`fit_foce` gives the Laplace fit and says so. `fit_laplace` expands the likelihood of each subject itself, so
that samples below quantification can enter by method M3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from galu.finding import InputError
from galu.pharmacokinetics.biexponential import (
    EFFECTS,
    FIXED_EFFECTS,
    laplace,
    linear_mixed,
    linearise,
    predict_effects,
)

Floats = NDArray[np.float64]
Objective = Callable[[Floats], float]
#: Fixed effects, in the order of θ: logarithms of amplitudes and rates [1/h], the covariate's exponent.
FIXED: Final = ("a1", "l1", "a2", "l2", "b")
#: Least and largest ln of a spread: below it an effect is a constant.
_SPREAD: Final = (math.log(1e-3), 3.0)
_MOST_ROUNDS: Final = 200
#: Rounds end when no element of θ moves more than this.
_SETTLED: Final = 1e-5


@dataclass(frozen=True, eq=False)
class PopulationData:
    """Samples of several subjects, rows of a subject together.

    Attributes
    ----------
    subjects : tuple of str
        Subjects, in order.
    starts : array, shape (subjects + 1,)
        Bounds of each subject's rows.
    rows : array, shape (rows, 3)
        Time since the start of the administration [h]; ln of the concentration, or of its limit of
        quantification where censored; 1 where censored, else 0.
    covariate : array, shape (subjects,)
        ln of the covariate over its reference value; all zero: none.
    """

    subjects: tuple[str, ...]
    starts: NDArray[np.int64]
    rows: Floats
    covariate: Floats

    @property
    def quantified(self) -> PopulationData:
        """The same without censored rows, nor subjects that have no others."""
        keep = self.rows[:, 2] == 0.0
        counts = np.array([keep[a:b].sum() for a, b in zip(self.starts, self.starts[1:], strict=False)])
        left = counts > 0
        starts = np.concatenate(([0], np.cumsum(counts[left]))).astype(np.int64)
        names = tuple(name for name, has in zip(self.subjects, left, strict=True) if has)
        return PopulationData(names, starts, self.rows[keep], self.covariate[left])


@dataclass(frozen=True, eq=False)
class PopulationFit:
    """Estimates with standard errors, the spread between subjects and each subject's parameters.

    Attributes
    ----------
    method : str
        How the likelihood was approximated.
    estimate, standard_error : dict of str to float
        Fixed effects (see `FIXED`).
    omega : dict of str to float
        Standard deviation of the subjects' effects.
    sigma : float
        Residual standard deviation of ln C.
    log_likelihood : float
        As approximated by the method.
    individual : array, shape (subjects, 4)
        a1, l1, a2, l2 of each subject, without the covariate's part.
    converged : bool
    reason : str
        What the reader must know.
    """

    method: str
    subjects: tuple[str, ...]
    estimate: dict[str, float]
    standard_error: dict[str, float]
    omega: dict[str, float]
    sigma: float
    log_likelihood: float
    individual: Floats
    converged: bool
    reason: str


def population_data(
    subject: Sequence[str],
    time_h: Sequence[float],
    conc: Sequence[float],
    censored: Sequence[bool],
    covariate: Sequence[float] | None = None,
) -> PopulationData:
    """Arrange rows for a fit; `conc` of a censored row is its limit of quantification.

    Raises
    ------
    InputError
        When lengths differ, a value is not positive, a time precedes the dose, or a covariate changes
        within a subject.
    """
    names, times = np.asarray(subject, dtype=str), np.asarray(time_h, dtype=float)
    values, below = np.asarray(conc, dtype=float), np.asarray(censored, dtype=float)
    extra = np.zeros(len(times)) if covariate is None else np.asarray(covariate, dtype=float)
    if not len(names) == len(times) == len(values) == len(below) == len(extra):
        raise InputError("population data", "columns differ in length", "give one value of each per row")
    usable = np.isfinite(times) & (times >= 0.0) & np.isfinite(values) & (values > 0.0)
    bad = ~(usable & np.isfinite(extra))
    if bad.any():
        row = int(bad.argmax()) + 1
        raise InputError(
            f"population data, row {row}",
            f"concentration {values[row - 1]:g} at {times[row - 1]:g} h cannot be used",
            "give positive values since the dose, and the limit of quantification where censored",
        )
    order = np.lexsort((times, names))
    unique, first = np.unique(names[order], return_index=True)
    starts = np.append(first, len(names)).astype(np.int64)
    for a, b, name in zip(starts, starts[1:], unique, strict=False):
        if np.ptp(extra[order][a:b]) > 0.0:
            raise InputError(
                f"population data, {name}", "the covariate changes", "give one value per subject"
            )
    rows = np.column_stack((times, np.log(values), below))[order]
    return PopulationData(tuple(map(str, unique)), starts, rows, extra[order][first])


#: Share of each round's step that is taken, tried in turn.
_DAMPING: Final = (1.0, 0.5, 0.2)
#: A logarithm known no better than this is not known (assumed): a factor of twenty either way.
_UNKNOWN: Final = 3.0
#: Minus the log-likelihood of a place where there is none.
_NO_LIKELIHOOD: Final = 1e12


def fit_foce(data: PopulationData) -> PopulationFit:
    """Fit quantified samples by conditional linearisation; censored rows are left out, and it says so.

    Rounds that lead nowhere are damped, or replaced by the Laplace fit, and `reason` says which.

    Raises
    ------
    InputError
        With fewer than five subjects, or too few samples in one of the phases.
    """
    used = data.quantified
    start = _start(used)
    left_out = len(data.rows) - len(used.rows)
    said = f"{left_out} samples below quantification left out" if left_out else ""
    for share in _DAMPING:
        found = _rounds(used, start.copy(), share)
        if found is not None:
            theta, errors, eta, value, settled = found
            damped = "" if share == 1.0 else f"its steps were damped to {share:g}"
            said = "; ".join(part for part in (said, damped) if part)
            return _fit("FOCE (Lindstrom-Bates)", used, (theta, errors, eta), -value, (settled, said))
    laplace_fit = fit_laplace(data)
    instead = "the linearised model has no solution, so this is the Laplace fit of all samples"
    return replace(laplace_fit, reason="; ".join(part for part in (instead, laplace_fit.reason) if part))


def _rounds(
    used: PopulationData, theta: Floats, share: float
) -> tuple[Floats, Floats, Floats, float, bool] | None:
    """θ, standard errors, effects, minus the log-likelihood and whether it settled; None where it cannot."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is looked for below
            return _linearised(used, theta, share)
    except (np.linalg.LinAlgError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _linearised(
    used: PopulationData, theta: Floats, share: float
) -> tuple[Floats, Floats, Floats, float, bool] | None:
    eta = np.zeros((len(used.subjects), EFFECTS))
    information = np.eye(EFFECTS)
    value, moved = math.inf, math.inf
    for _ in range(_MOST_ROUNDS):
        before = theta.copy()
        design = linearise(used.starts, used.rows, used.covariate, theta, eta)
        value, information = _linear_step(used, design, theta)
        theta[:FIXED_EFFECTS] = before[:FIXED_EFFECTS] + share * (
            theta[:FIXED_EFFECTS] - before[:FIXED_EFFECTS]
        )
        predict_effects(used.starts, design, theta, eta)
        moved = float(np.abs(theta - before).max())
        if not (math.isfinite(value) and np.isfinite(theta).all() and np.isfinite(eta).all()):
            return None
        if moved < _SETTLED:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    settled = moved < _SETTLED
    return (theta, errors, eta, value, settled) if np.isfinite(errors).all() else None


def _linear_step(data: PopulationData, design: Floats, theta: Floats) -> tuple[float, Floats]:
    """Maximum likelihood of the linearised model: updates θ, gives minus the log-likelihood, information."""
    fixed = FIXED_EFFECTS if _has_covariate(data) else EFFECTS
    beta, information = np.zeros(fixed), np.zeros((fixed, fixed))

    def objective(x: Floats) -> float:
        return float(linear_mixed(data.starts, design, x, beta, information))

    spread, _ = _minimise(objective, theta[FIXED_EFFECTS:], [_SPREAD] * (EFFECTS + 1))
    value = objective(spread)
    theta[:fixed], theta[FIXED_EFFECTS:] = beta, spread
    return value, information


def fit_laplace(data: PopulationData) -> PopulationFit:
    """Fit all samples by the Laplace likelihood; those below quantification enter by method M3.

    Raises
    ------
    InputError
        With fewer than five subjects, or too few samples in one of the phases.
    """
    start, eta = _start(data.quantified), np.zeros((len(data.subjects), EFFECTS))
    free = [k for k in range(len(start)) if k != FIXED.index("b") or _has_covariate(data)]

    def full(x: Floats) -> Floats:
        theta = start.copy()
        theta[free] = x
        return theta

    def objective(x: Floats) -> float:
        try:
            value = float(laplace(data.starts, data.rows, data.covariate, full(x), eta))
        except np.linalg.LinAlgError:
            value = math.nan
        if math.isfinite(value):
            return value
        eta[:] = 0.0  # effects of an impossible place would spoil the next
        return _NO_LIKELIHOOD

    bounds = [_SPREAD if k >= FIXED_EFFECTS else (-math.inf, math.inf) for k in free]
    best, said = _minimise(objective, start[free], bounds)
    errors = np.full(len(start), np.nan)
    errors[free] = _standard_errors(objective, best)
    value = objective(best)
    if value >= _NO_LIKELIHOOD:
        fault = "are described by no bi-exponential decline"
        raise InputError("population data", fault, "check times [h] and concentrations")
    return _fit("Laplace, M3", data, (full(best), errors, eta), -value, (not said, said))


def _minimise(objective: Objective, start: Floats, bounds: list[tuple[float, float]]) -> tuple[Floats, str]:
    """Where the objective is least, and why the search did not end if it did not."""
    from scipy import optimize

    low, high = zip(*bounds, strict=True)
    minimize: Any = optimize.minimize  # its overloads do not know a gradient of an array's shape
    found = minimize(
        objective,
        start,
        jac=lambda x: _gradient(objective, x),
        method="L-BFGS-B",
        bounds=optimize.Bounds(np.array(low), np.array(high)),
        options={"maxiter": 400, "ftol": 1e-12, "gtol": 1e-5},
    )
    return np.asarray(found.x), "" if found.success else str(found.message)


def _fit(
    method: str,
    data: PopulationData,
    found: tuple[Floats, Floats, Floats],
    log_likelihood: float,
    ended: tuple[bool, str],
) -> PopulationFit:
    theta, errors, eta = found
    names = FIXED if _has_covariate(data) else FIXED[:EFFECTS]
    order = "" if theta[1] > theta[3] else "the fast phase is not faster than the slow one"
    unknown = [name for k, name in enumerate(names) if not errors[k] < _UNKNOWN]
    doubt = f"the samples do not determine {', '.join(unknown)}" if unknown else ""
    rounds = "" if ended[0] or ended[1] else "the search did not settle"
    return PopulationFit(
        method=method,
        subjects=data.subjects,
        estimate={name: float(theta[k]) for k, name in enumerate(names)},
        standard_error={name: float(errors[k]) for k, name in enumerate(names)},
        omega={name: math.exp(theta[FIXED_EFFECTS + k]) for k, name in enumerate(FIXED[:EFFECTS])},
        sigma=math.exp(theta[-1]),
        log_likelihood=log_likelihood,
        individual=theta[:EFFECTS] + eta,
        converged=ended[0],
        reason="; ".join(part for part in (ended[1], rounds, order, doubt) if part),
    )


def _has_covariate(data: PopulationData) -> bool:
    return bool(np.ptp(data.covariate) > 0.0)


def _gradient(objective: Objective, x: Floats) -> Floats:
    """Central differences of the objective, which is smooth to about 1e-12."""
    slope = np.empty(len(x))
    for k in range(len(x)):
        step = np.zeros(len(x))
        step[k] = 1e-5 * max(1.0, abs(x[k]))
        slope[k] = (objective(x + step) - objective(x - step)) / (2.0 * step[k])
    return slope


def _standard_errors(objective: Objective, x: Floats) -> Floats:
    """From the curvature by differences of the gradient; NaN where the likelihood is not convex."""
    n = len(x)
    curvature = np.empty((n, n))
    for k in range(n):
        step = np.zeros(n)
        step[k] = 1e-3 * max(1.0, abs(x[k]))
        curvature[k] = (_gradient(objective, x + step) - _gradient(objective, x - step)) / (2.0 * step[k])
    variance = np.diag(np.linalg.pinv(0.5 * (curvature + curvature.T)))
    return np.sqrt(np.where(variance > 0.0, variance, np.nan))


def _start(data: PopulationData) -> Floats:
    """Starting θ: the slow phase from the later half of the samples, the fast one from what is above it."""
    if len(data.subjects) < 5:
        raise InputError(
            "population data",
            f"the quantified samples are of {len(data.subjects)} subject(s)",
            "give at least five subjects",
        )
    time, value = data.rows[:, 0], data.rows[:, 1]
    middle = float(np.median(time))
    late = time > middle
    if late.sum() < 3 or (~late).sum() < 3:
        raise InputError("population data", "too few samples", "sample both the early and the late phase")
    if np.ptp(time[late]) == 0.0:
        raise InputError("population data", "too few times", "sample the late phase at two times or more")
    slope, intercept = np.polyfit(time[late], value[late], 1)
    slow = max(-float(slope), 1e-3)
    above = np.exp(value[~late]) - np.exp(float(intercept) - slow * time[~late])
    amplitude = max(float(np.median(above[above > 0.0])) if (above > 0.0).any() else 1.0, 1e-6)
    fast = max(5.0 * slow, 1.0 / max(middle, 1e-3))
    means = [math.log(2.0 * amplitude), math.log(fast), float(intercept), math.log(slow), 0.0]
    return np.array([*means, *(math.log(0.3),) * EFFECTS, math.log(0.2)])
