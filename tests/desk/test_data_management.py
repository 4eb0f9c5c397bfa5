"""Queries, locks and notes through the desk and the command line, on a folder that others write to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from galu.desk.data_management import (
    Scope,
    add_note,
    data_overview,
    mark_data,
    raise_query,
    run_rules,
    standing,
    step_query,
)
from galu.desk.folder import open_trial
from galu.finding import InputError
from support import ROOT, csv, run

LAB = "id,subject,on,test,value,unit,upper_limit,supersedes,reason,by"


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    folder = tmp_path / "trial"
    assert run("init", ROOT / "studies" / "nct07310355", "-o", folder) == 0
    first = tmp_path / "first"
    csv(first, "consent", "id,subject,on", "c,001,2026-01-05")
    csv(first, "lab", LAB, "l,001,2026-01-06,ALT,40,U/L,45,,,Xu Lan")
    assert run("record", "import", folder, first) == 0
    return folder


def corrected(tmp_path: Path) -> Path:
    row = "l2,001,2026-01-06,ALT,44,U/L,45,l,typing error,Xu Lan"
    return csv(tmp_path / "l2", "lab", LAB, row).parent


def test_a_locked_value_takes_notes_only_until_it_is_unlocked_with_a_reason(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark_data(trial, "reviewed", Scope(about="l"), "Dr Li")
    mark_data(trial, "locked", Scope(subject="001"), "Li Na")
    assert standing(trial, "l").state == "locked"
    capsys.readouterr()
    assert run("record", "import", trial, corrected(tmp_path)) == 2
    assert "the data are locked: nobody can correct or take back a fact" in capsys.readouterr().err
    add_note(trial, "l", "sample slightly hemolytic", "Xu Lan")
    with pytest.raises(InputError, match="the data are locked"):
        raise_query(trial, Scope(about="l"), "why?", "Li Na")
    with pytest.raises(InputError, match="needs its reason"):
        mark_data(trial, "unlocked", Scope(subject="001"), "Li Na")
    mark_data(trial, "unlocked", Scope(subject="001"), "Li Na", "a late correction of the laboratory")
    assert standing(trial, "l").state == "reviewed"
    assert run("record", "import", trial, corrected(tmp_path)) == 0
    assert standing(trial, "l").state == "open" and not standing(trial, "l").reviewed


def test_a_query_is_raised_answered_and_closed_by_named_persons(trial: Path) -> None:
    with pytest.raises(InputError, match="names nobody"):
        raise_query(trial, Scope(about="l"), "please check", "n/a")
    with pytest.raises(InputError, match="fact 'nothing': is not in the record"):
        raise_query(trial, Scope(about="nothing"), "please check", "Li Na")
    name = raise_query(trial, Scope(about="l", subject="001"), "please check", "Li Na")
    step_query(trial, name, "answered", "Xu Lan", "as in the source")
    step_query(trial, name, "closed", "Li Na")
    (one,) = data_overview(trial).queries
    assert (one.state, one.by, one.closed_by) == ("closed", "Li Na", "Li Na")
    with pytest.raises(InputError, match="is closed, and cannot be answered"):
        step_query(trial, name, "answered", "Xu Lan")


def test_a_second_run_of_the_rules_writes_nothing_and_leaves_what_was_closed(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = run_rules(trial)
    assert written and run_rules(trial) == ()
    for name in written:
        step_query(trial, name, "closed", "Li Na", "known")
    export = tmp_path / "export"
    assert run("record", "export", trial, "-o", export) == 0
    other = tmp_path / "other"
    assert run("record", "import", other, export) == 0
    assert run_rules(trial) == run_rules(other) == ()
    kept = {one.query: one.state for one in data_overview(other).queries}
    assert kept == dict.fromkeys(written, "closed")
    assert open_trial(other).record.frames["query"].height == len(written)


def test_the_command_line_asks_answers_and_locks(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run("query", "ask", trial, "please check", "--about", "l", "--by", "Li Na") == 0
    name = capsys.readouterr().out.strip()
    assert run("query", "step", trial, name, "answered", "--by", "Xu Lan", "--text", "as in the source") == 0
    assert run("query", "list", trial) == 0
    assert "answered" in capsys.readouterr().out
    assert run("lock", trial, "frozen", "--subject", "001", "--by", "Li Na") == 0
    assert run("lock", trial, "note", "--about", "l", "--comment", "hemolytic", "--by", "Xu Lan") == 0
    assert run("lock", trial, "shut", "--subject", "001", "--by", "Li Na") == 2
    assert "use one of reviewed" in capsys.readouterr().err
    assert run("query", "list", trial, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["subjects"] == [{"subject": "001", "state": "frozen", "open_queries": 0}]
    assert run("query", "rules", trial) == 0
