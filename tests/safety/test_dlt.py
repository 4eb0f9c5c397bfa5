from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from galu.safety.dlt import DltAssessment, assess_dlt
from galu.safety.inputs import (
    AdverseEventInput,
    Departure,
    DltAdjudication,
    DltPatient,
    LabInput,
    TransfusionInput,
)
from galu.safety.plan import SafetyPlan
from galu.safety.tables import TreatedSubject, ae_by_soc_and_term, ae_overview, lab_shift, phase_of

DATA = Path(__file__).resolve().parents[1] / "data" / "safety" / "plan.yaml"
PLAN = SafetyPlan.model_validate(YAML(typ="safe").load(DATA.read_text())["safety"])
FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def patient(**more: object) -> DltPatient:
    return replace(DltPatient("001", 1, FIRST), **more)  # type: ignore[arg-type]


def labs(test: str, *values: tuple[int, float]) -> tuple[LabInput, ...]:
    return tuple(LabInput(f"{test}{d}", test, day(d), v, "10^9/L", lower=1.8) for d, v in values)


def watched(who: DltPatient, on: int) -> DltPatient:
    """The patient with a normal count on the day looked at, where the window has ended without one."""
    lacking = [t for t in ("NEUT", "PLAT") if not any(v.test == t and v.day >= day(42) for v in who.labs)]
    normal = {"NEUT": 4.0, "PLAT": 200.0}
    values = (LabInput(f"{t}end", t, day(on), normal[t], "10^9/L", lower=1.8) for t in lacking if on >= 42)
    return replace(who, labs=(*who.labs, *values))


def judge(who: DltPatient, on: int) -> DltAssessment:
    return assess_dlt(watched(who, on), PLAN, day(on))


def outcome(who: DltPatient, on: int) -> str:
    return judge(who, on).outcome


def no(on: int, *saw: str) -> DltAdjudication:
    """A "no DLT" of the whole patient that saw some facts, the event `e` where none is named."""
    return DltAdjudication("a", day(on), False, "Dr One", frozenset(saw or ("e",)))


def test_window_counts_day_1() -> None:
    found = assess_dlt(patient(), PLAN, day(41))
    assert (found.outcome, found.window_ends, found.window_day) == ("P", day(42), 41)
    assert outcome(patient(), 42) == "N"


@pytest.mark.parametrize(
    ("values", "on", "expected"),
    [
        (((14, 1.0), (21, 0.4), (28, 0.9)), 42, "P"),  # 1 to 13 days
        (((20, 1.0), (21, 0.4), (28, 0.9)), 42, "N"),  # at most 7 days
        (((14, 1.0), (21, 0.4), (28, 0.3)), 28, "T"),  # at least 8 days
        (((41, 0.4), (49, 0.4)), 49, "T"),  # onset inside, end outside
        (((43, 0.4), (51, 0.4)), 51, "P"),  # nobody knows since when
        (((42, 1.9), (43, 0.4), (51, 0.4)), 51, "N"),  # onset outside
        (((14, 1.0), (21, 0.4), (28, 0.9)), 64, "T"),  # undecided at day 64
    ],
)
def test_neutropenia_between_visits(values: tuple[tuple[int, float], ...], on: int, expected: str) -> None:
    assert outcome(patient(labs=labs("NEUT", *values)), on) == expected


def test_undecided_is_not_settled_by_the_second_dose() -> None:
    who = patient(labs=labs("NEUT", (14, 1.0), (21, 0.4), (28, 0.9)), cycle2=day(50))
    assert [outcome(who, on) for on in (49, 50, 90)] == ["P", "P", "P"]


def test_platelets() -> None:
    assert outcome(patient(labs=labs("PLAT", (20, 24.9))), 20) == "T"
    third = patient(labs=labs("PLAT", (20, 25.0)))
    assert outcome(third, 42) == "N"
    given = replace(third, transfusions=(TransfusionInput("t", day(21), "platelets"),))
    assert [outcome(given, on) for on in (20, 21)] == ["P", "T"]
    recovered = labs("PLAT", (14, 160.0), (20, 30.0), (27, 160.0))
    for on, expected in ((14, "N"), (15, "T"), (27, "T"), (28, "N")):  # until they were seen recovered
        support = (TransfusionInput("t", day(on), "platelets"),)
        assert outcome(patient(labs=recovered, transfusions=support), 42) == expected
    bled = (replace(event("Epistaxis", 2, bleeding=True), onset=day(22)),)
    assert outcome(patient(labs=recovered, events=bled), 42) == "T"
    red = (TransfusionInput("t", day(21), "red cells"),)
    assert outcome(patient(labs=recovered, transfusions=red), 42) == "N"
    assert set(assess_dlt(given, PLAN, day(21)).facts) == {"PLAT20", "t"}


