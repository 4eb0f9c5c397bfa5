"""`galu eligibility` from facts in files to verdicts with their evidence."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.eligibility import Question, changes_of_reading, expiries, judge_eligibility
from galu.eligibility import Gate
from galu.finding import InputError
from support import ROOT

STUDY = ROOT / "studies" / "nct07310355"
FILES = {
    "consent.csv": "id,subject,on\nc1,P1,2026-02-02\nc2,P2,2026-02-03\n",
    "demographics.csv": "id,subject,on,sex,birth_date\nd1,P1,2026-02-02,M,1950\nd2,P2,2026-02-03,M,1960\n",
    "lab.csv": (
        "id,subject,on,test,value,unit\n"
        "t1,P1,2026-02-02,TESTOS,49.5,ng/dL\n"
        "t2,P2,2026-02-03,TESTOS,2.1,nmol/L\n"
        "a1,P1,2026-02-02,ALB,41,g/L\n"
    ),
}


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    folder = tmp_path / "facts"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict]:
    with pytest.raises(SystemExit) as ended:
        main(["eligibility", *words, "--json"])
    assert ended.value.code == 0
    return json.loads(capsys.readouterr().out)


def test_verdicts_name_atoms_facts_and_expiry(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, str(STUDY), str(facts), "--gate", "enrolment", "--as-of", "2026-02-10")
    assert len(found) == 2 * 30
    by = {(one["subject"], one["criterion"]): one for one in found}
    castrate = by["P1", "I4"]
    assert {key: castrate[key] for key in ("gate", "polarity", "verdict")} == {
        "gate": "enrolment",
        "polarity": "inclusion",
        "verdict": "satisfied",
    }
    (atom,) = castrate["atoms"]
    assert (atom["id"], atom["value"], atom["facts"], atom["expires"], atom["judgement"]) == (
        "I4.a", "true", ["t1"], "2026-03-02", False,
    )  # fmt: skip
    assert by["P2", "I4"]["verdict"] == "violated"
    assert by["P1", "E9"]["verdict"] == "unknown"


def test_one_subject_by_another_reading(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (str(STUDY), str(facts), "--subject", "P1", "--gate", "enrolment", "--as-of", "2026-02-10")
    found = rows(capsys, *words, "--what-if", "testosterone_unit=nmol_l")
    assert {one["subject"] for one in found} == {"P1"}
    assert next(one for one in found if one["criterion"] == "I4")["verdict"] == "violated"
    changes = rows(capsys, *words, "--changes")
    assert [(c["switch"], c["setting"], c["criterion"], c["after"]) for c in changes] == [
        ("testosterone_unit", "nmol_l", "I4", "violated")
    ]


def test_the_calendar_is_sorted_by_the_last_day(facts: Path) -> None:
    found = expiries(STUDY, facts, Question(as_of=date(2026, 3, 5)))
    assert [(row.subject, row.item, row.state) for row in found] == [
        ("P1", "lab.albumin", "expired"),
        ("P1", "lab.testosterone", "expired"),
        ("P2", "lab.testosterone", "expired"),
    ]


def test_without_a_gate_the_next_one_of_each_subject_is_judged(facts: Path) -> None:
    (facts / "enrolment.csv").write_text("id,subject,on,phase,level\ne2,P2,2026-02-09,escalation,1\n")
    (facts / "disposition.csv").write_text("id,subject,on,term\nf3,P3,2026-02-09,SCREEN FAILURE\n")
    (facts / "administration.csv").write_text(
        "id,subject,on,agent,cycle\na4,P4,2026-02-09T10:00,177Lu-PSMA-0057,1\n"
    )
    found = judge_eligibility(STUDY, facts, Question(as_of=date(2026, 2, 10)))
    assert [(one.subject, one.gate) for one in found] == [
        ("P1", Gate.ENROLMENT), ("P2", Gate.DOSE), ("P3", Gate.ENROLMENT), ("P4", Gate.DOSE),
    ]  # fmt: skip


def test_a_table_is_readable(facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["eligibility", str(STUDY), str(facts), "--subject", "P1", "--as-of", "2026-02-10"])
    shown = capsys.readouterr().out
    assert "P1, gate enrolment: 3 satisfied, 0 violated, 27 unknown" in " ".join(shown.split())
    assert "? I10.1a" in shown


def test_atoms_that_speak_against_a_subject_are_marked(
    facts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (str(STUDY), str(facts), "--subject", "P2", "--as-of", "2026-02-10")
    with pytest.raises(SystemExit):
        main(["eligibility", *words])
    shown = capsys.readouterr().out
    assert "× I4.a" in shown and "? E8.a" in shown and "× I2.a" not in shown
    marks = {atom["id"]: atom["verdict"] for one in rows(capsys, *words) for atom in one["atoms"]}
    assert (marks["I2.a"], marks["I4.a"], marks["E8.a"]) == ("satisfied", "violated", "unknown")


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        (Question(subject="P9", as_of=date(2026, 2, 10)), "no subject P9"),
        (Question(as_of=date(9000, 1, 1)), "lies in the future"),
        (Question(settings={"nonsense": "x"}, as_of=date(2026, 2, 10)), "no switch nonsense"),
    ],
)
def test_a_wrong_question_is_a_sentence(facts: Path, question: Question, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        judge_eligibility(STUDY, facts, question)
    if question.settings:
        with pytest.raises(InputError, match=fault):
            changes_of_reading(STUDY, facts, question)


def test_a_setting_without_a_value_ends_with_code_two(
    facts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["eligibility", str(STUDY), str(facts), "--what-if", "mdrd"])
    assert ended.value.code == 2
    assert "SWITCH=SETTING" in capsys.readouterr().err


def test_an_imported_record_is_judged_on_the_day_on_which_it_ends(tmp_path: Path) -> None:
    folder = tmp_path / "imported"
    folder.mkdir()
    version = f"v,2024-01-02,NCT07310355,{'0' * 64},imported,2024-01-02T08:00:00+08:00"
    (folder / "study_version.csv").write_text(f"id,on,study,study_hash,origin,recorded\n{version}\n")
    (folder / "consent.csv").write_text("id,subject,on,recorded\nc,P1,2024-01-02,2024-01-02T09:00:00+08:00\n")
    (folder / "lab.csv").write_text(
        "id,subject,on,test,value,unit,recorded\nt,P1,2024-01-03,TESTOS,12,ng/dL,2024-01-20T09:00:00+08:00\n"
    )
    (judged,) = judge_eligibility(STUDY, folder, Question(gate=Gate.ENROLMENT))
    assert next(one for one in judged.verdicts if one.criterion == "I4").verdict == "satisfied"
    (row,) = expiries(STUDY, folder, Question())
    assert (row.item, row.state) == ("lab.testosterone", "valid")


def test_a_day_before_anyone_came_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "consent.csv"
    source.write_text("id,subject,on,recorded\nc1,P1,2026-02-02,2026-02-02T10:00:00Z\n")
    with pytest.raises(SystemExit):
        main(["eligibility", str(STUDY), str(source), "--as-of", "2025-01-01"])
    assert capsys.readouterr().out == "nobody was in the record on 2025-01-01\n"
