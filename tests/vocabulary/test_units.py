from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.desk.grade import grade_file
from galu.safety.ctcae import grade_labs
from galu.vocabulary.laboratory import in_unit, lab_code, lab_tests, nearest_tests, terms_of_test
from galu.vocabulary.results import Range, kind_of_result, read_range, read_result
from galu.vocabulary.units import read_unit, same_unit, unit_factor
from support import shared

#: Spellings of one unit, each a kind of writing: signs, words, languages, blanks, exponents.
GIGA = (
    "10^9/L|10*9/L|10**9/L|10E9/L|10E+9/L|10E+09/L|10^09/L|x10^9/L|X10E9/L|×10⁹/L|x10(9)/L|10(9)/L|10 9/L"
    "|10x9/L|109/L|1e9/L|E9/L|G/L|g/l|GI/L|Giga/L|Gpt/l|bil/L|billion/L|10^9 cells/L|cells x10^9/L"
    "|10*9.L-1|10⁹·L⁻¹|x 10^9 / L|10^9/liter|10^3/uL|10*3/µL|10^3/μL|10³/mm³|K/uL|k/mcL|K/cumm|THOU/UL"
    "|THOUS/UL|Tsd/µl|Tsd./µL|thousand/µL|1000/uL|x1000/uL|10^3/cmm|103/uL|thou/mm3|x10(3)/mcL|10^6/mL"
    "|/nL|1/nL|nL|Mio/mL|10^3/microliter|{cells}10*3/uL|T/uL|10exp9/L|10^9 per litre"
)
WRITTEN = {
    "10^6/L": "/mm3|/uL|1/µL|cells/uL|cells/mm³|/cumm|/mcL|per uL|Zellen/µl|#/uL|uL",
    "g/dL": "G/DL|g%|gm/dl|gm%|grams/dL|g/100mL|g/100 ml|g·dL⁻¹|gr/dL|g per decilitre",
    "mg/dL": "MG/DL|mg%|mgs/dl|mg/100ml|milligrams/dL",
    "mmol/L": "mM|MMOL/L|mMol/l|mmol/L(Fe)|mmoles/L|millimol/litre|mmol.L-1|mmol l-1",
    "mEq/L": "MEQ/L|meq/l|mval/l|milliequivalents/L",
    "umol/L": "µmol/L|μmol/l|UMOL/L|mcmol/L|micromol/L|uM|mikromol/l|um ol/L",
    "U/L": "IU/L|UI/L|units/L|E/L|[iU]/L|u/l|Einheiten/L",
    "ug/L": "ng/mL|NG/ML|mcg/L|µg/l|micrograms/L",
    "mmHg": "mm Hg|MMHG|mm[Hg]",
}
SAME = {"10^9/L": tuple(GIGA.split("|")), **{unit: tuple(many.split("|")) for unit, many in WRITTEN.items()}}
NONE = tuple(
    part
    for part in [
        "",
        " ",
        "spoon",
        "mg/spoon",
        "10^9",
        "/",
        "L",
        "%%",
        "x",
        "10.9/L",
        "x10⁻9/L",
        "?/L",
        "g/dL/",
        "unknown",
        "1",
    ]
)
NAMES = {
    "PLAT": "Platelets|PLT|thrombocytes|Thrombozyten|Plaquettes|血小板|777-3|PLATELET COUNT"
    "|Platelets [#/volume] in Blood by Automated count",
    "NEUT": "ANC|Neutrophils absolute|NEUT#|absolute neutrophil count|中性粒细胞绝对值",
    "HGB": "Hgb|Haemoglobin|Hb|Hämoglobin|Haemoglobin (Hb)|Hb (g/dL)",
    "ALT": "SGPT|ALAT|ALT (SGPT)|P-ALAT|alanine transaminase",
    "CREAT": "Kreatinin|S-Kreatinin|Creatinine [Mass/volume] in Serum or Plasma",
    None: "NEUT %|Neutrophils/100 leukocytes in Blood|Urine creatinine|尿肌酐|Platlets|",
    "BILDIR": "Bilirubin, direct",
    "CA": "ca",
}
WORDS = {
    "below": "not detected|<LLOQ|BLQ", "trace": "trace", "negative": "NEG|non-reactive|阴性",
    "positive": "Detected", "no result": "hemolyzed|QNS|clotted|ND|",
    "unread": "0,1|1.234,5|blue|1e400|*|**|?",
}  # fmt: skip


@pytest.mark.parametrize(("unit", "written"), [(u, w) for u, many in SAME.items() for w in many])
def test_spellings_of_one_unit(unit: str, written: str) -> None:
    assert same_unit(written, unit)


@given(st.sampled_from([(u, w) for u, many in SAME.items() for w in many]), st.integers(0, 4))
def test_case_and_blanks_never_change_a_unit(pair: tuple[str, str], how: int) -> None:
    unit, written = pair
    change = (
        str.upper,
        str.lower,
        str.title,
        lambda text: f" {text}  ",
        lambda text: text.replace("/", " / "),
    )
    assert same_unit(change[how](written), unit)


@pytest.mark.parametrize("written", NONE)
def test_what_is_no_unit_is_not_read_as_a_count(written: str) -> None:
    assert not any(unit_factor(written, unit) for unit in ("10^9/L", "g/L", "mmol/L", "U/L"))


@given(st.text(max_size=12))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    assert all(one.size > 0 for one in read_unit(text))


