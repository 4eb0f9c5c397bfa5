"""Bayesian monitoring of one proportion: toxicity stops and futility in an expansion cohort."""

from __future__ import annotations

import math


def tail(bound: float, a: float, b: float) -> float:
    """Pr(p > bound) for p ~ Beta(a, b)."""
    from scipy.special import betaincc

    return float(betaincc(a, b, bound))


def posterior_exceeds(
    y: int, n: int, experimental: tuple[float, float], standard: tuple[float, float]
) -> float:
    """Pr(pE > pS | y of n) with Beta priors (Thall & Simon, Biometrics 1994;50:337)."""
    import numpy as np
    from scipy.special import betainc, betaln

    a, b = standard
    x, w = np.polynomial.legendre.leggauss(400)
    p = 0.5 * (x + 1.0)
    density = np.exp((a - 1) * np.log(p) + (b - 1) * np.log1p(-p) - betaln(a, b))
    above = 1.0 - betainc(experimental[0] + y, experimental[1] + n - y, p)
    return float(0.5 * (w * density * above).sum())


def predictive_probability(
    y: int, n: int, n_max: int, prior: tuple[float, float], success: tuple[float, float]
) -> float:
    """Probability that the trial ends in success (Lee & Liu, Clin Trials 2008;5:93).

    `success` is (p0, θ): at `n_max` patients Pr(p > p0) must exceed θ.
    """
    a, b = prior[0] + y, prior[1] + n - y
    left = n_max - n
    total = 0.0
    for more in range(left + 1):
        if tail(success[0], a + more, b + left - more) > success[1]:
            total += math.exp(_log_beta_binomial(more, left, a, b))
    return total


def _log_beta_binomial(k: int, n: int, a: float, b: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    top = math.lgamma(a + k) + math.lgamma(b + n - k) - math.lgamma(a + b + n)
    return choose + top + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)


def toxicity_bound(
    n: int, limit: float, certainty: float, prior: tuple[float, float] = (1.0, 1.0)
) -> int | None:
    """Smallest number of DLTs among n with Pr(rate > limit) ≥ certainty; None when there is none."""
    counts = range(n + 1)
    return next((y for y in counts if tail(limit, prior[0] + y, prior[1] + n - y) >= certainty), None)
