"""Operating characteristics, boundaries and model fits against the reference tables."""

from __future__ import annotations

import math

import pytest

from galu.escalation import RollingSix, ThreePlusThree
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.crm import Model, Patients, fit_bayes
from galu.escalation.exact import fast_limit, in_cohorts, slow_limit
from galu.escalation.interval import IntervalDesign
from reference.escalation_oracle import numbers, rows

TOP = {"3_of_3_at_top_ok": "3-of-3", "authors_grid_5_of_5_ok": "table"}


def test_exact_three_plus_three() -> None:
    for row in rows("three_plus_three_exact"):
        found = in_cohorts(ThreePlusThree(row["variant"]), tuple(numbers(row["truth"])))
        assert found.select == pytest.approx(numbers(row["p_mtd_0_to_D"]), abs=1e-10)
        if row["E_n"] != "NA":
            assert sum(found.patients) == pytest.approx(float(row["E_n"]), abs=1e-7)


def test_limits_of_rolling_six() -> None:
    for row in rows("rolling_six_limits_exact"):
        run = slow_limit if row["limit"] == "slow" else fast_limit
        design = RollingSix(TOP.get(row["top_dose_rule"], "six-complete"))
        found = run(design, tuple(numbers(row["truth"])))
        assert found.select == pytest.approx(numbers(row["p_mtd_0_to_D"]), abs=1e-9)
        assert sum(found.patients) == pytest.approx(float(row["E_n"]), abs=1e-9)


def test_calendar_simulation_against_reference() -> None:
    count = 20000
    far = []
    for row in rows("rolling_six_sim_reference"):
        design = RollingSix() if row["design"] == "r6" else ThreePlusThree()
        conditions = Conditions(float(row["window_days"]), float(row["mean_gap_days"]))
        found = simulate(design, tuple(numbers(row["truth"])), conditions, 7, range(count))
        for level, p in enumerate(numbers(row["p_mtd_0_to_D"])):
            se = math.sqrt(p * (1 - p) * (1 / 4000 + 1 / count))
            far.append(abs((found.selected == level).mean() - p) / se)
        days = found.duration_days
        se = math.hypot(float(row["se_duration"]), days.std() / math.sqrt(count))
        far.append(abs(days.mean() - float(row["mean_duration_days"])) / se)
    assert max(far) < 4.5
    assert sum(z > 3 for z in far) <= 3


@pytest.mark.parametrize("name", ["boin", "keyboard"])
def test_boundaries(name: str) -> None:
    for row in rows(f"{name}_boundaries"):
        found = IntervalDesign(name, float(row["target"]), largest=int(row["n"])).boundaries()[-1]
        columns = ("escalate_if_dlt_le", "deescalate_if_dlt_ge", "eliminate_if_dlt_ge")
        wanted = tuple(None if row[column] == "NA" else int(row[column]) for column in columns)
        assert (found.escalate_if_le, found.deescalate_if_ge, found.eliminate_if_ge) == wanted


def test_bayesian_crm_equals_quadrature() -> None:
    for row in rows("dfcrm_crm_verified"):
        if row["method"] != "mle":
            model = Model(tuple(numbers(row["prior"])), row["model"], float(row["scale"]))
            levels, dlts = (tuple(map(int, numbers(row[key]))) for key in ("level", "y"))
            fit = fit_bayes(model, Patients(levels, dlts), float(row["target"]))
            assert fit.estimate == pytest.approx(float(row["quad_estimate"]), abs=1e-6)
            assert fit.recommended == int(row["mtd"])


def test_simulated_boin_selects_as_the_exact_computation() -> None:
    count = 20000
    for row in rows("boin_exact"):
        truth = tuple(numbers(row["truth"]))
        published = {"coherent": False, "eliminate_at": "cohort", "step_down_at": "cohort"}
        largest = 3 * int(row["ncohort"])
        design = IntervalDesign("boin", float(row["target"]), largest=largest, **published)
        found = simulate(design, truth, Conditions(42.0, 10.0), 11, range(count))
        for level, p in enumerate(numbers(row["p_select_none_then_doses"])):
            assert abs((found.selected == level).mean() - p) < 4.5 * math.sqrt(p * (1 - p) / count) + 1e-9
