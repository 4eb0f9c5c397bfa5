"""Kaplan–Meier and its companions, with the conventions of R's survival package named.

Greenwood's variance; limits on the plain, log or log-log scale (Kalbfleisch and Prentice 2002,
section 1.4); quantiles with the midpoint rule of `quantile.survfit`: where the curve rests exactly
on the level, the middle of that step, compared with a tolerance. Not reached is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from galu.arrays import read_only_arrays
from galu.finding import InputError
from galu.words import checked, checked_fields

Floats = NDArray[np.float64]
Interval = Literal["log", "log-log", "plain"]
INTERVALS: tuple[Interval, ...] = ("log", "log-log", "plain")
TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))


@dataclass(frozen=True, slots=True)
class SurvivalAt:
    """A Kaplan–Meier curve read at given times; arrays of one length.

    `n_risk` counts those with a time at or after each; the rest as in `KaplanMeier`.
    """

    time: Floats
    n_risk: NDArray[np.int64]
    survival: Floats
    std_err: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True)
@read_only_arrays
@checked_fields
class KaplanMeier:
    """A survival curve at the distinct times of the data, [time unit of the data].

    `time`, `n_risk`, `n_event`, `survival`, `std_err` (of the survival), `lower`, `upper`: shape
    (k,). Where survival is 0 its error and limits are unknown (NaN), as they are on the log-log
    scale where survival is 1.
    """

    time: Floats
    n_risk: NDArray[np.int64]
    n_event: NDArray[np.int64]
    survival: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    ci: Interval
    level: float

    @property
    def n(self) -> int:
        """Number of observations."""
        return int(self.n_risk[0]) if self.n_risk.size else 0

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.n_event.sum())

    def quantile(self, p: float) -> tuple[float, float, float]:
        """Time by which a share `p` has had the event: estimate, lower, upper; NaN if not reached."""
        if not 0.0 < p < 1.0:
            raise InputError("quantile", f"{p} is not between 0 and 1", "give a probability such as 0.5")
        target = 1.0 - p
        return (
            _crossing(self.time, self.survival, target),
            _crossing(self.time, self.lower, target),
            _crossing(self.time, self.upper, target),
        )

    def median(self) -> tuple[float, float, float]:
        """Median: estimate, lower and upper limit; NaN if not reached."""
        return self.quantile(0.5)

    def at(self, times: ArrayLike) -> SurvivalAt:
        """Read the curve at `times`, shape (m,); beyond the last time the last values hold, n_risk is 0."""
        asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
        step = np.searchsorted(self.time, asked, side="right")
        following = np.searchsorted(self.time, asked, side="left")
        start = np.nan if self.ci == "log-log" else 1.0

        def read(values: Floats, first: float) -> Floats:
            return np.concatenate(([first], values))[step]

        return SurvivalAt(
            asked,
            np.concatenate((self.n_risk, [0]))[following],
            read(self.survival, 1.0),
            read(self.std_err, 0.0),
            read(self.lower, start),
            read(self.upper, start),
        )

    def rmst(self, tau: float) -> tuple[float, float]:
        """Mean survival time up to `tau` and its standard error (area under the curve; Greenwood)."""
        if not tau > 0.0:
            raise InputError("rmst", f"tau is {tau}", "give a positive time")
        use = (self.time < tau) & (self.n_event > 0)
        edges = np.concatenate(([0.0], self.time[use], [tau]))
        areas = np.diff(edges) * np.concatenate(([1.0], self.survival[use]))
        beyond = np.cumsum(areas[::-1])[::-1][1:]
        n, d = self.n_risk[use].astype(np.float64), self.n_event[use].astype(np.float64)
        left = n - d
        terms = np.divide(beyond**2 * d, n * left, out=np.zeros_like(beyond), where=left > 0)
        return float(areas.sum()), float(np.sqrt(terms.sum()))


def _crossing(time: Floats, curve: Floats, target: float) -> float:
    """Time at which a curve comes down to `target`; the middle of a step that equals it.

    As R, the highest value not above the target is looked for: an upper limit can rise again.
    """
    first = _highest(curve, target + TOLERANCE)
    if first is None:
        return float("nan")
    below = _highest(curve, target - TOLERANCE)
    second = time.size - 1 if below is None else below
    if abs(curve[first] - target) > TOLERANCE:
        return float(time[first])
    return float((time[first] + time[second]) / 2.0)


def _highest(curve: Floats, bound: float) -> int | None:
    """Index of the first of the highest values at or below `bound`."""
    eligible = np.where(curve <= bound, curve, -1.0)
    index = int(eligible.argmax())
    return index if eligible[index] >= 0.0 else None


def _checked(time: ArrayLike, event: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    times = np.asarray(time, dtype=np.float64)
    status = np.asarray(event)
    if times.ndim != 1 or times.shape != status.shape:
        raise InputError("time and event", "they differ in length", "give one status for each time")
    if times.size == 0:
        raise InputError("time", "it is empty", "give at least one observation")
    if not np.isfinite(times).all() or times.min() < 0.0:
        raise InputError("time", "a value is missing, infinite or negative", "give times of 0 or more")
    if status.dtype != np.bool_:
        flags = status == 1
        if not np.all(flags | (status == 0)):
            raise InputError("event", "a value is neither 0 nor 1", "code an event as 1 and a censoring as 0")
        return times, flags
    return times, status


def _starts(ordered: Floats) -> NDArray[np.int64]:
    """Where each distinct time starts in an ordered array; times closer than the tolerance are one.

    As R's `aeqSurv`: a tie that only rounding broke must not become two event times.
    """
    gap = np.diff(ordered)
    limit = TOLERANCE * max(1.0, float(np.abs(ordered).mean()))
    return np.concatenate(([0], np.flatnonzero(gap > limit) + 1))


def _in_order(times: Floats, status: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.int64]]:
    """Sort times with their status in one pass.

    The bits of a float of 0 or more, read as an integer, keep its order and leave the sign bit
    free; the status takes the lowest place. Several times faster than an argsort, and exact.
    """
    key = ((times + 0.0).view(np.uint64) << np.uint64(1)) | status.astype(np.uint64)
    key.sort()
    return (key >> np.uint64(1)).view(np.float64), (key & np.uint64(1)).astype(np.int64)


@checked
def kaplan_meier(time: ArrayLike, event: ArrayLike, ci: Interval = "log", level: float = 0.95) -> KaplanMeier:
    """Product-limit estimate with Greenwood's error.

    Parameters
    ----------
    time, event
        Shape (n,): time to event or censoring; 1 or True for an event.
    ci
        Scale of the limits: "log" is R's default, "log-log" that of SAS and others.
    level
        Confidence level.

    Raises
    ------
    InputError
        Empty, unequal, negative or missing times; a status other than 0 and 1; unknown `ci`.
    """
    if ci not in INTERVALS:
        raise InputError("ci", f"`{ci}` is no interval type", f"use one of {', '.join(INTERVALS)}")
    if not 0.0 < level < 1.0:
        raise InputError("level", f"{level} is not between 0 and 1", "give a level such as 0.95")
    times, status = _checked(time, event)
    ordered, happened = _in_order(times, status)
    start = _starts(ordered)
    distinct = ordered[start]
    n_risk = ordered.size - start
    n_event = np.add.reduceat(happened, start)
    left = n_risk - n_event
    survival = np.cumprod(left / n_risk, dtype=np.float64)
    hazard_terms = np.divide(n_event, n_risk * left, out=np.full(left.size, np.nan), where=left > 0)
    relative = np.sqrt(np.cumsum(hazard_terms))
    lower, upper = _limits(survival, relative, ci, NormalDist().inv_cdf(0.5 + level / 2.0))
    return KaplanMeier(distinct, n_risk, n_event, survival, survival * relative, lower, upper, ci, level)


def _limits(survival: Floats, relative: Floats, ci: Interval, z: float) -> tuple[Floats, Floats]:
    """Limits from the standard error of log survival; NaN where survival is 0."""
    reach = z * relative
    if ci == "plain":
        return np.maximum(survival - survival * reach, 0.0), np.minimum(survival + survival * reach, 1.0)
    if ci == "log":
        return survival * np.exp(-reach), np.minimum(survival * np.exp(reach), 1.0)
    inside = (survival > 0.0) & (survival < 1.0)
    known = np.where(inside, survival, np.nan)
    log_s = np.log(known)
    shift = np.exp(reach / -log_s)
    return np.exp(log_s * shift), np.exp(log_s / shift)


@checked
def reverse_kaplan_meier(
    time: ArrayLike, event: ArrayLike, ci: Interval = "log", level: float = 0.95
) -> KaplanMeier:
    """Follow-up: the curve with censoring as the event (Schemper and Smith 1996)."""
    times, status = _checked(time, event)
    return kaplan_meier(times, ~status, ci, level)


@dataclass(frozen=True, slots=True)
class LogRank:
    """Log-rank test of equal survival in k groups."""

    chi2: float
    df: int
    p: float


def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> LogRank:
    """Log-rank test (Mantel–Haenszel; Peto) of k groups with hypergeometric variance.

    Parameters
    ----------
    time, event, group
        Shape (n,). Groups without an expected event do not count.
    """
    from scipy.special import chdtrc

    times, status = _checked(time, event)
    labels, member = np.unique(np.asarray(group), return_inverse=True)
    order = np.argsort(times, kind="stable")
    times, status, member = times[order], status[order], member[order]
    start = _starts(times)
    belongs = (member[:, None] == np.arange(labels.size)).astype(np.float64)
    at_risk = np.cumsum(belongs[::-1], axis=0)[::-1][start]
    died = np.add.reduceat(belongs * status[:, None], start, axis=0)
    n, d = at_risk.sum(axis=1), died.sum(axis=1)
    share = at_risk / n[:, None]
    expected = (d[:, None] * share).sum(axis=0)
    weight = np.divide(d * (n - d), n - 1.0, out=np.zeros_like(n), where=n > 1.0)
    variance = np.diag(weight @ share) - (share * weight[:, None]).T @ share
    use = np.flatnonzero(expected > 0.0)[:-1]
    if not use.size:
        return LogRank(float("nan"), 0, float("nan"))
    difference = (died.sum(axis=0) - expected)[use]
    chi2 = float(difference @ np.linalg.pinv(variance[np.ix_(use, use)], hermitian=True) @ difference)
    return LogRank(chi2, int(use.size), float(chdtrc(use.size, chi2)))
