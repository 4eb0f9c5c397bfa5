"""The binomial distribution, and its exact interval: Clopper and Pearson, Biometrika 1934;26:404."""

from __future__ import annotations

import math
from dataclasses import dataclass

from galu.finding import InputError

#: Patients up to which the number of ways is a float.
_DIRECT = 1000


def binomial_pmf(n: int, p: float) -> list[float]:
    """Probability of 0, 1, …, n events, shape (n + 1,)."""
    if n <= _DIRECT:
        return [math.comb(n, k) * p**k * (1.0 - p) ** (n - k) for k in range(n + 1)]
    if p in (0.0, 1.0):
        return [float(k == p * n) for k in range(n + 1)]
    return _from_the_mode(n, p)


def _from_the_mode(n: int, p: float) -> list[float]:
    """The same by ratios of neighbours from the most probable number, whose own is a logarithm's."""
    mode = min(n, int((n + 1) * p))
    top = math.lgamma(n + 1) - math.lgamma(mode + 1) - math.lgamma(n - mode + 1)
    found = [0.0] * (n + 1)
    found[mode] = math.exp(top + mode * math.log(p) + (n - mode) * math.log1p(-p))
    odds = p / (1.0 - p)
    for k in range(mode, n):
        found[k + 1] = found[k] * odds * (n - k) / (k + 1)
    for k in range(mode, 0, -1):
        found[k - 1] = found[k] * k / ((n - k + 1) * odds)
    whole = math.fsum(found)
    return [chance / whole for chance in found]


@dataclass(frozen=True, slots=True)
class Proportion:
    """A proportion with its exact limits; the denominator is always stated."""

    x: int
    n: int
    level: float
    estimate: float
    lower: float
    upper: float


def clopper_pearson(x: int, n: int, level: float = 0.95) -> Proportion:
    """Exact two-sided interval of `x` responders among `n`.

    Raises
    ------
    InputError
        When `n` is not positive, `x` not within 0 and `n`, or `level` not between 0 and 1.
    """
    from scipy.special import betaincinv

    if n < 1:
        raise InputError("n", f"{n} patients", "give a denominator of at least 1")
    if not 0 <= x <= n:
        raise InputError("x", f"{x} of {n}", f"give a count between 0 and {n}")
    if not 0.0 < level < 1.0:
        raise InputError("level", f"{level} is not between 0 and 1", "give a level such as 0.95")
    tail = (1.0 - level) / 2.0
    lower = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    upper = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1.0 - tail))
    return Proportion(x, n, level, x / n, lower, upper)
