from __future__ import annotations

from datetime import date, timedelta

import pytest

from galu.efficacy.psma import PsmaLesion, psma_positive
from galu.efficacy.survival import kaplan_meier
from galu.efficacy.time_to_event import CensorRule, Dated, RpfsSources, derive_os, derive_rpfs
from galu.finding import InputError

START = date(2024, 1, 1)


def at(day, ref=None):
    return Dated(START + timedelta(days=day), "", ref)


def test_the_first_of_the_events_counts_with_its_fact():
    sources = RpfsSources(at(120, "s"), at(56, "b"), at(300, "d"), (at(56), at(112)))
    result = derive_rpfs(START, sources)
    assert (result.days, result.event, result.reason, result.facts) == (57, True, "bone PD", ("b",))


def test_censored_at_the_last_adequate_assessment():
    result = derive_rpfs(START, RpfsSources(None, None, None, (at(112), at(56))))
    assert (result.days, result.event) == (113, False)
    assert derive_rpfs(START, RpfsSources(None, None, None, ())).days == 1


def test_sensitivity_variants():
    sources = RpfsSources(at(300), None, None, (at(56), at(112)), new_therapy=at(130))
    assert derive_rpfs(START, sources).event
    for switch in (CensorRule(at_new_therapy=True), CensorRule(missed_scan_days=120)):
        result = derive_rpfs(START, sources, switch)
        assert (result.days, result.event) == (113, False)


def test_survival_time():
    assert derive_os(START, at(9), [at(5)]).event
    assert derive_os(START, None, [at(5), at(3)]).days == 6
    with pytest.raises(InputError):
        derive_os(START, at(-1), [])


def test_positivity_is_unknown_when_a_size_is():
    high = PsmaLesion("bone", True)
    assert psma_positive([high]).value is True
    assert psma_positive([high, PsmaLesion("node", False, 24.9)]).value is True
    assert psma_positive([high, PsmaLesion("node", False, 25.0)]).value is False
    assert psma_positive([high, PsmaLesion("organ", False)]).value is None
    assert psma_positive([]).value is False


def test_a_median_on_a_plateau_is_its_middle_in_spite_of_rounding():
    # 1 - 1/3, then half of 3/4 of it … is 0.5 only up to rounding
    fit = kaplan_meier([1, 2, 2.5, 3, 4, 5], [1, 1, 0, 1, 0, 0])
    assert fit.survival[1] == pytest.approx(2 / 3)
    even = kaplan_meier(range(1, 11), [1] * 10)
    assert even.median()[0] == 5.5
