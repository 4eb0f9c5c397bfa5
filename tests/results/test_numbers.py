"""How numbers are written: shares from integers, half up, decimals as collected."""

from __future__ import annotations

import math
import statistics
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.results.numbers import (
    count_text,
    geometric,
    percent_text,
    places_of,
    quartiles,
    rounded,
    significant,
)


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_a_share_is_rounded_half_up_from_integers(count: int, of: int) -> None:
    exact = Fraction(100 * count, of)
    tenths = math.floor(exact * 10 + Fraction(1, 2))
    assert percent_text(count, of) == f"{tenths // 10}.{tenths % 10}"


@pytest.mark.parametrize(
    ("count", "of", "text"),
    [(1, 16, "6.3"), (1, 8, "12.5"), (1, 6, "16.7"), (0, 8, "0.0"), (8, 8, "100.0"), (1, 0, "–"),
     (199, 200, "99.5"),     (1999, 2000, "100.0"), (5, 80, "6.3")],
)  # fmt: skip
def test_shares(count: int, of: int, text: str) -> None:
    assert percent_text(count, of) == text


@pytest.mark.parametrize(("count", "of", "text"), [(0, 5, "0"), (3, 0, "3"), (1, 6, "1 (16.7)")])
def test_counts(count: int, of: int, text: str) -> None:
    assert count_text(count, of) == text


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_value_is_rounded_half_up_in_its_decimal_form(value: float, places: int) -> None:
    told = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert Decimal(rounded(value, places)) == told
    assert not (rounded(value, places).startswith("-") and Decimal(rounded(value, places)) == 0)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(6.25, 1, "6.3"), (0.125, 2, "0.13"), (2.5, 0, "3"), (-0.04, 1, "0.0"), (float("nan"), 1, "NE"),
     (1e-7, 2, "0.00")],
)  # fmt: skip
def test_values(value: float, places: int, text: str) -> None:
    assert rounded(value, places) == text


def test_decimals_are_those_of_most_values() -> None:
    assert places_of([304.0, 4.56, 95.3, 61.9]) == 1
    assert places_of([1.0, 2.0]) == 0
    assert places_of([]) == 0
    assert places_of([0.0123456789]) == 4
    assert places_of([62.755957, 69.545791]) == 1  # pounds that became kilograms
    assert places_of([0.363, 0.577, 0.4]) == 3
    assert places_of([0.0, 0.0]) == 0


def test_three_significant_digits_without_an_exponent() -> None:
    assert [significant(one) for one in (0.00123456, 12345.6, 0.0, 1.005, -3.456)] == [
        "0.00123", "12346", "0", "1.01", "-3.46",
    ]  # fmt: skip


def test_quartiles_are_those_of_sas() -> None:
    """PCTLDEF=5 of PROC UNIVARIATE: the mean of two neighbours where a quarter of n is whole."""
    assert quartiles([1, 2, 3, 4]) == (1.5, 3.5)
    assert quartiles([1, 2, 3, 4, 5]) == (2, 4)
    assert quartiles([7.0]) == (7.0, 7.0)


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=20))
def test_geometric_mean_and_cv(values: list[float]) -> None:
    found = geometric(values)
    assert found is not None
    assert found[0] == pytest.approx(statistics.geometric_mean(values), rel=1e-9)
    spread = statistics.variance([math.log(one) for one in values])
    assert found[1] == pytest.approx(100 * math.sqrt(math.exp(spread) - 1), rel=1e-6, abs=1e-6)


def test_a_zero_has_no_geometric_mean_and_one_value_no_cv() -> None:
    assert geometric([0.0, 1.0]) is None and geometric([]) is None
    found = geometric([5.0])
    assert found is not None and math.isnan(found[1])
