"""Exact operating characteristics of cohort designs by merged states instead of enumerated paths.

A design that looks only at the tallies of the levels and at the current level cannot tell two paths
with the same tallies apart, so their probabilities are added: 30 patients on five levels leave some
ten thousand states where there are 4¹⁰ paths.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import inf
from typing import NamedTuple, Protocol

import numpy as np

from galu.binomial import binomial_pmf
from galu.escalation.conventions import TINY
from galu.escalation.crm_design import Crm, fewest_toxic
from galu.escalation.decision import Action, Decision
from galu.escalation.exact import Characteristics, check_truth
from galu.escalation.guarded import Guarded
from galu.escalation.interval import IntervalDesign
from galu.escalation.outcomes import Tally
from galu.escalation.selection import select_mtd
from galu.finding import InputError

_NODES = 321
_SPAN = 8.0
_STEP = {Action.ESCALATE: 1, Action.DE_ESCALATE: -1}


class Standing(NamedTuple):
    """Where a trial stands between two cohorts: the current level and (patients, DLTs) of each level.

    `above` says that the group just known had a rate above the target, which coherence asks for; `opened`
    has the DLTs of each level's group where that takes more cohorts than are known, else 0.
    """

    level: int
    counts: tuple[tuple[int, int], ...]
    above: bool = False
    opened: tuple[int, ...] = ()


#: Gives a level for each standing: the next cohort's or the selected one; 0 for none.
Levels = Callable[[Sequence[Standing]], Sequence[int]]


class Walk(Protocol):
    """A design as it walks from cohort to cohort."""

    @property
    def group(self) -> int | None:
        """Patients of a group that coherence asks for; None is a cohort."""

    def above(self, dlts: int, size: int) -> bool:
        """Whether a group forbids a step up: more DLTs than the target, where the design is coherent."""

    def following(self, standings: Sequence[Standing]) -> Sequence[int]:
        """Level of the next cohort; 0 when the trial stops without a level, −k when it ends with level k."""

    def selected(self, standings: Sequence[Standing]) -> Sequence[int]:
        """Level selected at the end, 0 for none."""


@dataclass(frozen=True, slots=True)
class IntervalWalk:
    """BOIN and its relatives; the end is isotonic regression (`select_mtd`)."""

    design: IntervalDesign

    @property
    def group(self) -> int | None:
        """Patients of a group that coherence asks for."""
        return self.design.group

    def above(self, dlts: int, size: int) -> bool:
        """Whether a group forbids a step up."""
        return self.design.coherent and dlts > self.design.target * size + TINY

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
        if out == 1 or self.design.extra_toxic(*counts[0]):
            return 0
        step = _STEP.get(judge(*counts[standing.level - 1]), 0)
        if step > 0 and standing.above:
            step = 0
        level = min(max(standing.level + step, 1), out - 1)
        if level == standing.level and counts[level - 1][0] >= (self.design.n_earlystop or inf):
            return -self._selects(standing)
        return level

    def selected(self, standings: Sequence[Standing]) -> list[int]:
        """Level nearest to the target after isotonic regression."""
        return [self._selects(standing) for standing in standings]

    def _selects(self, standing: Standing) -> int:
        n, y = ([pair[i] for pair in standing.counts] for i in (0, 1))
        return select_mtd(n, y, self.design.target, self.design.cutoff, self.design.lowest_cutoff)


@dataclass(frozen=True, slots=True)
class CrmWalk:
    """Bayesian CRM with plug-in estimates; all standings of a cohort are fitted in one product."""

    design: Crm

    @property
    def group(self) -> int | None:
        """Patients of a group that coherence asks for."""
        return self.design.group

    def above(self, dlts: int, size: int) -> bool:
        """Whether a group forbids a step up."""
        return self.design.coherent and dlts > self.design.target * size + TINY

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
        level = np.array([s.level for s in standings])
        held = np.array([s.above for s in standings])
        if design.skipping != "any":
            tried = ((n > 0) * np.arange(1, n.shape[1] + 1)).max(axis=1)
            nearest = np.minimum(nearest, (level if design.skipping == "none" else tried) + 1)
        nearest = np.where(held, np.minimum(nearest, level), nearest)
        return [int(found) for found in nearest]

    def selected(self, standings: Sequence[Standing]) -> list[int]:
        """Level nearest to the target among those tried, below one with too many DLTs to be declared."""
        counts = [s.counts for s in standings]
        fewest = cache(lambda n: fewest_toxic(n, self.design.target, self.design.cutoff))
        tried = []
        for tallies in counts:
            highest = max(lv for lv, (n, _) in enumerate(tallies, start=1) if n)
            toxic = (lv for lv, (n, y) in enumerate(tallies, start=1) if y >= fewest(n))
            tried.append(min(highest, next(toxic, highest + 1) - 1))
        free = replace(self.design, coherent=False, skipping="any")
        nearest = CrmWalk(free).following(standings)
        return [min(level, most) for level, most in zip(nearest, tried, strict=True)]


@dataclass(frozen=True, slots=True)
class GuardedWalk:
    """A walk inside guards that look at tallies; those that ask for follow-up have no exact computation."""

    design: Guarded
    inside: Walk

    def __post_init__(self) -> None:
        if self.design.shares:
            fault = "the sentinel interval and the minimum follow-up are times, which an exact table has not"
            raise InputError("design", fault, "leave them out, or simulate with `galu design oc`")

    def above(self, dlts: int, size: int) -> bool:
        """Whether a group forbids a step up."""
        return self.inside.above(dlts, size)

    def following(self, standings: Sequence[Standing]) -> Sequence[int]:
        """Level of the next cohort; where the design ends with a level, what the guards make of that."""
        levels = self.inside.following(standings)
        pairs = zip(standings, levels, strict=True)
        return [level if level >= 0 else -self.asked(one, -level, True)[1] for one, level in pairs]

    def selected(self, standings: Sequence[Standing]) -> Sequence[int]:
        """Level selected at the end."""
        return self.inside.selected(standings)

    @property
    def group(self) -> int | None:
        """Patients of a group that coherence asks for."""
        return self.inside.group

    def asked(self, standing: Standing, level: int, full: bool) -> tuple[bool, int]:
        """What the guards make of a level: whether the trial ends, and with which level or where it goes on.

        The design has answered before: at the end of a trial with the level that it declares.
        """
        tallies = [Tally(n, y, 0) for n, y in standing.counts]
        action = Action.SAME if not full else Action.DECLARE_MTD if level else Action.STOP_NO_DOSE
        asked = Decision(action, level or None, "", "", tallies[max(level, 1) - 1])
        answer = self.design.by_tallies(asked, lambda lv: tallies[lv - 1])
        if answer is None:
            return full, level
        return answer.action.ends_escalation, answer.level or 0


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
    if isinstance(design, Guarded):
        return GuardedWalk(design, walk_of(design.design))
    if isinstance(design, IntervalDesign):
        if design.titration:
            fault = "titration takes cohorts of one and then larger ones, which merged states do not follow"
            raise InputError("titration", fault, "leave it out, or simulate with `galu design oc`")
        return IntervalWalk(design)
    if isinstance(design, Crm) and not design.tite:
        return CrmWalk(design)
    raise InputError(
        "design",
        "it has no merged states",
        "use rolling-six, iq-rolling-six, 3+3, table:FILE, boin, keyboard, mtpi, mtpi2, i3+3 or crm",
    )


@dataclass(frozen=True, slots=True)
class Sizes:
    """The cohorts of a trial: their usual size and the patients in all; the last takes what is left."""

    size: int
    patients: int

    def __post_init__(self) -> None:
        if self.size < 1 or self.patients < 1:
            raise InputError("--cohorts", "there is no patient", "give at least one cohort of one patient")

    @property
    def each(self) -> tuple[int, ...]:
        """Patients of each cohort."""
        whole, left = divmod(self.patients, self.size)
        return (self.size,) * whole + ((left,) if left else ())


#: States of a trial that are followed side by side.
MOST_STATES = 400_000


def by_merged_states(
    walk: Walk, truth: tuple[float, ...], sizes: Sizes, select: Levels | None = None, start: int = 1
) -> Characteristics:
    """Exact operating characteristics cohort by cohort, each known before the next is dosed.

    Parameters
    ----------
    walk
        The design.
    truth
        DLT probability per level.
    select
        What is declared at the end; the design's own selection when not given.
    start
        Level of the first cohort.

    Raises
    ------
    InputError
        When the truth is none, the start is no level of it, or the states are too many.
    """
    check_truth(truth)
    if not 1 <= start <= len(truth):
        raise InputError("start", f"level {start} of {len(truth)} does not exist", "start at a planned level")
    _check_group(walk.group, sizes)
    patients = [0.0] * len(truth)
    found = [0.0] * (len(truth) + 1)
    frontier = {Standing(start, ((0, 0),) * len(truth)): 1.0}
    if isinstance(walk, GuardedWalk):
        frontier = _guarded(walk, frontier, found)
    for number, size in enumerate(sizes.each, start=1):
        chances = [binomial_pmf(size, p) for p in truth]
        treated: dict[Standing, float] = defaultdict(float)
        for standing, weight in frontier.items():
            level = standing.level
            patients[level - 1] += weight * size
            for more, chance in enumerate(chances[level - 1]):
                treated[_treated(walk, standing, size, more)] += weight * chance
        _check_states(len(treated), number)
        frontier = _move(treated, walk.following(tuple(treated)), found)
        if isinstance(walk, GuardedWalk) and number < len(sizes.each):
            frontier = _guarded(walk, frontier, found)
    ends = tuple(frontier)
    declared = (select or walk.selected)(ends) if ends else ()
    for standing, level, weight in zip(ends, declared, frontier.values(), strict=True):
        last = walk.asked(standing, level, True)[1] if isinstance(walk, GuardedWalk) else level
        found[last] += weight
    dlts = tuple(n * p for n, p in zip(patients, truth, strict=True))
    return Characteristics(tuple(found), tuple(patients), dlts)


def _check_states(count: int, cohorts: int) -> None:
    """Refuse what would run for hours or out of memory."""
    if count > MOST_STATES:
        fault = f"after {cohorts} cohorts the trial is in one of more than {MOST_STATES:,} states"
        raise InputError("--cohorts", fault, "give fewer, or simulate with `galu design oc --no-calendar`")


def _check_group(group: int | None, sizes: Sizes) -> None:
    """Refuse a group that ends inside a cohort: who of a cohort had the DLTs is not in the states."""
    if group is not None and group % sizes.size:
        fault = f"a group of {group} ends inside a cohort of {sizes.size}, whose order is not followed here"
        raise InputError("group", fault, "give a multiple of the cohort, or simulate with `galu design oc`")


def _treated(walk: Walk, standing: Standing, size: int, more: int) -> Standing:
    """The standing after a cohort with `more` DLTs."""
    level, counts = standing.level, standing.counts
    n, y = counts[level - 1]
    after = (*counts[: level - 1], (n + size, y + more), *counts[level:])
    group = walk.group
    if group is None:
        return Standing(level, after, walk.above(more, size))
    opened = standing.opened or (0,) * len(counts)
    dlts, known = opened[level - 1] + more, n % group + size
    left = dlts if known < group else 0
    return Standing(level, after, walk.above(dlts, known), (*opened[: level - 1], left, *opened[level:]))


def _guarded(walk: GuardedWalk, frontier: dict[Standing, float], found: list[float]) -> dict[Standing, float]:
    """Take out the trials that a guard ends, and lead those that it sends to a lower level there."""
    going: dict[Standing, float] = defaultdict(float)
    for standing, weight in frontier.items():
        ends, level = walk.asked(standing, standing.level, False)
        if ends:
            found[level] += weight
        else:
            going[standing._replace(level=level)] += weight
    return going


def _move(
    treated: dict[Standing, float], following: Sequence[int], found: list[float]
) -> dict[Standing, float]:
    """Take each standing to its next level, and those that stop out."""
    frontier: dict[Standing, float] = defaultdict(float)
    for (standing, weight), level in zip(treated.items(), following, strict=True):
        if level <= 0:
            found[-level] += weight
        else:
            frontier[standing._replace(level=level, above=False)] += weight
    return frontier
