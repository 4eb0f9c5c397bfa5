"""Exact operating characteristics of cohort designs by merged states instead of enumerated paths.

A design that looks only at the tallies of the levels and at the current level cannot tell two paths
with the same tallies apart, so their probabilities are added: 30 patients on five levels leave some
ten thousand states where there are 4¹⁰ paths.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

import numpy as np

from galu.binomial import binomial_pmf
from galu.escalation.crm import Crm
from galu.escalation.decision import Action
from galu.escalation.exact import Characteristics, check_truth
from galu.escalation.interval import IntervalDesign, select_mtd
from galu.finding import InputError

_NODES = 321
_SPAN = 8.0
_STEP = {Action.ESCALATE: 1, Action.DE_ESCALATE: -1}


class Standing(NamedTuple):
    """Where a trial stands between two cohorts: the current level and (patients, DLTs) of each level."""

    level: int
    counts: tuple[tuple[int, int], ...]


#: Gives a level for each standing: the next cohort's or the selected one; 0 for none.
Levels = Callable[[Sequence[Standing]], Sequence[int]]


class Walk(Protocol):
    """A design as it walks from cohort to cohort."""

    def following(self, standings: Sequence[Standing]) -> Sequence[int]:
        """Level of the next cohort, 0 when the trial stops without a level."""

    def selected(self, standings: Sequence[Standing]) -> Sequence[int]:
        """Level selected at the end, 0 for none."""


@dataclass(frozen=True, slots=True)
class IntervalWalk:
    """BOIN and its relatives; the end is isotonic regression (`select_mtd`)."""

    design: IntervalDesign

    def following(self, standings: Sequence[Standing]) -> list[int]:
        """Level of the next cohort."""
        judge = cache(self.design.judge)
        return [self._next(standing, judge) for standing in standings]

    def _next(self, standing: Standing, judge: Callable[[int, int], Action]) -> int:
        counts = standing.counts
        out = next(
            (lv for lv, (n, y) in enumerate(counts, start=1) if n and judge(n, y) is Action.ELIMINATE),
            len(counts) + 1,
        )
        if out == 1:
            return 0
        step = _STEP.get(judge(*counts[standing.level - 1]), 0)
        return min(max(standing.level + step, 1), out - 1)

    def selected(self, standings: Sequence[Standing]) -> list[int]:
        """Level nearest to the target after isotonic regression."""
        design = self.design
        return [
            select_mtd([n for n, _ in s.counts], [y for _, y in s.counts], design.target, design.cutoff)
            for s in standings
        ]


@dataclass(frozen=True, slots=True)
class CrmWalk:
    """Bayesian CRM with plug-in estimates; all standings of a cohort are fitted in one product.

    With `skips` the nearest level is taken as it is; else at most one above the highest tried.
    """

    design: Crm
    skips: bool = False

    def following(self, standings: Sequence[Standing]) -> list[int]:
        """Level nearest to the target at the posterior mean."""
        design = self.design
        model = design.model_for(len(standings[0].counts))
        b = np.linspace(-_SPAN, _SPAN, _NODES) * design.scale
        skeleton = np.array(model.skeleton)
        p = np.clip(model.p_tox(b[None, :], skeleton[:, None]), 1e-300, 1.0 - 1e-16)
        counts = np.array([s.counts for s in standings], dtype=float)
        n, y = counts[:, :, 0], counts[:, :, 1]
        density = y @ np.log(p) + (n - y) @ np.log1p(-p) - 0.5 * (b / design.scale) ** 2
        density = np.exp(density - density.max(axis=1, keepdims=True))
        mean = density @ b / density.sum(axis=1)
        estimate = model.p_tox(mean[:, None], skeleton[None, :])
        nearest = np.argmin(np.abs(estimate - design.target), axis=1) + 1
        if not self.skips:
            tried = (n > 0) * np.arange(1, n.shape[1] + 1)
            nearest = np.minimum(nearest, tried.max(axis=1) + 1)
        return [int(level) for level in nearest]

    def selected(self, standings: Sequence[Standing]) -> list[int]:
        """Level that the next cohort would get."""
        return [s.level for s in standings]


def where_next(standings: Sequence[Standing]) -> list[int]:
    """Take the level of the next cohort as the recommendation, as dose-path packages do."""
    return [standing.level for standing in standings]


def walk_of(design: object) -> Walk:
    """Make the walk of a design.

    Raises
    ------
    InputError
        When the design decides on more than tallies and the current level.
    """
    if isinstance(design, IntervalDesign):
        return IntervalWalk(design)
    if isinstance(design, Crm) and not design.tite:
        return CrmWalk(design)
    raise InputError(
        "design",
        "it has no merged states",
        "use rolling-six, iq-rolling-six, 3+3, table:FILE, boin, keyboard, mtpi, mtpi2, i3+3 or crm",
    )


def by_merged_states(
    walk: Walk, truth: tuple[float, ...], cohorts: int, size: int, select: Levels | None = None
) -> Characteristics:
    """Exact operating characteristics of `cohorts` cohorts of `size`, starting at level 1.

    Parameters
    ----------
    walk
        The design.
    truth
        DLT probability per level.
    select
        What is declared at the end; the design's own selection when not given.

    Raises
    ------
    InputError
        When the truth is none or there is no cohort.
    """
    check_truth(truth)
    if cohorts < 1 or size < 1:
        raise InputError("--cohorts", "there is no patient", "give at least one cohort of one patient")
    patients = [0.0] * len(truth)
    found = [0.0] * (len(truth) + 1)
    chances = [binomial_pmf(size, p) for p in truth]
    frontier = {Standing(1, ((0, 0),) * len(truth)): 1.0}
    for _ in range(cohorts):
        treated: dict[Standing, float] = defaultdict(float)
        for standing, weight in frontier.items():
            level, counts = standing.level, standing.counts
            n, y = counts[level - 1]
            patients[level - 1] += weight * size
            for more, chance in enumerate(chances[level - 1]):
                tally = (n + size, y + more)
                treated[Standing(level, (*counts[: level - 1], tally, *counts[level:]))] += weight * chance
        frontier = _move(treated, walk.following(tuple(treated)), found)
    ends = tuple(frontier)
    for level, weight in zip((select or walk.selected)(ends) if ends else (), frontier.values(), strict=True):
        found[level] += weight
    dlts = tuple(n * p for n, p in zip(patients, truth, strict=True))
    return Characteristics(tuple(found), tuple(patients), dlts)


def _move(
    treated: dict[Standing, float], following: Sequence[int], found: list[float]
) -> dict[Standing, float]:
    """Take each standing to its next level, and those that stop out."""
    frontier: dict[Standing, float] = defaultdict(float)
    for (standing, weight), level in zip(treated.items(), following, strict=True):
        if level == 0:
            found[0] += weight
        else:
            frontier[Standing(level, standing.counts)] += weight
    return frontier