def test_the_same_letters_mean_what_they_are_compared_with() -> None:
    assert unit_factor("G/L", "10^9/L") == unit_factor("G/L", "g/L") == 1
    assert unit_factor("mm", "m") == Fraction(1, 1000) and unit_factor("mM", "mmol/L") == 1
    assert unit_factor("g/L", "mmol/L") is None


@pytest.mark.parametrize(
    ("test", "value", "unit", "wanted", "right"),
    [
        ("CREAT", 1.0, "mg/dL", "umol/L", 88.4),
        ("CA", 6.3, "mEq/L", "mmol/L", 3.15),
        ("K", 6.2, "mEq/L", "mmol/L", 6.2),
        ("MG", 2.0, "mEq/L", "mmol/L", 1.0),
        ("GLUC", 0.39, "g/L", "mg/dL", 39.0),
        ("TESTOS", 1.0, "nmol/L", "ng/dL", 28.842),
        ("ALT", 1.0, "µkat/L", "U/L", 60.0),
        ("HGB", 8.0, "g/dL", "mmol/L", None),  # of the monomer or the tetramer: not one number
        ("CHOL", 10.0, "umol/L", "mmol/L", None),  # no laboratory reports that: a slip of the pen
        ("PLAT", 210.0, "", "10^9/L", None),
    ],
)
def test_conversion_by_substance(
    test: str, value: float, unit: str, wanted: str, right: float | None
) -> None:
    assert in_unit(test, value, unit, wanted) == (None if right is None else pytest.approx(right, rel=1e-12))


def test_the_spellings_kept_beside_the_project_grade_as_expected(tmp_path: Path) -> None:
    source = shared("cases", "data", "unit_spellings.csv")
    grade_file(source, tmp_path / "out.csv", "5.0")
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert len(rows) == 43
    assert [row for row in rows if row["EXPECT"] and row["GRADE"] != row["EXPECT"]] == []


@pytest.mark.parametrize("unit", SAME["10^9/L"])
def test_every_spelling_gives_the_same_grade(unit: str) -> None:
    frame = pl.DataFrame({"TERM": ["Thrombocytopenia"], "DIRECTION": ["L"], "AVALU": [unit], "AVAL": [49.0]})
    assert grade_labs(frame).to_list() == [3]


@pytest.mark.parametrize(("code", "written"), [(c, w) for c, many in NAMES.items() for w in many.split("|")])
def test_names_of_tests(code: str | None, written: str) -> None:
    assert lab_code(written) == code


def test_every_name_of_a_test_is_its_own() -> None:
    for test in lab_tests().values():
        for name in (test.code, test.name, *test.written):
            assert lab_code(name) == test.code, name
            assert lab_code(f"  {name.upper()} ") == test.code, name
            assert terms_of_test(name) == test.terms


def test_a_study_names_its_own_tests() -> None:
    own = (("Thrombos Nord", "PLAT"), ("Marker X", "other"))
    assert lab_code("THROMBOS NORD", own) == "PLAT" and lab_code("Marker X", own) == "other"
    assert lab_code("Thrombos Nord") is None
    assert "Platelet" in nearest_tests("Platlets")


@pytest.mark.parametrize(
    ("text", "value", "bound"),
    [
        ("<0.1", 0.1, "<"), ("< 0.1", 0.1, "<"), ("≤0.1", 0.1, "<"), ("less than 0.1", 0.1, "<"),
        ("> 1000", 1000.0, ">"), ("≥1000", 1000.0, ">"), ("over 500", 500.0, ">"), ("＞5", 5.0, ">"),
        ("12.5 H", 12.5, ""), ("3.2*", 3.2, ""), ("1.2E3", 1200.0, ""), (".5", 0.5, ""),
    ],
)  # fmt: skip
def test_numbers_in_words(text: str, value: float, bound: str) -> None:
    read = read_result(text)
    assert read is not None and (read.value, read.bound) == (value, bound)


@pytest.mark.parametrize(("kind", "text"), [(k, w) for k, many in WORDS.items() for w in many.split("|")])
def test_words_that_are_no_number(kind: str, text: str) -> None:
    assert read_result(text) is None and kind_of_result(text) == kind


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("150-400", (150.0, 400.0)), ("150 – 400", (150.0, 400.0)), ("[3.5-5.1]", (3.5, 5.1)),
        ("3.5 to 5.1", (3.5, 5.1)), ("<45", (None, 45.0)), ("up to 45", (None, 45.0)), (">60", (60.0, None)),
        ("400-150", None), ("", None), ("normal", None),
    ],
)  # fmt: skip
def test_reference_ranges(text: str, limits: tuple[float | None, float | None] | None) -> None:
    assert read_range(text) == (None if limits is None else Range(*limits))


@given(st.sampled_from(sorted(lab_tests())), st.floats(0.01, 1000.0), st.sampled_from(NONE))
def test_an_unknown_unit_never_makes_a_grade(code: str, value: float, unit: str) -> None:
    for term, side in lab_tests()[code].terms:
        frame = pl.DataFrame({"TERM": [term], "DIRECTION": [side], "AVALU": [unit], "AVAL": [value]})
        known = pl.DataFrame(
            {"TERM": [term], "DIRECTION": [side], "AVALU": [lab_tests()[code].usual[0]], "AVAL": [value]}
        )
        by_ratio = grade_labs(known.with_columns(AVALU=pl.lit("any"))).item() is not None
        assert grade_labs(frame).item() is None or by_ratio
