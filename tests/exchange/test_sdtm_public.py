"""The public pilot trial and the oncology set: what is in the files is in the facts."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from galu.exchange.sdtm import SdtmImport, read_sdtm
from galu.finding import InputError
from galu.protocol import load_study
from galu.record import Entry, record_of
from galu.trial.pharmacokinetics import derive_pharmacokinetics
from galu.trial.subjects import derive_subjects
from support import ROOT, shared


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="cp1252") as file:
        return list(csv.DictReader(file))


@cache
def _pilot() -> SdtmImport:
    return read_sdtm([shared("public", "sdtm_pilot")])


@cache
def _oncology() -> SdtmImport:
    folder = shared("public", "sdtm")
    names = ("tu", "tr", "supptr", "rs")
    files = [folder / f"pharmaversesdtm__{name}_onco.csv" for name in names]
    return read_sdtm([*files, shared("public", "sdtm_pilot", "dm.csv")])


@pytest.mark.parametrize("imported", [_pilot, _oncology])
def test_every_row_is_accounted_for(imported):
    report = imported().report
    folders = (shared("public", "sdtm_pilot"), shared("public", "sdtm"))
    for file in report.files:
        path = next(folder / file.name for folder in folders if (folder / file.name).exists())
        assert file.rows == len(_rows(path))
        assert file.mapped + len(file.kept) + len(file.skipped) == file.rows
    assert report.reconciles and "counts reconcile" in report.as_text()


def test_pilot_counts_are_those_of_the_files():
    report = _pilot().report
    facts = {file.name: file.facts for file in report.files}
    assert report.subjects == 306
    assert facts["lb.csv"] == {"lab": 59_580}
    assert facts["ae.csv"] == {"adverse_event": 1_191}
    assert facts["pc.csv"] == {"sample": 4_572}
    assert facts["ds.csv"]["disposition"] == 850
    assert facts["vs.csv"] == {"vital": 29_643}
    assert facts["dm.csv"]["demographics"] == 306 and facts["dm.csv"]["death"] == 3


def test_pilot_names_what_it_left_out():
    report = _pilot().report
    unread = dict(report.unread)
    assert {"adsl_expected.csv", "pp.csv", "ag_neuro.csv", "nv_neuro.csv"} <= set(unread)
    summary = next(file for file in report.files if file.domain == "TS")
    assert summary.skipped == () and summary.encoding.startswith("cp1252, guessed")


def test_labs_are_as_reported_with_limits_in_the_same_unit():
    source = {
        f"SDTM:LB:{row['USUBJID']}:{row['LBSEQ']}": row
        for row in _rows(shared("public", "sdtm_pilot", "lb.csv"))
    }
    labs = {fact.id: fact for fact in _pilot().facts if fact.kind == "lab"}
    assert labs.keys() == source.keys()
    for key, row in source.items():
        lab = labs[key]
        assert (lab.test, lab.unit, lab.on[:10]) == (row["LBTESTCD"], row["LBORRESU"], row["LBDTC"][:10])
        assert (lab.baseline is True) == (row["LBBLFL"] == "Y")
        if row["LBSTRESN"]:
            assert lab.value == float(row["LBORRES"])
        else:
            assert lab.value is None and lab.text == row["LBORRES"]
        for limit, column in ((lab.lower_limit, "LBORNRLO"), (lab.upper_limit, "LBORNRHI")):
            assert limit == (float(row[column]) if row[column] else None)


def test_adverse_events_keep_severity_and_partial_dates():
    rows = _rows(shared("public", "sdtm_pilot", "ae.csv"))
    events = {fact.id: fact for fact in _pilot().facts if fact.kind == "adverse_event"}
    for row in rows:
        event = events[f"SDTM:AE:{row['USUBJID']}:{row['AESEQ']}"]
        fatal = 5 if row["AEOUT"] == "FATAL" else None
        assert (event.on, event.severity, event.grade) == (row["AESTDTC"], row["AESEV"], fatal)
        assert event.serious is (row["AESER"] == "Y")
    assert any(len(event.on) == 7 for event in events.values())


def test_concentrations_below_the_limit_stay_words():
    samples = [fact for fact in _pilot().facts if fact.kind == "sample"]
    below = [fact for fact in samples if fact.text == "<BLQ"]
    assert len(below) == 2_179
    assert all(fact.value is None and fact.lloq == 0.01 and fact.unit == "ug/ml" for fact in below)
    plasma = Counter(fact.nominal_h for fact in samples if fact.matrix == "plasma")
    assert plasma == dict.fromkeys(
        (0.0, 5 / 60, 0.5, 1.0, 1.5, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 36.0, 48.0), 254
    )


def test_parameters_from_imported_concentrations_are_those_of_the_trial():
    """PP is read by no import: it was computed elsewhere, with 5 minutes taken as 0.08 h."""
    used = [fact for fact in _pilot().facts if fact.kind in ("sample", "demographics", "administration")]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    record = record_of([Entry(seq, moment, fact) for seq, fact in enumerate(used, start=1)])
    study = load_study(ROOT / "studies" / "sdtm-pilot" / "study.yaml")
    found = derive_pharmacokinetics(study, record, derive_subjects(study, record)).parameters
    derived = {
        (one.subject, one.parameter.code): one.parameter.value for one in found if one.matrix == "plasma"
    }
    tolerance = {"CMAX": 1e-12, "TMAX": 1e-12, "CLST": 1e-12, "AUCLST": 1e-4}
    compared = Counter()
    for row in _rows(shared("public", "sdtm_pilot", "pp.csv")):
        code = row["PPTESTCD"]
        if code in tolerance and row["PPSPEC"] == "PLASMA":
            value = derived[row["USUBJID"], code]
            assert value == pytest.approx(float(row["PPORRES"]), rel=tolerance[code]), (row["USUBJID"], code)
            compared[code] += 1
    assert min(compared[code] for code in tolerance) >= 168


def test_a_death_told_twice_is_one_death():
    deaths = [fact for fact in _pilot().facts if fact.kind == "death"]
    assert sorted(fact.on for fact in deaths) == ["2013-01-14", "2013-08-02", "2014-11-01"]


def test_oncology_keeps_the_three_readers():
    facts = _oncology().facts
    lesions = [fact for fact in facts if fact.kind == "lesion"]
    assert len({fact.subject for fact in lesions}) == 254
    readers = Counter((fact.evaluator, fact.reader) for fact in lesions)
    assert readers == {
        ("INVESTIGATOR", None): 2_578,
        ("INDEPENDENT ASSESSOR", "RADIOLOGIST 1"): 2_578,
        ("INDEPENDENT ASSESSOR", "RADIOLOGIST 2"): 2_578,
    }
    responses = [fact for fact in facts if fact.kind == "collected_response" and fact.test != "SUMDIAM"]
    assert len(responses) == 5_808 and len({fact.subject for fact in responses}) == 205
    assert Counter(fact.role for fact in lesions) == {"target": 3_810, "non-target": 3_810, "new": 114}


def test_oncology_measurements_are_those_of_the_file():
    rows = _rows(shared("public", "sdtm", "pharmaversesdtm__tr_onco.csv"))
    measured = {fact.id: fact for fact in _oncology().facts if fact.kind == "measurement"}
    for row in rows:
        if not row["TRLNKID"]:
            continue
        fact = measured[f"SDTM:TR:{row['USUBJID']}:{row['TRSEQ']}"]
        assert (fact.lesion, fact.test, fact.visit, fact.on) == (
            row["TRLNKID"], row["TRTESTCD"], row["VISIT"], row["TRDTC"],
        )  # fmt: skip
        assert fact.value == (float(row["TRSTRESN"]) if row["TRSTRESN"] else None)
        assert fact.state == (None if row["TRSTRESN"] else row["TRSTRESC"] or row["TRSTAT"])


def test_a_folder_with_rivals_asks_for_a_choice():
    with pytest.raises(InputError) as raised:
        read_sdtm([shared("public", "sdtm")])
    assert "rs_onco_irecist.csv" in str(raised.value) and "choose" in str(raised.value)


def test_rivals_named_together_are_refused():
    folder = shared("public", "sdtm")
    with pytest.raises(InputError, match="choose one of the two files"):
        read_sdtm([folder / f"pharmaversesdtm__rs_onco{end}.csv" for end in ("", "_irecist")])
