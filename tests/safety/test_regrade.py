from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from galu.desk.grade import grade_file, regrade_file
from galu.finding import InputError
from galu.safety.ctcae import grade_labs
from galu.safety.regrade import explain, regrade_labs
from galu.safety.terms import impossible_grade, read_terms, shipped_terms

HEAD = "TERM,DIRECTION,AVALU,AVAL,ANRLO,ANRHI,BASE,BNRIND,ATOXGR\n"
ROWS = (
    ("Anemia,L,g/L,79,130,,,,-3", "same", ""),
    ("Anemia,L,g/L,79,130,,,,-2", "differs", "79 is < 80"),
    ("Anemia,L,furlong,79,130,,,,2", "only collected", "grades no Anemia (L) in furlong"),
    ("Anemia,L,g/L,110,130,,,,", "only recomputed", "110 is < 1 × LLN"),
    ("Anemia,L,g/L,,130,,,,GRADE 1", "only collected", "no value"),
    ("Anemia,L,g/L,110,,,,,1", "only collected", "not known: ANRLO"),
    ("GGT increased,H,U/L,200,,60,,,2", "only collected", "whether the baseline was normal is not known"),
    ("GGT increased,H,U/L,200,,60,,HIGH,2", "only collected", "not known: BASE"),
    ("GGT increased,H,U/L,200,,60,100,HIGH,0", "differs", "200 is >= 2 × BASE (baseline high)"),
    ("GGT increased,H,U/L,50,,60,,NORMAL,1", "differs", "beyond no cut (baseline normal)"),
    ("Hemoglobin increased,H,g/L,195,,170,,,1", "differs", "195 is > ULN + 20"),
    ("nothing,L,g/L,1,,,,,", "neither", ""),
)  # fmt: skip


