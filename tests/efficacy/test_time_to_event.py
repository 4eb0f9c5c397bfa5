from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from galu.efficacy.plan import USUAL_ENDPOINTS
from galu.efficacy.psma import PsmaLesion, psma_positive
from galu.efficacy.survival import kaplan_meier
from galu.efficacy.time_to_event import (
    CensorRule,
    Dated,
    derive_time_to_event,
    sensitivity,
)
from galu.finding import InputError

START = date(2024, 1, 1)


def at(day, *facts):
    return Dated(START + timedelta(days=day), "", facts)


def timeline(**sources):
    given = {name.replace("_", " "): items for name, items in sources.items()}
    return {"first dose": [at(0, "dose")], **given}


RPFS = USUAL_ENDPOINTS["rPFS"]


def rpfs(soft=(), bone=(), assessed=(), censoring=None, **more):
    patient = {**timeline(**more), "soft-tissue PD": soft, "bone PD": bone}
    endpoint = RPFS if censoring is None else replace(RPFS, censoring=censoring)
    return derive_time_to_event(endpoint, {**patient, "radiographic assessment": assessed})


def test_the_first_of_the_events_counts_with_its_facts():
    result = rpfs([at(120, "s")], [at(56, "b1", "b2")], [at(56), at(112)], death=[at(300, "d")])
    assert (result.days, result.event, result.reason) == (57, True, "bone PD")
    assert result.facts == ("dose", "b1", "b2")


def test_censored_at_the_last_adequate_assessment_with_its_facts():
    result = rpfs(assessed=[at(112, "v2"), at(56, "v1")])
    assert (result.days, result.event, result.facts) == (113, False, ("dose", "v2"))
    assert (rpfs().days, rpfs().reason) == (1, "no adequate assessment after the start")


@pytest.mark.parametrize("switch", [CensorRule(at_new_therapy=True), CensorRule(missed_scan_days=120)])
def test_new_therapy_and_missed_scans_censor_only_where_declared(switch):
    story = {"soft": [at(300)], "assessed": [at(56), at(112)], "new_therapy": [at(-90), at(130, "t")]}
    assert rpfs(**story).event
    result = rpfs(**story, censoring=switch)
    assert (result.days, result.event) == (113, False)


def test_therapy_before_the_first_dose_is_no_new_therapy():
    story = {"soft": [at(300)], "assessed": [at(112)], "new_therapy": [at(-90)]}
    assert rpfs(**story, censoring=CensorRule(at_new_therapy=True)).event


def test_an_unresolved_bone_progression_counts_in_its_variant_only():
    patient = {**timeline(), "unresolved bone PD": [at(60, "b")], "radiographic assessment": [at(60)]}
    variants = {one.variant: derive_time_to_event(one, patient) for one in sensitivity(RPFS, 182)}
    assert {name for name, time in variants.items() if time.event} == {"unresolved bone PD counts"}
    assert not derive_time_to_event(RPFS, patient).event


def test_a_variant_equal_to_the_primary_analysis_is_left_out():
    primary = replace(RPFS, censoring=CensorRule(at_new_therapy=True))
    assert "censored at new therapy" not in {one.variant for one in sensitivity(primary, 182)}


def test_survival_and_its_bad_input():
    assert derive_time_to_event(USUAL_ENDPOINTS["OS"], timeline(death=[at(9)], known_alive=[at(5)])).event
    assert derive_time_to_event(USUAL_ENDPOINTS["OS"], timeline(known_alive=[at(5), at(3)])).days == 6
    with pytest.raises(InputError, match="before the start"):
        derive_time_to_event(USUAL_ENDPOINTS["OS"], timeline(death=[at(-1)]))
    with pytest.raises(InputError, match="no response"):
        derive_time_to_event(USUAL_ENDPOINTS["DoR"], timeline())


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
