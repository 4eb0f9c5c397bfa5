"""Simon's two-stage designs (Control Clin Trials 1989;10:1), optimal and minimax, by full search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from galu.binomial import binomial_pmf
from galu.finding import InputError

#: Patients up to which is searched where fewer do, and beyond which nothing is.
_USUAL, _MOST = 130, 5000


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop after n1 with at most r1 responses; not promising with at most r of n."""

    r1: int
    n1: int
    r: int
    n: int
    en0: float
    pet0: float


@dataclass(frozen=True, slots=True)
class _Goal:
    """Uninteresting and desired rate, and the two errors."""

    p0: float
    p1: float
    alpha: float
    beta: float

    def __post_init__(self) -> None:
        rates, errors = (self.p0, self.p1), (self.alpha, self.beta)
        if not 0.0 < rates[0] < rates[1] < 1.0 or not all(0.0 < error < 1.0 for error in errors):
            raise InputError(
                "simon", "rates and errors do not fit", "give 0 < p0 < p1 < 1 and errors between 0 and 1"
            )


@lru_cache(maxsize=8192)
def _pmf(n: int, p: float) -> NDArray[np.float64]:
    return np.array(binomial_pmf(n, p))


@lru_cache(maxsize=8192)
def _at_least(n: int, p: float) -> NDArray[np.float64]:
    """Probability of at least 0, 1, …, n + 1 responses, shape (n + 2,)."""
    return np.concatenate([np.cumsum(_pmf(n, p)[::-1])[::-1], [0.0]])


def _rejects(sizes: tuple[int, int], r1: int, r: int, p: float) -> float:
    """Probability of more than r1 responses of n1 and more than r of n."""
    n1, n = sizes
    x = np.arange(r1 + 1, n1 + 1)
    need = np.clip(r + 1 - x, 0, n - n1 + 1)
    return float(_pmf(n1, p)[r1 + 1 :] @ _at_least(n - n1, p)[need])


def _least_r(sizes: tuple[int, int], r1: int, goal: _Goal) -> int:
    """Smallest r, from r1 on, that keeps the type I error; the probability falls with r."""
    low, high = r1, sizes[1]
    while low < high:
        middle = (low + high) // 2
        if _rejects(sizes, r1, middle, goal.p0) <= goal.alpha:
            high = middle
        else:
            low = middle + 1
    return low


def _best(n1: int, n: int, goal: _Goal, bound: float) -> TwoStage | None:
    """The feasible design of least E[n | p0] with these sizes, if that is below `bound`.

    The greatest r1 stops most trials, so the first feasible one from above is the best.
    """
    early0, early1 = np.cumsum(_pmf(n1, goal.p0)), np.cumsum(_pmf(n1, goal.p1))
    most = int(np.searchsorted(early1, goal.beta + 1e-12, side="right")) - 1
    for r1 in range(min(most, n1 - 1), -1, -1):
        pet = float(early0[r1])
        expected = n1 + (1.0 - pet) * (n - n1)
        if expected >= bound:
            return None
        r = _least_r((n1, n), r1, goal)
        if r <= n and _rejects((n1, n), r1, r, goal.p1) >= 1.0 - goal.beta:
            return TwoStage(r1, n1, r, n, expected, pet)
    return None


def fewest_patients(p0: float, p1: float, alpha: float, beta: float, limit: int = _MOST) -> int:
    """Fewest patients with whom any test of these errors is possible (Neyman and Pearson's, randomised).

    Raises
    ------
    InputError
        When that takes more than `limit`.
    """
    low, high = 1, limit
    if _power(limit, p0, p1, alpha) < 1.0 - beta - 1e-9:
        raise InputError("simon", f"no design of {limit} patients is feasible", "allow more error")
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if _power(middle, p0, p1, alpha) >= 1.0 - beta - 1e-9 else (middle + 1, high)
        )
    return low


def _power(n: int, p0: float, p1: float, alpha: float) -> float:
    upper = _at_least(n, p0)
    r = int(np.argmax(upper <= alpha))
    share = (alpha - upper[r]) / (upper[r - 1] - upper[r]) if r else 0.0
    more = _at_least(n, p1)
    return float(more[r] + share * (more[r - 1] - more[r])) if r else 1.0


def simon_designs(
    p0: float, p1: float, alpha: float, beta: float, largest: int | None = None
) -> tuple[TwoStage, TwoStage]:
    """Search the optimal and the minimax design.

    Parameters
    ----------
    largest
        Patients up to which is searched; None is 130, or half as many again as any test needs.

    Raises
    ------
    InputError
        When the rates or error levels make no sense, or nothing is feasible.
    """
    goal = _Goal(p0, p1, alpha, beta)
    fewest = fewest_patients(p0, p1, alpha, beta)
    most = max(_USUAL, fewest + fewest // 2) if largest is None else largest
    minimax: TwoStage | None = None
    optimal: TwoStage | None = None
    for n in range(max(2, fewest), most + 1):
        found: TwoStage | None = None
        for n1 in range(1, n):
            bound = math.inf if minimax is None or optimal is None else optimal.en0
            bound = bound if found is None else min(bound, found.en0)
            if n1 >= bound:
                break
            found = _best(n1, n, goal, bound) or found
        minimax = minimax or found
        if found is not None and (optimal is None or found.en0 < optimal.en0):
            optimal = found
    if optimal is None or minimax is None:
        raise InputError("simon", f"no design of at most {most} patients is feasible", "allow more patients")
    return optimal, minimax
