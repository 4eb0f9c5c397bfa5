"""A grade that a value alone does not settle says what was assumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from galu.protocol import load_study
from galu.safety.ctcae import lab_rules
from galu.safety.dlt import assess_dlt
from galu.safety.inputs import DltPatient, LabInput
from galu.safety.notes import grade_note
from galu.safety.plan import DltRule
from support import ROOT

FIRST = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("term", "side", "unit", "value", "grade", "note"),
    [
        ("Lipase increased", "H", "U/L", 180.0, 3, "worst case assumed: signs and symptoms"),
        ("Lipase increased", "H", "U/L", 110.0, 2, ""),
        ("Serum amylase increased", "H", "U/L", 900.0, 4, "worst case assumed: signs and symptoms"),
        ("Hypokalemia", "L", "mmol/L", 3.2, 2, "worst case assumed: symptomatic"),
        ("Hypokalemia", "L", "mmol/L", 2.8, 3, ""),
        ("Hyponatremia", "L", "mmol/L", 127.0, 3, "worst case assumed: symptomatic"),
        ("Hyponatremia", "L", "mmol/L", 122.0, 3, ""),  # grade 3 with or without symptoms
        ("INR increased", "H", "ratio", 2.0, 2, "worst case assumed: on anticoagulation"),
        ("Hyperuricemia", "H", "umol/L", 500.0, 3, "worst case assumed: with physiologic consequences"),
        ("Anemia", "L", "g/L", 70.0, 3, "grade 3 at least: grade 4 is clinical"),
        ("Anemia", "L", "g/L", 90.0, 2, ""),
        ("Leukocytosis", "H", "10^9/L", 150.0, 3, "grade 3 at least: grade 4 is clinical"),
        ("Platelet count decreased", "L", "10^9/L", 10.0, 4, ""),
    ],
)
def test_what_a_grade_rests_on(term: str, side: str, unit: str, value: float, grade: int, note: str) -> None:
    assert grade_note(("5.0", term, side, unit), grade, value, "") == note


def test_above_a_limit_is_a_grade_at_least() -> None:
    rule = ("5.0", "Alanine aminotransferase increased", "H", "U/L")
    assert grade_note(rule, 2, 200.0, ">") == "grade 2 at least: above a limit"
    assert grade_note(rule, None, 200.0, ">") == ""


def test_every_assumption_of_the_table_is_said_of_some_grade() -> None:
    silent = ("corrected for albumin", "cuts printed in mmol/L at 4 mg/dL each")
    for row in lab_rules():
        said = bool(row.assumed) or row.assumes.endswith("is clinical") or row.assumes in ("", *silent)
        assert said, f"{row.term} assumes {row.assumes!r} and no grade says so"


def _rule(term: str, grade: int) -> DltRule:
    study = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
    assert study.safety is not None
    first = next(rule for rule in study.safety.dlt.rules if rule.evidence == "grade")
    return first.model_copy(
        update={
            "id": "r", "terms": (term,), "min_grade": grade, "longer_than_days": None, "exceptions": (),
            "with_bleeding_or_transfusion": False, "from_events_only": False,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lab", "term", "grade", "outcome", "said"),
    [
        (LabInput("x", "LIPASE", FIRST, 180.0, "U/L", 10.0, 60.0), "Lipase increased", 3, "T", "worst case"),
        (LabInput("x", "WBC", FIRST, 150.0, "10^9/L"), "Leukocytosis", 4, "P", "clinical judgement"),
        (LabInput("x", "HGB", FIRST, 70.0, "g/L", 130.0, 170.0), "Anemia", 4, "P", "clinical judgement"),
        (LabInput("x", "K", FIRST, 3.2, "mmol/L", 3.5, 5.1), "Hypokalemia", 2, "T", "symptomatic"),
    ],
)
def test_a_rule_says_or_asks(lab: LabInput, term: str, grade: int, outcome: str, said: str) -> None:
    study = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
    assert study.safety is not None
    dlt = study.safety.dlt.model_copy(update={"rules": (_rule(term, grade),), "assessments": None})
    plan = study.safety.model_copy(update={"dlt": dlt})
    after = replace(lab, ref="after", day=FIRST + timedelta(49), value=(lab.lower or 0.0) + 1.0)
    who = DltPatient("001", 1, FIRST, labs=(replace(lab, day=FIRST + timedelta(19)), after))
    found = assess_dlt(who, plan, FIRST + timedelta(60))
    assert found.outcome == outcome and said in found.reason
