from __future__ import annotations

import csv
from pathlib import Path

import pytest

from galu.desk.dosimetry import biological, time_activity
from galu.dosimetry import self_dose_gy_per_mbq_h
from galu.finding import InputError
from galu.nuclides import nuclide
from support import shared

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


@pytest.mark.parametrize("line", ["kidneys,24,,2\n", "kidneys,24,inf,2\n", "kidneys,x,3,2\n"])
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
