"""SDTM as it is found: order, split, encoding, file type and case never change what the rows say."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.exchange.sdtm import SdtmImport, read_sdtm
from galu.exchange.sdtm.encoding import encoding_of
from galu.exchange.sdtm.results import known_unit
from galu.finding import InputError

Rows = list[dict[str, str]]
NUMERIC = frozenset({"AESEQ", "LBSEQ", "DSSEQ", "LBSTRESN"})
TERMS = ("Anaemia", "Übelkeit", "Diarrhée", "Nausea", "Größe µ")


def _dm(subject: str) -> dict[str, str]:
    return {"STUDYID": "S1", "DOMAIN": "DM", "USUBJID": subject, "RFSTDTC": "2026-03-02", "SEX": "M"}


def _lab(number: int, subject: str, value: str) -> dict[str, str]:
    return {
        "STUDYID": "S1", "DOMAIN": "LB", "USUBJID": subject, "LBSEQ": str(number), "LBTESTCD": "PLAT",
        "LBORRES": value, "LBORRESU": "10^9/L", "LBSTRESN": value, "LBSTRESU": "10^9/L",
        "LBDTC": f"2026-03-{1 + number % 28:02d}",
    }  # fmt: skip


def _event(number: int, subject: str, term: str, grade: str) -> dict[str, str]:
    return {
        "STUDYID": "S1", "DOMAIN": "AE", "USUBJID": subject, "AESEQ": str(number), "AETERM": term,
        "AETOXGR": grade, "AESTDTC": f"2026-03-{1 + number % 28:02d}",
    }  # fmt: skip


def _trial(seed: int) -> dict[str, Rows]:
    draw = random.Random(seed)
    people = [f"S1-{n:02d}" for n in range(4)]
    labs = [_lab(n, draw.choice(people), str(draw.randint(10, 400))) for n in range(12)]
    events = [
        _event(n, draw.choice(people), draw.choice(TERMS), draw.choice(("1", "2", "3", ""))) for n in range(8)
    ]
    # One identifier that two rows share, and one row given twice.
    labs += [{**labs[0], "LBORRES": "7", "LBSTRESN": "7"}, dict(labs[1])]
    return {"dm": [_dm(one) for one in people], "ae": events, "lb": labs}


def _csv(rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _xpt(rows: Rows, path: Path) -> None:
    columns = {
        name: [(float(r[name]) if r[name] else None) if name in NUMERIC else r[name] for r in rows]
        for name in rows[0]
    }
    pyreadstat.write_xport(
        pl.DataFrame(columns), str(path), file_format_version=5, table_name=path.stem.upper()
    )


def _ndjson(rows: Rows, path: Path) -> None:
    names = list(rows[0])
    head = {"datasetJSONVersion": "1.1.0", "records": len(rows), "columns": [{"name": n} for n in names]}
    values = [[(float(r[n]) if r[n] else None) if n in NUMERIC else r[n] for n in names] for r in rows]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in (head, *values)) + "\n")


def _said(imported: SdtmImport) -> dict[str, object]:
    assert imported.report.reconciles
    return {fact.id: fact.model_copy(update={"source": ""}) for fact in imported.facts}


def _whole(folder: Path, trial: dict[str, Rows]) -> dict[str, object]:
    folder.mkdir()
    for name, rows in trial.items():
        (folder / f"{name}.csv").write_text(_csv(rows), encoding="utf-8")
    return _said(read_sdtm([folder]))


def _shuffled(folder: Path, trial: dict[str, Rows], draw: random.Random) -> None:
    for name, rows in trial.items():
        (folder / f"{name}.csv").write_text(_csv(draw.sample(rows, len(rows))), encoding="utf-8")


def _split(folder: Path, trial: dict[str, Rows], draw: random.Random) -> None:
    for name, rows in trial.items():
        cut = draw.randint(1, len(rows) - 1)
        (folder / f"{name}xy.csv").write_text(_csv(rows[cut:]), encoding="utf-8")
        (folder / f"part one of {name} {draw.randint(1, 99)}.CSV").write_text(
            _csv(rows[:cut]), encoding="utf-8"
        )


def _encoded(folder: Path, trial: dict[str, Rows], draw: random.Random) -> None:
    for name, rows in trial.items():
        saved = draw.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"))
        (folder / f"{name}.csv").write_bytes(_csv(rows).encode(saved))


def _lower(folder: Path, trial: dict[str, Rows], draw: random.Random) -> None:
    for name, rows in trial.items():
        named = draw.choice((str.lower, str.title))
        text = _csv([{named(key): value for key, value in row.items()} for row in rows])
        (folder / f"{name}.Csv").write_text(text.replace(",,", ",NA,").replace(",,", ",.,"), encoding="utf-8")


def _other_types(folder: Path, trial: dict[str, Rows], draw: random.Random) -> None:
    for name, rows in trial.items():
        write = draw.choice((_xpt, _ndjson))
        write(rows, folder / f"{name}.{'XPT' if write is _xpt else 'ndjson'}")


CHANGES = (_shuffled, _split, _encoded, _lower, _other_types)


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_how_a_set_is_written_changes_nothing(tmp_path_factory, change: Callable[..., None], seed: int):
    base = tmp_path_factory.mktemp("sdtm")
    trial = _trial(seed)
    expected = _whole(base / "whole", trial)
    assert len(expected) == 4 + 8 + 13
    other = base / "other"
    other.mkdir()
    change(other, trial, random.Random(seed))
    assert _said(read_sdtm([other])) == expected


BAD = (
    "S1,LB,S1-00,900,PLAT\n",
    'S1,LB,S1-00,900,PLAT,"12,10^9/L,12,10^9/L,2026-03-20\n',
    "S1,LB,S1-00,900,PLAT,12,10^9/L,12,10^9/L,2026-13-45\n",
    "S1,LB,S1-00,900,PLAT,12,10^9/L,many,10^9/L,2026-03-20\n",
    "S1,LB,,900,PLAT,12,10^9/L,12,10^9/L,2026-03-20\n",
    "S1,VS,S1-00,900,PLAT,12,10^9/L,12,10^9/L,2026-03-20\n",
    "S2,LB,S1-00,900,PLAT,12,10^9/L,12,10^9/L,2026-03-20\n",
    "S1,LB,S1-00,900,PL\ufffdAT,12,10^9/L,12,10^9/L,2026-03-20\n",
)


@pytest.mark.parametrize("bad", BAD)
def test_one_malformed_row_changes_only_its_own_facts(tmp_path, bad):
    trial = _trial(3)
    expected = _whole(tmp_path / "whole", trial)
    folder = tmp_path / "bad"
    folder.mkdir()
    for name, rows in trial.items():
        lines = _csv(rows).splitlines(keepends=True)
        if name == "lb":
            lines.insert(4, bad)
        (folder / f"{name}.csv").write_text("".join(lines), encoding="utf-8")
    imported = read_sdtm([folder])
    said = _said(imported)
    assert {key: fact for key, fact in said.items() if ":900" not in key} == expected
    assert {(file, row) for file, row, _ in imported.report.aside} == {("lb.csv", 4)}


def test_bytes_of_another_encoding_cost_no_row(tmp_path):
    trial = _trial(5)
    expected = _whole(tmp_path / "whole", trial)
    folder = tmp_path / "bad"
    folder.mkdir()
    for name, rows in trial.items():
        data = _csv(rows).encode("utf-8")
        extra = b"S1,AE,S1-00,900,Di\xe4t,1,2026-03-20\r\n" if name == "ae" else b""
        (folder / f"{name}.csv").write_bytes(data + extra)
    imported = read_sdtm([folder])
    said = _said(imported)
    assert said.pop("SDTM:AE:S1-00:900").term == "Di\ufffdt" and said == expected
    assert [row for _, row, _ in imported.report.aside] == [9]


@pytest.mark.parametrize(
    ("text", "saved", "found"),
    [
        ("größer als zuvor", "cp1252", "cp1252"),
        ("sèche, élevée", "latin-1", "cp1252"),
        ("µg/L ± 3 °C", "cp1252", "cp1252"),
        ("恶心,呕吐,血小板计数降低,贫血", "gb18030", "gb18030"),
        ("血小板", "utf-8", "utf-8"),
        ("AESEQ,AETERM", "utf-16-be", "utf-16-be"),
    ],
)
def test_an_encoding_is_guessed_well(text, saved, found):
    encoding = encoding_of(text.encode(saved))
    assert encoding.name == found and encoding.decode(text.encode(saved)) == text


def test_an_encoding_may_be_stated(tmp_path):
    (tmp_path / "dm.csv").write_bytes(_csv([{**_dm("S1-01"), "RACE": "Белый"}]).encode("cp1251"))
    (told,) = [f for f in read_sdtm([tmp_path], "cp1251").facts if f.kind == "demographics"]
    assert told.race == "Белый"
    with pytest.raises(InputError, match="is no encoding"):
        read_sdtm([tmp_path], "klingon")


def _labs(folder: Path, *rows: str) -> dict[str, object]:
    header = (
        "STUDYID,DOMAIN,USUBJID,LBSEQ,LBTESTCD,LBORRES,LBORRESU,LBORNRLO,LBORNRHI,LBSTRESN,LBSTRESC,LBSTRESU,"
        "LBSTNRLO,LBSTNRHI,LBDTC\n"
    )
    folder.mkdir(exist_ok=True)
    lines = (f"X,LB,X-1,{n},{row},2026-03-20\n" for n, row in enumerate(rows, start=1))
    (folder / "lb.csv").write_text(header + "".join(lines), encoding="utf-8")
    return {f.id.rsplit(":", 1)[1]: f for f in read_sdtm([folder]).facts if f.kind == "lab"}


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ("PLAT,12,zz/mcL,150,400,12,12,10^9/L,151,401", (12.0, None, "10^9/L", 151.0, 401.0)),
        ("PLAT,12,mg/dL,150,400,12,12,10^9/L,151,401", (12.0, None, "10^9/L", 151.0, 401.0)),
        ("PLAT,12,,150,400,12,12,10^9/L,151,401", (12.0, None, "10^9/L", 151.0, 401.0)),
        ('PLAT,"12,000",/uL,150,400,12,12,10^9/L,151,401', (12.0, None, "10^9/L", 151.0, 401.0)),
        ("HGB,12.5,g/dL,13,17,125,125,g/L,130,170", (12.5, None, "g/dL", 13.0, 17.0)),
        ("HGB,12.5,zz,13,17,125,125,yy,130,170", (12.5, None, "zz", 13.0, 17.0)),
        ("PSA,<0.02,ng/mL,,4,0.01,0.01,ng/mL,,4", (None, "<0.02", "ng/mL", None, 4.0)),
        ("PSA,BLQ,ng/mL,,4,0,0,ng/mL,,4", (None, "BLQ", "ng/mL", None, 4.0)),
        ("PH,7.4,,,,7.4,7.4,,,", (7.4, None, None, None, None)),
        ("GLUC,TRACE,mg/dL,,,,TRACE,,,", (None, "TRACE", "mg/dL", None, None)),
    ],
)
def test_value_unit_and_limits_are_of_one_pair(tmp_path, row, read):
    (lab,) = _labs(tmp_path, row).values()
    assert (lab.value, lab.text, lab.unit, lab.lower_limit, lab.upper_limit) == read


def test_results_that_disagree_are_noted(tmp_path):
    rows = [f"HGB,{v},g/dL,,,{10 * v},{10 * v},g/L,," for v in (11, 12, 13, 14, 15, 16)]
    rows += [
        "HGB,12,g/dL,,,12,12,g/L,,",
        "PLAT,12,10^9/L,,,120,120,10^9/L,,",
        "PLAT,12,10^9/L,,,12,12,10^9/L,,",
    ]
    # Twenty more true ones, so that the one is the exception.
    rows += ["HGB,13,g/dL,,,130,130,g/L,,"] * 20
    _labs(tmp_path, *rows)
    notes = read_sdtm([tmp_path]).report.files[0].notes
    assert [row for row, why in notes if why.endswith("disagree")] == [7, 8]


def test_units_are_asked_in_one_place():
    assert known_unit("10^9/L") and known_unit("µmol/L") and not known_unit("zz/mcL")


AE_HEAD = (
    "STUDYID,DOMAIN,USUBJID,AESEQ,AETERM,AETOXGR,AESEV,AEREL,AEOUT,AESDTH,AESTDTC,AEENDTC,AESTRTPT,AESTTPT\n"
)


@pytest.mark.parametrize(
    ("row", "grade", "outcome", "on", "dies"),
    [
        ("Sepsis,,SEVERE,RELATED,FATAL,Y,2026-04-01,2026-04-05,,", 5, "FATAL", "2026-04-01", "2026-04-05"),
        ("Sepsis,4,,RELATED,,Y,2026-04-01,2026-04-05,,", 5, "FATAL", "2026-04-01", "2026-04-05"),
        ("Sepsis,5,,RELATED,,,2026-04-01,,,", 5, "FATAL", "2026-04-01", "2026-04-01"),
        ("Rash,Grade 2,,,,,2026-04-01,,,", 2, None, "2026-04-01", None),
        ("Rash,3 - SEVERE,,,,,2026-04-01,,,", 3, None, "2026-04-01", None),
        ("Rash,,GRADE 3,,,,2026-04,,,", 3, None, "2026-04", None),
        ("Rash,,MILD,,,,,2026-04-05,,", None, None, "2026", None),
        ("Rash,,MILD,,,,,,BEFORE,2026-03-02", None, None, "2026-03-01", None),
    ],
)
def test_events_keep_grade_death_and_what_is_known_of_their_start(tmp_path, row, grade, outcome, on, dies):
    (tmp_path / "dm.csv").write_text(_csv([_dm("S1-01")]))
    (tmp_path / "ae.csv").write_text(f"{AE_HEAD}S1,AE,S1-01,1,{row}\n")
    facts = {fact.kind: fact for fact in read_sdtm([tmp_path]).facts}
    event = facts["adverse_event"]
    assert (event.grade, event.outcome, event.on) == (grade, outcome, on)
    assert (facts["death"].on if "death" in facts else None) == dies
    if dies and "RELATED" in row:
        assert facts["death"].related is True and facts["death"].cause == "Sepsis"


def test_a_death_without_a_day_is_a_death(tmp_path):
    row = {**_dm("S1-01"), "DTHFL": "Y", "RFPENDTC": "2026-05-01"}
    (tmp_path / "dm.csv").write_text(_csv([row]))
    facts = {fact.kind: fact for fact in read_sdtm([tmp_path]).facts}
    assert facts["death"].on == "2026" and "contact" not in facts


@pytest.mark.parametrize(
    ("row", "kinds", "scope", "toxic"),
    [
        ("ADVERSE EVENT,DISPOSITION EVENT,STUDY TREATMENT,TREATMENT", "dw", "treatment", True),
        ("ADVERSE EVENT,DISPOSITION EVENT,,TREATMENT", "dw", "treatment", True),
        ("WITHDRAWAL BY SUBJECT,DISPOSITION EVENT,STUDY PARTICIPATION,TREATMENT", "dw", "study", None),
        ("PHYSICIAN'S CHOICE,DISPOSITION EVENT,,FOLLOW-UP", "dw", "study", None),
        ("LOST TO FOLLOW-UP,,,", "dw", "study", None),
        ("INCLUSION NOT MET,DISPOSITION EVENT,,SCREENING", "df", None, None),
        ("SCREEN FAILURE,DISPOSITION EVENT,,", "df", None, None),
        ("COMPLETED,DISPOSITION EVENT,,SCREENING", "d", None, None),
        ("RANDOMIZED,PROTOCOL MILESTONE,,SCREENING", "d", None, None),
    ],
)
def test_dispositions_are_of_their_epoch_and_category(tmp_path, row, kinds, scope, toxic):
    (tmp_path / "ds.csv").write_text(
        "STUDYID,DOMAIN,USUBJID,DSSEQ,DSDECOD,DSCAT,DSSCAT,EPOCH,DSSTDTC\n"
        + f"S1,DS,S1-01,1,{row},2026-04-01\n"
    )
    facts = {fact.kind: fact for fact in read_sdtm([tmp_path]).facts}
    assert "disposition" in facts and ("withdrawal" in facts) == ("w" in kinds)
    term = facts["disposition"].term
    assert ("SCREEN" in term and "FAIL" in term) == ("f" in kinds)
    if scope:
        left = facts["withdrawal"]
        assert (left.scope, left.toxicity_related) == (scope, toxic)


def test_a_screen_failure_of_dm_stands_where_ds_says_nothing(tmp_path):
    (tmp_path / "dm.csv").write_text(_csv([{**_dm("S1-01"), "ACTARMCD": "SCRNFAIL"}]))
    (fact,) = [f for f in read_sdtm([tmp_path]).facts if f.kind == "disposition"]
    assert fact.term == "SCREEN FAILURE"


def test_what_was_given_over_days_was_given_until_its_end(tmp_path):
    (tmp_path / "ex.csv").write_text(
        "STUDYID,DOMAIN,USUBJID,EXSEQ,EXTRT,EXDOSE,EXDOSU,EXSTDTC,EXENDTC\n"
        "S1,EX,S1-01,1,A,5,mg,2026-03-02,2026-04\nS1,EX,S1-01,2,A,x,mg,2026-05-02,2026-05-09\n"
    )
    imported = read_sdtm([tmp_path])
    given_ = [fact for fact in imported.facts if fact.kind == "administration"]
    assert [(one.ended, one.amount) for one in given_] == [("2026-04-30", 5.0), ("2026-05-09", None)]
    assert [row for _, row, _ in imported.report.aside] == [2]


def test_a_sas_file_is_refused_when_it_is_none(tmp_path):
    (tmp_path / "ae.sas7bdat").write_bytes(b"no SAS file at all" * 400)
    with pytest.raises(InputError, match="cannot be read as sas7bdat"):
        read_sdtm([tmp_path])