def event(term: str, grade: int | None, **more: object) -> AdverseEventInput:
    return replace(AdverseEventInput("e", term, grade, day(10)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ae", "on", "expected"),
    [
        (event("Dry mouth", 3, attribution="related"), 10, "T"),
        (event("Dry mouth", 3), 10, "T"),  # unknown counts as related
        (event("Dry mouth", 3, attribution="unrelated"), 42, "N"),
        (event("Dry mouth", 2), 42, "N"),
        (event("Dry mouth", None), 42, "P"),
        (event("Nausea", 3, ended=day(13)), 42, "N"),
        (event("Nausea", 3), 13, "P"),
        (event("Nausea", 3, ended=day(14)), 42, "T"),
        (event("Fatigue", 3, ended=day(17)), 42, "N"),
        (event("Anemia", 3), 42, "N"),
        (event("Anemia", 4), 42, "T"),
        (event("Febrile neutropenia", 3), 10, "T"),
        (event("Lipase increased", 3, clinically_meaningful=False), 42, "N"),
    ],
)
def test_events(ae: AdverseEventInput, on: int, expected: str) -> None:
    assert outcome(patient(events=(ae,)), on) == expected


def test_evaluability() -> None:
    assert outcome(patient(full_dose=False), 5) == "X"
    assert outcome(patient(full_dose=None), 42) == "P"
    assert outcome(patient(withdrew=Departure(day(20), False)), 30) == "X"
    unknown = patient(withdrew=Departure(day(20), None))
    assert [outcome(unknown, on) for on in (30, 63, 64)] == ["P", "P", "T"]
    assert outcome(patient(died=Departure(day(20), False)), 30) == "X"
    assert outcome(patient(died=Departure(day(20), None)), 30) == "T"
    assert [outcome(patient(cycle2_withheld_for_toxicity=True), on) for on in (63, 64)] == ["P", "T"]


def test_a_signed_decision_stands_beside_the_rule() -> None:
    who = patient(events=(event("Dry mouth", 3),), adjudications=(no(45),))
    before, after = (judge(who, on) for on in (44, 45))
    assert (before.outcome, before.adjudicated) == ("T", None)
    assert (after.outcome, after.rule_dlt, after.adjudicated) == ("N", True, False)


def test_a_toxicity_after_a_signed_decision_still_counts() -> None:
    signed = (no(15),)
    who = patient(events=(event("Dry mouth", 3),), labs=labs("PLAT", (20, 20.0)), adjudications=signed)
    assert [outcome(who, on) for on in (14, 15, 20)] == ["T", "P", "T"]


def test_a_second_cycle_that_waits_for_a_toxicity_keeps_the_patient_pending() -> None:
    waiting = event("Chronic kidney disease", 2, action="DRUG INTERRUPTED")
    assert [outcome(patient(events=(waiting,)), on) for on in (42, 63, 64)] == ["P", "P", "T"]
    assert outcome(patient(events=(waiting,), cycle2=day(50)), 50) == "N"
    assert outcome(patient(events=(replace(waiting, ended=day(45)),)), 50) == "N"
    assert outcome(patient(events=(replace(waiting, attribution="unrelated"),)), 42) == "N"
    signed = (no(43),)
    assert outcome(patient(events=(waiting,), adjudications=signed), 64) == "N"


def test_a_signed_no_makes_a_withdrawal_not_evaluable() -> None:
    left = Departure(day(20), None, "w")
    for saw, expected in (("w", "X"), ("e", "P")):  # what became known after it is not settled
        who = patient(withdrew=left, adjudications=(no(30, saw),))
        assert [outcome(who, on) for on in (29, 30)] == ["P", expected]


def test_leaving_for_related_toxicity_is_dose_limiting_inside_the_window() -> None:
    left = patient(withdrew=Departure(day(20), True, "w"))
    found = judge(left, 20)
    assert (found.outcome, found.rule_id, found.decided_on, found.facts) == (
        "T",
        "withdrawal",
        day(20),
        ("w",),
    )
    assert outcome(replace(left, full_dose=False), 20) == "T"  # whatever dose was given
    later = patient(withdrew=Departure(day(43), True))
    assert outcome(later, 50) == "P", "what for may have begun in the window"
    assert outcome(replace(later, withdrew=Departure(day(43), False)), 50) == "N"
    assert outcome(replace(later, withdrew=Departure(day(70), True)), 90) == "N"


@pytest.mark.parametrize(
    ("kind", "related", "until", "on", "expected"),
    [
        ("withdrew", True, 30, 50, "T"),  # whichever day it was, inside
        ("withdrew", True, 50, 50, "P"),  # perhaps after the window
        ("withdrew", True, 50, 64, "T"),
        ("withdrew", None, 30, 50, "P"),
        ("withdrew", False, 50, 50, "X"),  # not known to have completed the window
        ("died", True, 30, 50, "T"),
        ("died", None, 50, 50, "P"),
        ("died", False, 50, 50, "X"),
    ],
)
def test_leaving_on_a_day_known_in_part(
    kind: str, related: bool | None, until: int, on: int, expected: str
) -> None:
    left = Departure(day(15), related, "w", day(until))
    assert outcome(patient(**{kind: left}), on) == expected


def test_judgements_of_one_event_leave_the_others_alone() -> None:
    two = (event("Dry mouth", 3), replace(event("Stomatitis", 3), ref="f"))
    one = DltAdjudication("a", day(20), False, "Dr One", frozenset({"e", "f"}), "e")
    found = judge(patient(events=two, adjudications=(one,)), 42)
    assert (found.outcome, found.facts) == ("T", ("f",))
    other = replace(one, ref="b", event="f")
    assert outcome(patient(events=two, adjudications=(one, other)), 42) == "N"
    yes = replace(one, is_dlt=True)
    mild = (event("Dry mouth", 2),)
    assert outcome(patient(events=mild, adjudications=(yes,)), 20) == "T"
    whole = DltAdjudication("c", day(25), False, "Dr Two", frozenset({"a", "e", "f"}))
    assert outcome(patient(events=mild, adjudications=(yes, whole)), 42) == "N"
    unseen = replace(whole, saw=frozenset({"e", "f"}))
    assert outcome(patient(events=mild, adjudications=(yes, unseen)), 42) == "T"


def test_a_judgement_of_an_event_that_is_not_there_keeps_the_patient_pending() -> None:
    yes = DltAdjudication("a", day(20), True, "Dr One", event="x9")
    found = assess_dlt(patient(adjudications=(yes,), cycle2=day(43)), PLAN, day(50))
    assert found.outcome == "P" and "x9" in found.reason


def test_what_was_looked_at_is_named() -> None:
    who = patient(events=(event("Dry mouth", 2),), labs=labs("PLAT", (20, 60.0)))
    assert assess_dlt(who, PLAN, day(42)).judged == ("e", "PLAT20")


@pytest.mark.parametrize(
    ("course", "on", "expected"),
    [
        (((-5, 1), (20, 3)), 20, "T"),  # began before the dose, became grade 3 inside the window
        (((-5, 3), (20, 3)), 42, "N"),  # grade 3 already before
        (((10, 1), (45, 3)), 45, "N"),  # grade 3 after the window
        (((10, 1), (20, 3)), 19, "P"),  # not yet known
        (((10, 3), (12, 1), (30, 3)), 42, "T"),
    ],
)
def test_the_grade_begins_inside_the_window_not_the_event(course, on: int, expected: str) -> None:  # type: ignore[no-untyped-def]
    steps = tuple((day(number), grade) for number, grade in course)
    ae = event("Dry mouth", 3, onset=steps[0][0], course=steps, attribution="related")
    assert outcome(patient(events=(ae,)), on) == expected


def test_a_short_grade_three_is_exempt_although_the_event_lasts() -> None:
    def nausea(until: int) -> AdverseEventInput:
        return event("Nausea", 3, course=((day(10), 3), (day(until), 1)), ended=day(40))

    assert [outcome(patient(events=(nausea(until),)), 42) for until in (13, 14)] == ["N", "T"]


def test_order_and_irrelevant_facts_never_change_the_outcome() -> None:
    values = labs("NEUT", (14, 1.0), (21, 0.4), (28, 0.3))
    plain = assess_dlt(patient(labs=values), PLAN, day(42))
    for order in itertools.permutations(values):
        assert assess_dlt(patient(labs=(*order, *labs("PSA", (3, 1.0)))), PLAN, day(42)) == plain


def test_tables() -> None:
    scan, last = date(2025, 12, 20), day(43)
    ae = (
        event("Dry mouth", 1, soc="Gastro"),
        replace(event("Dry mouth", 2, soc="Gastro"), ref="e2"),
        replace(event("Nausea", 3, soc="Gastro", serious=True), onset=date(2025, 12, 25)),
    )
    one, two = TreatedSubject("1", scan, FIRST, last, ae), TreatedSubject("2", scan, FIRST, last)
    assert [phase_of(e, one, 30) for e in ae] == [
        "treatment-emergent",
        "treatment-emergent",
        "imaging-emergent",
    ]
    assert phase_of(replace(ae[0], onset=last + timedelta(31)), one, 30) == "later"
    overview = ae_overview((one, two), 30)
    assert (overview[0].subjects, overview[0].events, overview[0].percent) == (1, 2, 50.0)
    assert overview[3].subjects == 0
    rows = ae_by_soc_and_term((one, two), 30)
    assert [(r.term, r.subjects, r.worst) for r in rows] == [
        ("", 1, (0, 1, 0, 0, 0)),
        ("Dry mouth", 1, (0, 1, 0, 0, 0)),
    ]
    shift = lab_shift([("1", "A", 0, 1), ("1", "A", 0, 3), ("2", "A", 1, None)])
    assert shift == {"A": {(0, 3): 1, (1, None): 1}}
