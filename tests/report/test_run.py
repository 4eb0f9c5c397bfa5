"""The report of a small trial: whole, honest about its origin, harmless whatever the words."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.run import run_trial
from galu.desk.status import trial_status
from galu.finding import InputError
from report.trial_folder import FIRST, HOSTILE, day, make_trial


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trial") / "t"
    make_trial(folder)
    return folder


@pytest.fixture(scope="module")
def out(folder: Path) -> Path:
    out = folder.parent / "report"
    run_trial(folder, out)
    return out


def _rows(out: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((out / "tables" / f"{name}.csv").open(encoding="utf-8")))


def test_page_has_every_section_and_needs_no_network(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert titles == [
        "At a glance", "Open safety items", "Board", "Deviations", "Flow of subjects", "Eligibility",
        "Exposure", "Conduct at the sites", "Safety", "Safety watch",
        "Dosimetry", "Next cycle", "Pharmacokinetics", "Efficacy", "Visits", "Data management",
        "Analysis sets", "Data sources", "What is assumed",
    ]  # fmt: skip
    assert page.count("<h1>") == 1
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]*\"|https?://|@import|url\((?!#)", page)
    assert "<script" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_simulated_record_says_so(out: Path, folder: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert 'class="banner"' in page and 'class="watermark"' in page and "SIMULATED" in page
    assert json.loads((out / "findings.json").read_text(encoding="utf-8"))["origin"] == "simulated"


def test_the_course_draws_no_next_level_while_enrolment_waits(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Enrolment waits" in page
    assert "Escalation course: patients in order of enrolment</figcaption>" in page


def test_hostile_words_stay_words(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>bone</b>" not in page
    assert HOSTILE in {row["term"] for row in _rows(out, "teae-terms")}


def test_tables_say_what_the_facts_say(out: Path) -> None:
    flow = {row["state"]: row["subjects"] for row in _rows(out, "flow")}
    assert (flow["screened"], flow["failed screening"], flow["dosed"], flow["died"]) == ("3", "1", "2", "1")
    given = _rows(out, "administrations")
    assert [float(row["net [MBq]"]) for row in given] == [3650.0, 3650.0]
    rates = {row["endpoint"]: row for row in _rows(out, "rates") if row["population"] == "all"}
    assert (rates["PSA50 confirmed"]["responders"], rates["PSA50 confirmed"]["of"]) == ("1", "2")
    (difference,) = _rows(out, "response-differences")
    assert (difference["collected"], difference["derived"]) == ("SD", "PR")
    worst = {row["term"]: row for row in _rows(out, "lab-worst")}["Platelet count decreased"]
    assert (worst["subjects"], worst["grade 0"], worst["grade 2"]) == ("2", "1", "1")


def test_numbers_at_risk_are_those_still_followed(out: Path) -> None:
    at = [row for row in _rows(out, "survival-at") if (row["endpoint"], row["population"]) == ("OS", "all")]
    # P is known alive until day 84 (85 days in all); Q dies 73 days after its own first dose (74 days).
    assert {row["month"]: row["at risk"] for row in at} == {"0": "2", "1": "2", "2": "2", "3": "0"}


def test_every_finding_has_rule_and_version_and_unknown_has_its_reason(out: Path) -> None:
    found = json.loads((out / "findings.json").read_text(encoding="utf-8"))["findings"]
    assert {one["what"] for one in found} >= {"DLT outcome", "PSA50 confirmed", "best overall response"}
    assert all(one["rule"] and one["version"] for one in found)
    unknown = [one for one in found if one["value"] is None and not one["reason"]]
    assert {one["what"] for one in unknown} <= {"PSA progression"}
    (dose,) = (
        o for o in found if o["subject"] == "P" and o["what"] == "absorbed dose of kidneys, cycle 1 [Gy]"
    )
    assert set(dose["facts"]) == {"aP", "sP0", "sP1", "sP2", "sP3"}


def test_an_earlier_day_is_told_as_it_was(folder: Path, tmp_path: Path) -> None:
    run_trial(folder, tmp_path / "early", as_of=FIRST + timedelta(days=3))
    flow = {row["state"]: row["subjects"] for row in _rows(tmp_path / "early", "flow")}
    assert (flow["dosed"], flow["died"]) == ("1", "0")
    status = trial_status(folder, FIRST + timedelta(days=3))
    card = status.lanes[0].cards[0]
    assert (card.subject, card.state) == ("P", "pending")
    assert card.window.startswith("day 4 of 42, 38 days left")


def test_a_report_replaces_a_report_and_nothing_else(folder: Path, out: Path, tmp_path: Path) -> None:
    before = (out / "report.html").read_bytes()
    run_trial(folder, out)
    assert (out / "report.html").read_bytes() == before
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="no report of galu"):
        run_trial(folder, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["own.txt"]


def test_commands_print_path_and_board(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", str(folder), "-o", str(tmp_path / "r")])
    assert ended.value.code == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "r" / "report.html")
    with pytest.raises(SystemExit):
        main(["status", str(folder), "--as-of", day(10)])
    shown = capsys.readouterr().out
    assert "SIMULATED" in shown and "Level 1, 3.7 GBq" in shown and "day 11 of 42" in shown
    with pytest.raises(SystemExit):
        main(["status", str(folder), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["origin"] == "simulated" and [slot["subject"] for slot in told["slots"]] == ["P", "Q"]


def test_a_day_before_the_record_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["status", str(folder), "--as-of", "2020-01-01"])
    assert ended.value.code == 2
    assert "the record had not begun" in capsys.readouterr().err