def test_each_difference_has_its_reason(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(HEAD + "\n".join(row for row, *_ in ROWS))
    found = regrade_labs(pl.read_csv(source, infer_schema=False), "ATOXGR")
    assert found.table["OUTCOME"].to_list() == [outcome for _, outcome, _ in ROWS]
    for shown, (_, _, why) in zip(found.table["WHY"], ROWS, strict=True):
        assert why in shown and bool(why) == bool(shown)


def test_file_holds_only_what_differs(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(HEAD + "\n".join(row for row, *_ in ROWS))
    counts = dict(regrade_file(source, target, "ATOXGR", "5.0"))
    assert counts == {"same": 1, "differs": 4, "only collected": 5, "only recomputed": 1, "neither": 1}
    with target.open() as stream:
        assert len(list(csv.DictReader(stream))) == 10


@pytest.mark.parametrize("given", ["7", "MILD"])
def test_a_grade_that_is_none_is_a_sentence(given: str) -> None:
    frame = pl.DataFrame(
        {"TERM": ["Anemia"], "DIRECTION": ["L"], "AVALU": ["g/L"], "AVAL": ["79"], "G": [given]}
    )
    with pytest.raises(InputError, match=given):
        regrade_labs(frame, "G")
    with pytest.raises(InputError, match="ATOXGR is missing"):
        regrade_labs(frame, "ATOXGR")


def test_a_baseline_record_is_explained_by_the_upper_limit() -> None:
    row = {"TERM": "GGT increased", "DIRECTION": "H", "AVALU": "U/L", "AVAL": 200.0, "ANRHI": 60.0}
    assert explain({**row, "ABLFL": "Y", "BNRIND": "HIGH", "GRADE": 2}).endswith("(baseline normal)")


def test_a_grade_that_the_term_does_not_have() -> None:
    assert impossible_grade("dry mouth", 4, shipped_terms()).startswith("Dry mouth has no grade 4")
    assert impossible_grade("Dry mouth", 3, shipped_terms()) == ""
    assert impossible_grade("no such term", 4, shipped_terms()) == ""


GOOD = {
    "term": "Nausea",
    "soc": "Gastro",
    "grade1": "a",
    "grade2": "b",
    "grade3": "-",
    "grade4": " -",
    "grade5": "",
}


def test_a_users_list_of_terms() -> None:
    (term,) = read_terms([GOOD]).values()
    assert (term.name, term.grades, term.texts) == ("Nausea", (1, 2), ((1, "a"), (2, "b")))


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([GOOD, GOOD], "twice"),
        ([{**GOOD, "grade1": "-", "grade2": "-"}], "no grade"),
        ([{"term": "Nausea"}], "soc is missing"),
    ],
)
def test_a_bad_list_of_terms_is_a_sentence(rows: list[dict[str, str]], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        read_terms(rows)


UNGRADED = (
    ("Platelet count decreased,L,10^9/L,-5,150,400,,", "", "-5 is no laboratory value"),
    ("Platelet count decreased,L,10^9/L,inf,150,400,,", "", "inf is no laboratory value"),
    ("Platelet count decreased,L,10^9/L,1e400,150,400,,", "", "1e400 is no laboratory value"),
    ("Platelet count decreased,L,10^9/L,<95,150,400,,", "", "how far the value lies below 95 is not known"),
    ("Platelet count decreased,L,10^9/L,<10,150,400,,", "4", ""),
    ("Platelet count decreased,L,10^9/L,>1000,150,400,,", "0", ""),
    ("Platelet count decreased,L,10^9/L,>60,150,400,,", "", "how far the value lies above 60 is not known"),
    ("Alanine aminotransferase increased,H,U/L,≥ 1000,7,45,,NORMAL", "4", ""),
    ("Platelet count decreased,L,10^9/L,clotted,150,400,,", "", "clotted tells no number"),
    ("Platelet count decreased,L,10^9/L,not detected,150,400,,", "", "not detected tells no number"),
    ("Platelet count decreased,L,10^9/L,60,400,150,,", "2", "ANRLO lies above ANRHI"),
    ("Platelet count decreased,L,10^9/L,60,150,400,,", "2", ""),
    ("Platelet count decreased,X,10^9/L,60,150,400,,", "", "grades no Platelet count decreased (X)"),
    ("Plateled count,L,10^9/L,60,150,400,,", "", "grades no Plateled count (L)"),
    ("Creatinine increased,H,umol/L,<50,,100,,", "0", ""),
    ("Creatinine increased,H,umol/L,50,,inf,,", "", "not known: ANRHI"),
)


def test_a_blank_grade_has_its_reason(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    head = "TERM,DIRECTION,AVALU,AVAL,ANRLO,ANRHI,BASE,BNRIND\n"
    source.write_text(head + "\n".join(row for row, *_ in UNGRADED))
    grade_file(source, target, "5.0")
    with target.open() as stream:
        found = list(csv.DictReader(stream))
    for row, (_, grade, why) in zip(found, UNGRADED, strict=True):
        assert row["GRADE"] == grade and why in row["WHY"] and bool(why) == bool(row["WHY"])


@pytest.mark.parametrize("text", ["abc", '"95,5"', ">abc"])
def test_what_is_no_number_is_named_with_file_line_and_column(text: str, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"TERM,DIRECTION,AVALU,AVAL\nAnemia,L,g/L,80\nAnemia,L,g/L,{text}\n")
    shown = text.strip('"')
    with pytest.raises(InputError, match=f"in.csv, line 3, column AVAL: `{shown}` is no number"):
        grade_file(source, tmp_path / "out.csv", "5.0")


def test_a_file_that_is_not_there_is_said_not_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        grade_file(tmp_path / "none.csv", tmp_path / "out.csv", "5.0")


@pytest.mark.parametrize(
    ("value", "limit", "base", "grade", "why"),
    [
        ("100", "110", "", 0, "beyond no cut, BASE not known"),
        ("100", "", "60", 2, "100 is > 1.5 × ULN or > 1.5 × BASE, ANRHI not known"),
        ("50", "", "60", None, "not known: ANRHI"),
    ],
)
def test_creatinine_names_the_limit_or_baseline_that_was_not_known(value, limit, base, grade, why) -> None:  # type: ignore[no-untyped-def]
    row = {"TERM": "Creatinine increased", "DIRECTION": "H", "AVALU": "umol/L", "AVAL": value}
    row |= {"ANRHI": limit, "BASE": base}
    assert grade_labs(pl.DataFrame([row]))[0] == grade
    assert explain({**row, "GRADE": grade}) == why
