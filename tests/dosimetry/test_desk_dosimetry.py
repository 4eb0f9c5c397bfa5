from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.courses import Wishes, course_doses
from galu.desk.dosimetry import biological, read_plan, scan_times
from galu.desk.organs import organ_table
from galu.desk.time_activity import time_activity
from galu.dosimetry import self_dose_gy_per_mbq_h
from galu.finding import InputError
from galu.nuclides import nuclide
from galu.vocabulary.regions import place
from support import ROOT, shared

HEADER = "region,time_h,activity_mbq,sigma_mbq\n"


def _written(folder: Path, text: str) -> Path:
    path = folder / "tac.csv"
    path.write_text(text, "utf-8")
    return path


def test_regions_keep_their_order_and_get_their_integral(tmp_path: Path) -> None:
    path = _written(tmp_path, HEADER + "liver,24,50,2\nliver,48,25,1\nkidneys,24,80,4\nkidneys,72,20,1\n")
    rows = time_activity(path, "Lu-177", "1", "physical", None)["regions"]
    assert [row["region"] for row in rows] == ["liver", "kidneys"]
    assert [row["t_eff_h"] for row in rows] == pytest.approx([24.0, 24.0])


def test_however_scans_are_written_their_fits_are_one(tmp_path: Path) -> None:
    plain = HEADER + "liver,4,50,2\nliver,48,25,1\nkidneys,4,80,4\nkidneys,72,20,1\n"
    expected = time_activity(_written(tmp_path, plain), "Lu-177", "auto", "physical", None)
    for text in (
        plain.replace("\n", "\r\n"),
        plain.replace(",", " , "),
        plain.replace("liver,48", '"liver",48'),
        plain.replace("liver,4,50,2\n", "").replace("kidneys,4", "liver,4,50,2\nkidneys,4"),
        plain.replace("liver,4,50,2", "liver,4.0,5e1,2"),
    ):
        found = time_activity(_written(tmp_path, text), "Lu-177", "auto", "physical", None)
        assert found == expected


@pytest.mark.parametrize(
    "line",
    [
        "kidneys,24,,2\n",
        "kidneys,24,inf,2\n",
        "kidneys,x,3,2\n",
        " ,24,3,2\n",
        "kidneys,24,3\n",
        "kidneys,24,3,2,7\n",
    ],
)
def test_bad_cells_are_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match="line 2"):
        time_activity(_written(tmp_path, HEADER + line), "Lu-177", "1", "physical", None)


def test_unknown_model_and_missing_half_life_are_refused(tmp_path: Path) -> None:
    path = _written(tmp_path, HEADER + "kidneys,24,80,4\n")
    with pytest.raises(InputError, match="unknown"):
        time_activity(path, "Lu-177", "9", "physical", None)
    with pytest.raises(InputError, match="population"):
        time_activity(path, "Lu-177", "madsen", "physical", None)
    with pytest.raises(InputError, match="teff"):
        biological(5.0, None, "", (2.6, 2.8), 1)


def test_curve_option_gives_the_closed_form() -> None:
    assert biological(5.0, None, "1:51.6,-1:1.5", (2.6, 2.8), 1)["bed_gy"] == pytest.approx(5.49003258560633)


