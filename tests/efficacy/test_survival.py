"""Quantiles against exact fractions: a plateau at the level is its middle whatever rounding does."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.efficacy.survival import kaplan_meier, log_rank, reverse_kaplan_meier
from galu.finding import InputError

trials = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=43)


def exact_quantile(rows, p):
    """Time by which a share p has had the event, in rational arithmetic; None when not reached."""
    survival, times = Fraction(1), sorted({time for time, _ in rows})
    reached = None
    for time in times:
        n = sum(other >= time for other, _ in rows)
        d = sum(other == time and event for other, event in rows)
        survival *= 1 - Fraction(d, n)
        if reached is None and survival <= 1 - p:
            reached = time
            if survival < 1 - p:
                return time
        elif reached is not None and survival < 1 - p:
            return Fraction(reached + time, 2)
    return None if reached is None else Fraction(reached + times[-1], 2)


@given(trials, st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]))
def test_quantiles_are_those_of_exact_arithmetic(rows, p):
    fit = kaplan_meier([time for time, _ in rows], [event for _, event in rows])
    ours, exact = fit.quantile(float(p))[0], exact_quantile(rows, p)
    assert (math.isnan(ours) and exact is None) or ours == exact


@given(trials, st.randoms(use_true_random=False), st.sampled_from(["log", "log-log", "plain"]))
def test_order_and_the_unit_of_time_do_not_matter(rows, shuffler, ci):
    mixed = rows[:]
    shuffler.shuffle(mixed)
    fit = kaplan_meier([time for time, _ in rows], [event for _, event in rows], ci)
    other = kaplan_meier([7 * time for time, _ in mixed], [event for _, event in mixed], ci)
    for ours, theirs in zip(fit.median(), other.median(), strict=True):
        assert (math.isnan(ours) and math.isnan(theirs)) or 7 * ours == theirs


def test_what_is_not_reached_is_unknown():
    assert all(math.isnan(value) for value in kaplan_meier([1, 2, 3], [0, 0, 1]).quantile(0.25)[2:])
    assert math.isnan(reverse_kaplan_meier([1, 2], [1, 1]).median()[0])
    assert math.isnan(log_rank([1, 2], [0, 0], ["a", "b"]).p)


@pytest.mark.parametrize("rows", [([], []), ([1, -1], [1, 0]), ([1.0], [2]), ([1.0, 2.0], [1])])
def test_bad_input_is_refused(rows):
    with pytest.raises(InputError):
        kaplan_meier(*rows)
