"""`galu record import --format sdtm` end to end, with the study files of the two public sets."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from galu.cli.main import main
from galu.desk.folder import open_trial
from galu.trial.subjects import derive_subjects
from support import ROOT, shared

SMALL = ("dm", "ae", "ds", "ex", "suppae", "ts")


def run(*words: object) -> int:
    """Exit code of the command line."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def trial(study: str, folder: Path) -> Path:
    assert run("init", ROOT / "studies" / study, "-o", folder, "--origin", "imported") == 0
    return folder


def small(names: tuple[str, ...] = SMALL) -> list[Path]:
    return [shared("public", "sdtm_pilot", f"{name}.csv") for name in names]


def test_what_is_reported_is_what_is_in_the_record(tmp_path, capsys):
    folder, out = trial("sdtm-pilot", tmp_path / "t"), tmp_path / "report.json"
    assert run("record", "import", folder, *small(), "--format", "sdtm", "--dry-run") == 0
    assert "counts reconcile" in capsys.readouterr().out
    assert sum(frame.height for frame in open_trial(folder).record.frames.values()) == 1
    assert run("record", "import", folder, *small(), "--format", "sdtm", "--report", out) == 0
    record = open_trial(folder).record
    told = json.loads(out.read_text())
    assert told["set_aside"] == [] and told["reconciles"] is True
    assert {kind: record.facts(kind).height for kind in told["facts"]} == told["facts"]
    assert told["facts"]["adverse_event"] == 1_191 and told["facts"]["disposition"] == 850
    assert record.facts("demographics")["subject"].n_unique() == 306
    assert run("record", "verify", folder) == 0


def test_rows_set_aside_are_warned_of_and_stay_in_the_report(tmp_path, capsys):
    folder = trial("sdtm-pilot", tmp_path / "t")
    source = tmp_path / "source"
    source.mkdir()
    (source / "dm.csv").write_text("STUDYID,DOMAIN,USUBJID,RFSTDTC,SEX\nS,DM,S-1,2024-01-02,F\n")
    (source / "Events of the site.CSV").write_bytes(
        "STUDYID,DOMAIN,USUBJID,AESEQ,AETERM,AETOXGR,AESTDTC\n"
        "S,AE,S-1,1,Übelkeit,1,2024-01-05\nS,AE,S-1,2,short\nS,AE,S-1,3,Rash,bad,2024-01-06\n".encode(
            "cp1252"
        )
    )
    assert run("record", "import", folder, source, "--format", "sdtm") == 0
    told = capsys.readouterr()
    assert "cp1252, guessed" in told.out
    assert "warning: 2 rows were set aside or read only in part" in told.err
    events = open_trial(folder).record.facts("adverse_event")
    assert dict(events.select("term", "grade").iter_rows()) == {"Übelkeit": 1, "Rash": None}
    assert run("run", folder, "-o", tmp_path / "r") == 0
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "Rows set aside" in page
    table = pl.read_csv(tmp_path / "r" / "tables" / "set-aside.csv", comment_prefix="#")
    assert table["row"].to_list() == [2, 3] and "AETOXGR" in table["why"][1]


def test_a_second_import_changes_nothing(tmp_path, capsys):
    folder = trial("sdtm-pilot", tmp_path / "t")
    files = small(("dm", "ds"))
    assert run("record", "import", folder, *files, "--format", "sdtm") == 0
    before = len(open_trial(folder).record)
    assert run("record", "import", folder, *files, "--format", "sdtm") == 0
    assert "1603 known already" in capsys.readouterr().out
    assert len(open_trial(folder).record) == before


def test_a_broken_file_writes_nothing(tmp_path, capsys):
    folder = trial("sdtm-pilot", tmp_path / "t")
    broken = tmp_path / "ae.csv"
    whole = shared("public", "sdtm_pilot", "ae.csv").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    assert run("record", "import", folder, *small(("dm",)), broken, "--format", "sdtm") == 2
    assert "ae.csv, line" in capsys.readouterr().err
    assert len(open_trial(folder).record) == 1


