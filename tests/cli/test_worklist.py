"""`galu worklist`, `changes` and `history` on a folder, as a coordinator and a monitor use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import ROOT, csv, run

AE = "id,subject,on,by,term,grade,attribution,supersedes,reason"


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    folder = tmp_path / "trial"
    assert run("init", ROOT / "studies" / "nct07310355", "-o", folder) == 0
    first = tmp_path / "first"
    csv(first, "consent", "id,subject,on", "c,001,2026-01-05")
    csv(first, "demographics", "id,subject,on,sex,birth_date,site", "d,001,2026-01-05,M,1955-05-04,Wuhan")
    csv(first, "adverse_event", AE, "x,001,2026-01-06,Nurse Xu,Nausea,1,related,,")
    assert run("record", "import", folder, first) == 0
    second = tmp_path / "second"
    csv(second, "adverse_event", AE, "y,001,2026-01-06,Dr Wu,Nausea,2,related,x,wrong grade")
    assert run("record", "import", folder, second) == 0
    return folder


def _json(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, object]:
    capsys.readouterr()
    assert run(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_a_worklist_is_of_all_sites_or_of_one(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = _json(capsys, "worklist", trial)["tasks"]
    assert isinstance(tasks, list) and {one["site"] for one in tasks} == {"Wuhan"}
    assert _json(capsys, "worklist", trial, "--site", "Wuhan")["tasks"] == tasks
    assert run("worklist", trial, "--site", "Lhasa") == 2
    assert "name one of the sites (Wuhan)" in capsys.readouterr().err
    assert run("worklist", trial) == 0
    assert "Screening (1)" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["x", "y"])
def test_a_history_tells_who_wrote_and_who_corrected(
    trial: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    found = _json(capsys, "history", trial, name)
    steps = found["steps"]
    assert isinstance(steps, list) and [one["by"] for one in steps] == ["Nurse Xu", "Dr Wu"]
    assert steps[1]["values"] == [["grade", "1", "2"]] and steps[1]["reason"] == "wrong grade"
    assert (found["stands"], found["subject"]) == ("y", "001")


def test_what_was_taken_back_does_not_stand(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    third = tmp_path / "third"
    csv(third, "retraction", "id,subject,on,supersedes,reason", "r,001,2026-01-08,y,another patient")
    assert run("record", "import", trial, third) == 0
    assert _json(capsys, "history", trial, "x")["stands"] == ""
    assert run("history", trial, "x") == 0
    said = capsys.readouterr().out
    assert "another" in said and "Nothing of it stands" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("history", "adverse-1"), "is not in the record"),
        (("changes", "--since", "2100-01-01"), "is not before"),
        (("changes", "--since", "2020-01-01"), "had not begun"),
    ],
)
def test_what_cannot_be_told_is_said_in_one_sentence(
    trial: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert run(words[0], trial, *words[1:]) == 2
    assert said in capsys.readouterr().err
