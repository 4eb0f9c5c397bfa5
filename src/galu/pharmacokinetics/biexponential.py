"""Kernels of the bi-exponential population model: the curve, each subject's effects, and two likelihoods.

ln C(t) = ln(e^{a1 − e^{l1}·t} + e^{a2 − e^{l2 + b·x}·t}) + ε, with ε normal of variance σ², and a1, l1,
a2, l2 of each subject normal about the population's with variances ω². Concentrations below the limit
of quantification enter by the probability of lying there (method M3: Beal, J Pharmacokinet Pharmacodyn
2001;28:481).

Everywhere `rows` (n, 3) holds time [h], ln C (or ln of the limit) and 1 where censored, and `theta`
(10,) the four means, b, four ln ω and ln σ.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from galu.compiled import kernel

#: Random effects of a subject: a1, l1, a2, l2.
EFFECTS: Final = 4
#: Fixed effects: the four means and the covariate's exponent.
FIXED_EFFECTS: Final = 5
_MOST_STEPS: Final = 60
_SQRT_HALF: Final = math.sqrt(0.5)
_LOG_TWO_PI: Final = math.log(2.0 * math.pi)


@kernel
def predict(phi: Any, slope_x: float, time_h: float, derivative: Any) -> Any:
    """Logarithm of the concentration at one time; fills its derivatives by a1, l1, a2, l2."""
    fast, slow = math.exp(phi[1]), math.exp(phi[3] + slope_x)
    first, second = phi[0] - fast * time_h, phi[2] - slow * time_h
    high = max(first, second)
    value = high + math.log(math.exp(first - high) + math.exp(second - high))
    share_first, share_second = math.exp(first - value), math.exp(second - value)
    derivative[0] = share_first
    derivative[1] = -share_first * fast * time_h
    derivative[2] = share_second
    derivative[3] = -share_second * slow * time_h
    return value


@kernel
def _log_below(z: float) -> float:
    """Logarithm of the standard normal probability below z."""
    if z > -30.0:
        return math.log(0.5 * math.erfc(-z * _SQRT_HALF))
    return -0.5 * z * z - math.log(-z) - 0.5 * _LOG_TWO_PI


@kernel
def _joint(rows: Any, theta: Any, eta: Any, slope_x: float, gradient: Any, hessian: Any) -> Any:
    """Minus the joint log-likelihood of one subject's data and effects; fills gradient and curvature."""
    sigma = math.exp(theta[9])
    phi, derivative = np.empty(EFFECTS), np.empty(EFFECTS)
    total = 0.5 * EFFECTS * _LOG_TWO_PI
    hessian[:] = 0.0
    for k in range(EFFECTS):
        precision = math.exp(-2.0 * theta[5 + k])
        phi[k] = theta[k] + eta[k]
        total += theta[5 + k] + 0.5 * precision * eta[k] * eta[k]
        gradient[k] = precision * eta[k]
        hessian[k, k] = precision
    for i in range(len(rows)):
        z = (rows[i, 1] - predict(phi, slope_x, rows[i, 0], derivative)) / sigma
        if rows[i, 2] > 0.0:
            below = _log_below(z)
            total -= below
            hazard = math.exp(-0.5 * z * z - 0.5 * _LOG_TWO_PI - below)
            push, curve = hazard / sigma, hazard * (hazard + z) / (sigma * sigma)
        else:
            total += 0.5 * z * z + theta[9] + 0.5 * _LOG_TWO_PI
            push, curve = -z / sigma, 1.0 / (sigma * sigma)
        for k in range(EFFECTS):
            gradient[k] += push * derivative[k]
            for m in range(EFFECTS):
                hessian[k, m] += curve * derivative[k] * derivative[m]
    return total


@kernel
def find_mode(rows: Any, theta: Any, eta: Any, slope_x: float) -> Any:
    """Move `eta` to the subject's most likely effects; gives minus the Laplace log-likelihood.

    Gauss–Newton steps with halving; the curvature is that of the linearised model.
    """
    gradient, hessian = np.empty(EFFECTS), np.empty((EFFECTS, EFFECTS))
    next_gradient, next_hessian = np.empty(EFFECTS), np.empty((EFFECTS, EFFECTS))
    trial = np.empty(EFFECTS)
    value = _joint(rows, theta, eta, slope_x, gradient, hessian)
    for _ in range(_MOST_STEPS):
        step = np.linalg.solve(hessian, gradient)
        decrement = 0.0
        for k in range(EFFECTS):
            decrement += step[k] * gradient[k]
        length, found = 1.0, value
        while decrement > 1e-14 and length > 1e-6:
            for k in range(EFFECTS):
                trial[k] = eta[k] - length * step[k]
            found = _joint(rows, theta, trial, slope_x, next_gradient, next_hessian)
            if found <= value - 1e-4 * length * decrement:
                break
            length *= 0.5
        if decrement <= 1e-14 or length <= 1e-6:
            break
        value = found
        eta[:], gradient[:], hessian[:] = trial, next_gradient, next_hessian
    return value + 0.5 * math.log(np.linalg.det(hessian)) - 0.5 * EFFECTS * _LOG_TWO_PI


