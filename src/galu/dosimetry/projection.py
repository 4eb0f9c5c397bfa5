"""The next cycle: cumulative dose with its uncertainty, and the probability of passing a limit.

Calibration, recovery, mass and S-value errors are the same in every cycle, so they scale the whole
sum; only fit noise averages out: u² = (u_s·ΣD)² + Σ(r_i·D_i)². A half-life that several cycles take from one
source brings the same error to each, which adds up before it is squared. What the cycles given leave
uncertain of the dose per activity is carried into the next one. The probability is that of a normal
distribution of the sum (GUM, JCGM 100:2008, 5.2.2).

A BED is D + G·D²/(α/β): a relative change of every dose changes it by its own size and its quadratic part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from galu.finding import InputError
from galu.kinetics.samples import Floats


@dataclass(frozen=True, slots=True)
class Cumulative:
    """A dose or BED summed over cycles.

    Attributes
    ----------
    dose_gy : float
        The sum [Gy].
    systematic : float
        Relative uncertainty of every dose, the same in all cycles.
    random_gy : float
        Uncertainty of the measured cycles beyond that [Gy].
    quadratic_gy : float
        The quadratic part of a BED [Gy]; zero for a dose.
    scatter_gy : float
        How far cycles that were not measured may lie from what is expected of them [Gy].
    """

    dose_gy: float
    systematic: float
    random_gy: float
    quadratic_gy: float = 0.0
    scatter_gy: float = 0.0

    def u_gy(self) -> float:
        """Standard uncertainty of the sum [Gy]."""
        shared = self.systematic * (self.dose_gy + self.quadratic_gy)
        return math.sqrt(shared**2 + self.random_gy**2 + self.scatter_gy**2)

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
    shared_gy: Iterable[tuple[str, float]] = (),
    quadratic_gy: float = 0.0,
) -> Cumulative:
    """Sum of the cycles' doses or BED over a course.

    Parameters
    ----------
    doses_gy, u_random_gy : sequence of float
        Dose or BED of each cycle and its uncertainty [Gy], without what all cycles share.
    systematic : float
        Relative uncertainty of every dose that all cycles share.
    shared_gy : iterable of (str, float)
        The part of cycles' uncertainty [Gy], with its sign, that comes from a half-life with a named source.
    quadratic_gy : float
        Quadratic part of a sum of BED [Gy].
    """
    shared = tuple(shared_gy)
    by_source: dict[str, float] = {}
    for source, part in shared:
        by_source[source] = by_source.get(source, 0.0) + part
    own = math.fsum(u * u for u in u_random_gy) - math.fsum(part * part for _, part in shared)
    random = math.sqrt(max(own, 0.0) + math.fsum(part * part for part in by_source.values()))
    return Cumulative(math.fsum(doses_gy), systematic, random, quadratic_gy)


@dataclass(frozen=True, slots=True)
class NextCycle:
    """What another cycle adds to a dose or BED, at whatever activity.

    Attributes
    ----------
    so_far : Cumulative
        The sum of the cycles given.
    gy_per_gbq : float
        Dose expected per activity [Gy/GBq].
    noise : float
        Relative uncertainty of that expectation, which the measured sum shares.
    spread : float
        Relative spread of a cycle's dose about it.
    bed_per_gy2 : float
        G/(α/β) of a cycle [1/Gy]; zero for a dose.
    """

    so_far: Cumulative
    gy_per_gbq: float
    noise: float
    spread: float
    bed_per_gy2: float = 0.0

    def after(self, activity_mbq: float) -> Cumulative:
        """The sum after one more cycle of `activity_mbq` [MBq]."""
        dose = self.gy_per_gbq * activity_mbq / 1000.0
        quadratic = self.bed_per_gy2 * dose**2
        slope = dose + 2.0 * quadratic
        return Cumulative(
            self.so_far.dose_gy + dose + quadratic,
            self.so_far.systematic,
            self.so_far.random_gy + self.noise * slope,
            self.so_far.quadratic_gy + quadratic,
            math.hypot(self.so_far.scatter_gy, self.spread * slope),
        )

    def with_cycle(self, activity_mbq: float) -> NextCycle:
        """The cycle after one of `activity_mbq` [MBq] that was given and not measured."""
        return replace(self, so_far=self.after(activity_mbq))

    def largest_mbq(self, limit_gy: float, risk: float) -> float:
        """Largest activity [MBq] that keeps the probability of passing a limit at `risk`, or zero.

        Raises
        ------
        InputError
            When the risk is not between 0 and one half.
        """
        _refuse_risk(risk)
        if self.so_far.probability_above(limit_gy) >= risk or not self.gy_per_gbq > 0:
            return 0.0
        low, high = 0.0, (limit_gy - self.so_far.dose_gy) / self.gy_per_gbq * 1000.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            kept = self.after(middle).probability_above(limit_gy) <= risk
            low, high = (middle, high) if kept else (low, middle)
        return low


def _refuse_risk(risk: float) -> None:
    if not 0.0 < risk <= 0.5:
        raise InputError("accepted risk", f"{risk:g} is not between 0 and 0.5", "give a small probability")


def largest_next_dose(
    dose_gy: Floats, random_gy: Floats, relative: tuple[float, float], limit_gy: float, risk: float
) -> Floats:
    """Largest next dose [Gy] with probability `risk` of passing the limit, for many patients, in closed form.

    The smaller root x of (L − C − x)² = z²·[(u_s² + (r_c/C)²)·(C + x)² + r²x²].

    Parameters
    ----------
    dose_gy, random_gy : array, shape (patients,)
        Cumulative dose C, above zero, and its random uncertainty r_c [Gy].
    relative : (float, float)
        Systematic u_s and the spread r of the next cycle, relative.
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
    _refuse_risk(risk)
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
