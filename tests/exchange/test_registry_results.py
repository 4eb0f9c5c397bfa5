"""Results for a registry: valid by its schema, agreeing with the tables, and what its review sends back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from galu.desk.folder import open_trial
from galu.exchange.registry.results_check import check_results
from galu.exchange.registry.results_xml import as_xml
from galu.results import build_set
from galu.results.registry import results_section
from galu.trial.state import TrialState, derive_state
from one_patient import state as state_of
from report.trial_folder import day, make_trial
from support import run, shared

RECORDS = ("NCT00763412", "NCT02210780", "NCT02299791", "NCT02552212", "NCT05594173")


@pytest.fixture(scope="module")
def schema() -> Any:
    etree = pytest.importorskip("lxml.etree")
    return etree.XMLSchema(etree.parse(shared("public", "registry", "RRSUploadSchema.xsd")))


def require_valid(schema: Any, made: bytes) -> Any:
    etree = pytest.importorskip("lxml.etree")
    tree = etree.fromstring(made)
    assert schema.validate(tree), schema.error_log
    return tree


def record(name: str) -> dict[str, Any]:
    path = shared("public", "registry", f"{name}.v2.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["resultsSection"]
    return found


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> TrialState:
    folder = tmp_path_factory.mktemp("registry") / "t"
    make_trial(folder)
    trial, on = open_trial(folder), date.fromisoformat(day(90))
    return derive_state(trial.study_on(on), trial.record, on)


@pytest.mark.parametrize("name", RECORDS)
def test_public_records_are_written_valid_with_every_number(name: str, schema: Any) -> None:
    section = record(name)
    tree = require_valid(schema, as_xml(section))
    measures = [
        *section["baselineCharacteristicsModule"]["measures"],
        *section["outcomeMeasuresModule"]["outcomeMeasures"],
    ]
    told = [
        one["value"]
        for measure in measures
        for row in measure.get("classes", ())
        for category in row["categories"]
        for one in category["measurements"]
        if one.get("value")
    ]
    assert sorted(one.text for one in tree.iter("parameterValue")) == sorted(told)
    events = section["adverseEventsModule"]
    stats = sum(len(e["stats"]) for kind in ("seriousEvents", "otherEvents") for e in events.get(kind, ()))
    assert len(list(tree.iter("eventStats"))) == stats


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NCT00763412", ["FG000: 4 did not complete and no reason is given", "FG001: 4 did not complete"]),
        ("NCT02210780", []),
        ("NCT02299791", []),
        ("NCT02552212", []),
        ("NCT05594173", []),
    ],
)
def test_public_records_pass_but_for_what_they_lack(name: str, said: list[str]) -> None:
    comments = [str(one) for one in check_results(record(name))]
    assert len(comments) == len(said)
    assert all(text in comment for text, comment in zip(said, comments, strict=True))


def test_a_trial_is_written_valid_and_asks_only_for_what_no_record_has(
    state: TrialState, schema: Any
) -> None:
    section = results_section(state)
    tree = require_valid(schema, as_xml(section))
    assert tree.get("partialUpload") == "true"
    assert [one.place for one in check_results(section)] == ["certain agreements", "point of contact"]


def test_a_trial_with_nobody_is_written_valid(schema: Any) -> None:
    require_valid(schema, as_xml(results_section(state_of([], 1))))


def test_counts_are_those_of_the_tables(state: TrialState) -> None:
    pages = {page.number: page for page in build_set(state)}
    section = results_section(state)

    def of_everybody(number: str, label: str) -> int:
        return next(int(row.cells[-1].numbers[0]) for row in pages[number].rows if row.label == label)

    flow = section["participantFlowModule"]["periods"][0]["milestones"]
    by = {one["type"]: sum(int(told["numSubjects"]) for told in one["achievements"]) for one in flow}
    assert by["STARTED"] == of_everybody("14.1.1", "Enrolled")
    assert by["Received the therapeutic agent"] == of_everybody("14.1.1", "Received the therapeutic agent")
    assert by["COMPLETED"] == of_everybody("14.1.1", "Completed as planned")
    groups = section["adverseEventsModule"]["eventGroups"]
    assert sum(one["deathsNumAffected"] for one in groups) == of_everybody("14.3.2.1", "Died")
    assert sum(one["seriousNumAffected"] for one in groups) == of_everybody("14.3.1.1", "Serious")


Change = Callable[[dict[str, Any]], object]


def at(section: dict[str, Any], *keys: Any) -> Any:
    for key in keys:
        section = section[key]
    return section


FLOW = ("participantFlowModule", "periods", 0)
FIRST = ("outcomeMeasuresModule", "outcomeMeasures", 0)
AGE = ("baselineCharacteristicsModule", "measures", 0)
EVENTS = ("adverseEventsModule",)
VALUE = ("classes", 0, "categories", 0, "measurements", 0)

#: One fault each, and what of it must be named.
FAULTS: tuple[tuple[Change, str], ...] = (
    (lambda s: s.pop("participantFlowModule"), "participant flow: the module is omitted"),
    (lambda s: s.pop("adverseEventsModule"), "adverse events: the module is omitted"),
    (lambda s: s["moreInfoModule"].pop("pointOfContact"), "point of contact: is lacking"),
    (lambda s: at(s, *EVENTS).update(frequencyThreshold="banana"), "frequency threshold is 'banana'"),
    (lambda s: at(s, *EVENTS).update(frequencyThreshold="12"), "frequency threshold is '12'"),
    (lambda s: at(s, *EVENTS).pop("timeFrame"), "have no time frame"),
    (lambda s: at(s, *EVENTS, "eventGroups", 0).update(deathsNumAffected=-3), "-3 is less than none"),
    (lambda s: at(s, *EVENTS, "eventGroups", 0).update(seriousNumAffected=900), "900 of 97 at risk"),
    (lambda s: at(s, *EVENTS, "eventGroups", 0).pop("deathsNumAffected"), "mortality: is not given"),
    (lambda s: at(s, *EVENTS, "otherEvents", 0, "stats", 0).update(numAffected=98), "98 of 97 at risk"),
    (lambda s: at(s, *EVENTS, "otherEvents", 0, "stats", 0).update(numAffected="x"), "'x' is no count"),
    (lambda s: at(s, *EVENTS, "otherEvents", 0, "stats", 1).update(numEvents=1, numAffected=5), "1 events"),
    (lambda s: at(s, *EVENTS, "otherEvents", 0).pop("organSystem"), "has no organ system"),
    (lambda s: at(s, *EVENTS, "otherEvents").append(at(s, *EVENTS, "otherEvents", 0)), "stands twice"),
    (lambda s: at(s, *EVENTS, "seriousEvents", 0, "stats", 0).update(groupId="EG9"), "is not there"),
    (lambda s: at(s, *EVENTS, "eventGroups", 1).update(seriousNumAffected=0), "inconsistent within"),
    (lambda s: at(s, *FLOW, "milestones").pop(0), "nobody started"),
    (lambda s: at(s, *FLOW).update(dropWithdraws=[]), "did not complete and no reason is given"),
    (lambda s: at(s, *FLOW, "dropWithdraws", 0, "reasons", 1).update(numSubjects="6"), "add up to 9"),
    (lambda s: at(s, *FLOW, "milestones", 1, "achievements", 0).update(numSubjects="98"), "98 of 97"),
    (lambda s: at(s, *FLOW, "milestones", 1, "achievements", 0).update(numSubjects="9.5"), "'9.5' is no"),
    (lambda s: s["participantFlowModule"].update(recruitmentDetails="x" * 501), "longer than 500 characters"),
    (lambda s: s["participantFlowModule"]["groups"][0].update(title="x" * 101), "title over 100"),
    (lambda s: s["participantFlowModule"]["groups"][0].update(description="x" * 1501), "over 1500"),
    (lambda s: at(s, *AGE).pop("dispersionType"), "dispersion is missing"),
    (lambda s: at(s, *AGE, *VALUE).pop("spread"), "dispersion is missing"),
    (lambda s: at(s, *AGE, *VALUE).update(spread="-1"), "a spread of -1 cannot be"),
    (lambda s: at(s, *AGE, *VALUE).update(value="about 40"), "'about 40' is no number"),
    (lambda s: at(s, *AGE, *VALUE).update(value="NA"), "is not available and no reason is given"),
    (lambda s: at(s, "baselineCharacteristicsModule", "measures").pop(0), "no age is given"),
    (lambda s: at(s, "baselineCharacteristicsModule", "measures").pop(1), "no sex or gender is given"),
    (lambda s: at(s, "baselineCharacteristicsModule", "denoms", 0, "counts", 0).update(value="900"),
     "997 analysed, 194 started"),
    (lambda s: at(s, *FIRST).pop("timeFrame"), "has no time frame"),
    (lambda s: at(s, *FIRST).update(title="x" * 256), "title: longer than 255 characters"),
    (lambda s: at(s, *FIRST).update(description="x" * 1000), "description: longer than 999 characters"),
    (lambda s: at(s, *FIRST).update(unitOfMeasure="x" * 41), "unitOfMeasure: longer than 40 characters"),
    (lambda s: at(s, *FIRST).pop("unitOfMeasure"), "has no unit of measure"),
    (lambda s: at(s, *FIRST).pop("paramType"), "no type of measure is given"),
    (lambda s: at(s, *FIRST).update(title="Number of Participants"), "the title says a number"),
    (lambda s: at(s, *FIRST).update(paramType="COUNT_OF_PARTICIPANTS"), "participants has the unit"),
    (lambda s: at(s, *FIRST, *VALUE).update(value="183.7"), "183.7 percent cannot be"),
    (lambda s: at(s, *FIRST, *VALUE).update(lowerLimit="90", upperLimit="95"), "lies outside its limits"),
    (lambda s: at(s, *FIRST, *VALUE).update(groupId="OG009"), "is not there"),
    (lambda s: [one.update(type="SECONDARY") for one in at(s, "outcomeMeasuresModule", "outcomeMeasures")],
     "none is primary"),
)  # fmt: skip


@pytest.mark.parametrize("n", range(len(FAULTS)))
def test_each_fault_is_named_and_nothing_else(n: int) -> None:
    change, said = FAULTS[n]
    section = copy.deepcopy(record("NCT02210780"))
    assert check_results(section) == ()
    change(section)
    comments = [str(one) for one in check_results(section)]
    assert any(said in comment for comment in comments), comments


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "t"
    make_trial(folder)
    return folder


def test_the_commands_write_and_check(
    folder: Path, tmp_path: Path, schema: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", "registry", folder, "-o", tmp_path / "r") == 0
    told = capsys.readouterr().out
    assert "SIMULATED" in told and "point of contact: is lacking" in told
    first = (tmp_path / "r" / "results.xml").read_bytes()
    require_valid(schema, first)
    assert run("export", "registry", folder, "-o", tmp_path / "r2") == 0
    assert (tmp_path / "r2" / "results.xml").read_bytes() == first
    assert run("export", "check", tmp_path / "r" / "results.json") == 1
    assert "certain agreements: is lacking" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"resultsSection": 3}',
        "null",
        "\x00",
        '{"resultsSection": {"participantFlowModule": 1}}',
    ],
)
def test_a_file_that_is_no_record_is_told(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    assert run("export", "check", path) == 2
    assert "is no record with results" in capsys.readouterr().err
