"""Against R's survival package (rows in tests/data/efficacy; see provenance.txt there)."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from galu.binomial import clopper_pearson
from galu.efficacy.survival import kaplan_meier, log_rank, reverse_kaplan_meier
from support import shared

DATA = Path(__file__).parent.parent / "data" / "efficacy"


def rows(name):
    with (DATA / name).open() as file:
        return list(csv.DictReader(file))


@cache
def table(name):
    data = rows(f"survdata_{name}.csv")
    return tuple(np.array([float(row[key]) for row in data]) for key in ("time", "event", "group"))


def part(row):
    time, event, group = table(row["dataset"])
    use = np.ones(time.size, bool) if row["group"] == "NA" else group == float(row["group"])
    return time[use], event[use]


def number(text):
    return math.nan if text in ("NA", "") else float(text)


def same(ours, theirs):
    theirs = [number(text) for text in theirs]
    return np.allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_every_quantile_row():
    wrong = []
    for row in rows("km_quantiles_R.csv"):
        fit = kaplan_meier(*part(row), ci=row["conf_type"])
        assert (fit.n, fit.events) == (int(row["n"]), int(row["events"]))
        ours = fit.quantile(float(row["prob"]))
        if not same(ours, (row["est"], row["lower"], row["upper"])):
            wrong.append((row, ours))
    assert not wrong, wrong


def test_every_point_row():
    wrong = []
    for row in rows("km_points_R.csv"):
        at = kaplan_meier(*part(row), ci=row["conf_type"]).at(float(row["time"]))
        ours = [at.n_risk[0], at.survival[0], at.std_err[0], at.lower[0], at.upper[0]]
        if not same(ours, [row[key] for key in ("n_risk", "surv", "std_err", "lower", "upper")]):
            wrong.append((row, ours))
    assert not wrong, wrong


def test_every_follow_up_and_restricted_mean_row():
    for row in rows("km_followup_rmst_R.csv"):
        reverse = reverse_kaplan_meier(*part(row), ci="log-log").median()
        expected = [row[f"reverse_km_{key}"] for key in ("median", "lower", "upper")]
        assert same(reverse, expected), (row, reverse)
        mean = kaplan_meier(*part(row)).rmst(float(row["rmst_tau"]))
        assert same(mean, (row["rmst"], row["rmst_se"])), (row, mean)


def test_every_reconstructed_mcrpc_median():
    """The 42 arms of 21 published curves, medians by R with the log-log interval."""
    folder, checked = shared("public", "efficacy", "kmdata_mcrpc"), 0
    with shared("public", "efficacy", "kmdata_mcrpc_medians_R.csv").open() as file:
        medians = list(csv.DictReader(file))
    for row in medians:
        with (folder / f"{row['dataset']}.csv").open() as file:
            arm = [one for one in csv.DictReader(file) if one["arm"] == row["arm"]]
        fit = kaplan_meier([float(one["time"]) for one in arm], [int(one["event"]) for one in arm], "log-log")
        assert (fit.n, fit.events) == (int(row["n"]), int(row["events"]))
        assert same(fit.median(), (row["median"], row["lower"], row["upper"])), row
        checked += 1
    assert checked == 42


def test_every_log_rank_row():
    for row in rows("logrank_cox_R.csv"):
        test = log_rank(*table(row["dataset"]))
        assert test.df == int(row["logrank_df"])
        assert test.chi2 == pytest.approx(float(row["logrank_chisq"]), rel=1e-9)


def test_every_exact_binomial_row():
    for row in rows("clopper_pearson_R.csv"):
        ours = clopper_pearson(int(row["x"]), int(row["n"]), float(row["level"]))
        assert same((ours.lower, ours.upper), (row["lower"], row["upper"])), (row, ours)
