from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.desk.grade import grade_file
from galu.finding import InputError
from galu.safety.ctcae import grade_labs, lab_rules
from galu.vocabulary.laboratory import terms_of_test


def grade(term: str, direction: str, unit: str, value: float | None, **more: object) -> int | None:
    row = {"TERM": term, "DIRECTION": direction, "AVALU": unit, "AVAL": value, **more}
    return grade_labs(pl.DataFrame([row]))[0]


def test_every_gradable_term_is_there() -> None:
    assert len({rule.term for rule in lab_rules()}) == 40


@pytest.mark.parametrize(
    ("value", "expected"), [(75.0, 1), (74.9, 2), (50.0, 2), (25.0, 3), (24.9, 4), (150.0, 0)]
)
def test_below_is_strict(value: float, expected: int) -> None:
    assert grade("Platelet count decreased", "L", "10^9/L", value, ANRLO=150.0) == expected


@pytest.mark.parametrize("unit", ["10^9/L", "GI/L", "G/L", "x10E9/L", "10*9/L", "K/uL", "10^3/uL"])
def test_unit_spellings(unit: str) -> None:
    assert grade("Neutrophil count decreased", "L", unit, 0.4) == 4


@pytest.mark.parametrize("unit", ["", "10^8/spoon", "mg/dL", "%", "kg"])
def test_another_unit_is_not_graded(unit: str) -> None:
    assert grade("Neutrophil count decreased", "L", unit, 0.4) is None


def test_the_reported_unit_decides() -> None:
    assert grade("Anemia", "L", "g/dL", 7.95, ANRLO=13.0) == 3
    assert grade("Anemia", "L", "mmol/L", 4.93, ANRLO=8.0) == 2


def test_computed_cut_equals_printed_one() -> None:
    assert grade("CPK increased", "H", "U/L", 0.7 * 10 * 3, ANRHI=2.1) == 3


@pytest.mark.parametrize("term", ["GGT increased", "Alkaline phosphatase increased"])
def test_abnormal_baseline_enters_at_twice(term: str) -> None:
    assert grade(term, "H", "U/L", 200.0, ANRHI=60.0, BASE=100.0, BNRIND="HIGH") == 1
    assert grade(term, "H", "U/L", 199.0, ANRHI=60.0, BASE=100.0, BNRIND="HIGH") == 0


def test_unknown_baseline_is_unknown() -> None:
    term = "Alanine aminotransferase increased"
    assert grade(term, "H", "U/L", 200.0, ANRHI=60.0) is None
    assert grade(term, "H", "U/L", 60.0, ANRHI=60.0) == 0
    assert grade(term, "H", "U/L", 200.0, ANRHI=60.0, BNRIND="HIGH") is None
    assert grade(term, "H", "U/L", 200.0, ANRHI=60.0, BNRIND="NORMAL") == 2


def test_baseline_record_is_graded_by_uln() -> None:
    given_high = {"ANRHI": 60.0, "BASE": 200.0, "BNRIND": "HIGH"}
    term = "Alanine aminotransferase increased"
    assert grade(term, "H", "U/L", 200.0, **given_high) == 0
    assert grade(term, "H", "U/L", 200.0, **given_high, ABLFL="Y") == 2


def test_haemoglobin_never_gives_grade_4() -> None:
    assert grade("Anemia", "L", "g/L", 10.0, ANRLO=130.0) == 3


def test_codes() -> None:
    assert terms_of_test("anc") == (("Neutrophil count decreased", "L"),)
    assert terms_of_test("PHOS") == ()
    known = {(rule.term, rule.direction) for rule in lab_rules()}
    assert all(
        pair in known for code in ("K", "CA", "HGB", "TRIG", "INR", "PH") for pair in terms_of_test(code)
    )


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)))
def test_order_of_rows_never_changes_a_grade(order: list[int]) -> None:
    frame = pl.DataFrame(
        {
            "TERM": ["Anemia", "Anemia", "CPK increased", "Hypokalemia", "nothing", "Creatinine increased"],
            "DIRECTION": ["L", "L", "H", "L", "L", "H"],
            "AVALU": ["g/L", "g/dL", "U/L", "mmol/L", "g/L", "mg/dL"],
            "AVAL": [79.0, 8.0, 900.0, 2.4, 1.0, 2.0],
            "ANRLO": [120.0, 12.0, None, 3.5, None, None],
            "ANRHI": [160.0, 16.0, 100.0, 5.0, None, 1.2],
        }
    )
    assert grade_labs(frame[order]).to_list() == grade_labs(frame)[order].to_list()


@settings(max_examples=60, deadline=None)
@given(st.floats(20, 200), st.floats(100, 170))
def test_value_and_unit_together_never_change_a_grade(value: float, lower: float) -> None:
    """Haemoglobin cuts in g/L and g/dL are equal."""
    per_litre = grade("Anemia", "L", "g/L", round(value, 2), ANRLO=round(lower, 2))
    assert grade("Anemia", "L", "g/dL", round(value, 2) / 10, ANRLO=round(lower, 2) / 10) == per_litre


def test_file(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("TERM,DIRECTION,AVALU,AVAL,ANRLO\nAnemia,L,g/L,79,120\nAnemia,L,g/L,,120\n")
    done = grade_file(source, target, "5.0")
    assert (done.rows, done.graded) == (2, 1)
    with target.open() as stream:
        assert [row["GRADE"] for row in csv.DictReader(stream)] == ["3", ""]


@pytest.mark.parametrize(
    ("text", "fault"),
    [("TERM,AVAL\nAnemia,1\n", "DIRECTION"), ("TERM,DIRECTION,AVALU,AVAL\nAnemia,L,g/L,abc\n", "AVAL")],
)
def test_bad_input_is_a_sentence(tmp_path: Path, text: str, fault: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text(text)
    with pytest.raises(InputError, match=fault):
        grade_file(source, tmp_path / "out.csv", "5.0")


def test_unknown_version(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="9"):
        lab_rules("9")
