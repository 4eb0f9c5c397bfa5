"""Left and right, single kidneys, missing masses and cycles, limits nobody could judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from galu.desk.courses import Wishes, course_doses
from galu.desk.organs import organ_table
from galu.finding import InputError
from support import ROOT

STUDY = ROOT / "studies" / "nct07310355"
HEADER = "subject,cycle,region,time_h,activity_mbq,sigma_mbq,mass_g,administered_mbq\n"
TIMES = (4.0, 24.0, 72.0, 168.0)


def rows(region: str, amplitude: float, mass: str = "310", cycle: int = 1, given: str = "6000") -> str:
    return "".join(
        f"S1,{cycle},{region},{t},{amplitude * 2.0 ** (-t / 45.0)},{0.05 * amplitude * 2.0 ** (-t / 45.0)},"
        f"{mass},{given}\n"
        for t in TIMES
    )


def doses(folder: Path, text: str, **wishes: object) -> dict:
    file = folder / "dose.csv"
    file.write_text(HEADER + text, "utf-8")
    return course_doses(file, STUDY, Wishes(**wishes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "names", [("left kidney", "right kidney"), ("Kidney_L", "KIDNEY_R"), ("Niere links", "Niere rechts")]
)
def test_left_and_right_are_the_kidneys(tmp_path: Path, names: tuple[str, str]) -> None:
    whole = doses(tmp_path, rows("kidneys", 200.0))["doses"][0]
    both = doses(tmp_path, rows(names[0], 80.0, "150") + rows(names[1], 120.0, "160"))["doses"]
    assert [row["region"] for row in both] == ["kidneys"]
    assert both[0]["tia_mbq_h"] == pytest.approx(whole["tia_mbq_h"], rel=1e-6)
    assert both[0]["dose_gy"] == pytest.approx(whole["dose_gy"], rel=1e-6) and both[0]["limits"]


def test_one_kidney_is_held_against_the_limits_of_kidneys(tmp_path: Path) -> None:
    one = doses(tmp_path, rows("solitary kidney", 200.0, "220"))["doses"][0]
    assert [limit["quantity"] for limit in one["limits"]] == ["dose", "bed"]
    # One sphere of 220 g, not two of 110 g.
    pair = doses(tmp_path, rows("kidneys", 200.0, "220"))["doses"][0]
    assert one["dose_gy"] > pair["dose_gy"]


def test_a_pair_beside_its_sides_is_refused(tmp_path: Path) -> None:
    text = rows("kidneys", 200.0) + rows("left kidney", 80.0, "150") + rows("right kidney", 80.0, "150")
    with pytest.raises(InputError, match="its sides"):
        doses(tmp_path, text)
    with pytest.raises(InputError, match="twice"):
        doses(tmp_path, rows("kidneys", 200.0) + rows("renal", 200.0))


def test_an_unusual_dose_counts_marked_and_an_impossible_one_is_refused(tmp_path: Path) -> None:
    unusual = doses(tmp_path, rows("kidneys", 800.0))["doses"][0]
    assert unusual["gy_per_gbq"] > 1.6 and "outside the usual" in unusual["warning"]
    assert unusual["cumulative_dose_gy"] == pytest.approx(unusual["dose_gy"])
    with pytest.raises(InputError, match="possible"):
        doses(tmp_path, rows("kidneys", 2000.0))


def test_a_sum_with_a_gap_says_at_least_and_limits_count_the_gap(tmp_path: Path) -> None:
    every = doses(tmp_path, "".join(rows("kidneys", 200.0, cycle=n) for n in (1, 2, 3)))["doses"][-1]
    gap = doses(tmp_path, "".join(rows("kidneys", 200.0, cycle=n) for n in (1, 3)))["doses"][-1]
    assert gap["at_least"] and "at least" in gap["reason"] and not every["at_least"]
    assert gap["cumulative_dose_gy"] < every["cumulative_dose_gy"]
    assert gap["limits"][0]["projected_gy"] == pytest.approx(every["limits"][0]["projected_gy"], rel=1e-6)
    assert gap["limits"][0]["probability_projected"] >= every["limits"][0]["probability_projected"]


def test_limits_that_nobody_could_judge_are_listed(tmp_path: Path) -> None:
    found = doses(tmp_path, rows("kidneys", 200.0))
    assert [(row["region"], row["limit_gy"]) for row in found["not_judged"]] == [("red marrow", 2)]
    assert "measured" in found["not_judged"][0]["reason"]


S_LIST = "target,source,s,mass_g\nKidneys,Kidneys,{},310\n"


def organs(
    folder: Path, s: str, name: str = "s.csv", nuclide: str = "Lu-177", tia: str = "kidneys,9000,310"
) -> dict:
    table, file = folder / "tia.csv", folder / name
    table.write_text(f"region,tia_mbq_h,mass_g\n{tia}\n", "utf-8")
    file.write_text(s, "utf-8")
    return organ_table(table, (nuclide, 6000.0), (file, "mGy/(MBq s)"), ("", 3.5))


@pytest.mark.parametrize("factor", [3600.0, 1000.0, 13.3, 2.0, 1 / 3.6, 1 / 13.3, 1e-3])
def test_s_values_of_another_unit_or_mass_are_refused(tmp_path: Path, factor: float) -> None:
    right = organs(tmp_path, S_LIST.format(7.76e-5))
    assert right["targets"][0]["dose_gy"] == pytest.approx(9000 * 7.76e-5 * 3.6)
    with pytest.raises(InputError, match="energy"):
        organs(tmp_path, S_LIST.format(7.76e-5 * factor))


def test_s_values_of_another_nuclide_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"would fit .*Y-90"):
        organs(tmp_path, S_LIST.format(7.76e-5 * 0.536 / 0.0853))
    with pytest.raises(InputError, match="is of I-131"):
        organs(tmp_path, "# S values for 131I, adult male\n" + S_LIST.format(7.76e-5))
    with pytest.raises(InputError, match="is of Y-90"):
        organs(tmp_path, S_LIST.format(7.76e-5), name="S_Y90_kidneys.csv")
    assert organs(tmp_path, "# 177Lu\n" + S_LIST.format(7.76e-5))["targets"]


def test_a_list_of_several_nuclides_gives_the_rows_of_one(tmp_path: Path) -> None:
    text = "nuclide,target,source,s,mass_g\nY-90,Kidney,Kidney,4.9e-4,310\nLU177,Kidney,Kidney,7.76e-5,310\n"
    assert organs(tmp_path, text)["targets"][0]["dose_gy"] == pytest.approx(9000 * 7.76e-5 * 3.6)
    with pytest.raises(InputError, match="no row of I-131"):
        organs(tmp_path, text, nuclide="I-131")


def test_organs_join_sides_and_know_other_names(tmp_path: Path) -> None:
    both = organs(tmp_path, S_LIST.format(7.76e-5), tia="Niere li,4000,150\nNiere re,5000,160")
    whole = organs(tmp_path, S_LIST.format(7.76e-5), tia="renal,9000,310")
    assert both == whole
