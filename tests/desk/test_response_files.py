"""Responses from files: what each shape of file gives, and how a fault is told."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.recist import derive_recist
from galu.desk.response import derive_pcwg3, derive_psa
from support import shared

PSA = "USUBJID,ADT,AVAL,TRTSDT\n"
RESPONSES = "USUBJID,PARAMCD,AVALC,ADT,TRTSDT\n"
LESIONS = "USUBJID,LESION,ADT,VISIT,ROLE,VALUE_MM,STATE,NODAL,READER\n"


#: The baseline of one patient with one target of 50 mm.
B = "A,T1,2026-01-01,B,target,50,,,\n"


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.fixture
def write(tmp_path):
    def written(text: str, name: str = "in.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def answers(lines, *parameters):
    return [(line["AVALC"], line["ADT"]) for line in lines if line["PARAMCD"] in parameters]


def test_a_fall_of_exactly_half_counts_and_holds_after_21_days(write):
    rows = "A,2024-01-01,0.3,2024-01-01\nA,2024-02-01,0.15,2024-01-01\n"
    before = write(PSA + rows + "A,2024-02-21,0.15,2024-01-01\n")
    assert answers(derive_psa(before), "PSA50URS", "PSA50CRS") == [("N", "2024-02-21"), ("Y", "2024-02-01")]
    after = write(PSA + rows + "A,2024-02-22,0.15,2024-01-01\n")
    assert answers(derive_psa(after), "PSA50CRS") == [("Y", "2024-02-01")]


def test_units_limits_and_a_baseline_stated_beside(write):
    header = "USUBJID,ADT,AVAL,AVALU,BASE,TRTSDT\n"
    found = derive_psa(write(header + "A,2024-02-01,<500,ng/L,5,2024-01-01\n"))
    assert answers(found, "PSA90URS") == [("Y", "2024-02-01")]


def test_no_later_value_is_missing_and_so_is_nobody(write):
    everyone = write("USUBJID,TRTSDT\nA,2024-01-01\nB,2024-01-01\n", "all.csv")
    found = derive_psa(write(PSA + "A,2024-01-01,10,2024-01-01\n"), everyone)
    assert [line["AVALC"] for line in found] == ["MISSING"] * 10
    assert {(line["USUBJID"], line["REASON"]) for line in found} == {
        ("A", "no PSA after the first dose"),
        ("B", "no PSA on or before the first dose"),
    }


def test_a_baseline_of_zero_has_its_reason_and_negative_days_are_refused(write, tmp_path, capsys):
    source = write(PSA + "A,2024-01-01,0,2024-01-01\nA,2024-02-01,1,2024-01-01\n")
    assert {line["REASON"] for line in derive_psa(source)} == {"baseline PSA is zero"}
    for command in ("psa", "pcwg3"):
        assert run("response", command, source, "-o", tmp_path / "o.csv", "--confirm-days", "-3") == 2
        assert "is negative; give 0 or more" in capsys.readouterr().err


def test_one_half_of_a_visit_leaves_the_other_not_evaluable(write):
    rows = "A,SFTSRESP,PR,2024-03-01,2024-01-01\nA,BONERESP,pdu,2024-05-01,2024-01-01\n"
    found = derive_pcwg3(write(RESPONSES + rows))
    assert answers(found, "OVRLRESC") == [("PR", "2024-03-01"), ("NE", "2024-05-01")]


def test_a_complete_response_without_targets_at_baseline(write):
    header = "USUBJID,PARAMCD,AVALC,ADT,TRTSDT,TARGETS\n"
    rows = "A,SFTSRESP,CR,2024-03-01,2024-01-01,N\nA,BONERESP,NON-PD,2024-03-01,2024-01-01,N\n"
    assert answers(derive_pcwg3(write(header + rows)), "OVRLRESC") == [("NON-CR/NON-PD", "2024-03-01")]


def test_readers_of_measurements_are_kept_apart(write):
    rows = [
        f"A,T1,2024-0{month}-01,V{month},target,{size},,,{reader}"
        for reader, sizes in (("R1", (50, 30)), ("R2", (50, 60)))
        for month, size in zip((1, 3), sizes, strict=True)
    ]
    found = derive_recist(write(LESIONS + "\n".join(rows)))
    assert [(row["READER"], row["TARGET"]) for row in found.rows] == [("R1", "PR"), ("R2", "PD")]
    assert found.agreement[0].agreement == 0.0


def test_a_node_is_a_node_at_every_visit_though_one_row_says_so(write):
    rows = "A,T1,2026-01-01,B,target,20,,Y,\nA,T1,2026-02-26,W8,target,9,,,\n"
    assert derive_recist(write(LESIONS + rows)).rows[0]["TARGET"] == "CR"


def test_a_baseline_that_no_name_and_no_first_dose_shows_is_told(write):
    rows = "A,T1,2026-02-26,W8,target,50,,,\nA,T1,2026-04-23,W16,target,50,,,\n"
    told = derive_recist(write(LESIONS + rows)).rows[0]["REASON"]
    assert told == "baseline assumed at W8, the earliest visit: no first dose is given"
    known = "USUBJID,LESION,ADT,VISIT,ROLE,VALUE_MM,TRTSDT\n"
    dosed = "A,T1,2026-02-26,W8,target,50,2026-02-27\nA,T1,2026-04-23,W16,target,50,2026-02-27\n"
    assert derive_recist(write(known + dosed)).rows[0]["REASON"] == ""
    assert derive_recist(write(LESIONS + B + "A,T1,2026-02-26,W8,target,50,,,\n")).rows[0]["REASON"] == ""


def test_a_patient_with_a_baseline_only_is_named(write, tmp_path, capsys):
    assert run("response", "recist", write(LESIONS + B), "-o", tmp_path / "out.csv") == 0
    assert "A: no visit after the baseline, so no response" in capsys.readouterr().out


TU = """STUDYID,DOMAIN,USUBJID,TUSEQ,TULNKID,TUTESTCD,TUORRES,TULOC,TUEVAL,VISIT,TUDTC
S,TU,A,1,T01,TUMIDENT,TARGET,LYMPH NODE,INVESTIGATOR,BASELINE,2024-01-01
"""
TR = """STUDYID,DOMAIN,USUBJID,TRSEQ,TRLNKID,TRTESTCD,TRORRES,TRORRESU,TRSTRESC,TRSTRESN,TRSTRESU,\
TRSTAT,TREVAL,VISIT,TRDTC
S,TR,A,1,T01,LDIAM,40,mm,40,40,mm,,INVESTIGATOR,BASELINE,2024-01-01
S,TR,A,2,T01,LPERP,20,mm,20,20,mm,,INVESTIGATOR,BASELINE,2024-01-01
S,TR,A,3,T01,LDIAM,30,mm,30,30,mm,,INVESTIGATOR,WEEK 8,2024-03-01
S,TR,A,4,T01,LPERP,1.2,cm,1.2,1.2,cm,,INVESTIGATOR,WEEK 8,2024-03-01
S,TR,A,5,T01,LPERP,19,mm,19,19,mm,,INVESTIGATOR,WEEK 16,2024-05-01
"""
RS = """STUDYID,DOMAIN,USUBJID,RSSEQ,RSTESTCD,RSORRES,RSSTRESC,RSEVAL,VISIT,RSDTC
S,RS,A,1,TRGRESP,PR,PR,INVESTIGATOR,WEEK 8,2024-03-01
S,RS,A,2,TRGRESP,PR,PR,INVESTIGATOR,WEEK 16,2024-05-01
"""


def test_raw_sdtm_takes_the_short_axis_of_a_node_and_sets_collected_responses_beside(write):
    tr, tu, rs = write(TR, "tr.csv"), write(TU, "tu.csv"), write(RS, "rs.csv")
    found = derive_recist(tr, [tu, rs])
    assert [(row["SUM_MM"], row["TARGET"], row["DIFFERS"]) for row in found.rows] == [
        ("12", "PR", ""),
        ("19", "PD", "TRGRESP"),
    ]
    assert found.missed == 1


def test_the_168_missed_progressions_from_raw_measurements():
    """157 are PD; ten rest on a nadir that lacks a lesion not evaluable, one on the order of visits."""
    tr, *beside = (
        shared("public", "sdtm", f"pharmaversesdtm__{name}_onco.csv") for name in ("tr", "tu", "rs")
    )
    found = derive_recist(tr, beside)
    assert (len(found.rows), found.missed) == (1899, 157)
    course: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in found.rows:
        course.setdefault((row["USUBJID"], row["READER"]), []).append(row)
    why = {"PD": 0, "incomplete nadir": 0, "order of visits": 0}
    with shared("public", "efficacy", "recist_onco_sumdiam_vs_collected.csv").open() as file:
        collected = [row for row in csv.DictReader(file) if row["OVRLRESP"] != "CHECK"]
    for row in collected:
        if row["calcT"] != "PD" or row["TRGRESP"] == "PD":
            continue
        evaluator = " ".join(part for part in reversed(row["EVID"].split("|")) if part)
        own = course[row["USUBJID"], evaluator]
        at = next(i for i, one in enumerate(own) if one["VISIT"] == row["VISIT"])
        before = [one for one in own[:at] if one["SUM_MM"] == ""]
        later = {one["SUM_MM"] for one in own[at + 1 :]}
        if own[at]["TARGET"] == "PD":
            why["PD"] += 1
        elif before and float(row["NADIR"]) < float(own[at]["NADIR_MM"]):
            why["incomplete nadir"] += 1
        elif f"{float(row['NADIR']):g}" in later:
            why["order of visits"] += 1
    assert why == {"PD": 157, "incomplete nadir": 10, "order of visits": 1}
    not_done = [row for row in found.rows if (row["TRGRESP"], row["TARGET"]) == ("CR", "NE")]
    assert len(not_done) == 22 and all(row["REASON"].startswith("not evaluable") for row in not_done)


FAULTS = [
    ("psa", PSA + "A,2024-13-01,5,2024-01-01\n", "in.csv, line 2, column ADT: `2024-13-01` is no date"),
    ("psa", PSA + "A,2024-01-01,x,2024-01-01\n", "line 2, column AVAL: `x` is no number"),
    ("psa", PSA + "A,2024-01-01,-1,2024-01-01\n", "line 2, column AVAL: `-1`; give a value of 0 or more"),
    ("psa", PSA + "A,2024-01-01,1,2024-01-01\nA,2024-02-01,1,2024-01-02\n", "line 3, column TRTSDT"),
    ("psa", "USUBJID,ADT\nA,2024-01-01\n", "columns missing: AVAL, TRTSDT"),
    ("pcwg3", RESPONSES + "A,SFTSRESP,XX,2024-03-01,2024-01-01\n", "line 2, column AVALC: `XX`; use one of"),
    ("pcwg3", RESPONSES + 2 * "A,SFTSRESP,PR,2024-03-01,2024-01-01\n", "line 3, column AVALC: a second"),
    ("recist", LESIONS + "A,T1,2024-01-01,V1,targe,5,,,\n", "line 2, column ROLE: `targe`"),
    ("recist", LESIONS + "A,T1,2024-01-01,V1,target,-5,,,\n", "line 2, column VALUE_MM"),
    ("recist", LESIONS + 2 * "A,T1,2024-01-01,V1,target,5,,,\n"
     + 2 * "A,T1,2024-03-01,V2,target,5,,,\n", "a lesion is given twice"),
    ("recist", LESIONS + B + "A,T2,2026-02-26,W8,target,30,,,\n",
     "line 3, column ROLE: T2 is no target lesion at baseline; say role new"),
    ("recist", LESIONS + B + "A,N1,2026-02-26,W8,non-target,,present,,\n", "N1 is no non-target lesion at"),
    ("recist", LESIONS + B + "A,T1,2026-02-26,W8,target,20,progressed,,\n",
     "line 3, column STATE: progressed is for non-targets"),
    ("recist", LESIONS + B + "A,T1,2026-02-26,W8,non-target,20,,,\n",
     "line 3, column ROLE: T1 is non-target here and target at baseline"),
    ("recist", LESIONS + B + "A,T1,2026-02-26,W8,target,12,absent,,\n",
     "line 3, column VALUE_MM: `12` mm of a lesion that is absent"),
    ("recist", LESIONS + "A,T1,2026-01-01,B,target,50,,maybe,\n", "column NODAL: `maybe`; use one of"),
    ("recist", LESIONS + "A,T1,2026-01-01,B,target,50,,Y,\nA,T1,2026-02-26,W8,target,50,,N,\n",
     "line 3, column NODAL: `N` where an earlier row of T1 says otherwise"),
    ("recist", LESIONS + B + B, "line 3, column LESION: a lesion is given twice: T1 at B stands in line 2"),
    ("recist", LESIONS + B + "A,N1,2026-01-01,B,new,,present,,\n",
     "line 3, column ROLE: N1 is new at the baseline visit"),
    ("recist", "USUBJID,SUM,BASE,NADIR,TRGRESP,NTRGRESP\nA,5,10,10,PR,SOME\n", "line 2, column NTRGRESP"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "text", "told"), FAULTS)
def test_a_fault_names_file_and_line_and_writes_nothing(command, text, told, write, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert run("response", command, write(text), "-o", out) == 2
    assert told in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]
