from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from galu.desk.courses import with_s_values
from galu.desk.dosimetry import dose_rows, read_activities, read_plan
from galu.dosimetry import fit_together
from galu.nuclides import nuclide
from support import ROOT

PLAN = read_plan(ROOT / "studies" / "nct07310355")
HEADER = "subject,cycle,region,time_h,activity_mbq,sigma_mbq,mass_g,administered_mbq\n"
# Made for these tests, in mGy/(MBq s).
S_FILE = "Target,Kidneys,Liver,mass_g\nKidneys,7.76e-5,2e-7,310\nLiver,2e-7,1.37e-5,1800\n"


def _line(subject: str, cycle: int, region: str, time: float, activity: float) -> str:
    return f"{subject},{cycle},{region},{time},{activity},{0.05 * activity},310,6000\n"


def _activities(folder: Path, text: str):  # type: ignore[no-untyped-def]
    path = folder / "dose.csv"
    path.write_text(HEADER + text, "utf-8")
    return read_activities(path, PLAN)


def test_joint_fits_teach_a_patient_with_one_scan(tmp_path: Path) -> None:
    rng, text = np.random.default_rng(6), ""
    for i in range(12):
        teff = 55.0 * np.exp(0.1 * rng.standard_normal())
        for time in (4.0, 24.0, 72.0, 168.0):
            text += _line(f"S{i:02}", 1, "kidneys", time, 200.0 * 2.0 ** (-time / teff))
    text += _line("S99", 1, "kidneys", 24.0, 200.0 * 2.0 ** (-24.0 / 55.0))
    activities = _activities(tmp_path, text)
    joint = dose_rows(fit_together(activities, PLAN), PLAN)["doses"][-1]
    alone = dose_rows(activities, PLAN)["doses"][-1]
    assert joint["model"] == "joint" and alone["t_eff_h"] == pytest.approx(35.5)
    assert joint["t_eff_h"] == pytest.approx(55.0, rel=0.1)
    assert joint["u_dose_gy"] / joint["dose_gy"] < alone["u_dose_gy"] / alone["dose_gy"]


def test_s_values_scale_self_dose_and_add_cross_dose(tmp_path: Path) -> None:
    text = "".join(
        _line("S1", 1, region, time, amplitude * 2.0 ** (-time / 40.0))
        for region, amplitude in (("kidneys", 200.0), ("liver", 150.0))
        for time in (24.0, 96.0)
    )
    text += _line("S1", 1, "parotid", 24.0, 40.0) + _line("S1", 1, "parotid", 96.0, 12.0)
    s_file = tmp_path / "s.csv"
    s_file.write_text(S_FILE, "utf-8")
    activities = _activities(tmp_path, text)
    kidneys, liver, parotid = dose_rows(with_s_values(activities, PLAN, s_file, "mGy/(MBq s)"), PLAN)["doses"]
    own = kidneys["tia_mbq_h"] * 7.76e-5 * 3.6
    assert kidneys["dose_gy"] == pytest.approx(own + liver["tia_mbq_h"] * 2e-7 * 3.6)
    assert "other regions" in kidneys["method"]
    # The liver here weighs 310 g: electrons scale by 1/m, the rest by m^(-2/3).
    electrons = nuclide("Lu-177").delta_electron() / 1800.0
    ratio = 1800.0 / 310.0
    scaled = electrons * ratio + (1.37e-5 * 3.6 - electrons) * ratio ** (2 / 3)
    cross = kidneys["tia_mbq_h"] * 2e-7 * 3.6
    assert liver["dose_gy"] == pytest.approx(liver["tia_mbq_h"] * scaled + cross)
    assert "Monte Carlo" in parotid["method"] and "other regions" not in parotid["method"]


def test_sums_say_which_cycle_they_lack(tmp_path: Path) -> None:
    text = "".join(
        _line("S1", cycle, "kidneys", t, 200.0 * 2.0 ** (-t / 40.0)) for cycle in (1, 3) for t in (24.0, 96.0)
    )
    rows = dose_rows(_activities(tmp_path, text), PLAN)["doses"]
    assert "lack" not in rows[0]["reason"] and "sums lack cycle 2" in rows[1]["reason"]
