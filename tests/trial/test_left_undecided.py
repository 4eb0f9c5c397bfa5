"""What is told beside, twice, again, in odd words or not at all: undecided or held, never passed over."""

from __future__ import annotations

import pytest

from galu.record import Fact, record_of
from galu.record.disease import AdverseEventCourse
from galu.record.people import History, Therapy, Vital
from galu.trial.safety import dlt_patients
from galu.trial.schedule import derive_schedule
from galu.trial.subjects import derive_subjects
from galu.vocabulary.actions import read_action
from one_patient import (
    FIRST,
    STUDY,
    entries,
    event,
    given,
    judged,
    lab,
    on,
    patient,
    slot,
    state,
    vital,
    well,
)


def step(grade: int, number: int, **more: object) -> AdverseEventCourse:
    row = {"id": f"k{number}", "subject": "A", "on": on(number), "event": "x", "grade": grade}
    return AdverseEventCourse.model_validate({**row, **more})


def row(name: str, first: int, last: int | None, **more: object) -> Fact:
    """A row of diarrhoea of grade 3, or of another term and grade."""
    days = {"on": on(first), "ended": None if last is None else on(last)}
    return event(**{"id": name, "term": "Diarrhoea", "grade": 3, **days, **more})


def asked(facts: list[Fact]) -> None:
    """Undecided until a named person judges it."""
    found = slot(facts)
    assert found.outcome == "P" and found.suspect, found.reason
    assert slot([*facts, judged("no", "j", number=59)]).outcome == "N"


LOW = lab("PLAT", 40.0, "10^9/L", 22, lower_limit=150.0)


@pytest.mark.parametrize(
    "test",
    [
        "FOB",
        "FOBT",
        "Fecal occult blood",
        "Stool guaiac",
        "Haemoccult",
        "Occult blood, feces",
        "大便隐血",
        "BLOODU",
    ],
)
@pytest.mark.parametrize("said", ["POSITIVE", "+", "2+", "trace", "weakly positive", "阳性"])
def test_blood_that_only_a_test_found_beside_low_platelets_is_asked_about(test: str, said: str) -> None:
    found = lab(test, None, None, 22, text=said)
    asked(patient(LOW, found))
    assert slot(patient(found)).outcome == "N", "platelets were normal"


@pytest.mark.parametrize(
    ("test", "value", "more", "outcome"),
    [
        ("FOB", None, {"text": "negative"}, "N"), ("FOB", None, {"text": "阴性"}, "N"),
        ("FOB", None, {"text": "not done"}, "N"),
        ("FIT", 300.0, {"unit": "ng/mL", "upper_limit": 100.0}, "P"),
        ("FIT", 20.0, {"unit": "ng/mL", "upper_limit": 100.0}, "N"), ("FIT", 20.0, {"unit": "ng/mL"}, "P"),
        ("FIT", None, {"text": "<10"}, "N"), ("RBC", 60.0, {"specimen": "URINE", "upper_limit": 5.0}, "P"),
        ("RBC", 2.0, {"specimen": "URINE", "upper_limit": 5.0}, "N"), ("RBC", 4.5, {"unit": "10^12/L"}, "N"),
        ("Erythrocytes urine", None, {"text": "+++"}, "P"),
        ("HGB", None, {"text": "2+", "specimen": "URINE"}, "P"),
        ("Leukocytes urine", None, {"text": "negative"}, "N"),
    ],
)  # fmt: skip
def test_a_result_of_such_a_test_by_its_value(
    test: str, value: float | None, more: dict[str, object], outcome: str
) -> None:
    unit = more.get("unit")
    rest = {name: cell for name, cell in more.items() if name != "unit"}
    found = slot(patient(LOW, lab(test, value, str(unit) if unit else None, 22, **rest)))
    assert found.outcome == outcome, found.reason


