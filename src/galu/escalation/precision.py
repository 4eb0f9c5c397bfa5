"""What an expansion of a given size can say: widths of exact intervals, and events it cannot miss."""

from __future__ import annotations

import math
from dataclasses import dataclass

from galu.binomial import binomial_pmf, clopper_pearson
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Precision:
    """Precision at n patients and an assumed rate.

    Parameters
    ----------
    count, lower, upper
        Events nearest to the assumed rate (of two as near the higher), and their Clopper–Pearson limits.
    expected_width
        Mean width of the interval over the events that the rate gives.
    at_least_one
        Probability of seeing one event or more.
    """

    n: int
    rate: float
    count: int
    lower: float
    upper: float
    expected_width: float
    at_least_one: float


def precision(n: int, rate: float, level: float = 0.95) -> Precision:
    """Precision of a proportion.

    Raises
    ------
    InputError
        When there is no patient or the rate lies outside 0–1.
    """
    if not 0.0 <= rate <= 1.0:
        raise InputError("rate", f"{rate} is no rate", "give a fraction in 0–1")
    limits = [clopper_pearson(x, n, level) for x in range(n + 1)]
    chances = binomial_pmf(n, rate)
    width = sum(c * (found.upper - found.lower) for c, found in zip(chances, limits, strict=True))
    count = math.floor(n * rate + 0.5 + 1e-9)
    here = limits[count]
    return Precision(n, rate, count, here.lower, here.upper, width, 1.0 - chances[0])


def smallest_for_width(width: float, rate: float, level: float = 0.95, largest: int = 1000) -> int:
    """Fewest patients from which on the expected width is at most `width`.

    Raises
    ------
    InputError
        When `largest` patients do not suffice.
    """
    if not 0.0 < width < 1.0:
        raise InputError("width", f"{width} is no width", "give a fraction between 0 and 1")
    low, high = 1, largest
    if precision(high, rate, level).expected_width > width:
        raise InputError("width", f"{largest} patients give no interval of {width}", "allow a wider one")
    while low < high:
        middle = (low + high) // 2
        if precision(middle, rate, level).expected_width <= width:
            high = middle
        else:
            low = middle + 1
    return low
