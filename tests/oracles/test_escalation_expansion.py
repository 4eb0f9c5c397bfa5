"""Expansion: two-stage inference, BOP2, Bayesian bounds against reference tools."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from galu.escalation.bop2 import bop2
from galu.escalation.monitoring import (
    JointRule,
    Truth,
    futility_against_standard,
    joint_course,
    posterior_exceeds,
    superiority_against_standard,
    tail,
)
from galu.escalation.precision import precision, smallest_for_width
from galu.escalation.predictive import Goal, futility_looks, predictive_probability
from galu.escalation.simon import simon_designs
from galu.escalation.stopping import Looks, course
from galu.escalation.two_stage import Stages, infer, reaching, umvue
from reference.escalation_oracle import numbers, rows
from support import shared

EXPERIMENTAL, STANDARD = (0.6, 1.4), (15.0, 35.0)


def test_inference_after_two_stages() -> None:
    path = shared("oracles", "efficacy", "simon_two_stage_inference.csv")
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        stages = Stages(*(int(row[key]) for key in ("r1", "n1", "n")))
        found = infer(stages, int(row["x"]), float(row["pu"]))
        assert found.umvue == pytest.approx(float(row["umvue"]), abs=1e-12)
        assert found.p_value == pytest.approx(float(row["pvalue"]), abs=1e-12)
        if row["lcl_975"] == "NA":
            assert found.p_interval is None
        else:
            wanted = (float(row["lcl_975"]), float(row["ucl_975"]))
            assert found.p_interval == pytest.approx(wanted, abs=1e-9)


def test_simon() -> None:
    wanted: dict[tuple[float, ...], dict[str, dict[str, str]]] = {}
    for row in rows("simon_two_stage"):
        key = tuple(float(row[name]) for name in ("p0", "p1", "alpha", "beta"))
        wanted.setdefault(key, {})[row["type"]] = row
    for rates, types in list(wanted.items())[:6]:
        for kind, found in zip(("optimal", "minimax"), simon_designs(*rates), strict=True):
            if kind in types:
                row = types[kind]
                assert (found.r1, found.n1, found.r, found.n) == tuple(
                    int(row[name]) for name in ("r1", "n1", "r", "n")
                )
                assert found.en0 == pytest.approx(float(row["EN_p0"]), abs=1e-9)


def test_bop2() -> None:
    for row in rows("bop2_binary"):
        looks = tuple(int(n) for n in row["looks"].split(";"))
        found = bop2(float(row["p0"]), float(row["p1"]), float(row["alpha"]), looks)
        assert found.looks.most == tuple(int(x) for x in numbers(row["futility_max_at_looks"]))
        assert (found.lambda_, found.gamma) == (float(row["lambda"]), float(row["gamma"]))
        assert found.under_p0.promising == pytest.approx(float(row["type1"]), abs=1e-9)
        assert found.under_p1.promising == pytest.approx(float(row["power"]), abs=1e-9)
        assert found.under_p0.expected_n == pytest.approx(float(row["EN_p0"]), abs=1e-7)
        assert found.under_p0.stopped_early == pytest.approx(float(row["PET_p0"]), abs=1e-8)


def test_bayesian_quantities() -> None:
    for row in rows("bayes_monitoring"):
        value = float(row["value"])
        if row["what"] == "beta_tail":
            bound, a, y, b, n = map(float, re.findall(r"[\d.]+(?:e-\d+)?", row["args"].replace("Pr(p>", "")))
            assert tail(bound, a + y, b + n) == pytest.approx(value, rel=1e-10)
            continue
        args = dict(part.split("=") for part in row["args"].split(","))
        y, n = int(args["y"]), int(args["n"])
        prior = (float(args["alpha_e"]), float(args["beta_e"]))
        if row["what"] == "predprob":
            goal = Goal(int(args["nmax"]), float(args["p_s"]), float(args["theta_t"]), prior)
            assert predictive_probability(goal, y, n) == pytest.approx(value, rel=1e-9)
        else:
            standard = (float(args["alpha_s"]), float(args["beta_s"]))
            found = posterior_exceeds(y, n, prior, standard, float(args["delta"]))
            assert found == pytest.approx(value, rel=1e-7)


def _bounds(start: str) -> dict[int, int | None]:
    found = [row for row in rows("bayes_stop_boundaries") if row["rule"].startswith(start)]
    return {int(row["n"]): None if row["bound"] == "NA" else int(row["bound"]) for row in found}


def _changes(bounds: list[int | None]) -> dict[int, int | None]:
    """The numbers of patients at which a bound changes, as the oracle prints them."""
    pairs = zip([object(), *bounds], bounds, strict=False)
    return {n: bound for n, (before, bound) in enumerate(pairs, start=1) if bound != before}


def _count(most: int) -> int | None:
    return None if most < 0 else most


def test_stopping_bounds() -> None:
    futility = [_count(futility_against_standard(n, 0.05, EXPERIMENTAL, STANDARD)) for n in range(1, 41)]
    assert _bounds("stopbound_post futility").items() <= _changes(futility).items() | {(40, futility[-1])}
    superior = [superiority_against_standard(n, 0.95, EXPERIMENTAL, STANDARD) for n in range(1, 41)]
    assert _bounds("stopbound_post superiority").items() <= _changes(superior).items()
    looks = futility_looks(Goal(36, 0.3, 0.9, (0.3, 0.7)), tuple(range(1, 37)), 0.05)
    predicted = [_count(most) for most in looks.most]
    assert _bounds("stopbound_pred futility") == _changes(predicted)


@pytest.mark.parametrize("odds_ratio", [1.0, 3.0])
def test_toxicity_and_futility_together(odds_ratio: float) -> None:
    """One rule alone equals the one-dimensional course; both together add to one."""
    looks = (10, 20, 30)
    truth = Truth(0.3, 0.2, odds_ratio)
    assert sum(truth.cells()) == pytest.approx(1.0, abs=1e-12)
    alone = joint_course(JointRule(looks, (None,) * 3, (2, 5, 9)), truth)
    plain = course(Looks(looks, (2, 5, 9)), 0.3)
    assert alone.complete == pytest.approx(plain.promising, abs=1e-12)
    assert alone.expected_n == pytest.approx(plain.expected_n, abs=1e-10)
    both = joint_course(JointRule(looks, (6, 10, 14), (2, 5, 9)), truth)
    assert both.toxic + both.futile + both.complete == pytest.approx(1.0, abs=1e-12)
    assert both.complete < alone.complete


@settings(deadline=None, max_examples=40)
@given(n1=st.integers(2, 12), n2=st.integers(1, 12), p=st.floats(0.05, 0.95), data=st.data())
def test_umvue_is_unbiased_and_interval_covers(n1: int, n2: int, p: float, data: st.DataObject) -> None:
    stages = Stages(data.draw(st.integers(0, n1 - 1)), n1, n1 + n2)
    chances = [reaching(stages, x, p) for x in range(stages.n + 1)]
    chances = [a - b for a, b in zip(chances, [*chances[1:], 0.0], strict=True)]
    assert sum(c * umvue(stages, x) for x, c in enumerate(chances)) == pytest.approx(p, abs=1e-10)
    found = [infer(stages, x, 0.3, 0.9).exact_interval for x in range(stages.n + 1)]
    covered = sum(c for c, (low, high) in zip(chances, found, strict=True) if low <= p <= high)
    assert covered >= 0.9 - 1e-9


def test_a_count_between_two_is_the_higher() -> None:
    assert [precision(n, 0.5).count for n in (37, 43, 44)] == [19, 22, 22]


def test_precision() -> None:
    found = precision(37, 0.3)
    reference = binomtest(11, 37).proportion_ci()
    assert (found.lower, found.upper) == pytest.approx((reference.low, reference.high), abs=1e-10)
    n = smallest_for_width(0.3, 0.5)
    assert precision(n, 0.5).expected_width <= 0.3 < precision(n - 1, 0.5).expected_width
