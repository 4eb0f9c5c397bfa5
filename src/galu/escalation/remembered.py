"""Fast trials of any design that decides between complete cohorts: its decisions are asked for once.

The kernel looks a state up; where it finds none it stops at that trial, the readable `decide` answers, and
the trial starts again, which its random numbers allow. Tallies, the level in use and the DLTs of its last
group are all that such a design may look at. One that has `at_any_number` is asked with those known of an
open cohort too.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from galu.compiled import inlined, kernel
from galu.escalation.backfill_kernels import backfill_bound
from galu.escalation.decision import Action, Decision
from galu.escalation.draws import mix, stream
from galu.escalation.events import (
    HOLD,
    SAME,
    STOP,
    begin,
    finish,
    proceed,
)
from galu.escalation.exact import ACTIONS
from galu.escalation.guard_kernels import Guards, guard_answer
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome
from galu.escalation.stay_kernels import left_inside, set_aside, stay_known

_UNKNOWN = -2
_ROOM = 1 << 18


class CohortDesign(Protocol):
    """A design that decides between complete cohorts, from tallies and the level in use."""

    @property
    def cohort_size(self) -> int:
        """Patients between two decisions."""

    @property
    def largest(self) -> int:
        """Patients in all."""

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Answer for a trial of `levels` planned levels."""


@inlined
def _last_group(w, level, size):  # type: ignore[no-untyped-def]
    """DLTs of the level's last group of those known."""
    known = w.n[level] - w.c[level]
    count = known % size
    left = min(size, known) if count == 0 else count
    dlts, patient = 0, w.patient - 1
    while left > 0:
        state = w.state[patient] if w.level[patient] == level else 1
        if state >= 2:
            dlts += state - 2
            left -= 1
        patient -= 1
    return dlts


@kernel
def _key(worlds, levels, group, inside):  # type: ignore[no-untyped-def]
    """Hash of the state; two of 100,000 states share one with probability 3e-10."""
    w = worlds[0]
    key = np.uint64(w.in_use * 1024 + _last_group(w, w.in_use, group))
    for level in range(1, levels + 1):
        known = w.n[level] - w.c[level]
        key = mix(key + np.uint64(known * 1024 + w.y[level] + 1) * np.uint64(0x9E3779B97F4A7C15))
    if inside:
        key = mix(key)
    return key | np.uint64(1)


@inlined
def _fills(w, plan):  # type: ignore[no-untyped-def]
    """Whether the cohort of the level in use is open."""
    n = w.n[w.in_use]
    return w.total < plan[1] and (n == 0 or n % plan[2] != 0)


@kernel
def _inside(worlds, plan):  # type: ignore[no-untyped-def]
    """Whether the state is one inside a cohort, or before its patients are known."""
    w = worlds[0]
    return _fills(w, plan) or w.known < w.last


@kernel
def _place(keys, key):  # type: ignore[no-untyped-def]
    """Where the key is, or would be put."""
    last = np.int64(keys.size - 1)
    place = np.int64(key & np.uint64(last))
    while keys[place] != np.uint64(0) and keys[place] != key:
        place = (place + 1) & last
    return place


@kernel
def _recalled(keys, answers, worlds, plan, inside):  # type: ignore[no-untyped-def]
    """What is remembered of the state."""
    key = _key(worlds, plan[0], plan[3], inside)
    place = _place(keys, key)
    if keys[place] != key:
        return _UNKNOWN, 0
    return answers[place, 0], answers[place, 1]


@kernel
def _bound_before(keys, answers, worlds, plan):  # type: ignore[no-untyped-def]
    """What those before the present stay say by now, as `conventions.in_cohort`; else to fill the level.

    Where that is unknown the state that is asked for is left in place, since the trial starts again.
    """
    w = worlds[0]
    level = w.in_use
    above, first = left_inside(w, plan[2])
    if above == 0:
        return SAME, level
    set_aside(w, first, above, -1)
    action, to = _recalled(keys, answers, worlds, plan, True)
    if action != _UNKNOWN:
        set_aside(w, first, level, 1)
    return action, min(to, level)


