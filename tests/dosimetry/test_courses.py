from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from galu.desk.budgets import with_budgets
from galu.desk.courses import with_s_values
from galu.desk.dosimetry import dose_rows, read_activities, read_plan
from galu.desk.organs import read_s_values
from galu.dosimetry import fit_together, self_dose_gy_per_mbq_h
from galu.kinetics import fit_free_uptake
from galu.nuclides import nuclide
from galu.quantities import LN2
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
    joint = dose_rows(fit_together(activities, PLAN), PLAN)[-1]
    alone = dose_rows(activities, PLAN)[-1]
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
    s = read_s_values(s_file, "Lu-177", "mGy/(MBq s)")
    activities = _activities(tmp_path, text)
    kidneys, liver, parotid = dose_rows(with_s_values(activities, PLAN, s), PLAN)
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
    rows = dose_rows(_activities(tmp_path, text), PLAN)
    assert "lack" not in rows[0]["reason"] and "sums lack cycle 2" in rows[1]["reason"]


def test_the_budget_is_that_of_the_row_s_own_curve(tmp_path: Path) -> None:
    times = (1.0, 4.0, 24.0, 72.0, 168.0)
    curve = [200.0 * (2.0 ** (-t / 45.0) - 2.0 ** (-t / 1.5)) for t in times]
    lines = [_line("S1", 1, "kidneys", t, a) for t, a in zip(times, curve, strict=True)]
    activities = _activities(tmp_path, "".join(lines))
    row = with_budgets(dose_rows(activities, PLAN), activities, PLAN)[0]
    own = fit_free_uptake(activities["S1", "kidneys"][0].samples)
    assert row["model"] == "free uptake" and row["budget_reason"] == ""
    # That of the fit is half a profile interval, that of the budget to first order.
    relative = own.u_tia_mbq_h / own.tia_mbq_h  # type: ignore[operator]
    assert row["budget"]["contributions"]["fit"] == pytest.approx(relative, rel=0.03)
    found = row["budget"]["relative"]["tia_mbq_h"]
    assert found["monte_carlo"] == pytest.approx(found["first_order"], rel=0.05)
    # Mass moves the dose of two kidneys as that of two spheres, each half as heavy.
    low, high = (self_dose_gy_per_mbq_h(310.0 * x, nuclide("Lu-177"), parts=2) for x in (0.95, 1.05))
    steepness = -np.log(high / low) / np.log(1.05 / 0.95)
    expected = steepness * PLAN.uncertainty.value.mass
    assert row["budget"]["contributions"]["volume"] == pytest.approx(expected, rel=0.01)


def test_the_budget_holds_the_dose_from_other_regions(tmp_path: Path) -> None:
    text = "".join(
        _line("S1", 1, region, time, amplitude * 2.0 ** (-time / 40.0))
        for region, amplitude in (("kidneys", 100.0), ("liver", 150.0))
        for time in (24.0, 96.0)
    )
    s_file = tmp_path / "s.csv"
    s_file.write_text(S_FILE.replace("2e-7,310", "4e-5,310"), "utf-8")
    s = read_s_values(s_file, "Lu-177", "mGy/(MBq s)")
    activities = with_s_values(_activities(tmp_path, text), PLAN, s)
    kidneys, liver = with_budgets(dose_rows(activities, PLAN), activities, PLAN, s)
    found = kidneys["budget"]["contributions"]
    expected = liver["u_tia_mbq_h"] * 4e-5 * 3.6 / kidneys["dose_gy"]
    assert found["other regions"] == pytest.approx(expected, rel=1e-6)
    own = kidneys["tia_mbq_h"] * 7.76e-5 * 3.6 / kidneys["dose_gy"]
    assert found["S value"] == pytest.approx(own * PLAN.uncertainty.value.s_value, rel=1e-4)
    assert kidneys["budget"]["relative"]["dose_gy"]["monte_carlo"] == pytest.approx(
        kidneys["budget"]["relative"]["dose_gy"]["first_order"], rel=0.1
    )


def test_a_row_without_budget_says_why(tmp_path: Path) -> None:
    times = (1.0, 2.0, 4.0, 24.0, 48.0, 96.0, 168.0)
    bi = "".join(
        _line("S1", 1, "kidneys", t, 300.0 * 2.0 ** (-t / 2.2) + 150.0 * 2.0 ** (-t / 46.0)) for t in times
    )
    lesion = _line("S1", 1, "lesion A", 48.0, 5.0)
    none = _line("S2", 1, "kidneys", 48.0, 90.0).replace(",90.0,", ",0,")
    activities = _activities(tmp_path, bi + lesion + none)
    rows = with_budgets(dose_rows(activities, PLAN, "signed"), activities, PLAN)
    reasons = [row["budget_reason"] for row in rows]
    assert all(row["budget"] is None for row in rows)
    assert "four" in reasons[0] and "prior" in reasons[1] and "above zero" in reasons[2]
    mono = "".join(_line("S1", 1, "kidneys", t, 150.0 * 2.0 ** (-t / 46.0)) for t in times)
    joint = fit_together(_activities(tmp_path, mono), PLAN)
    assert "together" in with_budgets(dose_rows(joint, PLAN), joint, PLAN)[0]["budget_reason"]


def test_the_budget_of_a_reused_half_life_rests_on_it(tmp_path: Path) -> None:
    text = "".join(_line("S1", 1, "kidneys", t, 200.0 * 2.0 ** (-t / 55.0)) for t in (4.0, 24.0, 72.0, 168.0))
    activities = _activities(tmp_path, text + _line("S1", 2, "kidneys", 72.0, 80.0))
    row = with_budgets(dose_rows(activities, PLAN), activities, PLAN)[1]
    spread = row["parameters"]["prior_spread"]
    slope = LN2 * 72.0 / row["t_eff_h"] - 1.0
    assert row["budget"]["contributions"]["fit"] == pytest.approx(np.hypot(0.05, slope * spread), rel=1e-4)
