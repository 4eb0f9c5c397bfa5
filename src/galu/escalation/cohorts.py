"""Operating characteristics of designs by cohorts, without a calendar."""

from __future__ import annotations

import numpy as np

from galu.escalation.calendar import Trials
from galu.escalation.cohort_kernels import cohort_factors, crm_cohorts, interval_cohorts
from galu.escalation.crm_design import Crm
from galu.escalation.decision import Design
from galu.escalation.events import MOST_LEVELS, new_world
from galu.escalation.exact import check_truth
from galu.escalation.guard_kernels import Guards, guard_tables
from galu.escalation.guarded import Guarded, bare
from galu.escalation.interval import IntervalDesign
from galu.escalation.model_kernels import crm_plan, tabulate_model
from galu.escalation.outcomes import Outcomes
from galu.escalation.tally_kernels import interval_plan, judge_table, regression_tables
from galu.finding import InputError


def simulate_cohorts(design: Design, truth: tuple[float, ...], seed: int, span: range) -> Trials:
    """Simulate the trials numbered by `span`; durations and suspended days are NaN.

    Patients, DLTs and selections are those of `calendar.simulate` under conditions in which nobody is
    lost: a design by cohorts waits for every patient of a cohort.

    Parameters
    ----------
    design
        An interval design, or CRM without partial follow-up.
    truth
        DLT probability per level.
    seed, span
        As in `calendar.simulate`: the same numbers give the same patients.

    Raises
    ------
    InputError
        When the truth is none, or the design's decisions depend on time.
    """
    check_truth(truth)
    if len(truth) > MOST_LEVELS - 2:
        raise InputError("truth", f"{len(truth)} levels are too many", f"use {MOST_LEVELS - 2} at most")
    design.decide(Outcomes(), len(truth))
    inner = bare(design)
    guards = _guards(design)
    count, levels = len(span), len(truth)
    selected = np.zeros(count, np.int64)
    patients, dlts = np.zeros((count, levels), np.int64), np.zeros((count, levels), np.int64)
    common: tuple[object, ...] = (
        np.array(truth),
        (seed, span.start),
        new_world(int(getattr(inner, "start", 1)), int(getattr(inner, "largest", 0))),
        guards,
    )
    common += (selected, patients, dlts)
    if isinstance(inner, IntervalDesign):
        tables = (judge_table(inner), *regression_tables(inner.largest, inner.target, inner.cutoff))
        interval_cohorts(*tables, np.empty((3, MOST_LEVELS)), *interval_plan(inner, levels), *common)
    elif isinstance(inner, Crm) and not inner.tite:
        nodes, prior, toxic, safe, cuts = tabulate_model(inner.model_for(levels), inner.target)
        factors = cohort_factors(toxic, safe, inner.cohort_size)
        crm_cohorts(nodes, prior, factors, cuts, crm_plan(inner, levels), *common)
    else:
        raise InputError(
            "design",
            f"{design.name} decides by time or by patient",
            "leave --no-calendar out, or use boin, keyboard, mtpi, mtpi2, i3+3 or crm",
        )
    unknown = np.full(count, np.nan)
    return Trials(selected, patients, dlts, unknown, unknown)


def _guards(design: Design) -> Guards | None:
    if not isinstance(design, Guarded):
        return None
    if design.shares:
        fault = "the sentinel interval and the minimum follow-up are times"
        raise InputError("design", fault, "simulate in calendar time, or leave them out")
    return guard_tables(design, int(getattr(design.design, "largest", 6)))
