"""The public pilot trial, made by nobody here: imported, reported, counted against its files."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from galu.cli.main import main
from support import ROOT, shared


def _galu(*words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code in (0, None)


def _file(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((shared("public/sdtm_pilot") / name).open(encoding="utf-8")))


@pytest.mark.slow
def test_counts_of_the_pilot_report_are_those_of_its_files(tmp_path: Path) -> None:
    source = shared("public/sdtm_pilot")
    _galu("init", str(ROOT / "studies" / "sdtm-pilot"), "-o", str(tmp_path / "t"), "--origin", "imported")
    _galu("record", "import", str(tmp_path / "t"), str(source), "--format", "sdtm")
    _galu("run", str(tmp_path / "t"), "-o", str(tmp_path / "r"))
    tables = {
        path.stem: list(csv.DictReader(path.open(encoding="utf-8")))
        for path in (tmp_path / "r" / "tables").glob("*.csv")
    }
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