def test_self_dose_is_that_of_the_published_spheres() -> None:
    lines = shared("public", "dosimetry", "sphere_Lu177_mirdcalc.csv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith(('"#', "#"))))
    for row in rows:
        ours = self_dose_gy_per_mbq_h(float(row["mass_g"]), nuclide("Lu-177")) / 1e6 / 3600.0
        assert ours == pytest.approx(float(row["S_ref"]), rel=0.01), row


DOSES = """subject,cycle,region,time_h,activity_mbq,sigma_mbq,mass_g,administered_mbq
S1,1,kidneys,4,200,14,310,6000
S1,1,kidneys,24,140,10,310,6000
S1,1,kidneys,72,55,4,310,6000
S1,1,kidneys,168,9,0.7,310,6000
S1,2,kidneys,48,90,6,310,3700
S1,1,lesion A,24,20,2,5,6000
S1,1,lesion A,96,8,1,5,6000
"""
STUDY = ROOT / "studies" / "nct07310355"


def test_every_cycle_and_region_has_its_sums_projection_and_limits(tmp_path: Path) -> None:
    rows = course_doses(_written(tmp_path, DOSES), STUDY, Wishes())["doses"]
    first, second, lesion = rows
    assert second["cumulative_dose_gy"] == pytest.approx(first["dose_gy"] + second["dose_gy"])
    assert second["cumulative_bed_gy"] == pytest.approx(first["bed_gy"] + second["bed_gy"])
    # The next cycle is the last activity at the dose per activity of both cycles.
    expected = second["cumulative_dose_gy"] * (1.0 + 3700.0 / 9700.0)
    assert second["projected_dose_gy"] == pytest.approx(expected)
    for limit in second["limits"]:
        assert limit["probability_reduced"] <= limit["probability_projected"]
        assert limit["largest_mbq"] > limit["planned_mbq"] > limit["reduced_mbq"]
    assert {limit["quantity"] for limit in second["limits"]} == {"dose", "bed"}
    assert lesion["limits"] == [] and lesion["projected_dose_gy"] > lesion["dose_gy"]
    assert second["parameters"]["prior_teff_h"] == pytest.approx(first["t_eff_h"])
    assert first["interval_gy"][0] < first["dose_gy"] < first["interval_gy"][1]


def test_budget_stands_beside_monte_carlo_and_is_the_same_again(tmp_path: Path) -> None:
    path = _written(tmp_path, DOSES)
    rows = course_doses(path, STUDY, Wishes(budget=True))["doses"]
    many, one, _ = (row["budget"]["relative"]["dose_gy"] for row in rows)
    assert many["first_order"] == pytest.approx(many["monte_carlo"], rel=0.05)
    assert many["first_order_reliable"] and not one["first_order_reliable"]
    assert one["reported"] == one["monte_carlo"]
    assert rows == course_doses(path, STUDY, Wishes(budget=True))["doses"]


def test_best_scan_times_need_a_list_and_one_or_two() -> None:
    one = scan_times("4,24,48,72,168", 1, 0.05, (35.5, 0.3), "Lu-177")
    two = scan_times("4,24,48,72,168", 2, 0.05, (35.5, 0.3), "Lu-177")
    assert one["times_h"] == [48.0] and two["u_relative"] < one["u_relative"]
    for words in (("x", 1), ("24,48", 3)):
        with pytest.raises(InputError):
            scan_times(words[0], words[1], 0.05, (35.5, 0.3), "Lu-177")


def test_alpha_emitters_get_a_dose_but_no_bed(tmp_path: Path) -> None:
    text = (STUDY / "study.yaml").read_text("utf-8")
    study = tmp_path / "study.yaml"
    study.write_text(
        text.replace("therapy_nuclide: {value: Lu-177", "therapy_nuclide: {value: Ac-225"), "utf-8"
    )
    line = "S1,1,lesion A,24,0.002,0.0002,5,16\nS1,1,lesion A,96,0.001,0.0001,5,16\n"
    row = course_doses(_written(tmp_path, DOSES.splitlines()[0] + "\n" + line), study, Wishes("signed"))[
        "doses"
    ][0]
    assert row["bed_gy"] is None and "α" in row["reason"]
    assert 0.9 < row["alpha_gy"] / row["dose_gy"] < 1.0


def test_bed_of_alpha_emitters_is_refused_at_the_command_line(capsys: pytest.CaptureFixture) -> None:
    words = ["bed", "--dose-gy", "5", "--teff-h", "51.6", "--json", "--nuclide"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "Ac-225"])
    assert ended.value.code == 2 and "Ac-225" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main([*words, "Lu-177"])
    assert ended.value.code == 0 and set(json.loads(capsys.readouterr().out)) == {"g", "bed_gy", "eqd2_gy"}


LONE = HEADER + "kidneys,48,40,2\n"


