"""Calcium is graded corrected for albumin; what is not known of albumin never passes for safe."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from galu.protocol import load_study
from galu.safety.calcium import albumin_g_per_l, corrected_calcium, nearest_albumin
from galu.safety.dlt import DltAssessment, assess_dlt
from galu.safety.inputs import DltPatient, LabInput
from galu.safety.plan import SafetyPlan
from galu.safety.values import grade_patient_labs
from support import CHEMISTRY, ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
assert STUDY.safety is not None
FIRST = date(2026, 1, 1)
WEEKS = (8, 15, 22, 29, 36, 43)


def _plan() -> SafetyPlan:
    assert STUDY.safety is not None
    return STUDY.safety


def _day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def _ca(value: float, on: int = 20, unit: str = "mmol/L", **more: object) -> LabInput:
    low, high = (2.15, 2.55) if unit == "mmol/L" else (8.6, 10.2)
    one = LabInput(f"CA{on}", "CA", _day(on), value, unit, low, high)
    return replace(one, **more)  # type: ignore[arg-type]


def _alb(value: float, on: int = 20, unit: str = "g/L", name: str = "ALB") -> LabInput:
    return LabInput(f"{name}{on}-{value}", name, _day(on), value, unit, 35.0, 50.0)


def _grade(term: str, *labs: LabInput) -> int | None:
    ((_, grade),) = grade_patient_labs(labs, "5.0")[term]
    return grade


def _judge(*labs: LabInput) -> DltAssessment:
    counts = tuple(
        LabInput(f"{test}{week}", test, _day(week), value, "10^9/L", low, high)
        for week in WEEKS
        for test, value, low, high in (("NEUT", 4.0, 2.0, 7.0), ("PLAT", 200.0, 150.0, 400.0))
    )
    chemistry = tuple(
        LabInput(f"{test}36", test, _day(36), value, unit, low, high)
        for test, value, unit, low, high in CHEMISTRY
    )
    whole = (*counts, *chemistry, *labs)
    return assess_dlt(DltPatient("001", 1, FIRST, labs=whole), _plan(), _day(60))


@pytest.mark.parametrize(
    ("value", "unit", "albumin", "by_hand"),
    [
        (1.90, "mmol/L", 25.0, 2.20),  # 1.90 + 0.02 x 15
        (7.0, "mg/dL", 20.0, 8.6),  # 7.0 + 0.8 x 2.0
        (2.45, "mmol/L", 50.0, 2.25),  # 2.45 - 0.02 x 10
        (3.8, "mEq/L", 25.0, 4.4),  # 1.90 mmol/L is 3.8 mEq/L, 2.20 is 4.4
        (2.30, "mmol/L", 40.0, 2.30),
    ],
)
def test_the_correction_by_hand(value: float, unit: str, albumin: float, by_hand: float) -> None:
    for side in ("L", "H"):
        assert corrected_calcium(value, unit, (albumin,), side) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize(
    ("term", "calcium", "albumin", "raw", "corrected"),
    [
        ("Hypocalcemia", _ca(1.70), _alb(25.0), 3, 1),  # 2.00, which is not below 2.0
        ("Hypocalcemia", _ca(1.90), _alb(20.0), 2, 0),  # 2.30
        ("Hypocalcemia", _ca(1.80), _alb(50.0), 2, 3),  # 1.60
        ("Hypercalcemia", _ca(2.80), _alb(20.0), 1, 3),  # 3.20
        ("Hypercalcemia", _ca(2.50), _alb(18.0), 0, 2),  # 2.94
        ("Hypercalcemia", _ca(10.4, unit="mg/dL"), _alb(1.2, unit="g/dL"), 1, 3),  # 12.64
        ("Hypercalcemia", _ca(2.80), _alb(20.0, 22), 1, 3),  # within three days
        ("Hypercalcemia", _ca(2.80), _alb(20.0, 24), 1, 1),  # four days apart say nothing
        ("Hypercalcemia", _ca(2.80), _alb(2.0), 1, 1),  # 2 g/L is no albumin of a living person
        ("Hypercalcemia", _ca(2.80), _alb(20.0, name="Serum albumin"), 1, 3),
        ("Hypercalcemia", replace(_ca(2.80), test="Calcium corrected"), _alb(20.0), 1, 1),
    ],
)
def test_grades_are_those_of_the_corrected_value(
    term: str, calcium: LabInput, albumin: LabInput, raw: int, corrected: int
) -> None:
    assert _grade(term, calcium) == raw
    found = grade_patient_labs((calcium, albumin), "5.0")[term]
    assert [grade for _, grade in found] == [corrected]
    assert found[0][0].value == calcium.value, "the value stays as it was measured"


def test_of_several_albumins_the_nearest_counts_and_of_equals_the_worse() -> None:
    known = [(_day(18), 20.0), (_day(20), 30.0), (_day(20), 36.0), (_day(21), 50.0)]
    assert nearest_albumin(_day(20), known) == (30.0, 36.0)
    assert corrected_calcium(2.0, "mmol/L", (30.0, 36.0), "L") == pytest.approx(2.08)
    assert corrected_calcium(2.0, "mmol/L", (30.0, 36.0), "H") == pytest.approx(2.20)
    assert nearest_albumin(None, known) == ()


@pytest.mark.parametrize(
    ("value", "unit", "bound"),
    [(None, "g/L", ""), (30.0, "g/L", "<"), (30.0, "spoon", ""), (30.0, "g/dL", "")],
)
def test_an_albumin_that_tells_nothing(value: float | None, unit: str, bound: str) -> None:
    assert albumin_g_per_l(value, unit, bound) is None


@pytest.mark.parametrize("value", [2.16, 2.30, 2.54])
def test_a_normal_calcium_without_albumin_asks_nobody(value: float) -> None:
    assert _judge(_ca(value)).outcome == "N"


@pytest.mark.parametrize("value", [1.80, 2.0, 2.75, 3.0])
def test_a_calcium_that_albumin_could_make_severe_asks(value: float) -> None:
    found = _judge(_ca(value))
    assert found.outcome == "P" and "albumin unknown" in found.reason
    assert found.facts == ("CA20",) and found.suspect
    assert _judge(_ca(value), _alb(40.0)).outcome == "N", "a normal albumin settles it"


def test_a_severe_corrected_calcium_is_told_with_both_values() -> None:
    found = _judge(_ca(2.80), _alb(20.0))
    assert found.outcome == "P" and "CA 2.8 mmol/L" in found.reason
    assert "3.2 mmol/L corrected for albumin 20 g/L" in found.reason
    assert _judge(_ca(1.70), _alb(25.0)).outcome == "N", "2.00 mmol/L corrected is grade 1"
    assert "not corrected: albumin unknown" in _judge(_ca(1.70)).reason


def test_an_old_grade_of_unknown_albumin_excuses_none() -> None:
    """1.70 mmol/L before the dose may have been 2.2 corrected; with a normal albumin now it is grade 3."""
    found = _judge(_ca(1.70, baseline=1.70, baseline_flag="LOW"), _alb(40.0))
    assert found.outcome == "P"
