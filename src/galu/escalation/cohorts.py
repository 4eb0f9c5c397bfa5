"""Operating characteristics of designs by cohorts, without a calendar."""

from __future__ import annotations

import numpy as np

from galu.escalation.calendar import Trials
from galu.escalation.cohort_kernels import cohort_factors, crm_cohorts, interval_cohorts
from galu.escalation.crm import Crm
from galu.escalation.decision import Design
from galu.escalation.events import MOST_LEVELS, new_world
from galu.escalation.exact import check_truth
from galu.escalation.interval import IntervalDesign
from galu.escalation.model_kernels import crm_plan, tabulate_model
from galu.escalation.outcomes import Outcomes
from galu.escalation.tally_kernels import judge_table, regression_tables
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
    count, levels = len(span), len(truth)
    selected = np.zeros(count, np.int64)
    patients, dlts = np.zeros((count, levels), np.int64), np.zeros((count, levels), np.int64)
    common = (np.array(truth), (seed, span.start), new_world(), selected, patients, dlts)
    if isinstance(design, IntervalDesign):
        tables = (judge_table(design), *regression_tables(design.largest, design.target, design.cutoff))
        plan = np.array([levels, design.largest, design.cohort_size, design.target])
        interval_cohorts(*tables, np.empty((3, MOST_LEVELS)), plan, *common)
    elif isinstance(design, Crm) and not design.tite:
        nodes, prior, toxic, safe, cuts = tabulate_model(design.model_for(levels), design.target)
        factors = cohort_factors(toxic, safe, design.cohort_size)
        crm_cohorts(nodes, prior, factors, cuts, crm_plan(design, levels), *common)
    else:
        raise InputError(
            "design",
            f"{design.name} decides by time or by patient",
            "leave --no-calendar out, or use boin, keyboard, mtpi, mtpi2, i3+3 or crm",
        )
    unknown = np.full(count, np.nan)
    return Trials(selected, patients, dlts, unknown, unknown)
