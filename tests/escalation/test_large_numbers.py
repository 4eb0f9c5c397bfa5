"""Exact tables and simulations beyond a thousand patients end in numbers."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binom

from galu.binomial import binomial_pmf
from galu.desk import design as desk
from galu.escalation.cohorts import simulate_cohorts
from galu.escalation.designs import design_named
from galu.escalation.simon import fewest_patients, simon_designs


@pytest.mark.parametrize("n", [1001, 1040, 5000])
@pytest.mark.parametrize("p", [0.0, 1e-6, 0.1, 0.5, 0.93, 1.0])
def test_the_binomial_distribution_beyond_a_float(n: int, p: float) -> None:
    found = binomial_pmf(n, p)
    assert math.fsum(found) == pytest.approx(1.0, abs=1e-12)
    assert found == pytest.approx(binom.pmf(range(n + 1), n, p), rel=1e-8, abs=1e-14)


def test_precision_of_a_thousand_and_forty() -> None:
    rows = desk.precision(1040, (12,), 0, (0.3,), 0.95)["rows"]
    assert rows[0]["expected_width"] == pytest.approx(0.0569, abs=2e-4)


def test_simon_beyond_130_patients() -> None:
    optimal, minimax = simon_designs(0.3, 0.4, 0.05, 0.2)
    assert minimax.n > 130 and fewest_patients(0.3, 0.4, 0.05, 0.2) <= minimax.n
    for found in (optimal, minimax):
        first = [binom.pmf(range(found.r1 + 1, found.n1 + 1), found.n1, p) for p in (0.3, 0.4)]
        rest = [
            binom.sf([found.r - x for x in range(found.r1 + 1, found.n1 + 1)], found.n - found.n1, p)
            for p in (0.3, 0.4)
        ]
        errors = [float(a @ b) for a, b in zip(first, rest, strict=True)]
        assert errors[0] <= 0.05 and errors[1] >= 0.8


def test_trials_of_more_than_five_hundred_patients() -> None:
    design = design_named("boin", largest=600, eliminate_at="cohort")
    found = simulate_cohorts(design, (0.1, 0.25), 1, range(3))
    assert found.patients.sum(axis=1).tolist() == [600, 600, 600]
    assert (found.selected > 0).all()
