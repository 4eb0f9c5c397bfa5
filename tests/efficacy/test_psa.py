from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.efficacy.psa import PsaRule, PsaValue, assess_psa
from galu.finding import InputError

C1D1 = date(2024, 1, 1)


def series(*pairs):
    return [PsaValue(C1D1 + timedelta(days=day), value, f"f{i}") for i, (day, value) in enumerate(pairs)]


def on(day):
    return C1D1 + timedelta(days=day)


def test_the_boundary_counts_and_the_baseline_is_the_last_before_the_dose():
    result = assess_psa(series((-20, 10.0), (0, 100.0), (21, 50.0), (42, 50.0)), C1D1)
    assert result.baseline.value_ng_ml == 100.0
    assert (result.psa50.unconfirmed, result.psa50.confirmed, result.psa50.confirmed_on) == (
        True,
        True,
        on(21),
    )
    assert result.psa90.unconfirmed is False
    assert result.best_change_percent == -50.0


@pytest.mark.parametrize(
    ("second", "confirmed"), [((41, 40.0), False), ((42, 40.0), True), ((42, 51.0), False)]
)
def test_confirmation_needs_21_days(second, confirmed):
    assert assess_psa(series((0, 100.0), (21, 50.0), second), C1D1).psa50.confirmed is confirmed


def test_progression_after_a_decline_is_dated_at_the_first_rise():
    result = assess_psa(series((0, 100.0), (21, 40.0), (42, 50.0), (63, 60.0)), C1D1)
    assert (result.progression_on, result.progression_confirmed_on) == (on(42), on(63))


def test_a_rise_below_2_ng_per_ml_is_none():
    assert assess_psa(series((0, 8.0), (21, 4.0), (42, 5.9), (63, 5.9)), C1D1).progression_on is None


def test_an_unconfirmed_rise_is_pending_and_a_refuted_one_is_nothing():
    waiting = assess_psa(series((0, 100.0), (21, 40.0), (42, 50.0)), C1D1)
    assert (waiting.progression_on, waiting.progression_pending_on) == (None, on(42))
    refuted = assess_psa(series((0, 100.0), (21, 40.0), (42, 50.0), (63, 41.0)), C1D1)
    assert (refuted.progression_on, refuted.progression_pending_on) == (None, None)


def test_without_a_decline_only_after_twelve_weeks():
    values = series((0, 10.0), (42, 20.0), (83, 30.0), (84, 31.0), (105, 32.0))
    assert assess_psa(values, C1D1).progression_on == on(84)
    early = assess_psa(values[:4], C1D1, PsaRule(confirm_without_decline=False))
    assert early.progression_on == on(84)


def test_doubling_time_and_its_absence():
    rising = assess_psa(series((0, 10.0), (30, 20.0), (60, 40.0)), C1D1)
    assert rising.doubling_time_days == pytest.approx(30.0)
    falling = assess_psa(series((0, 40.0), (30, 20.0), (60, 10.0)), C1D1)
    assert (falling.doubling_time_days, falling.doubling_time_reason) == (None, "not doubling")


def test_missing_values_have_their_reason():
    assert assess_psa([], C1D1).reason == "no PSA on or before the first dose"
    assert assess_psa(series((0, 1.0)), C1D1).psa50.confirmed is None
    with pytest.raises(InputError):
        assess_psa(series((0, float("nan"))), C1D1)


pairs = st.lists(st.tuples(st.integers(-30, 300), st.floats(0.01, 1e4)), max_size=12)


@given(pairs, st.randoms())
def test_order_never_matters(points, random):
    values = series(*points)
    shuffled = values[:]
    random.shuffle(shuffled)
    a, b = assess_psa(values, C1D1), assess_psa(shuffled, C1D1)
    assert (a.psa50, a.psa90, a.progression_on, a.best_change_percent) == (
        b.psa50,
        b.psa90,
        b.progression_on,
        b.best_change_percent,
    )