def test_two_sources_of_facts_are_refused(tmp_path, capsys):
    folder = trial("sdtm-pilot", tmp_path / "t")
    assert run("record", "import", folder, tmp_path, tmp_path) == 2
    assert "second source" in capsys.readouterr().err


def test_a_tracer_of_the_pilot_is_imaging_and_not_therapy(tmp_path):
    folder = trial("sdtm-pilot", tmp_path / "t")
    files = [*small(("dm", "ex")), shared("public", "sdtm_pilot", "ag_neuro.csv")]
    assert run("record", "import", folder, *files, "--format", "sdtm") == 0
    opened = open_trial(folder)
    subjects = derive_subjects(opened.study, opened.record)
    assert sum(len(subject.imaging) for subject in subjects) == 68
    assert sum(len(subject.therapy) for subject in subjects) == 591
    assert {dose.net_mbq for subject in subjects for dose in subject.imaging} == {300.0, 370.0}


@pytest.mark.slow
@pytest.mark.parametrize("study", ["sdtm-pilot", "sdtm-oncology"])
def test_both_public_sets_enter_whole(tmp_path, study):
    folder, out = trial(study, tmp_path / "t"), tmp_path / "report.json"
    sources = [shared("public", "sdtm_pilot")]
    if study == "sdtm-oncology":
        names = ("tu", "tr", "supptr", "rs")
        sources = [shared("public", "sdtm", f"pharmaversesdtm__{name}_onco.csv") for name in names]
        sources += small(("dm",))
    assert run("record", "import", folder, *sources, "--format", "sdtm", "--report", out) == 0
    record, told = open_trial(folder).record, json.loads(out.read_text())
    assert told["set_aside"] == [] and told["reconciles"] is True
    assert {kind: record.facts(kind).height for kind in told["facts"]} == told["facts"]
    for file in told["files"]:
        path = next(
            p
            for p in (shared("public", "sdtm_pilot"), shared("public", "sdtm"))
            if (p / file["name"]).exists()
        )
        rows = pl.read_csv(path / file["name"], infer_schema=False, encoding="utf8-lossy").height
        assert rows == file["rows"] == file["mapped"] + len(file["kept"]) + len(file["skipped"])


def test_names_that_nobody_knows_are_named_and_cost_nothing_else(tmp_path, capsys):
    folder, source, out = trial("nct07310355", tmp_path / "t"), tmp_path / "source", tmp_path / "report.json"
    source.mkdir()
    (source / "dm.csv").write_text("STUDYID,DOMAIN,USUBJID,RFSTDTC,SEX\nS,DM,S-1,2026-03-02,M\n")
    (source / "vs.csv").write_text(
        "STUDYID,DOMAIN,USUBJID,VSSEQ,VSTESTCD,VSORRES,VSORRESU,VSDTC\n"
        "S,VS,S-1,1,SYSBP,120,mmHg,2026-03-02\nS,VS,S-1,2,FROBX,12,cm,2026-03-02\n"
        "S,VS,S-1,3,FROBX,13,cm,2026-03-09\nS,VS,S-1,4,BMI,24,kg/m2,2026-03-02\n"
    )
    (source / "lb.csv").write_text(
        "STUDYID,DOMAIN,USUBJID,LBSEQ,LBTESTCD,LBORRES,LBORRESU,LBDTC\n"
        "S,LB,S-1,1,PLAT,200,10^9/L,2026-03-02\nS,LB,S-1,2,ZZZZQ,3,cm,2026-03-02\n"
    )
    assert run("record", "import", folder, source, "--format", "sdtm", "--report", out) == 0
    said = capsys.readouterr().err
    assert "not known: vs.csv row 2 and 1 more: 'FROBX' is no test" in said
    assert "not known: lb.csv row 2: 'ZZZZQ' is no test" in said
    assert said.count("not known: ") == 2 == len(json.loads(out.read_text())["not_known"])
    record = open_trial(folder).record
    assert record.facts("vital").height == 4 and record.facts("lab").height == 2