@pytest.mark.parametrize(
    "term", ["FOB positive", "Occult blood in stool", "Guaiac positive stool", "大便隐血阳性"]
)
def test_blood_found_by_a_test_is_asked_about_as_event_indication_and_history(term: str) -> None:
    assert slot(patient(LOW, event(term=term, grade=1, on=on(21)))).outcome in ("P", "T")
    asked(patient(LOW, Therapy(id="t", subject="A", on=on(21), agent="pantoprazole", indication=term)))
    asked(patient(LOW, History(id="h", subject="A", on=on(30), term=term, started=on(21))))


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([event(on=on(-5))], "N"),
        ([event(on=on(-5), ended=on(-2))], "N"),
        ([event(on=on(-5)), step(4, 20)], "N"),
        ([event(on=on(-5)), event(id="y", on=on(20))], "T"),
        ([event(on=on(-5), attribution="unrelated"), event(id="y", on=on(20))], "T"),
        ([event(on=on(-5)), step(0, 5), step(4, 20)], "T"),
        ([event(on=on(-5)), step(4, 20, attribution="related")], "P"),
        ([event(on=on(-5), attribution="unknown"), step(4, 20, attribution="related")], "P"),
        ([event(on=on(-5), attribution="unrelated"), step(4, 20, attribution="related")], "P"),
        ([event(on=on(-5), ended=on(5)), step(4, 20)], "P"),
        ([event(on=on(-5), grade=3), step(4, 20)], "P"),
        ([event(on=on(-5), grade=3, attribution=None), step(4, 20)], "P"),
        ([event(on=on(-5), grade=None), step(4, 20)], "P"),
        ([event(on=on(-5), grade=3, attribution="unrelated"), step(4, 20)], "N"),
        ([event(on=on(-5), grade=3), step(4, 50)], "N"),
        ([event(on=on(-5), grade=2, action="DRUG WITHDRAWN")], "P"),
        ([event(on=on(-5), grade=2, attribution="unrelated", action="DRUG WITHDRAWN")], "N"),
    ],
)
def test_a_grade_of_before_the_dose_that_is_told_again_or_worse_is_asked_about(
    facts: list[Fact], outcome: str
) -> None:
    found = slot(patient(*facts))
    assert found.outcome == outcome, found.reason
    if outcome == "P":
        asked(patient(*facts))


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([row("x", 20, 23)], "N"),
        ([row("x", 20, 22), row("y", 23, 25)], "T"),
        ([row("x", 20, 22), row("y", 21, 24)], "T"),
        ([row("x", 20, 23), row("y", 21, 21), row("z", 24, 26)], "T"),
        ([row("x", 20, 21), row("y", 22, 22), row("z", 23, 24)], "T"),
        ([row("x", 20, 22), row("y", 21, 23)], "N"),
        ([row("x", 20, 21), row("y", 23, 24)], "N"),
        ([row("x", 20, 22), row("y", 23, 25, grade=2)], "N"),
        ([row("x", 20, 22), row("y", 23, 25, term="loose stools")], "T"),
        ([row("x", 20, 22), step(3, 21), row("y", 23, 25)], "T"),
        ([row("x", 20, 22, term="Nausea"), row("y", 23, 25, term="Vomiting")], "N"),
        ([row("x", 20, 22, term="Hypokalemia"), row("y", 22, 24, term="Hypokalaemia")], "T"),
        ([row("x", 20, 25, term="Fatigue"), row("y", 26, 29, term="Fatigue")], "T"),
        ([row("x", 20, 22), row("y", 23, 25, attribution="unrelated")], "P"),
        ([row("x", 20, 22, attribution="unrelated"), row("y", 23, 25, attribution="unrelated")], "N"),
        ([row("x", 20, 22), row("y", 23, 25, on=on(23)[:7])], "P"),
        ([row("x", -2, 0), row("y", 1, 3)], "P"),
    ],
)
def test_rows_that_touch_or_overlap_are_one_event_to_a_duration(rows: list[Fact], outcome: str) -> None:
    for facts in (rows, rows[::-1]):
        found = slot(patient(*facts))
        assert found.outcome == outcome, found.reason
    if outcome == "P":
        asked(patient(*rows))


