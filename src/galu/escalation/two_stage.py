"""Inference after a two-stage design, which a plain proportion would get wrong.

UMVUE: Jung & Kim, Stat Med 2004;23:881. P value, median-unbiased estimate and the interval made of
p values: Koyama & Chen, Stat Med 2008;27:3145. Exact interval by the stage-wise ordering: Jennison &
Turnbull, Technometrics 1983;25:49; it is the Clopper–Pearson interval where there is one stage.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from galu.binomial import binomial_pmf
from galu.finding import InputError

_PRINTED = 10_000


@dataclass(frozen=True, slots=True)
class Stages:
    """Stop after n1 patients with at most r1 responses; else go on to n."""

    r1: int
    n1: int
    n: int

    def __post_init__(self) -> None:
        if not (0 <= self.r1 < self.n1 < self.n):
            raise InputError(
                "two-stage", f"{self.r1}/{self.n1} then {self.n} is no design", "give 0 ≤ r1 < n1 < n"
            )


@dataclass(frozen=True, slots=True)
class Inference:
    """What x responses say.

    Parameters
    ----------
    stage, patients
        Stage at which the trial ended and patients until then.
    umvue, proportion
        Unbiased estimate, and the plain proportion for comparison.
    p_value
        Against the uninteresting rate.
    median_unbiased
        Rate at which the p value is one half; None when no rate gives it.
    p_interval
        Rates at which the p value is (1 − level)/2 and 1 − (1 − level)/2, rounded inwards to four
        decimals as clinfun prints them; its upper limit is not conservative. None with x = 0.
    exact_interval
        Conservative limits, each error at most (1 − level)/2.
    """

    stage: int
    patients: int
    umvue: float
    proportion: float
    p_value: float
    median_unbiased: float | None
    p_interval: tuple[float, float] | None
    exact_interval: tuple[float, float]


def infer(stages: Stages, x: int, p0: float, level: float = 0.95) -> Inference:
    """Infer from x responses; at most r1 means that the trial ended after the first stage.

    Raises
    ------
    InputError
        When x, p0 or the level is impossible.
    """
    if not 0 <= x <= stages.n:
        raise InputError("x", f"{x} responses of {stages.n}", f"give a count between 0 and {stages.n}")
    if not 0.0 < p0 < 1.0 or not 0.0 < level < 1.0:
        raise InputError(
            "p0", "the rate or the level lies outside 0–1", "give fractions such as 0.3 and 0.95"
        )
    patients = stages.n1 if x <= stages.r1 else stages.n
    half = (1.0 - level) / 2.0

    def at_least(p: float) -> float:
        return reaching(stages, x, p)

    def more(p: float) -> float:
        return reaching(stages, x + 1, p)

    middle = interval = None
    if x > 0:
        middle = _solve(at_least, 0.5)
        interval = (_up(_solve(at_least, half)), _down(_solve(at_least, 1.0 - half)))
    lower = 0.0 if x == 0 else _solve(at_least, half)
    upper = 1.0 if x == stages.n else _solve(more, 1.0 - half)
    return Inference(
        1 if x <= stages.r1 else 2,
        patients,
        umvue(stages, x),
        x / patients,
        at_least(p0),
        middle,
        interval,
        (lower, upper),
    )


def reaching(stages: Stages, x: int, p: float) -> float:
    """Probability of x responses or more in the stage-wise ordering, at response rate p.

    A trial that ends after its first stage ranks below every one that goes on.
    """
    first = np.array(binomial_pmf(stages.n1, p))
    if x <= stages.r1:
        return float(first[x:].sum())
    # Added from the small end, so that a tail keeps its digits.
    second = np.cumsum(binomial_pmf(stages.n - stages.n1, p)[::-1])[::-1]
    second = np.append(second, 0.0)
    need = np.clip(x - np.arange(stages.r1 + 1, stages.n1 + 1), 0, len(second) - 1)
    return float(first[stages.r1 + 1 :] @ second[need])


def umvue(stages: Stages, x: int) -> float:
    """Uniformly minimum variance unbiased estimate of the response rate."""
    r1, n1, n2 = stages.r1, stages.n1, stages.n - stages.n1
    if x <= r1:
        return x / n1
    span = range(max(r1 + 1, x - n2), min(x, n1) + 1)
    ways = np.array([_log_ways(n1, k) + _log_ways(n2, x - k) for k in span])
    weights = np.exp(ways - ways.max())
    # Of the ways with k responses in the first stage, k / n1 have one in its first patient.
    return float(weights @ np.array(span) / (n1 * weights.sum()))


def _log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _solve(rising: Callable[[float], float], wanted: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda p: rising(p) - wanted, 0.0, 1.0, xtol=1e-13, rtol=1e-13))


def _up(p: float) -> float:
    return math.ceil(p * _PRINTED - 1e-7) / _PRINTED


def _down(p: float) -> float:
    return math.floor(p * _PRINTED + 1e-7) / _PRINTED