@kernel
def laplace(starts: Any, rows: Any, covariate: Any, theta: Any, eta: Any) -> float:
    """Minus the Laplace log-likelihood of all subjects; `eta` (subjects, 4) is moved to the modes.

    `starts` (subjects + 1,) are the bounds of each subject's rows; `covariate` (subjects,) is x.
    """
    total = 0.0
    for s in range(len(starts) - 1):
        total += find_mode(rows[starts[s] : starts[s + 1]], theta, eta[s], theta[4] * covariate[s])
    return total


@kernel
def linearise(starts: Any, rows: Any, covariate: Any, theta: Any, eta: Any) -> Any:
    """Pseudo-data and design of the model linearised at the present effects.

    Gives an array (n, 10): the pseudo-data w = y − f + Xβ + Zη, the five columns of X and the four of Z.
    """
    found = np.empty((len(rows), 1 + FIXED_EFFECTS + EFFECTS))
    phi, derivative = np.empty(EFFECTS), np.empty(EFFECTS)
    for s in range(len(starts) - 1):
        x = covariate[s]
        for k in range(EFFECTS):
            phi[k] = theta[k] + eta[s, k]
        for i in range(starts[s], starts[s + 1]):
            w = rows[i, 1] - predict(phi, theta[4] * x, rows[i, 0], derivative)
            for k in range(EFFECTS):
                found[i, 1 + k] = derivative[k]
                found[i, 1 + FIXED_EFFECTS + k] = derivative[k]
                w += derivative[k] * phi[k]
            found[i, FIXED_EFFECTS] = derivative[3] * x
            found[i, 0] = w + derivative[3] * x * theta[4]
    return found


@kernel
def _whiten(block: Any, spread: Any, white: Any) -> float:
    """Divide the rows' data by the Cholesky factor of their covariance, ω²ZZᵀ + σ²; gives ln det / 2.

    `white` (n, 1 + fixed effects) holds w and X, and is overwritten. Own loops: blocks have a dozen rows.
    """
    n, columns = white.shape
    lower = np.zeros((n, n))
    half_log_det = 0.0
    for i in range(n):
        for j in range(i + 1):
            total = math.exp(2.0 * spread[4]) if i == j else 0.0
            for k in range(EFFECTS):
                product = block[i, 1 + FIXED_EFFECTS + k] * block[j, 1 + FIXED_EFFECTS + k]
                total += math.exp(2.0 * spread[k]) * product
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = math.sqrt(total) if i == j else total / lower[j, j]
        half_log_det += math.log(lower[i, i])
        for c in range(columns):
            for k in range(i):
                white[i, c] -= lower[i, k] * white[k, c]
            white[i, c] /= lower[i, i]
    return half_log_det


@kernel
def linear_mixed(starts: Any, design: Any, spread: Any, beta: Any, information: Any) -> Any:
    """Minus the log-likelihood of the linear mixed model at given spreads, profiled over β.

    `spread` (5,) holds four ln ω and ln σ; `beta` (4,) or, with a covariate, (5,) is filled with the
    generalised least-squares estimate and `information` with its inverse covariance.
    """
    size = 1 + len(beta)
    cross = np.zeros((size, size))
    total = 0.5 * len(design) * _LOG_TWO_PI
    for s in range(len(starts) - 1):
        block = design[starts[s] : starts[s + 1]]
        white = block[:, :size].copy()
        total += _whiten(block, spread, white)
        for i in range(len(white)):
            for c in range(size):
                for d in range(size):
                    cross[c, d] += white[i, c] * white[i, d]
    information[:] = cross[1:, 1:]
    right = cross[1:, 0].copy()
    beta[:] = np.linalg.solve(information, right)
    return total + 0.5 * (cross[0, 0] - np.dot(right, beta))


@kernel
def predict_effects(starts: Any, design: Any, theta: Any, eta: Any) -> None:
    """Fill `eta` with the best linear unbiased predictions of the linearised model."""
    size = 1 + FIXED_EFFECTS
    for s in range(len(starts) - 1):
        block = design[starts[s] : starts[s + 1]]
        hessian, right = np.zeros((EFFECTS, EFFECTS)), np.zeros(EFFECTS)
        for k in range(EFFECTS):
            hessian[k, k] = math.exp(2.0 * (theta[9] - theta[5 + k]))
        for i in range(len(block)):
            rest = block[i, 0]
            for k in range(FIXED_EFFECTS):
                rest -= block[i, 1 + k] * theta[k]
            for k in range(EFFECTS):
                right[k] += block[i, size + k] * rest
                for m in range(EFFECTS):
                    hessian[k, m] += block[i, size + k] * block[i, size + m]
        eta[s] = np.linalg.solve(hessian, right)