@kernel
def _decision(keys, answers, worlds, plan):  # type: ignore[no-untyped-def]
    """`plan` is (levels, largest, cohort size, group, whether it is asked inside a cohort)."""
    w = worlds[0]
    level = w.in_use
    inside = _inside(worlds, plan)
    fills = _fills(w, plan) and w.known >= w.last - w.c[level]
    bound = level
    if fills and plan[4] == 1 and w.tried > level:
        action, bound = _bound_before(keys, answers, worlds, plan)
        if action in (_UNKNOWN, STOP):
            return action, 0
    if inside and (plan[4] == 0 or not stay_known(w, level)):
        return (SAME, bound) if fills else (HOLD, 0)
    action, to = _recalled(keys, answers, worlds, plan, inside)
    if not inside or action in (_UNKNOWN, STOP):
        return action, to
    return (action, min(to, bound)) if fills else (HOLD, 0)


@kernel
def _trials(  # type: ignore[no-untyped-def]
    keys,
    answers,
    plan,
    truth,
    conditions,
    seeds,
    worlds,
    guards,
    back,
    first,
    selected,
    patients,
    dlts,
    times,
):
    """Run trials from number `first` of the chunk; gives the number of the trial that needs an answer."""
    w = worlds[0]
    for trial in range(first, selected.size):
        base = stream(seeds[0], seeds[1] + trial)
        begin(w, base, conditions, truth, back)
        while True:
            action, level = _decision(keys, answers, worlds, plan)
            if action == _UNKNOWN:
                return trial
            if guards is not None:
                action, level = guard_answer(w, action, level, conditions[0], guards)
            if back is not None:
                action, level = backfill_bound(w, back[0], action, level)
            if not proceed(w, base, conditions, truth, action, level, False, guards, back):
                break
        finish(w, action, level, trial, selected, patients, dlts, times)
    return selected.size


def remembered_trials(
    design: CohortDesign,
    world: NDArray[np.void],
    around: tuple[Guards | None, NDArray[np.void] | None],
    run: tuple[NDArray[np.float64], NDArray[np.float64], tuple[int, int]],
    results: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
) -> None:
    """Simulate; `around` is (guards, backfill), `run` (truth, conditions, seeds), `results` to be filled."""
    truth, conditions, seeds = run
    group = int(getattr(design, "group", None) or design.cohort_size)
    asked = hasattr(design, "at_any_number")
    plan = np.array([len(truth), design.largest, design.cohort_size, group, asked])
    memory = np.zeros(_ROOM, np.uint64), np.zeros((_ROOM, 2), np.int64)
    trial, known = 0, 0
    while True:
        trial = _trials(*memory, plan, truth, conditions, seeds, world, *around, trial, *results)
        if trial == len(results[0]):
            return
        known += 1
        if known > _ROOM // 2:
            raise MemoryError(f"more than {known} states: simulate fewer patients or larger cohorts")
        _learn(design, memory, world, plan)


def _learn(
    design: CohortDesign,
    memory: tuple[NDArray[np.uint64], NDArray[np.int64]],
    world: NDArray[np.void],
    plan: NDArray[np.int64],
) -> None:
    levels, group, inside = int(plan[0]), int(plan[3]), bool(_inside(world, plan))
    outcomes, level = _as_outcomes(world, levels, group), int(world["in_use"][0])
    if inside:
        found = design.at_any_number(outcomes, level)  # type: ignore[attr-defined]
        action, to = (Action.SAME, level) if found is None else (found.action, found.level)
    else:
        decision = design.decide(outcomes, levels)
        action, to = decision.action, decision.level
        if action is Action.SUSPEND:
            action = Action.SAME
    key = np.uint64(_key(world, levels, group, inside))
    keys, answers = memory
    place = _place(keys, key)
    keys[place] = key
    answers[place] = ACTIONS.index(action), to or 0


def _as_outcomes(world: NDArray[np.void], levels: int, group: int) -> Outcomes:
    """Patients with these tallies, the last group of the level in use last."""
    in_use = int(world["in_use"][0])
    patients: list[PatientOutcome] = []
    last: list[PatientOutcome] = []
    for level in range(1, int(min(levels, world["tried"][0])) + 1):
        n, y = int(world["n"][0, level] - world["c"][0, level]), int(world["y"][0, level])
        if level == in_use and n:
            count = n % group or min(group, n)
            last = _here(level, count, int(_last_of(world, level, group)))
            n, y = n - count, y - sum(p.outcome is Outcome.DLT for p in last)
        patients += _here(level, n, y)
    return Outcomes((*patients, *last))


def _here(level: int, n: int, y: int) -> list[PatientOutcome]:
    return [PatientOutcome(level, Outcome.DLT)] * y + [PatientOutcome(level, Outcome.NONE)] * (n - y)


@kernel
def _last_of(worlds, level, group):  # type: ignore[no-untyped-def]
    return _last_group(worlds[0], level, group)
