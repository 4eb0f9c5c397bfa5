"""Where the data stand: review, freeze, lock, queries, notes, ranges of laboratories, what is expected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from galu.record import Entry, Fact, Record, fact_digest, record_of
from galu.record.conduct import Retraction, Signature
from galu.record.people import Demographics, Ecog, Lab
from galu.record.review import DataMark, DataNote, LabRange, NotDone, Query, QueryStep
from galu.trial.admission import check_admission
from galu.trial.data_state import DataStates
from galu.trial.rule_queries import derive_questions, steps_of
from galu.trial.state import TrialState, derive_state
from one_patient import FIRST, STUDY, lab, on, patient
from support import weekly_counts

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ZONE = "Asia/Shanghai"


def record(*facts: Fact) -> Record:
    return record_of([Entry(n, NOW, one) for n, one in enumerate(facts, 1)], ZONE)


def refused(known: Record, *facts: Fact) -> list[str]:
    found = check_admission(STUDY, known, facts, datetime(2027, 1, 1, tzinfo=UTC))
    return [f"{one.fault}; {one.remedy}" for one in found]


def mark(name: str, step: str, **scope: object) -> DataMark:
    row = {"id": name, "on": on(50), "step": step, "by": "Dr Li", **scope}
    return DataMark.model_validate(row)


VALUE = lab("ALT", 40, "U/L", 24, upper_limit=45)
OTHER = Ecog(id="o", subject="A", on=on(24), score=1)
FIXED = VALUE.model_copy(
    update={"id": "alt2", "value": 41.0, "supersedes": VALUE.id, "reason": "typing error"}
)


def test_a_correction_after_a_review_opens_it_again_by_itself() -> None:
    reviewed = mark("m", "reviewed", about=VALUE.id)
    verified = mark("v", "verified", about=VALUE.id)
    before = DataStates(record(VALUE, reviewed, verified)).of(VALUE.id)
    assert (before.state, before.reviewed, before.verified, before.stale) == ("reviewed", True, True, ())
    after = DataStates(record(VALUE, reviewed, verified, FIXED))
    for name in (VALUE.id, FIXED.id):
        found = after.of(name)
        assert (found.state, found.reviewed, found.verified, found.stale) == (
            "open",
            False,
            False,
            ("m", "v"),
        )
    again = DataStates(record(VALUE, reviewed, FIXED, mark("n", "reviewed", about=VALUE.id)))
    assert again.of(FIXED.id).reviewed
    withdrawn = Retraction(id="t", on=on(51), supersedes=VALUE.id, reason="another patient")
    assert not DataStates(record(VALUE, reviewed, withdrawn)).of(VALUE.id).reviewed


SCOPES = {
    "fact": {"about": VALUE.id},
    "visit": {"subject": "A", "visit": "chemistry-c1"},
    "subject": {"subject": "A"},
}


def visit_of_alt() -> str:
    found = next(
        one for one in derive_state(STUDY, record(*patient(VALUE)), FIRST + timedelta(days=60)).visits
        if "chemistry" in one.procedures and one.earliest.isoformat() <= VALUE.on <= one.latest.isoformat()
    )  # fmt: skip
    return found.visit


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("step", "word"), [("locked", "locked"), ("frozen", "frozen")])
def test_what_is_held_takes_no_correction_and_every_note(scope: str, step: str, word: str) -> None:
    told = dict(SCOPES[scope])
    if scope == "visit":
        told["visit"] = visit_of_alt()
    known = record(*patient(VALUE), mark("m", step, **told))
    withdrawn = Retraction(id="t", on=on(51), subject="A", supersedes=VALUE.id, reason="another patient")
    for change in (FIXED, withdrawn):
        (why,) = refused(known, change)
        assert why.startswith(f"the data are {word}: nobody can correct or take back a fact")
    assert refused(known, DataNote(id="n", on=on(51), about=VALUE.id, text="hemolytic")) == []
    query = Query(id="q", on=on(51), subject="A", about=VALUE.id, text="please check")
    assert bool(refused(known, query)) == (step == "locked")
    opened = mark("u", "unlocked" if step == "locked" else "unfrozen", comment="a late result", **told)
    assert refused(known, opened) == []
    assert refused(known, opened, FIXED) == refused(record(*patient(VALUE)), FIXED) == []


def test_a_locked_subject_takes_no_new_fact_and_another_does() -> None:
    known = record(*patient(VALUE), mark("m", "locked", subject="A"))
    assert "nobody can write what happened to a subject" in refused(known, OTHER)[0]
    other = OTHER.model_copy(update={"subject": "B"})
    assert refused(known, other) == []
    assert refused(record(*patient(VALUE)), mark("m", "locked", subject="A"), OTHER)  # of one batch


def test_what_holds_for_a_value_is_the_last_that_was_marked() -> None:
    whole, one = {"subject": "A"}, {"about": VALUE.id}
    locked = mark("a", "locked", **whole)
    opened = mark("b", "unlocked", comment="late result", **one)
    found = DataStates(record(VALUE, OTHER, locked, opened))
    assert (found.of(VALUE.id).state, found.of(OTHER.id).state) == ("open", "locked")
    frozen = mark("c", "frozen", **one)
    assert DataStates(record(VALUE, locked, frozen)).of(VALUE.id).state == "locked"
    soft = mark("d", "unfrozen", comment="x", **one)
    assert DataStates(record(VALUE, locked, soft)).of(VALUE.id).state == "locked"


def test_a_signature_holds_while_what_was_signed_stands() -> None:
    signed = Signature(
        id="s", on=on(50), signs=VALUE.id, digest=fact_digest(VALUE), meaning="reviewed", signer="Dr Li"
    )
    assert DataStates(record(VALUE, signed)).of(VALUE.id).state == "signed"
    broken = DataStates(record(VALUE, signed, FIXED)).of(VALUE.id)
    assert (broken.state, broken.signed, broken.stale) == ("open", False, ("s",))


@pytest.mark.parametrize(
    "cells",
    [
        {}, {"about": "x", "visit": "v", "subject": "A"}, {"subject": "A", "planned": "2026-02-02"},
        {"subject": "A", "step": "unlocked"},
    ],
)  # fmt: skip
def test_a_mark_says_what_it_is_of_and_an_unlocking_says_why(cells: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        mark("m", str(cells.pop("step", "reviewed")), **cells)


def query(name: str = "q", **cells: object) -> Query:
    row = {"id": name, "on": on(40), "subject": "A", "about": VALUE.id, "text": "please check", **cells}
    return Query.model_validate(row)


def step(name: str, what: str, number: int = 45, of: str = "q") -> QueryStep:
    return QueryStep.model_validate({"id": name, "on": on(number), "query": of, "step": what, "by": "Xu Lan"})


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((), "open"),
        (("answered",), "answered"),
        (("answered", "closed"), "closed"),
        (("closed", "reopened"), "open"),
        (("answered", "closed", "reopened", "answered"), "answered"),
    ],
)
def test_a_query_goes_its_way(steps: tuple[str, ...], state: str) -> None:
    facts = [step(f"s{n}", what) for n, what in enumerate(steps)]
    known = record(VALUE, query())
    assert refused(known, *facts) == []
    found = DataStates(record(VALUE, query(), *facts))
    assert found.queries[0].state == state
    assert found.of(VALUE.id).queries == (() if state == "closed" else ("q",))


@pytest.mark.parametrize(
    ("before", "wrong", "words"),
    [
        (("closed",), step("z", "answered"), "is closed, and cannot be answered"),
        ((), step("z", "reopened"), "is open, and cannot be reopened"),
        ((), step("z", "closed", of="nobody"), "there is no query 'nobody'"),
        ((), query("z", about="nothing"), "there is no fact 'nothing'"),
    ],
)
def test_a_step_that_cannot_be_is_refused(before: tuple[str, ...], wrong: Fact, words: str) -> None:
    known = record(VALUE, query(), *(step(f"s{n}", what) for n, what in enumerate(before)))
    assert words in refused(known, wrong)[0]


ODD = lab("Platlets", 100, "10^9/L")


def written(*facts: Fact) -> TrialState:
    return derive_state(STUDY, record(*patient(*facts)), FIRST + timedelta(days=100))


def raised(state: TrialState) -> list[tuple[str, str]]:
    found = steps_of(derive_questions(state), state.data.queries, state.record)
    return [(one.question.id, one.step) for one in found if one.question.about == ODD.id]


def test_a_rule_asks_once_and_what_a_person_closed_stays_closed_while_the_value_does() -> None:
    first = written(ODD)
    ((name, what),) = raised(first)
    assert what == "raised" and raised(written(ODD)) == [(name, what)]  # the same at every run
    there = query(name, about=ODD.id, rule="test not read")
    assert raised(written(ODD, there)) == []
    closed = step("s", "closed", of=name)
    assert raised(written(ODD, there, closed)) == []
    fixed = ODD.model_copy(
        update={"id": "odd2", "value": 90.0, "supersedes": ODD.id, "reason": "typing error"}
    )
    assert raised(written(ODD, there, closed, fixed)) == [(name, "reopened")]
    taken_back = Retraction(id="t", on=on(51), supersedes=name, reason="asked by mistake")
    assert raised(written(ODD, there, taken_back)) == []


def span(name: str, **cells: object) -> LabRange:
    row = {"id": name, "on": "2026-01-01", "site": "Wuhan", "test": "ALT", "unit": "U/L", "upper_limit": 45}
    return LabRange.model_validate({**row, **cells})


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ({}, True),
        ({"site": None}, True),
        ({"test": "ALAT"}, True),
        ({"unit": "ukat/L"}, True),
        ({"on": "2027-01-01"}, True),
        ({"site": "Chengdu"}, False),
        ({"test": "AST"}, False),
        ({"specimen": "URINE"}, False),
        ({"on": "2025-01-01", "until": "2025-12-31"}, False),
        ({"on": "2025-01-01", "until": "2026-01-01"}, True),
    ],
)
def test_ranges_of_which_a_value_could_have_two_are_refused(other: dict[str, object], overlap: bool) -> None:
    first, second = span("r1"), span("r2", **other)
    assert bool(refused(record(first), second)) == overlap
    assert bool(refused(record(), first, second)) == overlap
    assert bool(refused(record(second), first)) == overlap
    if overlap:
        assert "overlaps the range 'r1'" in refused(record(first), second)[0]


def test_ranges_by_sex_and_age_stand_side_by_side() -> None:
    men, women = span("m", sex="M"), span("w", sex="F")
    young, old = span("y", sex="M", age_below=65), span("o", sex="M", age_from=65)
    assert refused(record(), men, women) == refused(record(), young, old, women) == []
    assert refused(record(), men, young)


PERSON = Demographics(id="dm", subject="A", on=on(-20), sex="M", birth_date="1955-05-04", site="Wuhan")


def limits(*ranges: Fact, person: Demographics = PERSON, value: Lab | None = None) -> tuple[object, ...]:
    bare = value or lab("ALT", 400, "U/L", 24)
    state = derive_state(STUDY, record(*patient(person, *ranges, bare)), FIRST + timedelta(days=60))
    row = next(row for row in state.record.rows(Lab) if row.id == bare.id)
    return row.fact.lower_limit, row.fact.upper_limit, row.ranged


def test_a_value_without_limits_gets_those_of_its_site_and_says_so() -> None:
    assert limits() == (None, None, "")
    assert limits(span("r")) == (None, 45.0, "limits of Wuhan since 2026-01-01 (r)")
    own = lab("ALT", 400, "U/L", 24, upper_limit=50)
    assert limits(span("r"), value=own) == (None, 50.0, "")
    before = lab("ALT", 30, "U/L", -3)
    at_site = patient(PERSON, span("r"), before, lab("ALT", 950, "U/L", 24))
    its_own = [
        one.model_copy(update={"upper_limit": 45.0}) if one.id.endswith("x") else one for one in at_site
    ]
    found, same = (
        derive_state(STUDY, record(*facts), FIRST + timedelta(days=60)) for facts in (at_site, its_own)
    )
    grades = [one.safety.grades.filter(one.safety.grades["fact"] == "ALT24x") for one in (found, same)]
    assert grades[0]["grade"].to_list() == grades[1]["grade"].to_list() == [4]
    assert "limits of Wuhan" in grades[0]["note"][0] and "limits" not in grades[1]["note"][0]
    assert found.board.slots[0].outcome == same.board.slots[0].outcome


def test_a_criterion_over_a_limit_of_the_site_says_whose_it_is() -> None:
    before = lab("ALT", 30, "U/L", -3)
    facts = [one for one in patient(PERSON, span("r"), before) if one.kind not in ("administration", "lab")]
    found = derive_state(STUDY, record(*facts, before), FIRST - timedelta(days=1))
    told = [atom.reason for gate in found.eligibility for one in gate.verdicts for atom in one.atoms]
    assert any("× ULN 45 U/L (limits of Wuhan since 2026-01-01 (r))" in reason for reason in told)


@pytest.mark.parametrize(
    ("cells", "person"),
    [
        ({"site": "Chengdu"}, {}),
        ({}, {"site": None}),
        ({"sex": "F"}, {}),
        ({"sex": "M"}, {"sex": "U"}),
        ({"age_from": 75}, {}),
        ({"age_from": 60}, {"birth_date": None}),
        ({"age_from": 70}, {"birth_date": "1955"}),  # seventy or seventy-one: not known before his birthday
        ({"until": "2026-01-31"}, {}),
        ({"on": "2026-12-01"}, {}),
        ({"specimen": "URINE"}, {}),
        ({"unit": "mmol/L"}, {}),
    ],
)
def test_where_no_range_certainly_holds_limits_stay_unknown(
    cells: dict[str, object], person: dict[str, object]
) -> None:
    who = PERSON.model_copy(update=person)
    wanted = (None, None, "")
    if cells == {"age_from": 70}:
        who, cells = PERSON.model_copy(update={"birth_date": "1956"}), {"age_from": 70}
    assert limits(span("r", **cells), person=who) == wanted


def test_limits_come_in_the_unit_reported() -> None:
    creatinine = span("r", test="CREAT", unit="mg/dL", upper_limit=1.2)
    found = limits(creatinine, value=lab("CREAT", 100, "umol/L", 24))
    assert found[1] == pytest.approx(106.08)


def expected(
    *facts: Fact, day: int = 100, leave: tuple[int, ...] = ()
) -> dict[tuple[str, date | None, str], object]:

    way = [one for one in patient(*facts) if not isinstance(one, Lab) or one.id.startswith(("x", "ALT"))]
    way += weekly_counts("A", FIRST, leave=leave)
    state = derive_state(STUDY, record(*way), FIRST + timedelta(days=day))
    return {(one.visit, one.planned, one.procedure): one for one in state.expected}


def test_each_procedure_of_each_visit_is_entered_missing_or_not_done_with_its_reason() -> None:
    planned = FIRST + timedelta(days=14)
    key = ("haematology-c1", planned, "haematology")
    assert expected()[key].state == "entered" and expected()[key].window == "in"
    assert expected(leave=(15,))[key].state == "missing"
    assert expected(leave=(15,), day=20)[key].state == "overdue"
    assert expected(leave=(15,), day=14)[key].state == "expected"
    why = NotDone(
        id="nd", subject="A", on=on(15), visit=key[0], planned=planned.isoformat(), cause="in hospital"
    )
    found = expected(why, leave=(15,))[key]
    assert (found.state, found.why) == ("not done", "in hospital")


def test_what_is_done_out_of_every_window_is_shown() -> None:
    odd = lab("NEUT", 3.0, "10^9/L", 90, lower_limit=2, upper_limit=7).model_copy(update={"id": "xn"})
    found = [one for one in expected(odd).values() if one.day == date.fromisoformat(on(90))]
    assert found and found[0].state in ("unscheduled", "entered")
    assert found[0].window in ("out", "n.a.")


@settings(max_examples=60, deadline=None)
@for_all(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["frozen", "unfrozen", "locked", "unlocked", "reviewed"]),
            st.sampled_from(list(SCOPES)),
        ),
        max_size=7,
    )
)
def test_nothing_but_an_unlocking_ends_a_lock(steps: list[tuple[str, str]]) -> None:
    scopes = {**SCOPES, "visit": {"about": VALUE.id}}
    marks = [mark(f"m{n}", step_, comment="why", **scopes[scope]) for n, (step_, scope) in enumerate(steps)]
    state = DataStates(record(VALUE, *marks)).of(VALUE.id).state
    locks = [step_ for step_, _ in steps if step_ in ("locked", "unlocked")]
    assert (state == "locked") == (bool(locks) and locks[-1] == "locked")
