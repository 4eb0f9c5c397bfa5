"""The elimination rule that designs and guards share: when a level has too many DLTs to go on with."""

from __future__ import annotations

#: Patients from which a level may be eliminated.
FEWEST = 3


def beta_cdf(x: float, a: float, b: float) -> float:
    """Distribution function of the beta distribution, x cut to 0–1."""
    from scipy.special import betainc

    return float(betainc(a, b, min(max(x, 0.0), 1.0)))


def too_toxic(n: int, y: int, target: float, cutoff: float = 0.95) -> bool:
    """Whether Pr(DLT rate > target | y of n) exceeds `cutoff` under a uniform prior.

    Without a DLT nothing is too toxic, however low the target.
    """
    return y > 0 and 1.0 - beta_cdf(target, y + 1, n - y + 1) > cutoff
