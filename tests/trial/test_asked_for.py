"""Of each kind a table: what is not known, contradicts itself or is off the plan is asked for."""

from __future__ import annotations

from itertools import permutations

import pytest

from galu.record import Fact
from galu.record.people import Lab
from galu.record.treatment import Dispensed, Residual
from galu.vocabulary.persons import is_named
from one_patient import LU, event, given, judged, lab, on, patient, slot, state, vital, well
from support import CHEMISTRY

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
    found = state(patient(*well(), *facts), day).proposals
    assert found[0].action == action, found[0].reasons
