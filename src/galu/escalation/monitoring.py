"""Bayesian monitoring of an expansion: toxicity beside futility, and what both together do.

Thall & Simon, Biometrics 1994;50:337. Bounds are counts, so that a ward can read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from galu.escalation.stopping import check_looks
from galu.finding import InputError

Beta = tuple[float, float]


def tail(bound: float, a: float, b: float) -> float:
    """Pr(p > bound) for p ~ Beta(a, b)."""
    from scipy.special import betaincc

    return float(betaincc(a, b, bound))


@cache
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(400)


def posterior_exceeds(y: int, n: int, experimental: Beta, standard: Beta, delta: float = 0.0) -> float:
    """Pr(pE > pS + delta | y of n) with Beta priors, by Gauss–Legendre quadrature on 400 nodes."""
    from scipy.special import betainc, betaln

    a, b = standard
    x, w = _legendre()
    p = 0.5 * (x + 1.0)
    density = np.exp((a - 1) * np.log(p) + (b - 1) * np.log1p(-p) - betaln(a, b))
    above = 1.0 - betainc(experimental[0] + y, experimental[1] + n - y, np.clip(p + delta, 0.0, 1.0))
    return float(0.5 * (w * density * above).sum())


def futility_against_standard(n: int, least: float, experimental: Beta, standard: Beta) -> int:
    """Most responses of n with Pr(pE > pS) < `least`; -1 when there is none."""
    counts = range(n, -1, -1)
    return next((y for y in counts if posterior_exceeds(y, n, experimental, standard) < least), -1)


def superiority_against_standard(n: int, most: float, experimental: Beta, standard: Beta) -> int | None:
    """Fewest responses of n with Pr(pE > pS) ≥ `most`; None when there is none."""
    counts = range(n + 1)
    return next((y for y in counts if posterior_exceeds(y, n, experimental, standard) >= most), None)


def toxicity_bound(n: int, limit: float, certainty: float, prior: Beta = (1.0, 1.0)) -> int | None:
    """Smallest number of DLTs among n with Pr(rate > limit) ≥ certainty; None when there is none."""
    counts = range(n + 1)
    return next((y for y in counts if tail(limit, prior[0] + y, prior[1] + n - y) >= certainty), None)


def futility_bound(n: int, p0: float, least: float, prior: Beta = (1.0, 1.0)) -> int:
    """Most responses of n with Pr(rate > p0) < `least`; -1 when there is none."""
    counts = range(n, -1, -1)
    return next((y for y in counts if tail(p0, prior[0] + y, prior[1] + n - y) < least), -1)


@dataclass(frozen=True, slots=True)
class JointRule:
    """At look i: toxic with at least `toxic[i]` DLTs (None never), futile with at most `futile[i]` responses.

    Toxicity is read first. A trial that reaches the last look without stopping is complete.
    """

    looks: tuple[int, ...]
    toxic: tuple[int | None, ...]
    futile: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """Response and DLT rate of a patient, and the odds ratio between the two (1: independent)."""

    response: float
    dlt: float
    odds_ratio: float = 1.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.response <= 1.0 and 0.0 <= self.dlt <= 1.0 and self.odds_ratio > 0.0):
            raise InputError(
                "truth", "a rate lies outside 0–1 or the odds ratio is not positive", "give fractions"
            )

    def cells(self) -> tuple[float, float, float, float]:
        """Probability of neither, response only, DLT only and both (Plackett, JASA 1965;60:516)."""
        r, t, odds = self.response, self.dlt, self.odds_ratio
        both = r * t
        if abs(odds - 1.0) > 1e-9:
            s = 1.0 + (r + t) * (odds - 1.0)
            both = (s - (s * s - 4.0 * odds * (odds - 1.0) * r * t) ** 0.5) / (2.0 * (odds - 1.0))
        return 1.0 - r - t + both, r - both, t - both, both


@dataclass(frozen=True, slots=True)
class JointCourse:
    """Probability of stopping for toxicity, for futility, of completing; expected patients."""

    toxic: float
    futile: float
    complete: float
    expected_n: float


def joint_course(rule: JointRule, truth: Truth) -> JointCourse:
    """Follow responses and DLTs together, patient by patient, exactly.

    Raises
    ------
    InputError
        When the looks do not rise.
    """
    check_looks(rule.looks)
    size = rule.looks[-1] + 1
    neither, response, dlt, both = truth.cells()
    alive = np.zeros((size, size))
    alive[0, 0] = 1.0
    toxic = futile = expected = 0.0
    bounds = {n: (t, f) for n, t, f in zip(rule.looks, rule.toxic, rule.futile, strict=True)}
    for n in range(1, size):
        expected += float(alive.sum())
        following = neither * alive
        following[1:, :] += response * alive[:-1, :]
        following[:, 1:] += dlt * alive[:, :-1]
        following[1:, 1:] += both * alive[:-1, :-1]
        alive = following
        if n in bounds:
            most_dlts, few = bounds[n]
            if most_dlts is not None:
                toxic += float(alive[:, most_dlts:].sum())
                alive[:, most_dlts:] = 0.0
            futile += float(alive[: few + 1, :].sum())
            alive[: few + 1, :] = 0.0
    return JointCourse(toxic, futile, float(alive.sum()), expected)
