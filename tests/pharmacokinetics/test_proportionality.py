"""The power model against an independent regression."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress, t

from galu.finding import Truth
from galu.pharmacokinetics.proportionality import proportionality


def test_power_model() -> None:
    rng = np.random.default_rng(3)
    dose = np.repeat([3.7, 6.0], 12)
    value = 2.0 * dose**1.1 * np.exp(0.2 * rng.normal(size=24))
    found = proportionality(dose, value)
    fit = linregress(np.log(dose), np.log(value))
    assert found.exponent == pytest.approx(fit.slope)
    assert found.upper - found.exponent == pytest.approx(t.ppf(0.95, 22) * fit.stderr)
    assert found.bounds[1] == pytest.approx(1.0 + np.log(1.25) / np.log(6.0 / 3.7))


def test_verdicts() -> None:
    dose = np.array([3.7, 3.7, 6.0, 6.0])
    noise = np.array([1.001, 0.999, 1.001, 0.999])
    assert proportionality(dose, dose * noise).proportional is Truth.TRUE
    assert proportionality(dose, dose**3 * noise).proportional is Truth.FALSE
    assert proportionality(dose, dose * np.array([1.5, 0.6, 1.4, 0.7])).proportional is Truth.UNKNOWN
    assert proportionality(dose[:2], dose[:2]).exponent is None
