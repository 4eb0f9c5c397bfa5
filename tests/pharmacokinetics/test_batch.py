"""The analysis of many profiles equals that of each, values and reasons, under every rule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from galu.finding import InputError
from galu.pharmacokinetics import (
    DecayState,
    Method,
    Route,
    Rules,
    TerminalRule,
    both_states,
    nca,
    parse_blq,
)
from galu.pharmacokinetics.batch import Columns, Profiles, nca_many
from galu.pharmacokinetics.batch_states import (
    as_substance_many,
    both_states_many,
    in_states,
    percent_injected_many,
)
from galu.pharmacokinetics.blq import DEFAULT
from galu.pharmacokinetics.profile import Parameter

TIMES = np.array([-1.0, 0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0])
RULES = (
    Rules(),
    Rules(parse_blq("drop")),
    Rules(parse_blq("lloq/2")),
    Rules(parse_blq("first:drop,middle:keep,last:2")),
    Rules(parse_blq("before.tmax:0.1,after.tmax:drop")),
    Rules(terminal=TerminalRule(window_h=(1.0, 30.0))),
    Rules(terminal=TerminalRule(window_h=(1.0, 2.0))),
    Rules(terminal=TerminalRule(times_h=(2.0, 8.0, 48.0))),
    Rules(terminal=TerminalRule(max_points=4, not_before_h=0.5)),
    Rules(longest_half_life_h=40.0),
)


def _many(seed: int, route: Route, samples: int, n: int = 30) -> Profiles:
    """Profiles that fall, rise and stand still, with samples below quantification and missing ones."""
    rng = np.random.default_rng(seed)
    time_h = np.sort(rng.permuted(np.tile(TIMES, (n, 1)), axis=1)[:, :samples], axis=1)
    conc = 50.0 * np.exp(-rng.uniform(-0.02, 0.2, (n, 1)) * time_h + 0.4 * rng.normal(size=time_h.shape))
    conc[rng.random(conc.shape) < 0.15] = 0.0
    conc[rng.random(conc.shape) < 0.1] = np.nan
    conc[rng.random(n) < 0.1] = 5.0
    conc[rng.random(n) < 0.05] = 0.0
    conc[rng.random(n) < 0.05] = np.nan
    dose = rng.choice([100.0, 7400.0, 0.0, np.nan], n)
    duration = np.full(n, 3.0 if route is Route.INFUSION else 0.0)
    limit = rng.choice([0.0, 1.0, 4.0], (n, samples))
    return Profiles(time_h, conc, limit, dose, duration, route, "MBq/L", "MBq")


def _agree(found: Columns, i: int, expected: tuple[Parameter, ...]) -> None:
    assert list(found) == [row.code for row in expected]
    for row in expected:
        column = found[row.code]
        assert column.why[i] == row.reason, (row.code, column.value[i], row.value)
        if row.value is None:
            assert math.isnan(column.value[i])
        else:
            assert column.value[i] == pytest.approx(row.value, rel=1e-11, abs=1e-13), row.code


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("route", list(Route))
@pytest.mark.parametrize("samples", [1, 2, 5, 12])
def test_equals_the_readable_twin(rules: Rules, route: Route, samples: int) -> None:
    method = list(Method)[(samples + len(route.value)) % 3]
    many = _many(samples, route, samples)
    found = nca_many(many, method, rules)
    for i in range(len(many.dose)):
        one = many.one(i, (str(i), "blood", 1))
        _agree(found, i, nca(one, method, rules))
        assert [row.unit for row in nca(one, method, rules)] == list(many.units())


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("own", list(DecayState))
@pytest.mark.parametrize("half_life_h", [1.0, 160.0])
def test_both_decay_states_equal_the_readable_twin(
    method: Method, own: DecayState, half_life_h: float
) -> None:
    plain = _many(7, Route.BOLUS, 10)
    many = Profiles(
        plain.time_h, plain.conc, plain.lloq, plain.dose, plain.duration_h, Route.BOLUS, "MBq/L", "MBq", own
    )
    measured, corrected = in_states(many, half_life_h)
    found = dict(
        zip(DecayState, both_states_many(measured, corrected, half_life_h, method, Rules()), strict=True)
    )
    for i in range(len(many.dose)):
        both = both_states(many.one(i, ("1", "blood", 1)), half_life_h, method)
        for state, columns in found.items():
            _agree(columns, i, tuple(row for which, row in both if which is state))


def test_profiles_out_of_range_are_refused() -> None:
    good = np.array([[0.0, 1.0]])
    none, dose, zero = np.full((1, 2), np.nan), np.array([1.0]), np.zeros(1)
    for time_h, conc, amount, route in (
        (np.array([[1.0, 1.0]]), good, dose, Route.BOLUS),
        (np.array([[0.0, np.nan]]), good, dose, Route.BOLUS),
        (np.array([[0.0, 1e7]]), good, dose, Route.BOLUS),
        (good, np.array([[1.0, np.inf]]), dose, Route.BOLUS),
        (good, np.array([[1.0, -1e61]]), dose, Route.BOLUS),
        (good, good, np.array([-1.0]), Route.BOLUS),
        (good, good, dose, Route.INFUSION),
    ):
        with pytest.raises(InputError):
            Profiles(time_h, conc, none, amount, zero, route)
    assert Profiles(good, none, none, np.array([np.nan]), zero, Route.BOLUS).units()


def test_units_that_no_dose_fits_and_limits_that_lack_are_refused() -> None:
    many = _many(3, Route.BOLUS, 5)
    with pytest.raises(InputError):
        percent_injected_many(many)  # some doses are zero or unknown
    with pytest.raises(InputError):
        as_substance_many(many, 0.0, "nmol")
    unlimited = Profiles(
        many.time_h, many.conc, np.full(many.conc.shape, np.nan), many.dose, many.duration_h, many.route
    )
    with pytest.raises(InputError):
        nca_many(unlimited, Method.LINEAR, Rules(parse_blq("lloq/2")))
    assert nca_many(unlimited, Method.LINEAR, Rules(parse_blq(DEFAULT)))
