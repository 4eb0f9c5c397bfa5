"""What is not known never passes for safe: windows nobody watched, results nobody can grade."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from galu.protocol import load_study
from galu.safety.dlt import DltAssessment, assess_dlt
from galu.safety.inputs import (
    AdverseEventInput,
    DltAdjudication,
    DltPatient,
    EvaluabilityJudgement,
    LabInput,
    PlannedCount,
)
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
assert STUDY.safety is not None
PLAN = STUDY.safety
FIRST = date(2026, 1, 1)
WEEKS = (8, 15, 22, 29, 36, 43)
LIMITS = {"NEUT": (2.0, 7.0), "PLAT": (150.0, 400.0), "HGB": (120.0, 170.0)}


def day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def lab(test: str, number: int, value: float | None, unit: str = "10^9/L", **more: object) -> LabInput:
    low, high = LIMITS.get(test, (None, None))
    one = LabInput(f"{test}{number}", test, day(number), value, unit, low, high)
    return replace(one, **more)  # type: ignore[arg-type]


def counts(*weeks: int) -> tuple[LabInput, ...]:
    return tuple(lab(test, week, value) for week in weeks for test, value in (("NEUT", 4.0), ("PLAT", 200.0)))


PLANNED = tuple(PlannedCount(day(w), day(w - 2), day(w + 2)) for w in WEEKS)


def patient(*values: LabInput, **more: object) -> DltPatient:
    return replace(DltPatient("001", 1, FIRST, labs=values, counts=PLANNED), **more)  # type: ignore[arg-type]


def judge(who: DltPatient, on: int = 50) -> DltAssessment:
    return assess_dlt(who, PLAN, day(on))


def test_a_watched_window_is_free_of_toxicity_on_the_day_of_its_last_count() -> None:
    found = judge(patient(*counts(*WEEKS)))
    assert (found.outcome, found.decided_on, found.coverage.words(FIRST)) == ("N", day(43), "6 of 6 counts")
    assert judge(patient(*counts(*WEEKS)), 42).outcome == "P", "nobody looked at the end of the window"


@pytest.mark.parametrize(
    ("weeks", "outcome", "words"),
    [
        ((), "P", "0 of 6 counts, none since the dose"),
        ((8, 15, 22), "P", "3 of 6 counts, none since day 22"),
        ((8, 15, 22, 29, 36), "P", "5 of 6 counts, none since day 36"),  # the last may not be missing
        ((8, 15, 29, 36, 43), "N", "5 of 6 counts"),  # one may
        ((8, 29, 36, 43), "P", "4 of 6 counts, none since day 43"),
        ((8, 15, 22, 29, 36, 47), "N", "5 of 6 counts"),  # late, but after the end
    ],
)
@pytest.mark.parametrize("on", [50, 64, 300])
def test_counts_that_are_missing(weeks: tuple[int, ...], outcome: str, words: str, on: int) -> None:
    found = judge(patient(*counts(*weeks)), on)
    assert (found.outcome, found.coverage.words(FIRST)) == (outcome, words)
    second = judge(patient(*counts(*weeks), cycle2=day(43)), on)
    assert second.outcome == outcome, "a second dose is no blood count"


def test_a_count_that_tells_nothing_of_one_term_is_a_gap() -> None:
    without = tuple(one for one in counts(*WEEKS) if one.ref != "NEUT22")
    found = judge(patient(*without))
    assert found.outcome == "P" and "day 22" in found.reason and "Neutrophil" in found.reason


def test_a_study_without_planned_counts_still_wants_one_after_the_window() -> None:
    assert judge(patient(counts=())).outcome == "P"
    assert judge(patient(*counts(43), counts=())).outcome == "N"


@pytest.mark.parametrize(
    "result",
    [
        lab("PLAT", 20, 15.0, ""),
        lab("PLAT", 20, 15.0, "furlongs"),
        lab("PLAT", 20, None, text="see the report"),
        lab("PLAT", 20, 15.0, until=day(30)),
        replace(lab("NEUT", 20, 0.3), bound=">"),
        lab("ALT", 20, 900.0, "U/L"),
        lab("ALT", 20, 900.0, "U/L", lower=7.0, upper=45.0),
        lab("PLAT", 20, 100.0, bound="<"),
        lab("ALT", 20, 40.0, "U/L", lower=7.0, upper=45.0, bound=">"),
        lab("K", 20, 9.0, "lots"),
        lab("Frobnicytes", 20, 15.0),
        lab("Frobnicytes", 20, None, text="see the report"),
    ],
    ids=lambda one: f"{one.words} {one.until or ''}",
)
def test_results_that_could_hold_a_toxicity_are_asked_for(result: LabInput) -> None:
    who = patient(*counts(*WEEKS), result, cycle2=day(43))
    for on in (50, 64, 300):
        found = judge(who, on)
        assert found.outcome == "P" and result.ref in found.facts
    settled = DltAdjudication("j", day(50), False, "Dr One", frozenset({result.ref}))
    assert judge(replace(who, adjudications=(settled,)), 51).outcome == "N"
    nameless = replace(settled, signed_by=" ")
    assert judge(replace(who, adjudications=(nameless,)), 51).outcome == "P"


@pytest.mark.parametrize(
    "result",
    [
        lab("PLAT", 20, 180.0, until=day(30)),  # no toxicity on whichever day
        lab("ALT", 20, 60.0, "U/L"),  # no limit in use makes it severe
        lab("K", 20, 4.2, "mmol/L"),
        lab("CREAT", 20, 80.0, "umol/L"),
        lab("PLAT", 60, 15.0, ""),  # after the window
        lab("PSA", 20, 900.0, "ng/mL"),  # known, and graded by nothing
        lab("Frobnitis antibody", 20, None, text="negative"),
        lab("ALT", 20, 180.0, "U/L", lower=7.0, upper=45.0, baseline=170.0, baseline_flag="HIGH"),
    ],
    ids=lambda one: f"{one.words} {one.day}",
)
def test_results_that_cannot_hold_a_toxicity_are_not(result: LabInput) -> None:
    assert judge(patient(*counts(*WEEKS), result)).outcome == "N"


ALT = lab("ALT", 20, 900.0, "U/L", lower=7.0, upper=45.0, baseline=24.0, baseline_flag="NORMAL")


def test_a_value_alone_waits_for_the_event_that_tells_of_it() -> None:
    alone = patient(*counts(*WEEKS), ALT)
    assert "an investigator must judge" in judge(alone).reason
    event = AdverseEventInput("e", "Alanine aminotransferase increased", 4, day(20), day(40))
    assert judge(replace(alone, events=(event,))).outcome == "T"
    unrelated = replace(event, attribution="unrelated")
    assert judge(replace(alone, events=(unrelated,))).outcome == "N"
    mild = replace(event, attribution="related", grade=2)
    assert judge(replace(alone, events=(mild,))).outcome == "P", "the value says more than the event"


def test_a_short_fall_of_an_electrolyte_is_exempt_as_the_event_would_be() -> None:
    values = (lab("K", 19, 4.0, "mmol/L"), lab("K", 20, 2.7, "mmol/L"), lab("K", 21, 4.0, "mmol/L"))
    whole = tuple(replace(one, lower=3.5, upper=5.1) for one in values)
    assert judge(patient(*counts(*WEEKS), *whole)).outcome == "N"
    assert judge(patient(*counts(*WEEKS), *whole[:2])).outcome == "P", "nobody knows how long it lasted"


def test_hys_law_is_asked_for_below_grade_three_enzymes() -> None:
    high = lab("ALT", 20, 150.0, "U/L", lower=7.0, upper=45.0)
    jaundice = lab("BILI", 24, 45.0, "umol/L", lower=3.0, upper=21.0)
    found = judge(patient(*counts(*WEEKS), high, jaundice))
    assert (found.outcome, found.rule_id) == ("P", "liver-injury")
    assert judge(patient(*counts(*WEEKS), high)).outcome == "N"
    apart = replace(jaundice, day=day(40))
    assert judge(patient(*counts(*WEEKS), high, apart)).outcome == "N"


def test_severe_anaemia_of_the_laboratory_asks_for_its_clinical_grade() -> None:
    low = lab("HGB", 20, 72.0, "g/L", baseline=110.0, baseline_flag="LOW")
    who = patient(*counts(*WEEKS), low)
    found = judge(who)
    assert (found.outcome, found.rule_id) == ("P", "anaemia-g4")
    told = AdverseEventInput("e", "Anemia", 3, day(20), day(27), "related")
    assert judge(replace(who, events=(told,))).outcome == "N"
    assert judge(replace(who, events=(replace(told, grade=4),))).outcome == "T"


def test_a_named_person_accepts_gaps_or_gives_the_window_up_once_it_ended() -> None:
    who = patient(*counts(8, 15, 43))
    said = EvaluabilityJudgement("j", day(50), False, "Dr One")
    given_up = judge(replace(who, evaluability=(said,)))
    assert (given_up.outcome, "Dr One" in given_up.reason) == ("X", True)
    accepted = replace(said, evaluable=True)
    assert judge(replace(who, evaluability=(accepted,))).outcome == "N"
    assert judge(replace(who, evaluability=(replace(accepted, day=day(20)),))).outcome == "P", "too early"
    assert judge(replace(who, evaluability=(replace(accepted, signed_by=""),))).outcome == "P"
    assert judge(replace(who, evaluability=(accepted,)), 49).outcome == "P", "not yet said"
    toxic = replace(who, labs=(*who.labs, lab("PLAT", 20, 9.0)), evaluability=(said,))
    assert judge(toxic).outcome == "T", "toxicity is not given up"
    unread = replace(who, labs=(*who.labs, lab("PLAT", 20, 9.0, "")), evaluability=(accepted,))
    assert judge(unread).outcome == "P", "accepting gaps reads no result"
