"""The expansion after simulated escalations: more patients at the selected level, watched for toxicity.

Given an escalation, the expansion is a random walk of DLTs over patients, followed exactly: what a trial
adds to the averages is an expectation, not another draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from galu.escalation.calendar import Trials
from galu.escalation.monitoring import toxicity_bound
from galu.finding import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExpansionPlan:
    """How far, and when it stops.

    Parameters
    ----------
    target
        Patients of the whole trial, escalation included.
    limit, certainty
        The expansion stops when Pr(DLT rate > limit) reaches the certainty under a uniform prior, with
        the patients of the escalation at the selected level counted.
    """

    target: int
    limit: float = 0.33
    certainty: float = 0.95

    def __post_init__(self) -> None:
        if self.target < 1:
            raise InputError("expansion", f"{self.target} patients are no trial", "give at least one")
        if not (0.0 < self.limit < 1.0 and 0.0 < self.certainty < 1.0):
            raise InputError("expansion", "limit or certainty lies outside 0–1", "give fractions")


@dataclass(frozen=True, slots=True)
class Expanded:
    """Expectations of each trial's expansion, shape (trials,); none without a selected level.

    `stopped` is the probability that toxicity ends it early.
    """

    patients: Floats
    dlts: Floats
    stopped: Floats


def expand(trials: Trials, truth: tuple[float, ...], plan: ExpansionPlan) -> Expanded:
    """Follow the expansion of every trial at its selected level.

    Parameters
    ----------
    truth
        DLT probability per level.
    """
    count = len(trials.selected)
    found = np.zeros((count, 3))
    picked = np.flatnonzero(trials.selected > 0)
    level = trials.selected[picked] - 1
    totals = trials.patients[picked].sum(axis=1)
    states = np.column_stack(
        (level, trials.patients[picked, level], trials.dlts[picked, level], plan.target - totals)
    )
    unique, place = np.unique(states, axis=0, return_inverse=True)
    answers = [_walk(truth[lv], (int(n), int(y)), max(0, int(more)), plan) for lv, n, y, more in unique]
    if answers:
        found[picked] = np.array(answers)[place.ravel()]
    return Expanded(found[:, 0], found[:, 1], found[:, 2])


@lru_cache(maxsize=4096)
def _bound(n: int, plan: ExpansionPlan) -> int:
    """Fewest DLTs of n that stop; n + 1 when none does."""
    bound = toxicity_bound(n, plan.limit, plan.certainty)
    return n + 1 if bound is None else bound


def _walk(p: float, start: tuple[int, int], more: int, plan: ExpansionPlan) -> tuple[float, float, float]:
    """Expected patients and DLTs, and the probability of a stop, from (patients, DLTs) at the level."""
    n, y = start
    alive = np.zeros(more + 2)
    alive[0] = 1.0
    patients, stopped = 0.0, 0.0
    for step in range(more + 1):
        stops = max(0, _bound(n + step, plan) - y)
        stopped += float(alive[stops:].sum()) if step < more else 0.0
        if step == more:
            break
        alive[stops:] = 0.0
        patients += float(alive.sum())
        moved = alive * (1.0 - p)
        moved[1:] += alive[:-1] * p
        alive = moved
    return patients, patients * p, stopped
