"""Lesions of SDTM: split and merged ones, new ones, several readers; judged by RECIST from TU and TR."""

from __future__ import annotations

from pathlib import Path

import pytest

from galu.desk.recist import derive_recist

TU = "STUDYID,DOMAIN,USUBJID,TUSEQ,TULNKID,TUTESTCD,TUORRES,TULOC,TUEVAL,VISIT,TUDTC\n"
TR = "STUDYID,DOMAIN,USUBJID,TRSEQ,TRLNKID,TRTESTCD,TRORRES,TRSTRESN,TRSTRESU,TREVAL,VISIT,TRDTC\n"
DAYS = {"SCREENING": "2026-01-05", "WEEK 8": "2026-03-02", "WEEK 16": "2026-04-27"}
BASE = (("T01", "TUMIDENT", "TARGET", "SCREENING"), ("T02", "TUMIDENT", "TARGET", "SCREENING"))
SIZES = (("T01", "SCREENING", 40), ("T02", "SCREENING", 30))


def _judged(folder: Path, lesions, sizes, readers=("INVESTIGATOR", "INVESTIGATOR")) -> list[dict[str, str]]:
    tu = [
        f"S,TU,S-1,{n},{name},{test},{role},LIVER,{readers[0]},{visit},{DAYS[visit]}\n"
        for n, (name, test, role, visit) in enumerate(lesions)
    ]
    tr = [
        f"S,TR,S-1,{n},{name},"
        + (f"LDIAM,{size},{size},mm" if isinstance(size, int) else f"TUMSTATE,{size},,")
        + f",{readers[1]},{visit},{DAYS[visit]}\n"
        for n, (name, visit, size) in enumerate(sizes)
    ]
    (folder / "tu.csv").write_text(TU + "".join(tu))
    (folder / "tr.csv").write_text(TR + "".join(tr))
    return list(derive_recist(folder / "tr.csv", [folder / "tu.csv"]).rows)


@pytest.mark.parametrize("role", ["TARGET", "Y"])
def test_a_split_lesion_is_the_sum_of_its_parts(tmp_path, role):
    lesions = (*BASE, ("T02.1", "TUSPLIT", role, "WEEK 8"), ("T02.2", "TUSPLIT", role, "WEEK 8"))
    sizes = (*SIZES, ("T01", "WEEK 8", 38), ("T02.1", "WEEK 8", 14), ("T02.2", "WEEK 8", 12))
    (row,) = _judged(tmp_path, lesions, sizes)
    assert (row["SUM_MM"], row["TARGET"]) == ("64", "SD")


@pytest.mark.parametrize("role", ["TARGET", "Y"])
def test_merged_lesions_are_one(tmp_path, role):
    lesions = (*BASE, ("T01/T02", "TUMERGE", role, "WEEK 8"))
    (row,) = _judged(tmp_path, lesions, (*SIZES, ("T01/T02", "WEEK 8", 90)))
    assert (row["SUM_MM"], row["TARGET"], row["OVERALL"]) == ("90", "PD", "PD")


def test_a_new_lesion_counts_from_its_identification(tmp_path):
    lesions = (*BASE, ("N1", "TUMIDENT", "NEW", "WEEK 8"), ("N1", "TUMIDENT", "NEW", "WEEK 16"))
    sizes = [*SIZES, *((name, visit, 30) for name in ("T01", "T02") for visit in ("WEEK 8", "WEEK 16"))]
    rows = _judged(tmp_path, lesions, (*sizes, ("N1", "WEEK 16", 12)))
    assert [row["OVERALL"] for row in rows] == ["PD", "PD"]


def test_an_equivocal_new_lesion_is_dated_at_first_sight_once_confirmed(tmp_path):
    lesions = (*BASE, ("N1", "TUMIDENT", "NEW", "WEEK 8"))
    sizes = [*SIZES, *((name, visit, 30) for name in ("T01", "T02") for visit in ("WEEK 8", "WEEK 16"))]
    seen = ("N1", "WEEK 8", "EQUIVOCAL")
    alone = _judged(tmp_path, lesions, (*sizes, seen))
    assert alone[0]["OVERALL"] == "SD" and "equivocal" in alone[0]["REASON"]
    rows = _judged(tmp_path, lesions, (*sizes, seen, ("N1", "WEEK 16", "UNEQUIVOCAL")))
    assert [row["OVERALL"] for row in rows] == ["PD", "PD"]


@pytest.mark.parametrize(
    "readers", [("INVESTIGATOR", ""), ("", "INVESTIGATOR"), ("Investigator", "INVESTIGATOR")]
)
def test_one_list_of_lesions_serves_whoever_measured(tmp_path, readers):
    rows = _judged(tmp_path, BASE, (*SIZES, ("T01", "WEEK 8", 20), ("T02", "WEEK 8", 15)), readers)
    assert [row["TARGET"] for row in rows] == ["PR"]


def test_lesions_without_a_day_have_that_of_their_visit(tmp_path):
    _judged(tmp_path, BASE, (*SIZES, ("T01", "WEEK 8", 20), ("T02", "WEEK 8", 15)))
    undated = "\n".join(line.rsplit(",", 1)[0] for line in (tmp_path / "tu.csv").read_text().splitlines())
    (tmp_path / "tu.csv").write_text(undated + "\n")
    rows = derive_recist(tmp_path / "tr.csv", [tmp_path / "tu.csv"]).rows
    assert [row["TARGET"] for row in rows] == ["PR"]
