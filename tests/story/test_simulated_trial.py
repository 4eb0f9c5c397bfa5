"""A whole trial through the command line: simulate, look at the board, write the report."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.folder import open_trial
from galu.trial.state import derive_state
from support import ROOT

STUDY = ROOT / "studies" / "nct07310355"


def _galu(*words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code in (0, None)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("story") / "trial"
    _galu("simulate", str(STUDY), str(STUDY / "scenario.yaml"), "--seed", "7", "-o", str(folder))
    return folder


@pytest.fixture(scope="module")
def report(trial: Path) -> Path:
    _galu("run", str(trial), "-o", str(trial.parent / "report"))
    return trial.parent / "report"


def _rows(report: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((report / "tables" / f"{name}.csv").open(encoding="utf-8")))


def test_the_board_says_simulated_and_where_the_trial_stands(
    trial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _galu("status", str(trial))
    shown = capsys.readouterr().out
    assert shown.count("SIMULATED") >= 2
    assert "Level 1, 3.7 GBq · escalation" in shown and "rule row" in shown


def test_the_report_says_what_the_record_holds(trial: Path, report: Path) -> None:
    opened = open_trial(trial)
    record = opened.record
    flow = {row["state"]: int(row["subjects"]) for row in _rows(report, "flow")}
    therapy = record.facts("administration").filter(agent="177Lu-PSMA-0057")
    assert flow["dosed"] == therapy["subject"].n_unique() == 49
    assert flow["screened"] == record.facts("consent")["subject"].n_unique()
    assert flow["died"] == record.facts("death").height
    assert len(_rows(report, "administrations")) == therapy.height
    assert sum(int(row["standing"]) + int(row["replaced"]) for row in _rows(report, "facts")) == len(record)
    at_start = [
        row for row in _rows(report, "survival-at") if row["month"] == "0" and row["population"] == "all"
    ]
    assert {row["endpoint"]: row["at risk"] for row in at_start}["OS"] == "49"


def test_every_output_says_simulated(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    assert page.count("SIMULATED") > len(list((report / "figures").glob("*.png")))
    assert json.loads((report / "findings.json").read_text(encoding="utf-8"))["origin"] == "simulated"
    for path in (report / "tables").glob("*.csv"):
        assert {row["origin"] for row in csv.DictReader(path.open(encoding="utf-8"))} <= {"SIMULATED"}


def test_findings_agree_with_the_tables(report: Path) -> None:
    found = json.loads((report / "findings.json").read_text(encoding="utf-8"))["findings"]
    toxic = {one["subject"] for one in found if one["what"] == "DLT outcome" and one["value"] == "T"}
    assert toxic == {row["subject"] for row in _rows(report, "dlt") if row["outcome"] == "T"}
    confirmed = sum(one["value"] is True for one in found if one["what"] == "PSA50 confirmed")
    (rate,) = (
        r for r in _rows(report, "rates") if (r["endpoint"], r["population"]) == ("PSA50 confirmed", "all")
    )
    assert int(rate["responders"]) == confirmed


def test_later_facts_change_no_earlier_report(trial: Path) -> None:
    opened = open_trial(trial)
    begun = opened.record.facts("consent")["day"][0]
    assert isinstance(begun, date)
    early = date(begun.year + 1, begun.month, 1)
    whole = derive_state(opened.study, opened.record, early)
    then = derive_state(opened.study, opened.record.as_of(early), early)
    assert (whole.board, whole.flow, whole.exposure) == (then.board, then.flow, then.exposure)