def test_splitting_an_event_into_touching_rows_changes_nothing() -> None:
    for last in range(20, 30):
        whole = slot(patient(row("x", 20, last))).outcome
        for cut in range(20, last):
            split = slot(patient(row("x", 20, cut), row("y", cut + 1, last))).outcome
            assert split == whole, (last, cut)


def test_values_that_last_longer_than_the_event_that_tells_of_them_are_asked_about() -> None:
    values = [lab("K", 2.7, "mmol/L", day, lower_limit=3.5) for day in (20, 22, 25)]
    over = lab("K", 4.0, "mmol/L", 27, lower_limit=3.5)
    short = row("x", 20, 22, term="Hypokalemia")
    asked(patient(*values, over, short))
    assert (
        slot(patient(values[0], values[1], lab("K", 4.0, "mmol/L", 23, lower_limit=3.5), short)).outcome
        == "N"
    )


UNREAD = (
    "see narrative",
    "UNKNOWN",
    "NOT EVALUABLE",
    "MULTIPLE",
    "dose modified",
    "其他",
    "2",
    "OTHER",
    "paracetamol",
)
LESS = ("DOSE REDUCED", "dose rate reduced", "continued at half the activity", "减量", "Dosis reduziert")
PUT_OFF = (
    "dose delayed",
    "DRUG INTERRUPTED",
    "cancelled",
    "cycle 2 skipped",
    "verschoben",
    "暂停",
    "not continued",
)
NOTHING = (
    "", "DOSE NOT CHANGED", "NOT APPLICABLE", "n/a", "None", "no action taken", "not interrupted", "-",
    "未停药", "no dose reduction", "dose not changed; symptomatic therapy", "treatment continued",
    "DOSE INCREASED",
)  # fmt: skip


@pytest.mark.parametrize("action", [*UNREAD, *LESS])
@pytest.mark.parametrize("ended", [None, on(25)])
def test_an_action_that_may_have_put_off_or_reduced_a_dose_is_asked_about(
    action: str, ended: str | None
) -> None:
    facts = patient(event(term="Rash", grade=2, action=action, ended=ended))
    asked(facts)
    assert slot([*facts, given(44, 2, "b")]).outcome == "N", "a further dose answers"
    mild = event(term="Rash", grade=2, action=action, ended=ended, attribution="unrelated")
    assert slot(patient(mild)).outcome == "N"


@pytest.mark.parametrize("action", PUT_OFF)
def test_an_action_that_puts_a_dose_off_waits(action: str) -> None:
    assert slot(patient(event(term="Rash", grade=2, action=action))).outcome == "P"


@pytest.mark.parametrize("action", NOTHING)
def test_an_action_that_says_nothing_was_done_asks_nobody(action: str) -> None:
    assert read_action(action) == "nothing"
    assert slot(patient(event(term="Rash", grade=2, action=action))).outcome == "N"


