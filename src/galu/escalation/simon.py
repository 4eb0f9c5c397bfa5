"""Simon's two-stage designs (Control Clin Trials 1989;10:1), optimal and minimax, by full search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galu.binomial import binomial_pmf
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop after n1 with at most r1 responses; not promising with at most r of n."""

    r1: int
    n1: int
    r: int
    n: int
    en0: float
    pet0: float


def _pmf(n: int, p: float) -> NDArray[np.float64]:
    return np.array(binomial_pmf(n, p))


def _reject(n1: int, n: int, p: float) -> NDArray[np.float64]:
    """Probability of more than r1 and more than r responses, shape (n1 + 1, n + 1)."""
    second = np.concatenate([np.cumsum(_pmf(n - n1, p)[::-1])[::-1], [0.0]])
    x = np.arange(n1 + 1)[:, None]
    need = np.clip(np.arange(n + 1)[None, :] + 1 - x, 0, n - n1 + 1)
    joint = _pmf(n1, p)[:, None] * second[need]
    tail = np.cumsum(joint[::-1], axis=0)[::-1]
    return np.vstack([tail[1:], np.zeros((1, n + 1))])


def _best(n1: int, n: int, rates: tuple[float, float], errors: tuple[float, float]) -> TwoStage | None:
    """The feasible design of least E[n | p0] with these sizes."""
    valid = (_reject(n1, n, rates[0]) <= errors[0]) & (_reject(n1, n, rates[1]) >= 1.0 - errors[1])
    feasible = np.flatnonzero(valid[:n1].any(axis=1))
    if not feasible.size:
        return None
    r1 = int(feasible.max())
    pet = float(_pmf(n1, rates[0])[: r1 + 1].sum())
    return TwoStage(r1, n1, int(np.argmax(valid[r1])), n, n1 + (1.0 - pet) * (n - n1), pet)


def simon_designs(
    p0: float, p1: float, alpha: float, beta: float, largest: int = 130
) -> tuple[TwoStage, TwoStage]:
    """Search the optimal and the minimax design up to `largest` patients.

    Raises
    ------
    InputError
        When the rates or error levels make no sense, or nothing is feasible.
    """
    if not 0.0 < p0 < p1 < 1.0 or not 0.0 < alpha < 1.0 or not 0.0 < beta < 1.0:
        raise InputError(
            "simon", "rates and errors do not fit", "give 0 < p0 < p1 < 1 and errors between 0 and 1"
        )
    minimax: TwoStage | None = None
    optimal: TwoStage | None = None
    for n in range(2, largest + 1):
        found: TwoStage | None = None
        for n1 in range(1, n):
            if optimal is not None and n1 >= optimal.en0 and (minimax is not None and minimax.n < n):
                break
            design = _best(n1, n, (p0, p1), (alpha, beta))
            if design is not None and (found is None or design.en0 < found.en0):
                found = design
        minimax = minimax or found
        if found is not None and (optimal is None or found.en0 < optimal.en0):
            optimal = found
    if optimal is None or minimax is None:
        raise InputError(
            "simon", f"no design of at most {largest} patients is feasible", "allow more patients"
        )
    return optimal, minimax
