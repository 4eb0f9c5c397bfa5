"""Given distributions of the time of a DLT in simulated trials, against scipy and by share of the halves."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import kstest, weibull_min
from typer.testing import CliRunner

from galu.cli.design import app
from galu.escalation import design_named
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.dlt_times import dlt_part, dlt_time_code
from galu.finding import InputError
from reference.escalation_calendar import course

UNIFORM = (np.arange(20_000) + 0.5) / 20_000


def parts(name: str, share: float | None, rate: float) -> np.ndarray:
    code = dlt_time_code(name, share)
    return np.array([dlt_part(code, u, rate) for u in UNIFORM])


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_given_share_of_dlts_falls_in_the_second_half(share: float, rate: float) -> None:
    for name in ("weibull", "conditionally-late"):
        found = parts(name, share, rate)
        assert found.min() >= 0.0 and found.max() <= 1.0 and (np.diff(found) >= 0).all()
        assert (found > 0.5).mean() == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(("rate", "share"), [(0.1, 0.5), (0.3, 0.7), (0.6, 0.3)])
def test_a_weibull_time_is_scipys_cut_at_the_window(rate: float, share: float) -> None:
    shape = np.log2(np.log(1 - rate) / np.log(1 - rate * (1 - share)))
    time = weibull_min(shape, scale=(-np.log(1 - rate)) ** (-1 / shape))
    assert time.cdf(1.0) == pytest.approx(rate)
    found = parts("weibull", share, rate)
    assert kstest(found, lambda t: time.cdf(t) / rate).statistic < 1e-3


def test_conditionally_late_times_are_uniform_in_each_half() -> None:
    found = parts("conditionally-late", 0.8, 0.3)
    assert kstest(found[found > 0.5], "uniform", (0.5, 0.5)).statistic < 1e-3
    assert kstest(found[found <= 0.5], "uniform", (0.0, 0.5)).statistic < 1e-3


@pytest.mark.parametrize("name", ["rolling-six", "tite-boin", "boin"])
@pytest.mark.parametrize("time", ["weibull", "conditionally-late"])
def test_trial_by_trial(name: str, time: str) -> None:
    conditions = Conditions(42.0, 6.0, True, time, 0.1, 7.0, 0.1, late_share=0.7)
    design, truth = design_named(name), (0.15, 0.35)
    fast = simulate(design, truth, conditions, 5, range(12))
    for row in range(12):
        slow = course(design, truth, conditions, 5, row)
        assert (int(fast.selected[row]), fast.patients[row].tolist()) == (slow.selected, slow.patients)
        assert fast.duration_days[row] == pytest.approx(slow.duration, rel=1e-9)


def test_late_dlts_are_met_later_and_doses_given_meanwhile() -> None:
    truth, design = (0.3, 0.5), design_named("tite-boin", min_followup=0.0, initial_stage=0)
    early, late = (
        simulate(design, truth, Conditions(42.0, 5.0, dlt_time="weibull", late_share=share), 3, range(4000))
        for share in (0.2, 0.9)
    )
    assert late.dlts.sum() > early.dlts.sum()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--dlt-time", "weibull"], "needs the share"),
        (["--dlt-time", "weibull", "--dlt-late-share", "1"], "is no share"),
        (["--dlt-late-share", "0.5"], "reads no share"),
        (["--dlt-time", "lognormal"], "is not known"),
        (["--dlt-time", "conditionally-late", "--dlt-late-share", "nan"], "is no share"),
    ],
)
@pytest.mark.parametrize("command", [["oc", "boin"], ["compare", "boin", "3+3"]])
def test_what_is_no_distribution_gets_a_sentence(command: list[str], words: list[str], says: str) -> None:
    result = CliRunner().invoke(app, [*command, "--truth", "0.1,0.3", "--replicates", "10", *words])
    assert isinstance(result.exception, InputError) and says in str(result.exception)


@pytest.mark.parametrize("command", [["oc", "boin"], ["compare", "boin", "3+3"]])
def test_the_answer_says_the_distribution(command: list[str]) -> None:
    asked = ["--dlt-time", "weibull", "--dlt-late-share", "0.7", "--json"]
    result = CliRunner().invoke(app, [*command, "--truth", "0.1,0.3", "--replicates", "10", *asked])
    told = json.loads(result.stdout)["assumptions"]["time of a DLT in the window"]
    assert told == "weibull, 70% of DLTs in the second half"
