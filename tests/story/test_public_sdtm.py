"""Public trials, made by nobody here: imported, reported, counted against their files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from galu.cli.main import main
from support import ROOT, shared


def _galu(*words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code in (0, None)


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


def _file(name: str) -> list[dict[str, str]]:
    return _rows(shared("public/sdtm_pilot") / name)


def _reported(study: str, folder: Path, *sources: Path) -> dict[str, list[dict[str, str]]]:
    """Tables of the report of an imported trial."""
    _galu("init", str(ROOT / "studies" / study), "-o", str(folder / "t"), "--origin", "imported")
    _galu("record", "import", str(folder / "t"), *map(str, sources), "--format", "sdtm")
    _galu("run", str(folder / "t"), "-o", str(folder / "r"))
    return {path.stem: _rows(path) for path in (folder / "r" / "tables").glob("*.csv")}


def test_counts_of_the_pilot_report_are_those_of_its_files(tmp_path: Path) -> None:
    tables = _reported("sdtm-pilot", tmp_path, shared("public/sdtm_pilot"))
    flow = {row["state"]: int(row["subjects"]) for row in tables["flow"]}
    exposed = {row["USUBJID"] for row in _file("ex.csv")}
    failed = {row["USUBJID"] for row in _file("ds.csv") if "SCREEN" in row["DSDECOD"]}
    assert (flow["known to the record"], flow["dosed"], flow["failed screening"]) == (
        len(_file("dm.csv")), len(exposed), len(failed),
    )  # fmt: skip
    assert flow["died"] == sum(row["DTHFL"] == "Y" for row in _file("dm.csv"))
    facts = {row["kind"]: int(row["standing"]) for row in tables["facts"]}
    for kind, name in (("lab", "lb"), ("adverse event", "ae"), ("sample", "pc"), ("administration", "ex"),
                       ("disposition", "ds"), ("vital", "vs")):  # fmt: skip
        assert facts[kind] == len(_file(f"{name}.csv")), name
    assert "study plans no" not in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    events = Counter(row["AEDECOD"] or row["AETERM"] for row in _file("ae.csv") if row["USUBJID"] in exposed)
    reported = Counter({r["term"]: int(r["events"]) for r in tables["teae-terms"] if r["term"] != "any"})
    assert all(count <= events[term] for term, count in reported.items())
    assert sum(reported.values()) > 0.7 * sum(events.values())


def test_tables_of_the_pilot_are_those_of_its_published_analysis_data(tmp_path: Path) -> None:
    """Subjects and events by class, term and arm against ADAE (TRTEMFL); how treatment ended against ADSL."""
    expected: dict[tuple[str, str], dict[str, list[str]]] = {}
    for event in _file("adae_expected.csv"):
        if event["TRTEMFL"] == "Y":
            for row in (("Any event", ""), (event["AEBODSYS"], ""), (event["AEBODSYS"], event["AEDECOD"])):
                for arm in (event["TRT01A"], "Total"):
                    expected.setdefault(row, {}).setdefault(arm, []).append(event["USUBJID"])
    _galu("init", str(ROOT / "studies" / "sdtm-pilot"), "-o", str(tmp_path / "t"), "--origin", "imported")
    _galu("record", "import", str(tmp_path / "t"), str(shared("public/sdtm_pilot")), "--format", "sdtm")
    _galu("report", str(tmp_path / "t"), "-o", str(tmp_path / "s"), "--only", "14.3.1.2", "--only", "14.1.1")
    told = json.loads((tmp_path / "s" / "cells.json").read_text(encoding="utf-8"))
    pages = {page["number"]: page for page in told["pages"]}
    arms = [column["head"].split("\n")[0] for column in pages["14.3.1.2"]["columns"]]
    soc, seen = "", set()
    for row in pages["14.3.1.2"]["rows"]:
        soc = row["label"] if row["indent"] == 0 else soc
        key = (soc, "" if row["indent"] == 0 else row["label"])
        seen.add(key)
        for arm, (_, subjects, _, events) in zip(arms, row["cells"], strict=True):
            own = expected[key].get(arm, [])
            assert (subjects, events) == (len(set(own)), len(own)), (key, arm)
    assert seen == expected.keys() and len(seen) > 250
    ended = Counter((row["TRT01A"], row["EOSSTT"]) for row in _file("adsl_expected.csv"))
    heads = [column["head"].split("\n")[0] for column in pages["14.1.1"]["columns"]]
    for label, state in (("Completed as planned", "COMPLETED"), ("Discontinued", "DISCONTINUED")):
        (cells,) = (row["cells"] for row in pages["14.1.1"]["rows"] if row["label"] == label)
        for arm in ("Placebo", "Xanomeline High Dose", "Xanomeline Low Dose"):
            assert cells[heads.index(arm)][1] == ended[arm, state]


def test_counts_of_the_oncology_report_are_those_of_its_files(tmp_path: Path) -> None:
    folder = shared("public/sdtm")
    names = ("tu_onco", "tr_onco", "supptr_onco", "rs_onco")
    files = {name: folder / f"pharmaversesdtm__{name}.csv" for name in names}
    people = shared("public/sdtm_pilot") / "dm.csv"
    tables = _reported("sdtm-oncology", tmp_path, *files.values(), people)
    lesions, results, responses = (_rows(files[name]) for name in ("tu_onco", "tr_onco", "rs_onco"))
    facts = {row["kind"]: int(row["standing"]) for row in tables["facts"]}
    sums = sum(row["TRTESTCD"] == "SUMDIAM" for row in results)
    assert facts["lesion"] == len(lesions)
    assert facts["measurement"] + sums == len(results)
    assert facts["collected response"] == len(responses) + sums
    assert facts["demographics"] == len(_rows(people))
    readers = {row["reader"]: row for row in tables["readers"]}
    assert len(readers) == 3
    for name, row in readers.items():
        own = [r for r in responses if name == " ".join(filter(None, (r["RSEVAL"], _known(r["RSEVALID"]))))]
        read = [r for r in lesions if name == " ".join(filter(None, (r["TUEVAL"], _known(r["TUEVALID"]))))]
        assert int(row["subjects with lesions"]) == len({r["USUBJID"] for r in read}) == 254
        assert int(row["with a visit after baseline"]) == len({r["USUBJID"] for r in own}) == 205
        overall = [(r["USUBJID"], r["VISIT"], r["RSDTC"]) for r in own if r["RSTESTCD"] == "OVRLRESP"]
        assert int(row["visits"]) == len(set(overall))


def _known(text: str) -> str:
    return "" if text == "NA" else text
