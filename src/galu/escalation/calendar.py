"""Operating characteristics in calendar time, for every design: arrivals, screening and a window.

What happens to patients is in `events`; each design's decision is a kernel of its own beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from galu.escalation.backfill import BackfillRule
from galu.escalation.backfill_kernels import backfill_record
from galu.escalation.blrm import Blrm
from galu.escalation.blrm_kernels import quick
from galu.escalation.crm_design import Crm
from galu.escalation.decision import Design
from galu.escalation.dlt_times import check_dlt_time, dlt_time_code
from galu.escalation.events import INEVALUABLE, MOST_LEVELS, new_world
from galu.escalation.exact import check_truth, tabulate
from galu.escalation.guard_kernels import Guards, guard_tables
from galu.escalation.guarded import Guarded, bare
from galu.escalation.interval import IntervalDesign
from galu.escalation.model_kernels import crm_plan, crm_trials, tabulate_model
from galu.escalation.outcomes import Outcomes
from galu.escalation.remembered import remembered_trials
from galu.escalation.tally_kernels import (
    climb_trials,
    flat_table,
    interval_plan,
    interval_trials,
    judge_table,
    regression_tables,
)
from galu.escalation.tite_boin import TiteBoin
from galu.escalation.tite_kernels import eliminations, tite_boin_plan, tite_boin_trials
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Conditions:
    """How patients come and what happens to them.

    Parameters
    ----------
    window_days, gap_days
        DLT window and mean gap between arrivals (Poisson) [days].
    queue
        Whether arrivals during suspension wait; otherwise they are lost.
    dlt_time
        When in the window a DLT occurs: uniform, early (u²), late (√u), end; weibull or conditionally-late
        (uniform within each half), both with the share of DLTs in the second half.
    inevaluable
        Probability that a patient without DLT becomes inevaluable, uniformly in the window.
    screening_days, screen_failure
        Time from consent to dosing [days], probability of failing.
    arrival_days
        Days of arrival, rising from 0, in place of a Poisson process; empty: Poisson.
    late_share
        Share of DLTs in the second half of the window, where `dlt_time` reads it.
    backfill
        Whoever arrives while the escalation is suspended is treated at the highest level below the one in
        use that this rule leaves open; None: nobody is.
    """

    window_days: float = 42.0
    gap_days: float = 10.0
    queue: bool = False
    dlt_time: str = "uniform"
    inevaluable: float = 0.0
    screening_days: float = 0.0
    screen_failure: float = 0.0
    arrival_days: tuple[float, ...] = ()
    late_share: float | None = None
    backfill: BackfillRule | None = None

    def __post_init__(self) -> None:
        times = self.window_days, self.gap_days, self.screening_days
        if not (min(times[:2]) > 0 and times[2] >= 0 and all(map(isfinite, times))):
            raise InputError("conditions", "a time is not positive and finite", "give days above 0")
        if not (0 <= self.inevaluable < 0.9 and 0 <= self.screen_failure < 0.9):
            raise InputError("conditions", "a probability lies outside 0–0.9", "give fractions below 0.9")
        days = self.arrival_days
        if days and (days[0] < 0.0 or list(days) != sorted(days)):
            raise InputError("arrivals", "the days do not rise from 0", "give them in order, as in 0,12,30")
        check_dlt_time(self.dlt_time, self.late_share)

    def as_array(self) -> NDArray[np.float64]:
        """Return the numbers in the order the kernel reads them."""
        return np.array(
            [
                self.window_days,
                self.gap_days,
                float(self.queue),
                dlt_time_code(self.dlt_time, self.late_share),
                self.inevaluable,
                self.screening_days,
                self.screen_failure,
                *self.arrival_days,
            ]
        )


@dataclass(frozen=True, slots=True)
class Trials:
    """Simulated trials, one row each.

    Parameters
    ----------
    selected
        Declared level, 0 for none, -1 for a trial that did not end; shape (trials,).
    patients, dlts
        Per level (screening failures are no patients), shape (trials, levels).
    duration_days, suspended_days
        Shape (trials,) [days].
    """

    selected: NDArray[np.int64]
    patients: NDArray[np.int64]
    dlts: NDArray[np.int64]
    duration_days: NDArray[np.float64]
    suspended_days: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of a kernel: what it reads besides the design's tables, and the arrays it fills."""

    truth: NDArray[np.float64]
    conditions: NDArray[np.float64]
    seeds: tuple[int, int]
    world: NDArray[np.void]
    guards: Guards | None
    back: NDArray[np.void] | None
    results: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

    @property
    def asked_again(self) -> bool:
        """Whether an answer other than the design's own may suspend or end the trial."""
        return self.guards is not None or self.back is not None

    @property
    def common(self) -> tuple[object, ...]:
        """The arguments that every kernel takes after its tables."""
        return (self.truth, self.conditions, self.seeds, self.world, self.guards, self.back, *self.results)


