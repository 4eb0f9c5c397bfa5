"""BOP2 for a binary endpoint (Zhou, Lee & Yuan, Stat Med 2017;36:3302).

At each look of n out of N patients the trial stops when Pr(p > p0 | data) < λ (n/N)^γ under the prior
Beta(p0, 1 − p0). λ and γ are those of greatest power with the type I error kept; among equals the
smaller expected number under p0 wins, then the first of the grid (λ 0.50 to 0.99, γ 0 to 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galu.escalation.stopping import Course, Looks, check_looks, course
from galu.finding import InputError

LAMBDAS = tuple(round(0.50 + 0.01 * i, 2) for i in range(50))
GAMMAS = tuple(round(0.05 * i, 2) for i in range(21))


@dataclass(frozen=True, slots=True)
class Bop2:
    """A calibrated design with its exact characteristics under p0 and p1."""

    lambda_: float
    gamma: float
    looks: Looks
    under_p0: Course
    under_p1: Course


def posterior_above(p0: float, looks: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
    """Pr(p > p0 | y of n) for y = 0 to n, one array for each look n."""
    from scipy.special import betaincc

    return tuple(
        np.asarray(betaincc(p0 + np.arange(n + 1), 1.0 - p0 + n - np.arange(n + 1), p0)) for n in looks
    )


def bop2(p0: float, p1: float, alpha: float, looks: tuple[int, ...]) -> Bop2:
    """Calibrate by full search of the grid.

    Raises
    ------
    InputError
        When rates or looks make no sense, or no pair of the grid keeps the error.
    """
    check_looks(looks)
    if not 0.0 < p0 < p1 < 1.0 or not 0.0 < alpha < 1.0:
        raise InputError("bop2", "rates and error do not fit", "give 0 < p0 < p1 < 1 and 0 < alpha < 1")
    above = posterior_above(p0, looks)
    seen: dict[tuple[int, ...], tuple[float, float]] = {}
    for lambda_ in LAMBDAS:
        for gamma in GAMMAS:
            cuts = (lambda_ * (n / looks[-1]) ** gamma for n in looks)
            most = tuple(int((row < cut).sum()) - 1 for row, cut in zip(above, cuts, strict=True))
            seen.setdefault(most, (lambda_, gamma))
    best: Bop2 | None = None
    for most, (lambda_, gamma) in seen.items():
        rule = Looks(looks, most)
        null = course(rule, p0)
        if null.promising <= alpha:
            found = Bop2(lambda_, gamma, rule, null, course(rule, p1))
            best = found if best is None or _rank(found) > _rank(best) else best
    if best is None:
        raise InputError("bop2", f"no design keeps a type I error of {alpha}", "allow more patients or error")
    return best


def _rank(design: Bop2) -> tuple[float, float]:
    return round(design.under_p1.promising, 12), -round(design.under_p0.expected_n, 9)
