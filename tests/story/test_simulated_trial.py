"""A whole trial through the command line: simulate, look at the board, write the report."""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.folder import open_trial
from galu.trial.state import derive_state
from story.recount import Recount
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


@pytest.fixture(scope="module")
def cells(trial: Path) -> dict[str, dict[str, list[list[object]]]]:
    """By table and label the cells of each row that bears it, the last of them that of everybody."""
    _galu("report", str(trial), "-o", str(trial.parent / "set"))
    told = json.loads((trial.parent / "set" / "cells.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, list[list[object]]]] = {}
    for page in told["pages"]:
        above = ""
        for row in page["rows"] if page["kind"] == "table" else ():
            if row["indent"] == 0:
                above = row["label"]
            label = row["label"] if row["indent"] == 0 else f"{above}/{row['label']}"
            found.setdefault(page["number"], {}).setdefault(label, []).extend(
                [[cell[1:] for cell in row["cells"]]]
            )
    return found


def _key_numbers(trial: Path) -> Iterator[tuple[str, str, float]]:
    """Table, row, and the number that the exported facts give for everybody."""
    _galu("record", "export", str(trial), "-o", str(trial.parent / "exported"))
    told = Recount(trial.parent / "exported")
    doses, dosed = told.doses, set(told.doses)
    yield "14.1.1", "Screened", len({row["subject"] for row in told.rows("consent")})
    yield "14.1.1", "Enrolled", len(dosed)
    yield "14.1.1", "Received the imaging agent", len(told.imaged)
    yield "14.1.1", "Received the therapeutic agent", len(dosed)
    yield "14.1.1", "Study (percent of those enrolled)/Died", len(dosed & set(told.died))
    yield "14.1.4", "Age [years]/median", statistics.median(told.ages())
    yield "14.1.4", "Age [years]/mean (SD)", statistics.mean(told.ages())
    yield "14.1.4", "Weight [kg]/mean (SD)", statistics.mean(told.baseline("vital", "WEIGHT").values())
    yield "14.1.5", "PSA [ng/mL]/median", statistics.median(told.baseline("lab", "PSA").values())
    yield "14.1.5", "Haemoglobin [g/L]/mean (SD)", statistics.mean(told.baseline("lab", "HGB").values())
    for n in range(1, 7):
        row = f"Administrations started/{n} or more"
        yield "14.1.10", row, sum(len(own) >= n for own in doses.values())
    yield (
        "14.1.10",
        "Time from first to last administration [d]/median",
        statistics.median((own[-1] - own[0]).days for own in doses.values() if len(own) > 1),
    )
    prior = {row["subject"] for row in told.rows("prior_therapy") if row["therapy_class"] == "taxane"}
    yield "14.1.7", "taxane", len(prior & dosed)
    events = told.events()
    yield "14.3.1.2", "Any event", len({name for name, *_ in events})
    for term in ("Nausea", "Dry mouth", "Diarrhea"):
        own = {name for name, event, _ in events if event["term"] == term}
        yield "14.3.1.2", f"Gastrointestinal disorders/{term}", len(own)
    yield "14.3.1.1", "Grade 3 or more", len({name for name, _, grade in events if grade >= 3})
    yield "14.3.1.1", "Serious", len({name for name, event, _ in events if event["serious"] == "true"})
    yield "14.3.2.1", "Died", len(dosed & set(told.died))
    yield "14.2.4.2", "Median [months] (95 % interval)", told.median_survival_months()
    yield "14.2.4.2", "Event", len(dosed & set(told.died))
    yield "14.1.10", "Net activity, administration 1 [GBq]/n", len(dosed)


def test_key_numbers_are_those_of_a_plain_recount_of_the_exported_facts(
    trial: Path, cells: dict[str, dict[str, list[list[object]]]]
) -> None:
    compared = 0
    for number, label, expected in _key_numbers(trial):
        (row,) = cells[number][label]
        assert row[-1][0] == pytest.approx(expected, rel=1e-12), (number, label)
        compared += 1
    assert compared >= 25
