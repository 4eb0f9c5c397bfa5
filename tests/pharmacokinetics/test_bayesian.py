"""The Bayesian fit (an extra) on the shared set: the chains agree, and so do they with the likelihood."""

from __future__ import annotations

import csv
import importlib.util
import math

import pytest

from galu.finding import InputError
from galu.pharmacokinetics.bayesian import LEAST_ESS, MOST_R_HAT, fit_bayesian
from galu.pharmacokinetics.population import PopulationData, fit_laplace, population_data
from support import shared

ABSENT = [name for name in ("arviz", "nutpie", "pymc") if importlib.util.find_spec(name) is None]


def _patients() -> PopulationData:
    rows = list(csv.DictReader(shared("oracles", "pharmacokinetics", "in_hb49_biexp.csv").open()))
    return population_data(
        [row["id"] for row in rows],
        [float(row["t"]) for row in rows],
        [float(row["y"]) for row in rows],
        [row["cens"] == "1" for row in rows],
        [math.log(float(row["crcl"]) / 75.0) for row in rows],
    )


@pytest.mark.slow
@pytest.mark.skipif(bool(ABSENT), reason=f"the extra `bayes` is not installed: {', '.join(ABSENT)}")
def test_chains_agree_and_lie_where_the_likelihood_does() -> None:
    data = _patients()
    found, likelihood = fit_bayesian(data, seed=1), fit_laplace(data)
    assert found.r_hat <= MOST_R_HAT
    assert found.ess >= LEAST_ESS
    assert found.divergences == 0
    assert found.trusted
    for name in ("a1", "l1", "a2", "l2", "b"):
        assert abs(found.mean[name] - likelihood.estimate[name]) < 0.5 * likelihood.standard_error[name]
        assert found.sd[name] == pytest.approx(likelihood.standard_error[name], rel=0.3)
    assert found.mean["sigma"] == pytest.approx(likelihood.sigma, rel=0.1)


@pytest.mark.skipif(not ABSENT, reason="the extra `bayes` is installed")
def test_without_the_extra_it_says_what_to_install() -> None:
    with pytest.raises(InputError, match=r"galu\[bayes\]"):
        fit_bayesian(_patients(), seed=1)
