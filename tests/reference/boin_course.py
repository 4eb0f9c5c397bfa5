"""The plain twin of BOIN with its options, cohort by cohort, as R's BOIN 2.7.2 describes `get.oc`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

from scipy.stats import beta

from galu.escalation.selection import select_mtd


@dataclass(frozen=True)
class Options:
    target: float
    cohort: int
    most: int
    cutoff: float = 0.95
    offset: float | None = None  # of extrasafe; None: off
    n_earlystop: float = 100.0
    titration: bool = False
    p_saf: float | None = None
    p_tox: float | None = None

    @property
    def lambdas(self) -> tuple[float, float]:
        t, a = self.target, self.p_saf or 0.6 * self.target
        b = self.p_tox or 1.4 * self.target
        return (
            log((1 - a) / (1 - t)) / log(t * (1 - a) / (a * (1 - t))),
            log((1 - t) / (1 - b)) / log(b * (1 - t) / (t * (1 - b))),
        )

    def above(self, n: int, y: int, cutoff: float) -> bool:
        return n >= 3 and 1 - float(beta.cdf(self.target, y + 1, n - y + 1)) > cutoff


def boin_trial(
    levels: int, o: Options, has_dlt: Callable[[int, int], bool]
) -> tuple[int, list[int], list[int]]:
    """(selected level or 0, patients, DLTs); `has_dlt` says it of a patient (from 0) at a level (from 1)."""
    n, y = [0] * (levels + 1), [0] * (levels + 1)
    up, down = o.lambdas
    count = 0

    def treat(level: int, number: int) -> None:
        nonlocal count
        for _ in range(number):
            n[level] += 1
            y[level] += has_dlt(count, level)
            count += 1

    level, fills, closed = 1, False, levels + 1
    if o.titration:
        treat(1, 1)
        while y[level] == 0 and level < levels:
            level += 1
            treat(level, 1)
        level, fills = max(1, level - 1), True
    while True:
        if fills:
            treat(level, o.cohort - 1)
            fills = False
        elif count + o.cohort >= o.most:
            treat(level, o.most - count)
            break
        else:
            treat(level, o.cohort)
        if o.above(n[level], y[level], o.cutoff):
            closed = min(closed, level)
        if closed == 1 or (o.offset is not None and o.above(n[1], y[1], o.cutoff - o.offset)):
            return 0, n[1:], y[1:]
        rate = y[level] / n[level]
        rises = rate <= up and level < levels and level + 1 < closed
        falls = rate >= down and level > 1
        if not rises and not falls and n[level] >= o.n_earlystop:
            break
        level += rises - falls
    if o.offset is not None and o.above(n[1], y[1], o.cutoff - o.offset):
        return 0, n[1:], y[1:]
    return select_mtd(n[1:], y[1:], o.target, o.cutoff), n[1:], y[1:]
