"""The next cycle: cumulative dose with its uncertainty, and the probability of passing a limit.

Calibration, recovery, mass and S-value errors are the same in every cycle, so they scale the whole
sum; only fit noise averages out: u² = (u_s·ΣD)² + Σ(r_i·D_i)². A half-life that several cycles re-use
brings the same error to each, which adds up before it is squared. What the cycles given leave uncertain of
the dose per activity is carried into the next one. The probability is that of a normal distribution of the
cumulative dose (GUM, JCGM 100:2008, 5.2.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from galu.finding import InputError
from galu.kinetics.samples import Floats


@dataclass(frozen=True, slots=True)
class Cumulative:
    """A dose summed over cycles [Gy]: what all cycles share (relative) and what each adds (absolute)."""

    dose_gy: float
    systematic: float
    random_gy: float

    def u_gy(self) -> float:
        """Standard uncertainty of the sum [Gy]."""
        return math.hypot(self.systematic * self.dose_gy, self.random_gy)

    def plus(self, dose_gy: float, random_relative: float) -> Cumulative:
        """The sum after one more cycle of `dose_gy` [Gy] with its own relative uncertainty.

        The expectation of that cycle rests on this sum, so the noise of the sum grows with it.
        """
        grown = self.random_gy * (1.0 + dose_gy / self.dose_gy) if self.dose_gy > 0 else self.random_gy
        random = math.hypot(grown, random_relative * dose_gy)
        return Cumulative(self.dose_gy + dose_gy, self.systematic, random)

    def probability_above(self, limit_gy: float) -> float:
        """Probability that the true sum is above `limit_gy` [Gy]."""
        u = self.u_gy()
        if u == 0.0:
            return 1.0 if self.dose_gy > limit_gy else 0.0
        return 0.5 * math.erfc((limit_gy - self.dose_gy) / (u * math.sqrt(2.0)))


def cumulative_dose(
    doses_gy: Sequence[float],
    u_random_gy: Sequence[float],
    systematic: float,
    common_gy: Sequence[float] = (),
) -> Cumulative:
    """Sum of the cycles' doses over a course.

    Parameters
    ----------
    doses_gy, u_random_gy : sequence of float
        Dose of each cycle and its uncertainty [Gy], without what all cycles share.
    systematic : float
        Relative uncertainty that all cycles share.
    common_gy : sequence of float
        The part of each cycle's uncertainty [Gy], with its sign, that comes from one re-used half-life.
    """
    squares = math.fsum(u * u for u in u_random_gy) - math.fsum(c * c for c in common_gy)
    random = math.sqrt(max(squares, 0.0) + math.fsum(common_gy) ** 2)
    return Cumulative(math.fsum(doses_gy), systematic, random)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the next cycle would bring at the planned activity, and how much the limit allows.

    Attributes
    ----------
    projected : Cumulative
        The sum after the next cycle.
    probability : float
        Probability that it passes the limit.
    largest_mbq : float
        Largest activity [MBq] that keeps the probability at the accepted risk; zero when none does.
    """

    projected: Cumulative
    probability: float
    largest_mbq: float


def propose_next(
    so_far: Cumulative,
    gy_per_gbq: float,
    planned_mbq: float,
    between_cycles: float,
    bound: tuple[float, float],
) -> Proposal:
    """Project one more cycle against a limit.

    Parameters
    ----------
    so_far : Cumulative
        Dose of the cycles given.
    gy_per_gbq : float
        Expected dose per activity in the next cycle [Gy/GBq].
    planned_mbq : float
        Planned activity [MBq].
    between_cycles : float
        Relative spread of the next cycle about the expectation.
    bound : (float, float)
        Limit [Gy] and accepted risk of passing it.
    """
    limit_gy, risk = bound
    projected = so_far.plus(gy_per_gbq * planned_mbq / 1000.0, between_cycles)
    room = largest_next_dose(
        np.array([so_far.dose_gy]), np.array([so_far.random_gy]),
        (so_far.systematic, between_cycles), limit_gy, risk,
    )  # fmt: skip
    return Proposal(projected, projected.probability_above(limit_gy), float(room[0]) / gy_per_gbq * 1000.0)


def largest_next_dose(
    dose_gy: Floats, random_gy: Floats, relative: tuple[float, float], limit_gy: float, risk: float
) -> Floats:
    """Largest next dose [Gy] with probability `risk` of passing the limit, in closed form.

    The smaller root x of (L − C − x)² = z²·[(u_s² + (r_c/C)²)·(C + x)² + r²x²].

    Parameters
    ----------
    dose_gy, random_gy : array, shape (patients,)
        Cumulative dose C, above zero, and its random uncertainty r_c [Gy].
    relative : (float, float)
        Systematic u_s and between-cycle r relative uncertainties.
    limit_gy : float
        The limit L [Gy].
    risk : float
        Accepted probability, at most one half.

    Returns
    -------
    array, shape (patients,)
        Dose [Gy], zero when the limit is already passed at that risk.

    Raises
    ------
    InputError
        When the risk is not between 0 and one half.
    """
    if not 0.0 < risk <= 0.5:
        raise InputError("accepted risk", f"{risk:g} is not between 0 and 0.5", "give a small probability")
    z2 = NormalDist().inv_cdf(1.0 - risk) ** 2
    shared = relative[0] ** 2 + (random_gy / dose_gy) ** 2
    room = limit_gy - dose_gy
    a = 1.0 - z2 * (shared + relative[1] ** 2)
    b = -2.0 * (room + z2 * shared * dose_gy)
    c = room**2 - z2 * shared * dose_gy**2
    root = np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))
    largest = 2.0 * c / (-b + root)
    result: Floats = np.where((room > 0) & (c > 0), np.minimum(largest, room), 0.0)
    return result


def probability_above(dose_gy: Floats, u_gy: Floats, limit_gy: float) -> Any:
    """Probability that each of many doses is above the limit, shape (patients,)."""
    from scipy.special import ndtr  # heavy: only for many patients at once

    return ndtr((dose_gy - limit_gy) / u_gy)
