"""What is not known never passes for safe: windows nobody watched, results nobody can grade."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from galu.protocol import load_study
from galu.safety.dlt import DltAssessment, assess_dlt
from galu.safety.inputs import (
    AdverseEventInput,
    Departure,
    DltAdjudication,
    DltPatient,
    EvaluabilityJudgement,
    LabInput,
    PlannedCount,
    TransfusionInput,
)
from support import CHEMISTRY, ROOT

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
    """Normal counts of some days of the window, with normal chemistry beside the last of them."""
    blood = (lab(test, week, value) for week in weeks for test, value in (("NEUT", 4.0), ("PLAT", 200.0)))
    return (*blood, *(chemistry(max(weeks)) if weeks else ()))


def chemistry(number: int, *leave: str) -> tuple[LabInput, ...]:
    """Normal chemistry of a day, but for the tests left out."""
    kept = (row for row in CHEMISTRY if row[0] not in leave)
    return tuple(
        lab(test, number, value, unit, lower=low, upper=high) for test, value, unit, low, high in kept
    )


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


ENZYME = "Alanine aminotransferase increased"
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


def told(term: str, first: int, last: int | None, grade: int | None = 3, **more: object) -> AdverseEventInput:
    ended = None if last is None else day(last)
    one = AdverseEventInput(f"{term}{first}", term, grade, day(first), ended, "related")
    return replace(one, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "doubt",
    [
        {"events": (told("Hepatic failure", 20, 25, None),)},
        {"events": (told("Hepatic failure", 20, None, 4, onset=day(1), onset_until=day(60)),)},
        {"labs": (lab("NEUT", 16, 0.1),)},  # days 16 to 22 of unknown length
        {"withdrew": Departure(day(30), None, "w")},
        {"events": (told("Fatigue", 20, 30, 2, action="DRUG WITHDRAWN"),)},
    ],
    ids=["no grade", "no day", "no duration", "no cause", "treatment ended"],
)
def test_a_second_dose_answers_no_question(doubt: dict[str, object]) -> None:
    weeks = (8, 15, 29, 36, 43) if "labs" in doubt else WEEKS
    more = {key: value for key, value in doubt.items() if key != "labs"}
    labs = (*counts(*weeks), *doubt.get("labs", ()))  # type: ignore[misc]
    who = patient(*labs, **more)
    assert judge(who).outcome == "P"
    second = judge(replace(who, cycle2=day(43)), 90).outcome
    assert second == ("N" if "DRUG WITHDRAWN" in str(doubt) else "P")


@pytest.mark.parametrize(
    "action", ["Dose held", "treatment delayed", "DRUG INTERRUPTED", "withheld", "stopped"]
)
def test_a_dose_put_off_in_any_words_waits(action: str) -> None:
    waits = patient(*counts(*WEEKS), events=(told("Fatigue", 20, None, 2, action=action),))
    assert judge(waits, 45).outcome == "P"
    goes_on = told("Fatigue", 20, None, 2, action=f"not {action.lower()}")
    assert judge(patient(*counts(*WEEKS), events=(goes_on,)), 45).outcome == "N"


def test_a_nameless_yes_is_asked_who_said_it() -> None:
    yes = DltAdjudication("j", day(30), True, "")
    found = judge(patient(*counts(*WEEKS), adjudications=(yes,)))
    assert (found.outcome, found.facts) == ("P", ("j",))


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (told(ENZYME, 20, 30, 4, attribution="unrelated"), "N"),
        (
            told(ENZYME, 20, 30, 1, attribution="unrelated"),
            "P",
        ),  # not that grave
        (
            told(ENZYME, -20, -5, 4, attribution="unrelated"),
            "P",
        ),  # before the dose
    ],
)
def test_an_event_answers_for_a_value_only_of_its_grade_and_days(
    event: AdverseEventInput, outcome: str
) -> None:
    assert judge(patient(*counts(*WEEKS), ALT, events=(event,))).outcome == outcome


def test_weeks_of_a_low_value_are_not_answered_by_two_days_of_it() -> None:
    low = tuple(lab("K", number, 2.6, "mmol/L", lower=3.5, upper=5.1) for number in (15, 22, 29, 36))
    short = told("Hypokalemia", 15, 17)
    assert judge(patient(*counts(*WEEKS), *low, events=(short,))).outcome == "P"


PLATELETS = (lab("PLAT", 18, 40.0), lab("PLAT", 25, 160.0))


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (told("Epistaxis", 10, 30, 1), "T"),  # begun before the fall, still there
        (told("Epistaxis", -10, None, 1), "T"),  # for ever
        (told("Epistaxis", -10, -2, 1), "N"),
        (told("Epistaxis", 30, 31, 1), "N"),
    ],
)
def test_a_bleeding_lasts_until_it_ends(event: AdverseEventInput, outcome: str) -> None:
    assert judge(patient(*counts(8, 15, 29, 36, 43), *PLATELETS, events=(event,))).outcome == outcome


def test_platelets_given_on_the_day_of_recovery_were_given_for_the_fall() -> None:
    given = TransfusionInput("t", day(25), "platelets")
    assert judge(patient(*counts(8, 15, 29, 36, 43), *PLATELETS, transfusions=(given,))).outcome == "T"


def test_events_back_to_back_are_as_long_as_both() -> None:
    term = "Neutrophil count decreased"
    both = (told(term, 10, 14, 4), told(term, 15, 19, 4))
    found = judge(patient(*counts(*WEEKS), events=both))
    assert (found.outcome, set(found.facts)) == ("T", {f"{term}10", f"{term}15"})
    apart = (told(term, 10, 14, 4), told(term, 17, 21, 4))
    assert judge(patient(*counts(*WEEKS), events=apart)).outcome == "N"


def test_hys_law_without_limits_is_judged_by_the_smallest() -> None:
    values = (lab("ALT", 20, 90.0, "U/L"), lab("BILI", 20, 30.0, "umol/L"))
    found = judge(patient(*counts(*WEEKS), *values))
    assert (found.outcome, found.rule_id) == ("P", "liver-injury")


@pytest.mark.parametrize("text", ["pending", "see comment", "clumped", "invalid", "*"])
def test_a_result_that_is_still_to_come_is_waited_for(text: str) -> None:
    assert judge(patient(*counts(*WEEKS), lab("PLAT", 20, None, text=text))).outcome == "P"


@pytest.mark.parametrize("fever", ["event", "temperature", "none"])
def test_neutropenia_beside_fever_is_asked_for(fever: str) -> None:
    low = lab("NEUT", 15, 0.6)
    ways: dict[str, dict[str, object]] = {
        "event": {"events": (told("Pyrexia", 16, 17, 1),)},
        "temperature": {"fevers": ((day(14), "v"),)},
        "none": {},
    }  # fmt: skip
    labs = tuple(one for one in counts(*WEEKS) if one.ref != "NEUT15")
    found = judge(patient(*labs, low, **ways[fever]))
    assert found.outcome == ("N" if fever == "none" else "P")
    named = told("Febrile neutropenia", 15, 18, 3)
    assert judge(patient(*labs, low, events=(named,))).outcome == "T"


@pytest.mark.parametrize("way", ["half a dose", "died", "left"])
def test_who_is_not_evaluable_may_still_have_had_a_toxicity(way: str) -> None:
    gone = Departure(day(30), False, "w")
    ways: dict[str, dict[str, object]] = {
        "half a dose": {"full_dose": False}, "died": {"died": gone}, "left": {"withdrew": gone}
    }  # fmt: skip
    early = counts(8, 15, 22, 29)
    assert judge(patient(*early, **ways[way])).outcome == "X"
    unread = judge(patient(*early, lab("PLAT", 20, 15.0, ""), **ways[way]))
    assert (unread.outcome, unread.suspect) == ("P", True)
    assert judge(patient(*early, lab("PLAT", 20, 15.0), **ways[way])).outcome == "T"


@pytest.mark.parametrize(
    "late",
    [
        (lab("PLAT", 43, 12.0),),
        (lab("PLAT", 47, 15.0),),
        (lab("NEUT", 43, 0.2), lab("NEUT", 51, 0.2)),
        (replace(ALT, ref="late", day=day(43)),),
    ],
    ids=["the last count", "a late count", "neutrophils", "enzymes"],
)
def test_what_the_last_count_shows_may_have_begun_before_the_window_ended(late: tuple[LabInput, ...]) -> None:
    replaced = {(one.test, day(43)) for one in late}
    rest = tuple(one for one in counts(*WEEKS) if (one.test, one.day) not in replaced)
    found = judge(patient(*rest, *late), 60)
    assert found.outcome == "P" and found.suspect
    looked = lab(late[0].test, 42, {"PLAT": 200.0, "NEUT": 4.0, "ALT": 20.0}[late[0].test], late[0].unit)
    looked = replace(looked, lower=late[0].lower, upper=late[0].upper, baseline=24.0, baseline_flag="NORMAL")
    assert judge(patient(*rest, looked, *late), 60).outcome == "N", "seen to be well on the last day of it"


def test_creatinine_without_its_baseline_is_judged_by_the_worst() -> None:
    high = lab("CREAT", 20, 270.0, "umol/L", lower=60.0, upper=110.0)
    assert judge(patient(*counts(*WEEKS), high)).outcome == "P"
    assert judge(patient(*counts(*WEEKS), replace(high, unit=""))).outcome == "P"
    assert judge(patient(*counts(*WEEKS), replace(high, value=100.0))).outcome == "N"
    known = replace(high, baseline=100.0, baseline_flag="NORMAL")
    assert judge(patient(*counts(*WEEKS), known)).outcome == "N"


def test_a_count_needs_no_limits_to_show_that_it_is_not_severe() -> None:
    plain = tuple(replace(one, lower=None, upper=None) for one in counts(*WEEKS))
    assert judge(patient(*plain)).outcome == "N"


def test_an_event_hides_no_value_that_is_graver_than_it() -> None:
    low = lab("K", 20, 2.3, "mmol/L", lower=3.5, upper=5.1)
    short = told("Hypokalemia", 20, 22)
    assert judge(patient(*counts(*WEEKS), low, events=(short,))).outcome == "P"
    pale = lab("HGB", 20, 60.0, "g/L")
    mild = told("Anemia", 20, 27, 1)
    found = judge(patient(*counts(*WEEKS), pale, events=(mild,)))
    assert (found.outcome, found.rule_id) == ("P", "anaemia-g4")
    assert judge(patient(*counts(*WEEKS), pale, events=(replace(mild, grade=3),))).outcome == "N"