def _climbing(design: Design, run: _Run) -> None:
    largest = int(getattr(design, "max_per_level", 6))
    kept = not getattr(design, "replace_inevaluable", True) and run.conditions[INEVALUABLE] > 0.0
    climb_trials(flat_table(tabulate(design, largest)), True if kept else None, *run.common)  # type: ignore[arg-type]


def _interval(design: Design, run: _Run) -> None:
    assert isinstance(design, IntervalDesign)
    regression = regression_tables(design.largest, design.target, design.cutoff)
    tables = (judge_table(design), *regression, np.empty((3, MOST_LEVELS)))
    interval_trials(*tables, *interval_plan(design, len(run.truth)), *run.common)


def _crm(design: Design, run: _Run) -> None:
    assert isinstance(design, Crm)
    levels = len(run.truth)
    tables = tabulate_model(design.model_for(levels), design.target)
    crm_trials(*tables, np.empty((2, tables[0].size)), crm_plan(design, levels, run.asked_again), *run.common)


def _tite_boin(design: Design, run: _Run) -> None:
    assert isinstance(design, TiteBoin)
    weights, _ = regression_tables(design.largest, design.target, design.cutoff)
    tables = (weights, eliminations(design), np.empty((3, MOST_LEVELS)))
    plan = tite_boin_plan(design, len(run.truth), run.asked_again)
    tite_boin_trials(*tables, plan, *run.common)


def _blrm(design: Design, run: _Run) -> None:
    _remembered(quick(design), run)  # type: ignore[arg-type]


def _remembered(design: Design, run: _Run) -> None:
    remembered_trials(design, run.world, (run.guards, run.back), run.common[:3], run.results)  # type: ignore[arg-type]


#: What a design has or is, and the kernel that runs it; the first that fits.
_KERNELS: tuple[tuple[Callable[[Design], bool], Callable[[Design, _Run], None]], ...] = (
    (lambda design: isinstance(design, IntervalDesign), _interval),
    (lambda design: isinstance(design, Crm), _crm),
    (lambda design: isinstance(design, TiteBoin), _tite_boin),
    (lambda design: isinstance(design, Blrm) and not design.by_covariate, _blrm),
    (lambda design: hasattr(design, "rows"), _climbing),
    (lambda design: hasattr(design, "cohort_size") and hasattr(design, "largest"), _remembered),
)


def simulate(
    design: Design, truth: tuple[float, ...], conditions: Conditions, seed: int, span: range
) -> Trials:
    """Simulate the trials numbered by `span`.

    Parameters
    ----------
    design
        A table design (with `rows`), one of the designs with a kernel of its own, or any design that
        decides between complete cohorts (with `cohort_size` and `largest`).
    truth
        DLT probability per level.
    conditions
        Arrivals, window, screening.
    seed
        With the trial's number it fixes every random number.
    span
        Trial numbers (step 1); chunks of a range put together equal the whole.

    Raises
    ------
    InputError
        When the truth is none, or the design cannot be simulated.
    """
    check_truth(truth)
    inner = bare(design)
    runner = next((runner for fits, runner in _KERNELS if fits(inner)), None)
    if runner is None:
        raise InputError("design", f"{design.name} is not simulated", "use a table or a design by cohorts")
    if len(truth) > MOST_LEVELS - 2:
        raise InputError("truth", f"{len(truth)} levels are too many", f"use {MOST_LEVELS - 2} at most")
    design.decide(Outcomes(), len(truth))
    count, levels = len(span), len(truth)
    results = (
        np.zeros(count, np.int64),
        np.zeros((count, levels), np.int64),
        np.zeros((count, levels), np.int64),
        np.zeros((count, 2)),
    )
    most = int(getattr(inner, "largest", 0) or getattr(inner, "max_per_level", 6))
    guards = guard_tables(design, most) if isinstance(design, Guarded) else None
    rule = conditions.backfill
    back = None if rule is None else backfill_record(rule, hasattr(inner, "rows"))
    lost = (1.0 - conditions.screen_failure) * (1.0 - conditions.inevaluable)
    # Twice as many as count on average: a level may take more than the design plans in all.
    room = int(2.0 * int(getattr(inner, "largest", 0)) / lost)
    world = new_world(int(getattr(inner, "start", 1)), room)
    runner(
        inner, _Run(np.array(truth), conditions.as_array(), (seed, span.start), world, guards, back, results)
    )
    selected, patients, dlts, times = results
    return Trials(selected, patients, dlts, times[:, 0], times[:, 1])