def _refused(words: list[object], capsys: pytest.CaptureFixture) -> str:
    """Message of a command that must end with one sentence and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    message: str = capsys.readouterr().err
    assert ended.value.code == 2 and message.startswith("galu: ") and message.count("\n") == 1
    return message


def _shown(words: list[object], capsys: pytest.CaptureFixture) -> dict:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in (*words, "--json")])
    assert ended.value.code == 0
    found: dict = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("value", ["0", "-3", "nan", "inf"])
@pytest.mark.parametrize("model", ["auto", "madsen"])
def test_an_impossible_population_half_life_is_refused(tmp_path, capsys, model, value) -> None:  # type: ignore[no-untyped-def]
    words = ["tac", _written(tmp_path, LONE), "--nuclide", "Lu-177", "--model", model]
    assert "population-teff-h" in _refused([*words, f"--population-teff-h={value}"], capsys)


@pytest.mark.parametrize(
    "words,named",
    [
        (["bed", "--dose-gy", "1e200", "--teff-h", "35"], "beyond"),
        (["bed", "--dose-gy", "5", "--curve", "1e300:1e300"], "beyond"),
        (["bed", "--dose-gy", "5", "--curve", "1:50", "--teff-h", "35"], "both"),
        (["scan-times", "--candidates", "1,2", "--nuclide", "Ga-68", "--teff-h", "35"], "physical decay"),
        (
            ["scan-times", "--candidates", "1,2", "--scans", 2, "--nuclide", "Ga-68", "--teff-h", 35],
            "physical",
        ),
    ],
)
def test_numbers_that_cannot_be_are_refused(capsys, words, named) -> None:  # type: ignore[no-untyped-def]
    assert named in _refused(words, capsys)


def test_madsen_holds_the_half_life_at_physical_decay_and_misfits_are_reported(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    words = ["tac", _written(tmp_path, LONE), "--nuclide", "Lu-177", "--model", "madsen"]
    row = _shown([*words, "--population-teff-h", "500"], capsys)["regions"][0]
    assert row["at_bound"] and "physical" in row["reason"] and row["chi2"] is None
    rising = _written(tmp_path, HEADER + "k,4,10,1\nk,24,20,1\nk,48,40,2\nk,96,80,4\n")
    row = _shown(["tac", rising, "--nuclide", "Lu-177"], capsys)["regions"][0]
    assert row["tia_mbq_h"] > 0 and row["chi2"] > 100 and row["degrees_of_freedom"] == 2
    assert "does not fit the scans" in row["reason"]


def test_one_scan_has_one_uncertainty(tmp_path: Path) -> None:
    path = _written(tmp_path, LONE)
    row = time_activity(path, "Lu-177", "auto", "physical", 35.5)["regions"][0]
    stated = scan_times("48", 1, 0.05, (35.5, 0.3), "Lu-177")["u_relative"]
    assert row["u_tia_mbq_h"] / row["tia_mbq_h"] == pytest.approx(stated, rel=1e-12)


def test_names_are_stripped_and_headers_too(tmp_path: Path) -> None:
    path = _written(tmp_path, "region, time_h, activity_mbq ,sigma_mbq\nk ,4,10,1\nk,24,8,1\n")
    assert [row["region"] for row in time_activity(path, "Lu-177", "1", "physical", None)["regions"]] == ["k"]


KIDNEYS = "S1,1,kidneys,24,140,10,310,6000\n"


@pytest.mark.parametrize(
    "text,named",
    [
        ("", "no row"),
        (KIDNEYS.replace("S1,1,", "S1,1.5,"), "line 2, column cycle"),
        (KIDNEYS.replace("S1,1,", "S1,0,"), "column cycle"),
        (KIDNEYS.replace("S1,1,", "S1,-1,"), "column cycle"),
        (KIDNEYS.replace("S1,1,", " ,1,"), "line 2, column subject"),
        (KIDNEYS + KIDNEYS, "subject S1 cycle 1 kidneys"),
        (KIDNEYS.replace(",10,", ",0,"), "subject S1 cycle 1 kidneys"),
        (KIDNEYS.replace(",6000", ",6000,7"), "line 2"),
    ],
)
def test_bad_rows_of_doses_are_named(tmp_path, capsys, text, named) -> None:  # type: ignore[no-untyped-def]
    path = _written(tmp_path, DOSES.splitlines()[0] + "\n" + text)
    message = _refused(["dose", path, STUDY], capsys)
    assert named in message and "tac.csv" in message


def test_rows_of_doses_say_their_decay_state_and_fit(tmp_path: Path) -> None:
    rows = course_doses(_written(tmp_path, DOSES), STUDY, Wishes())["doses"]
    assert all(row["decay_state"] == "measured" for row in rows)
    assert rows[0]["degrees_of_freedom"] == 1 and rows[1]["chi2"] is None


def test_paired_organs_are_as_many_spheres_as_in_the_study(tmp_path: Path) -> None:
    path = _written(
        tmp_path, "region,tia_mbq_h,mass_g\nKidneys,10,310\nliver,20,1800\nsalivary glands,1,85\n"
    )
    found = organ_table(path, ("Ga-68", 150.0), (None, ""), ("", 3.5))["targets"]
    kidneys, liver, glands = (row["dose_gy"] for row in found)
    agent = nuclide("Ga-68")
    assert kidneys == pytest.approx(10.0 * self_dose_gy_per_mbq_h(310.0, agent, parts=2))
    assert liver == pytest.approx(20.0 * self_dose_gy_per_mbq_h(1800.0, agent))
    assert glands == pytest.approx(self_dose_gy_per_mbq_h(85.0, agent, parts=6))
    for region in read_plan(STUDY).regions.value:
        assert region.parts == (1 if (known := place(region.name)) is None else known.parts()), region.name


def test_a_bladder_needs_s_values_and_lungs_a_model(tmp_path: Path) -> None:
    path = _written(tmp_path, "region,tia_mbq_h,mass_g\nlungs,10,1000\n")
    with pytest.raises(InputError, match="needs S values"):
        organ_table(path, ("Ga-68", 150.0), (None, ""), ("0.1:1", 3.5))
    with pytest.raises(InputError, match="no sphere"):
        organ_table(path, ("Ga-68", 150.0), (None, ""), ("", 3.5))
