"""SDTM files of any form give the same facts; one bad cell costs one row, a broken file is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from galu.exchange.sdtm import read_sdtm
from galu.exchange.sdtm.tables import read_table
from galu.finding import InputError
from galu.record import Fact

DM = (
    "STUDYID,DOMAIN,USUBJID,DMDTC,SEX,AGE,AGEU\n"
    "S1,DM,S1-01,2024-01-05,M,71,YEARS\n"
    "S1,DM,S1-02,2024-01-06,M,66,YEARS\n"
)
AE = (
    "STUDYID,DOMAIN,USUBJID,AESEQ,AETERM,AEDECOD,AETOXGR,AEREL,AESER,AESTDTC,AEENDTC,AEDTC\n"
    "S1,AE,S1-01,1,dry mouth,Dry mouth,1,POSSIBLE,N,2024-02,,2024-03-01\n"
    'S1,AE,S1-01,2,"anaemia, worse",Anaemia,3,NOT RELATED,Y,2024-02-11T08:30,2024-02-20,2024-03-01\n'
    "S1,AE,S1-02,1,fatigue,,,LIKELY,N,,,2024-03-02\n"
)
LB = (
    "STUDYID,DOMAIN,USUBJID,LBSEQ,LBTESTCD,LBORRES,LBORRESU,LBORNRLO,LBORNRHI,LBSTRESC,LBSTRESN,LBSTRESU,"
    "LBSTNRLO,LBSTNRHI,LBBLFL,LBDTC\n"
    "S1,LB,S1-01,1,HGB,12.5,g/dL,13,17,125,125,g/L,130,170,Y,2024-01-10T09:00\n"
    "S1,LB,S1-01,2,PSA,<0.02,ng/mL,,4,<0.02,,ng/mL,,4,,2024-01-10\n"
    "S1,LB,S1-01,3,PLAT,,,,,210,210,10^9/L,150,400,,2024-01-10\n"
    "S1,LB,S1-01,4,CREAT,1.1,mg/dL,,,97.2,97.2,umol/L,60,110,,2024-01-10\n"
    "S1,LB,S1-01,5,LDH,301.25,U/L,,,301.25,301.25,U/L,120,250,,2024-01\n"
)
SUPPAE = (
    "STUDYID,RDOMAIN,USUBJID,IDVAR,IDVARVAL,QNAM,QLABEL,QVAL\n"
    "S1,AE,S1-01,AESEQ,1,AECLSIG,Clinically significant,Y\n"
    "S1,AE,S1-01,AESEQ,2,AETRTEM,Treatment emergent,Y\n"
    "S1,AE,S1-01,AESEQ,9,AETRTEM,Treatment emergent,Y\n"
)
NUMERIC = {"AESEQ", "AGE", "LBSEQ", "LBSTRESN", "LBSTNRLO", "LBSTNRHI"}


def _write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content)
    return folder


def _as_xpt(text: str, path: Path) -> None:
    rows = list(csv.DictReader(text.splitlines()))
    columns = {
        name: [(float(r[name]) if r[name] else None) if name in NUMERIC else r[name] for r in rows]
        for name in rows[0]
    }
    pyreadstat.write_xport(
        pl.DataFrame(columns), str(path), file_format_version=5, table_name=path.stem.upper()
    )


def _as_json(text: str, path: Path, version: str) -> None:
    rows = list(csv.DictReader(text.splitlines()))
    names = list(rows[0])
    values = [[(float(r[n]) if r[n] else None) if n in NUMERIC else r[n] for n in names] for r in rows]
    if version == "1.1":
        columns = [{"itemOID": f"IT.{n}", "name": n, "label": n, "dataType": "string"} for n in names]
        document: object = {
            "datasetJSONVersion": "1.1.0",
            "records": len(rows),
            "columns": columns,
            "rows": values,
        }
    else:
        items = [
            {"OID": f"IT.{n}", "name": n, "label": n, "type": "string"} for n in ("ITEMGROUPDATASEQ", *names)
        ]
        data = [[i, *row] for i, row in enumerate(values, start=1)]
        group = {"IG.X": {"records": len(rows), "name": "X", "items": items, "itemData": data}}
        document = {"clinicalData": {"studyOID": "S1", "itemGroupData": group}, "datasetJSONVersion": "1.0.0"}
    path.write_text(json.dumps(document))


def _plain(facts: tuple[Fact, ...]) -> list[Fact]:
    return sorted(
        (f.model_copy(update={"source": ""}) for f in facts if f.kind != "element"), key=lambda f: f.id
    )


def test_csv_xpt_and_json_of_the_same_rows_give_the_same_facts(tmp_path):
    texts = {"DM": DM, "AE": AE, "LB": LB, "SUPPAE": SUPPAE}
    expected = _plain(read_sdtm([_write(tmp_path / "csv", **texts)]).facts)
    assert len(expected) == 10
    for form in ("xpt", "1.0", "1.1"):
        folder = tmp_path / form
        folder.mkdir()
        for name, text in texts.items():
            if form == "xpt":
                _as_xpt(text, folder / f"{name.lower()}.xpt")
            else:
                _as_json(text, folder / f"{name}.json", form)
        assert _plain(read_sdtm([folder]).facts) == expected, form


def test_values_stay_with_their_unit_and_limits(tmp_path):
    labs = {f.test: f for f in read_sdtm([_write(tmp_path, dm=DM, lb=LB)]).facts if f.kind == "lab"}
    seen = {t: (f.value, f.text, f.unit, f.lower_limit, f.upper_limit, f.baseline) for t, f in labs.items()}
    assert seen == {
        "HGB": (12.5, None, "g/dL", 13.0, 17.0, True),
        "PSA": (None, "<0.02", "ng/mL", None, 4.0, None),
        "PLAT": (210.0, None, "10^9/L", 150.0, 400.0, None),
        "CREAT": (1.1, None, "mg/dL", None, None, None),
        "LDH": (301.25, None, "U/L", 120.0, 250.0, None),
    }
    assert labs["LDH"].on == "2024-01"


def test_rows_without_a_home_are_kept_or_named(tmp_path):
    imported = read_sdtm([_write(tmp_path, dm=DM, ae=AE, suppae=SUPPAE)])
    report = {file.name: file for file in imported.report.files}
    assert report["ae.csv"].kept == ()
    assert report["suppae.csv"].skipped == ((3, "AE has no row of S1-01 with AESEQ 9"),)
    facts = {fact.id: fact for fact in imported.facts}
    assert facts["SDTM:AE:S1-01:1"].clinically_meaningful is True
    assert facts["SDTM:AE:S1-01:1"].on == "2024-02"
    undated = facts["SDTM:AE:S1-02:1"]
    assert (undated.kind, undated.on, undated.term) == ("adverse_event", "2024", "fatigue")
    assert facts["SDTM:SUPPAE:S1-01:AESEQ:2:AETRTEM"].value == "Y"
    assert imported.report.reconciles


def test_an_unlisted_code_is_unknown_and_noted(tmp_path):
    dated = AE.replace("LIKELY,N,,", "LIKELY,N,2024-02-15,")
    imported = read_sdtm([_write(tmp_path, dm=DM, ae=dated)])
    facts = {fact.id: fact for fact in imported.facts}
    assert [facts[f"SDTM:AE:{s}"].attribution for s in ("S1-01:1", "S1-01:2", "S1-02:1")] == [
        "related",
        "unrelated",
        None,
    ]
    notes = next(file.notes for file in imported.report.files if file.name == "ae.csv")
    assert notes == (
        (1, "adverse_event: the day is known only in part"),
        (3, "AEREL 'LIKELY' is not in galu's table and left unknown"),
    )


def test_repeated_rows_are_skipped_and_named(tmp_path):
    imported = read_sdtm([_write(tmp_path, dm=DM, ae=AE + AE.splitlines()[1] + "\n")])
    report = next(file for file in imported.report.files if file.name == "ae.csv")
    assert report.skipped == report.doubled == ((4, "is the same as row 1"),)
    assert report.aside == () and imported.report.reconciles


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2024---15", "2024"),
        ("2024-03-05T13", "2024-03-05"),
        ("2024-03-05T-:15", "2024-03-05"),
        ("2024-03-05/2024-03-09", "2024-03-05"),
    ],
)
def test_what_is_known_of_a_date_is_kept_and_noted(tmp_path, written, kept):
    imported = read_sdtm([_write(tmp_path, dm=DM, ae=AE.replace("2024-02-11T08:30", written))])
    assert next(f for f in imported.facts if f.id == "SDTM:AE:S1-01:2").on == kept
    notes = next(file.notes for file in imported.report.files if file.name == "ae.csv")
    assert (2, f"AESTDTC {written!r} is known only in part and kept so far") in notes


@pytest.mark.parametrize(
    ("name", "old", "new", "field", "left", "says"),
    [
        ("ae", "2024-02-11T08:30", "2024-02-30", "on", "2024-02", "AESTDTC"),
        ("ae", "2024-02-11T08:30", "11/02/2024", "on", "2024", "AESTDTC '11/02/2024' is no ISO 8601 date"),
        ("ae", "Anaemia,3", "Anaemia,severe", "grade", None, "AETOXGR no grade"),
        ("ae", "Anaemia,3", "Anaemia,7", "grade", None, "AETOXGR '7' is no grade"),
        ("lb", "125,125,g/L", "125,high,g/L", "value", 12.5, "LBSTRESN"),
        ("dm", ",71,", ",old,", "age_years", None, "AGE 'old' is no number"),
        ("dm", ",71,", ",710,", "age_years", None, "AGE"),
    ],
)
def test_a_bad_cell_leaves_its_field_unknown_and_is_named(tmp_path, name, old, new, field, left, says):
    texts = {"dm": DM, "ae": AE, "lb": LB}
    whole = {fact.id: fact for fact in read_sdtm([_write(tmp_path / "whole", **texts)]).facts}
    assert old in texts[name]
    texts[name] = texts[name].replace(old, new, 1)
    imported = read_sdtm([_write(tmp_path / "bad", **texts)])
    facts = {fact.id: fact for fact in imported.facts}
    changed = {key for key in whole if facts[key] != whole[key]}
    assert changed <= {"SDTM:AE:S1-01:2", "SDTM:LB:S1-01:1", "SDTM:DM:S1-01"}
    assert all(getattr(facts[key], field) == left for key in changed)
    told = [why for file, _, why in imported.report.aside if file == f"{name}.csv"]
    assert told and says.split(" ")[0] in told[0]
    assert imported.report.reconciles


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("NOT RELATED,Y", "NOT RELATED", "has 11 fields where the header has 12"),
        ('"anaemia, worse"', '"anaemia" worse', "broken CSV"),
        ('"anaemia, worse"', '"anaemia, worse', "broken CSV"),
        ("S1,AE,S1-01,2", "S1,LB,S1-01,2", "DOMAIN is LB among rows of AE"),
    ],
)
def test_a_bad_row_costs_itself(tmp_path, old, new, says):
    whole = read_sdtm([_write(tmp_path / "whole", dm=DM, ae=AE)])
    assert old in AE
    imported = read_sdtm([_write(tmp_path / "bad", dm=DM, ae=AE.replace(old, new, 1))])
    lost = {fact.id for fact in whole.facts} - {fact.id for fact in imported.facts}
    assert lost == {"SDTM:AE:S1-01:2"}
    assert [(file, row) for file, row, _ in imported.report.aside] == [("ae.csv", 2)]
    assert says in imported.report.aside[0][2] and imported.report.reconciles


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("ae", "AESEQ", "AESPID", "column AESEQ is missing"),
        ("ae", "USUBJID", "SUBJID", "column USUBJID is missing"),
        ("ae", "AETERM", "AESEQ", "names the column AESEQ twice"),
        ("lb", "S1,LB", "S2,LB", "several studies"),
        ("ae", "2024-03-02\n", "2024", "the file ends within a row"),
    ],
)
def test_a_file_broken_as_a_whole_is_refused(tmp_path, name, old, new, says):
    texts = {"dm": DM, "ae": AE, "lb": LB}
    assert old in texts[name]
    cut = new == "2024"
    texts[name] = texts[name][:-20] if cut else texts[name].replace(old, new)
    with pytest.raises(InputError) as raised:
        read_sdtm([_write(tmp_path, **texts)])
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("11FEB2024", "2024-02-11"),
        ("5-Mar-2024", "2024-03-05"),
        ("UN-MAR-2024", "2024-03"),
        ("20240211", "2024-02-11"),
        ("2024/2/1", "2024-02-01"),
        ("2024-02-11 08:30", "2024-02-11"),
    ],
)
def test_dates_that_are_unambiguous_are_read(tmp_path, written, read):
    imported = read_sdtm([_write(tmp_path, dm=DM, ae=AE.replace("2024-02-11T08:30", written))])
    assert next(f for f in imported.facts if f.id == "SDTM:AE:S1-01:2").on[:10] == read


@pytest.mark.parametrize("cut", [100, 700, 1, 80, 160, 321])
def test_a_cut_xpt_is_refused(tmp_path, cut):
    whole = tmp_path / "ae.xpt"
    _as_xpt(AE, whole)
    data = whole.read_bytes()
    whole.write_bytes(data[:-cut] if cut != 100 else data[:cut])
    with pytest.raises(InputError, match=r"ae\.xpt"):
        read_table(whole)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"columns": [{"name": "USUBJID"}], "rows": [[NaN]]}', "holds NaN"),
        (
            '{"columns": [{"name": "USUBJID"}], "rows": [["a"], ["b", 1]]}',
            "row 2: has 2 values where there are 1",
        ),
        ('{"columns": [{"name": "USUBJID"}], "rows": [["a"]', "broken JSON"),
        ('{"columns": [{"name": "USUBJID"}], "records": 3, "rows": [["a"]]}', "states 3 records and holds 1"),
        ('{"columns": [{"name": "USUBJID"}], "rows": [[true]]}', "row 1, column USUBJID"),
        ('{"rows": []}', "names no columns"),
        ("[]", "no Dataset-JSON"),
        ('{"clinicalData": {"itemGroupData": {}}}', "no Dataset-JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_dataset_json_is_refused(tmp_path, text, says):
    path = tmp_path / "ae.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"ae\.json") as raised:
        read_table(path)
    assert says in str(raised.value)


def test_the_column_says_the_domain_and_shared_endings_are_sets(tmp_path):
    texts = {"DM": DM, "prefix__ae_onco": AE, "lb_onco": LB, "adsl": DM, "laboratory 2": LB}
    folder = _write(tmp_path / "a", **texts)
    report = read_sdtm([folder]).report
    assert {file.name: file.domain for file in report.files} == {"DM.csv": "DM", "laboratory 2.csv": "LB"}
    assert {name for name, _ in report.unread} == {"prefix__ae_onco.csv", "lb_onco.csv", "adsl.csv"}
    both = read_sdtm([folder, folder / "prefix__ae_onco.csv"]).report
    assert {file.domain for file in both.files} == {"DM", "AE", "LB"}
    with pytest.raises(InputError, match="holds no SDTM data set"):
        read_sdtm([_write(tmp_path / "b", adsl=DM)])
