"""Of each kind a table: what is not known, contradicts itself or is off the plan is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from galu.protocol import load_study
from galu.record import Entry, Fact, record_of
from galu.record.conduct import Judgement
from galu.record.disease import AdverseEvent
from galu.record.people import Consent, Demographics, Lab, Vital
from galu.record.treatment import Administration, Dispensed, Enrolment, Residual
from galu.trial.board import Slot, derive_board
from galu.trial.state import TrialState, derive_state
from galu.vocabulary.persons import is_named
from support import CHEMISTRY, ROOT, weekly_counts

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU, FIRST = "177Lu-PSMA-0057", date(2026, 2, 2)
NOBODY = (
    "",
    " ",
    "?",
    "n/a",
    "N/A",
    "unknown",
    "-",
    "—",
    "none",
    "TBD",
    "not known",
    "Dr.",
    "Dr ?",
    "007",
    "未知",
)


def on(number: int) -> str:
    return (FIRST + timedelta(days=number - 1)).isoformat()


def given(number: int = 1, cycle: int = 1, name: str = "a", mbq: float | None = 3700.0) -> Administration:
    return Administration(
        id=name, subject="A", on=f"{on(number)}T10:00", agent=LU, cycle=cycle, planned_activity_mbq=3700,
        activity_mbq=mbq,
    )  # fmt: skip


def patient(*more: Fact, dose: Fact | None = None) -> list[Fact]:
    way = [
        Consent(id="c", subject="A", on=on(-20)),
        Enrolment(id="e", subject="A", on=on(-3), phase="escalation", level=1),
        dose or given(),
    ]
    return [*way, *weekly_counts("A", FIRST), *more]


def entries(facts: list[Fact]) -> list[Entry]:
    return [Entry(n, datetime(2026, 2, 1, tzinfo=UTC), fact) for n, fact in enumerate(facts, 1)]


def slot(facts: list[Fact], day: int = 60) -> Slot:
    found = derive_board(STUDY, record_of(entries(facts), "Asia/Shanghai"), FIRST + timedelta(days=day - 1))
    return found.slots[0]


def state(facts: list[Fact], day: int) -> TrialState:
    return derive_state(STUDY, record_of(entries(facts), "Asia/Shanghai"), FIRST + timedelta(days=day - 1))


def lab(test: str, value: float | None, unit: str | None, number: int = 24, **more: object) -> Lab:
    row = {"id": f"{test}{number}x", "subject": "A", "on": on(number), "test": test, "value": value}
    return Lab.model_validate({**row, "unit": unit, **more})


def vital(test: str, value: float, unit: str | None, number: int = 24) -> Vital:
    return Vital(id=f"v{test}{number}", subject="A", on=on(number), test=test, value=value, unit=unit)


def event(**more: object) -> AdverseEvent:
    row = {"id": "x", "subject": "A", "on": on(20), "term": "Hepatic failure", "grade": 4}
    return AdverseEvent.model_validate({**row, "attribution": "related", **more})


def judged(value: str, name: str, by: str = "Dr A", number: int = 50, item: str = "dlt") -> Judgement:
    row = {"id": name, "subject": "A", "on": on(number), "item": item, "value": value, "by": by}
    return Judgement.model_validate(row)


def test_a_whole_normal_patient_asks_nobody() -> None:
    normal = [
        vital("TEMP", 36.6, "C"), vital("SYSBP", 135, "mmHg"),
        vital("QTCF", 410, "ms"), vital("QTcB", 0.42, "s"),
        vital("WEIGHT", 80, "kg", -3), vital("WEIGHT", 78, "kg"), lab("EGFR", 88, "mL/min/1.73m2"),
        lab("GLUC", 6.1, "mmol/L"), lab("PHOS", 1.1, "mmol/L"), lab("ALT", 24, "U/L", 1, upper_limit=45),
    ]  # fmt: skip
    found = slot(patient(*normal))
    assert (found.outcome, found.counts, found.suspect) == ("N", "6 of 6 counts", False)


@pytest.mark.parametrize("name", NOBODY)
def test_who_is_not_named_clears_nothing(name: str) -> None:
    assert not is_named(name)
    assert slot(patient(event(), judged("no", "j", name))).outcome == "T"
    assert slot(patient(event(clinically_meaningful=False, by=name))).outcome == "T"
    assert slot(patient(judged("yes", "j", name))).outcome == "P"
    assert slot(patient(event(clinically_meaningful=False, by="Dr Li"))).outcome == "N"


@pytest.mark.parametrize("order", list(permutations((("yes", "Dr A"), ("no", "Dr B"), ("no", "Dr C")))))
def test_contrary_judgements_of_a_day_leave_the_question_open(order: tuple[tuple[str, str], ...]) -> None:
    made = [judged(value, f"j{n}", by) for n, (value, by) in enumerate(order[:2])]
    found = slot(patient(*made))
    values = {value for value, _ in order[:2]}
    assert found.outcome == ("P" if len(values) == 2 else "N")
    if len(values) == 2:
        assert all(by in found.reason for _, by in order[:2]) and found.suspect
        assert slot(patient(*made, judged("no", "later", number=51))).outcome == "N"


@pytest.mark.parametrize(
    "value",
    [
        lab("EGFR", 10, "mL/min/1.73m2"), lab("eGFR", 25, None), lab("CrCl", 20, "mL/min"),
        lab("GLUC", 40, "mmol/L"), lab("GLUC", 400, "mg/dL"), lab("PHOS", 0.3, "mmol/L"),
        lab("Troponin T", 5000, "ng/L"), lab("EGFR", None, None, text="see comment"),
        vital("QTCF", 560, "ms"), vital("QTcF", 0.56, "s"), vital("QTc", 560, None), vital("LVEF", 30, "%"),
        vital("SpO2", 80, "%"), vital("TEMP", 105, "F"), vital("SYSBP", 190, "mmHg"),
    ],
    ids=lambda one: f"{one.test} {one.value} {one.unit}",
)  # fmt: skip
def test_values_that_no_laboratory_grade_judges_are_asked_for(value: Fact) -> None:
    found = slot(patient(value))
    assert found.outcome == "P" and value.id in found.decided_by
    assert slot(patient(value, judged("no", "j"))).outcome == "N"


@pytest.mark.parametrize("lost", [row[0] for row in CHEMISTRY])
def test_chemistry_of_the_window_is_asked_for(lost: str) -> None:
    kept = [one for one in patient() if not (isinstance(one, Lab) and one.test == lost)]
    found = slot(kept)
    assert found.outcome == "P" and lost in found.reason and lost in found.counts


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (patient(given(9, 2, "b")), "a further dose"),
        (patient(dose=given(mbq=6000.0)), "+62%"),
        (
            patient(
                *(
                    Dispensed(
                        id=f"d{n}", subject="A", on=f"{on(1)}T09:{n}0", agent=LU, cycle=1, activity_mbq=3700
                    )
                    for n in (1, 2)
                ),
                Residual(id="r", subject="A", on=f"{on(1)}T10:40", agent=LU, cycle=1, activity_mbq=20),
                dose=given(mbq=None),
            ),
            "full first dose",
        ),
    ],
    ids=["again in the window", "too much", "drawn twice"],
)
def test_a_dose_off_the_plan_is_a_deviation_and_waits(facts: list[Fact], words: str) -> None:
    found = slot(facts)
    assert found.outcome == "P" and words in found.reason
    assert any(one.rule != "eligibility unknown" for one in state(facts, 60).deviations)
    assert slot([*facts, judged("yes", "j", item="dlt-evaluable")]).outcome == "N"
    assert slot([*facts, judged("no", "j", item="dlt-evaluable")]).outcome == "X"


def test_a_value_of_the_day_of_the_dose_without_a_time_hides_no_toxicity() -> None:
    high = lab("ALT", 900, "U/L", 1, lower_limit=7, upper_limit=45)
    assert slot(patient(high)).outcome == "P"
    before = lab("ALT", 900, "U/L", -3, lower_limit=7, upper_limit=45)
    assert slot(patient(before, high)).outcome == "N"


@pytest.mark.parametrize(
    ("facts", "day", "action"),
    [
        ((), 44, "give"),
        ((), 70, "hold"),  # no value of the last weeks
        ((lab("QTC", 560, "ms", 40),), 44, "hold"),
        ((event(on=on(30)),), 44, "hold"),
    ],
    ids=["whole", "old counts", "to be judged", "toxic"],
)
def test_a_dose_waits_for_what_is_not_known(facts: tuple[Fact, ...], day: int, action: str) -> None:
    blood = [
        lab(test, value, unit, number, lower_limit=low, upper_limit=high)
        for number in (-3, 43)
        for test, value, unit, low, high in (
            ("HGB", 140.0, "g/L", 130.0, 175.0), ("WBC", 6.0, "10^9/L", 4.0, 11.0),
        )
    ]  # fmt: skip
    kidney: list[Fact] = [
        Demographics(id="d", subject="A", on=on(-20), sex="M", birth_date="1955-05-04"),
        vital("WEIGHT", 80, "kg", -3),
        lab("CREAT", 80, "umol/L", -3, upper_limit=110),
    ]
    found = state([*patient(*blood, *kidney, *facts)], day).proposals
    assert found[0].action == action, found[0].reasons