@pytest.mark.parametrize("action", ["DRUG WITHDRAWN", "dose delayed", "see narrative", "DOSE REDUCED"])
def test_an_action_since_a_later_dose_holds_the_next(action: str) -> None:
    blood = [
        lab(test, value, unit, 86, lower_limit=low, upper_limit=2.0 * value)
        for test, value, unit, low in (
            ("HGB", 140.0, "g/L", 130.0), ("WBC", 6.0, "10^9/L", 4.0), ("PLAT", 210.0, "10^9/L", 150.0),
            ("NEUT", 4.0, "10^9/L", 2.0), ("CREAT", 80.0, "umol/L", 50.0),
        )
    ]  # fmt: skip
    second = [*well(), given(44, 2, "b"), *blood]
    (plain,) = state(patient(*second), 86).proposals
    assert plain.action == "give", plain.reasons
    (found,) = state(patient(*second, event(term="Rash", grade=2, on=on(60), action=action)), 86).proposals
    assert found.action == "hold" and action in " ".join(found.reasons)


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"term": "neuropathy grade 3", "grade": 1, "started": on(20)}, "P"),
        ({"term": "neuropathy grade 3", "started": on(20)}, "P"),
        ({"term": "neuropathy grade 3", "on": on(30)}, "P"),  # nobody told since when
        ({"term": "neuropathy", "grade": 3, "on": on(30)}, "P"),
        ({"term": "neuropathy grade 3"}, "N"),
        ({"term": "neuropathy grade 2", "on": on(30)}, "N"),
        ({"term": "neuropathy grade 3", "on": on(30), "ended": on(-40)}, "N"),
        ({"term": "neuropathy", "grade": 1, "started": on(20)}, "N"),
    ],
)
def test_a_grade_in_the_words_of_a_history_counts(more: dict[str, object], outcome: str) -> None:
    told = History.model_validate({"id": "h", "subject": "A", "on": on(-15), **more})
    found = slot(patient(told))
    assert found.outcome == outcome, found.reason
    if outcome == "P":
        asked(patient(told))


@pytest.mark.parametrize("test", ["TMPQ", "FROBX", "Temperature somewhere"])
def test_a_vital_sign_of_no_known_name_is_asked_about_as_a_laboratory_test_is(test: str) -> None:
    odd = vital(test, 12.0, None, 22)
    asked(patient(odd))
    found = state(patient(odd), 60).safety
    assert found is not None and [one.written for one in found.unread] == [test]
    assert slot(patient(vital("BMI", 24.0, "kg/m2", 22))).outcome == "N"
    silent = Vital(id="v", subject="A", on=on(22), test=test, text="NOT DONE")
    assert slot(patient(silent)).outcome == "N", "nothing was told"


EMPTY = (None, "", "not done", "clotted", "pending", "ND")


@pytest.mark.parametrize("test", ["PLAT", "NEUT", "HGB", "WBC", "CREAT", "ALT"])
@pytest.mark.parametrize("said", EMPTY)
@pytest.mark.parametrize("day", [43, 44, 45])
def test_a_sample_without_a_value_before_the_next_dose_holds_it(
    test: str, said: str | None, day: int
) -> None:
    empty = lab(test, None, None, day, text=said).model_copy(update={"id": "empty"})
    (found,) = state(patient(*well(), empty), 45).proposals
    assert found.action == "hold" and f"{test} of {empty.on} has no value" in " ".join(found.reasons)


def test_a_value_of_a_later_day_answers_a_sample_without_one() -> None:
    empty = lab("PLAT", None, None, 42).model_copy(update={"id": "empty"})
    (found,) = state(patient(*well(), empty), 45).proposals
    assert found.action == "give", found.reasons
    urine = lab("CREAT", None, None, 44, specimen="URINE").model_copy(update={"id": "empty"})
    assert state(patient(*well(), urine), 45).proposals[0].action == "give"


def test_a_visit_is_not_done_by_samples_without_a_value() -> None:
    bare = [one for one in patient() if getattr(one, "test", None) is None]
    empty: list[Fact] = [lab(test, None, None, 8) for test in ("PLAT", "NEUT", "HGB", "WBC")]
    for facts, status in ((empty, "missed"), ([lab("PLAT", 210.0, "10^9/L", 8)], "done")):
        record = record_of(entries([*bare, *facts]), "Asia/Shanghai")
        planned = derive_schedule(STUDY, record, derive_subjects(STUDY, record), FIRST.replace(day=20))
        first = next(one for one in planned if one.visit == "haematology-c1")
        assert first.status == status


def test_what_tests_tell_of_blood_is_judged_with_the_rest() -> None:
    record = record_of(entries(patient(LOW, lab("FOB", None, None, 22, text="+"))), "Asia/Shanghai")
    (read,) = dlt_patients(STUDY, record, derive_subjects(STUDY, record))
    assert [one.product for one in read.transfusions] == ["bleeding treated"]
