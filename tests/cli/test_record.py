"""`galu init` and `galu record`: facts in, facts out, and nothing half done."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from galu.desk.folder import create_trial, open_trial
from galu.desk.places import RECORD
from galu.finding import InputError
from support import ROOT, csv, run

STUDY = ROOT / "studies" / "nct07310355"
AGENT = "177Lu-PSMA-0057"


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    folder = tmp_path / "a trial"
    assert run("init", STUDY, "-o", folder) == 0
    return folder


def valid_folder(tmp_path: Path) -> Path:
    source = tmp_path / "facts"
    csv(source, "consent", "id,subject,on", "c1,001,2024-01-05", "c2,002,2024-01-06")
    csv(source, "demographics", "id,subject,on,sex,birth_date", "m1,001,2024-01-05,M,1954-03")
    csv(source, "enrolment", "id,subject,on,phase,level", "n1,001,2024-01-20,escalation,1")
    csv(
        source,
        "administration",
        "id,subject,on,agent,cycle,planned_activity_mbq",
        f"a1,001,2024-01-26T10:00,{AGENT},1,3700",
    )
    csv(
        source,
        "dispensed",
        "id,subject,on,agent,cycle,activity_mbq",
        f"d1,001,2024-01-26T09:30,{AGENT},1,3712.5",
    )
    csv(source, "lab", "id,subject,on,test,value,unit", "l1,001,2024-01-25,HGB,13.2,g/dL")
    csv(
        source,
        "region_activity",
        "id,subject,on,agent,cycle,region,activity_mbq,mass_g",
        f"r1,001,2024-01-26T14:00,{AGENT},1,kidneys,95,310",
    )
    return source


def test_a_dry_run_counts_and_writes_nothing(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, before = valid_folder(tmp_path), (trial / RECORD).read_bytes()
    assert run("record", "import", trial, source, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "8 facts would be written; nothing was" in shown
    assert "consent                       2" in shown
    assert (trial / RECORD).read_bytes() == before


def test_an_import_is_written_verified_and_exported_whole(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("record", "import", trial, valid_folder(tmp_path)) == 0
    assert run("record", "verify", trial) == 0
    assert "9 entries hold together" in capsys.readouterr().out
    out = tmp_path / "out"
    assert run("record", "export", trial, "-o", out) == 0
    copy = tmp_path / "copy"
    assert run("init", STUDY, "-o", copy, "--origin", "imported", "--begins", "2023-12-01") == 0
    assert run("record", "import", copy, out) == 0
    first, second = open_trial(trial).record, open_trial(copy).record
    for kind in first.frames:
        if kind != "study_version":
            given, again = (r.facts(kind).drop("seq") for r in (first, second))
            assert given.equals(again)


ACTIVITY = "id,subject,on,agent,cycle,activity_mbq"
REGION = "id,subject,on,agent,cycle,region,activity_mbq,mass_g"
SAMPLE = "id,subject,on,matrix,analyte,cycle,value,unit,nominal_h"


@pytest.mark.parametrize(
    ("kind", "header", "row", "says"),
    [
        ("dispensed", ACTIVITY, f"x,001,2024-01-26T09:30,{AGENT},2,3.7", "was it GBq? write MBq"),
        ("dispensed", ACTIVITY, f"x,001,2024-01-26T09:30,{AGENT},2,3700000", "was it kBq? write MBq"),
        ("dispensed", ACTIVITY, "x,001,2024-01-26T09:30,177Lu-DOTATATE,2,3700", "no agent of the study"),
        ("dispensed", ACTIVITY, f"x,001,2024-02-30T09:30,{AGENT},2,3700", "does not exist"),
        ("dispensed", ACTIVITY, f"x,001,2024-02-20,{AGENT},2,3700", "no time of day"),
        ("dispensed", ACTIVITY, f"x,001,2024-01-26T09:30,{AGENT},2,", "column activity_mbq: is empty"),
        ("dispensed", ACTIVITY, f'x,001,2024-01-26T09:30,{AGENT},2,"3,7"', "write a number"),
        ("residual", ACTIVITY, f"x,001,2024-01-26T09:59,{AGENT},1,20", "before 177Lu-PSMA-0057 of cycle 1"),
        ("residual", ACTIVITY, f"x,001,2024-01-26T10:30,{AGENT},1,20000", "more than was drawn"),
        ("region_activity", REGION, f"x,001,2024-01-26T09:00,{AGENT},1,liver,9,1800", "before 177Lu"),
        ("region_activity", REGION, f"x,001,2024-01-27T09:00,{AGENT},1,liver,90000,1800", "was it kBq or Bq"),
        ("region_activity", REGION, f"x,001,2024-01-27T09:00,{AGENT},1,liver,90,1.8", "was it kg"),
        ("sample", SAMPLE, f"x,001,2024-01-26T09:00,blood,{AGENT},1,5,kBq/mL,1", "before 177Lu"),
        ("sample", SAMPLE, f"x,001,2024-01-26T11:00,blood,{AGENT},1,500,MBq/mL,1", "was it kBq/mL"),
        ("scan", "id,subject,on,modality,agent,cycle", f"x,001,2024-01-25,SPECT,{AGENT},1", "before 177Lu"),
        ("administration", "id,subject,on,agent,cycle", f"x,003,1950-01-01,{AGENT},1", None),
        ("ecog", "id,subject,on,score", "x,001,1950-01-01,1", "before the birth of 001"),
        ("ecog", "id,subject,on,score", "x,001,2126-01-01,1", "lies in the future"),
        ("ecog", "id,subject,on,score", "x,001,2024-01-01,6", "column score"),
        ("ecog", "id,subject,on,score", "c1,001,2024-01-01,1", "in the record already"),
        ("ecog", "id,subject,on,score,points", "x,001,2024-01-01,1,2", "'points' is no field of ecog"),
        ("enrolment", "id,subject,on,phase,level", "x,002,2024-01-21,escalation,3", "level 3 is not planned"),
        ("adverse_event", "id,subject,on,term,ended", "x,001,2024-02-03,Rash,2024-02-01", "before it began"),
        ("lab", "id,subject,on,test,value,unit", "x,001,2024-02-03,HGB,13.2,g/L", "was it g/dL or mmol/L?"),
        ("lab", "id,subject,on,test,value,unit", "x,001,2024-02-03,HGB,132,mmHg", "not measured in 'mmHg'"),
        ("lab", "id,subject,on,test,value,unit", "x,001,2024-02-03,PLAT,210000,10^9/L", "was it /uL?"),
        ("vital", "id,subject,on,test,value,unit", "x,001,2024-02-03,HEIGHT,1.78,cm", "was it m?"),
        ("consents", "id,subject,on", "x,001,2024-02-03", "is named after no kind of fact"),
    ],
)
def test_what_cannot_be_true_is_one_sentence_and_leaves_the_record_untouched(
    trial: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    header: str,
    row: str,
    says: str | None,
) -> None:
    assert run("record", "import", trial, valid_folder(tmp_path)) == 0
    capsys.readouterr()
    before, head = (trial / RECORD).read_bytes(), open_trial(trial).store.head()
    code = run("record", "import", trial, csv(tmp_path / "bad", kind, header, row))
    if says is None:
        assert code == 0
        return
    said = capsys.readouterr().err
    assert code == 2
    assert says in said
    assert f"{kind}.csv" in said
    assert said.count("\n") == 1
    assert (trial / RECORD).read_bytes() == before
    assert open_trial(trial).store.head() == head


def test_an_administration_does_not_come_after_activity_measured_from_it(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    region = csv(tmp_path / "a", "region_activity", REGION, f"r,1,2024-01-26T09:00,{AGENT},1,liver,9,1800")
    assert run("record", "import", trial, region) == 0
    late = csv(
        tmp_path / "b", "administration", "id,subject,on,agent,cycle", f"a,1,2024-01-27T09:00,{AGENT},1"
    )
    assert run("record", "import", trial, late) == 2
    assert "is after activity of it was measured (r," in capsys.readouterr().err


def test_a_predose_sample_may_lie_before_its_dose(trial: Path, tmp_path: Path) -> None:
    assert run("record", "import", trial, valid_folder(tmp_path)) == 0
    sample = csv(tmp_path / "s", "sample", SAMPLE, f"s,001,2024-01-26T09:50,blood,{AGENT},1,0,kBq/mL,0")
    assert run("record", "import", trial, sample) == 0


def test_a_tampered_record_is_a_sentence(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(trial / RECORD) as connection:
        connection.execute("DROP TRIGGER entry_never_deleted")
        connection.execute("DELETE FROM entry")
    assert run("record", "verify", trial) == 1
    said = capsys.readouterr().err
    assert "the guards of the database were changed" in said and said.count("\n") == 1


def test_init_overwrites_nothing_and_leaves_nothing_behind(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", STUDY, "-o", trial) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    broken = tmp_path / "study.yaml"
    broken.write_text("identity: {\n")
    assert run("init", broken, "-o", tmp_path / "new") == 2
    assert not (tmp_path / "new").exists()


def test_the_key_is_for_its_owner_only(trial: Path) -> None:
    assert (trial / "checkpoints" / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_study_file_that_is_not_in_force_is_refused(trial: Path) -> None:
    text = (trial / "study.yaml").read_text(encoding="utf-8")
    (trial / "study.yaml").write_text(
        text.replace("activity_gbq: 6.0", "activity_gbq: 6.5"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="is not the study in force"):
        open_trial(trial)


def test_a_simulated_trial_is_labelled(tmp_path: Path) -> None:
    trial = create_trial(STUDY, tmp_path / "t", "simulated")
    assert trial.record.origin == "simulated"
    assert trial.record.zone == "Asia/Shanghai"
