"""Slow uptake is never silently too low: bias and coverage of what `galu tac` chooses by itself.

Simulated kidneys of an effective half-life about 52 h (spread 20 %), uptake from nothing with a half-time of
its own, scans of 5 % noise whose σ is taken from what was seen. Run this file to print the table of the
methods page.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from galu.cli.main import main
from galu.desk.dosimetry import read_plan
from galu.dosimetry import CycleActivity, DosimetryPlan, derive_course
from galu.kinetics import Samples, fit_best, fit_free_uptake, single_scan
from galu.kinetics.uptake import fit_free_uptake as by_itself
from galu.quantities import LN2
from support import ROOT

PLAN = read_plan(ROOT / "studies" / "nct07310355")
LU_H = 6.6443 * 24.0
SCHEDULES = ((4.0, 24.0, 48.0, 168.0), (4.0, 24.0, 72.0, 168.0), (1.0, 24.0, 72.0, 168.0))
HALF_TIMES = (0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 16.0)
PATIENTS, NOISE = 500, 0.05


def curve(times: np.ndarray, teff: float, uptake: float) -> tuple[np.ndarray, float]:
    """Activities of amplitude 100 at the times, and their integral."""
    falling = 100.0 * np.exp2(-times / teff)
    if uptake == 0:
        return falling, 100.0 * teff / LN2
    rising = teff * uptake / (teff + uptake)
    return falling * (1.0 - np.exp2(-times / uptake)), 100.0 * (teff - rising) / LN2


def bias_and_coverage(schedule: tuple[float, ...], uptake: float, patients: int) -> tuple[float, float]:
    rng = np.random.default_rng([10, int(10 * uptake), int(sum(schedule))])
    times, ratios, inside = np.array(schedule), [], 0
    for _ in range(patients):
        teff = min(52.0 * np.exp(0.2 * rng.standard_normal()), LU_H)
        true, integral = curve(times, teff, uptake)
        seen = true * (1.0 + NOISE * rng.standard_normal(times.size))
        fit = fit_best(Samples(schedule, tuple(seen), tuple(NOISE * seen), LU_H))
        low, high = fit.interval_mbq_h  # type: ignore[misc]
        ratios.append(fit.tia_mbq_h / integral - 1.0)  # type: ignore[operator]
        inside += low < integral < high
    return float(np.mean(ratios)), inside / patients


def row(uptake: float, found: list[tuple[float, float]]) -> str:
    cells = " | ".join(f"{100 * bias:+.1f} %, {100 * covered:.1f} %" for bias, covered in found)
    return f"| {uptake:g} h | {cells} |"


@pytest.mark.parametrize("uptake", [1.5, 5.0, 12.0])
def test_slow_uptake_is_unbiased(uptake: float) -> None:
    bias, covered = bias_and_coverage(SCHEDULES[0], uptake, 150)
    assert abs(bias) < 0.01 and covered >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("uptake", HALF_TIMES)
def test_free_uptake_over_all_half_times(uptake: float) -> None:
    found = [bias_and_coverage(schedule, uptake, PATIENTS) for schedule in SCHEDULES]
    assert all(abs(bias) < 0.03 and 0.92 <= covered <= 0.98 for bias, covered in found), row(uptake, found)
    page = (ROOT / "docs" / "methods" / "dosimetry.md").read_text("utf-8")
    assert row(uptake, found) in page, f"the methods page lacks {row(uptake, found)}: run this file"


def test_the_command_holds_the_truth_of_slow_uptake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = np.array([4.0, 24.0, 48.0, 168.0])
    true, integral = curve(times, 52.0, 5.0)
    lines = [f"kidneys,{t},{a:.4f},{0.03 * a:.4f}" for t, a in zip(times, true, strict=True)]
    file = tmp_path / "tac.csv"
    file.write_text("region,time_h,activity_mbq,sigma_mbq\n" + "\n".join(lines), "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["tac", str(file), "--nuclide", "Lu-177", "--json"])
    assert ended.value.code == 0
    one = json.loads(capsys.readouterr().out)["regions"][0]
    assert one["model"] == "free uptake" and one["reason"] == ""
    assert one["tia_mbq_h"] == pytest.approx(integral, rel=1e-3)
    assert one["parameters"]["uptake_half_time_h"] == pytest.approx(5.0, rel=1e-2)
    assert one["interval_mbq_h"][0] < integral < one["interval_mbq_h"][1]


@pytest.mark.parametrize("stated", [False, True])
def test_a_course_takes_the_same_path_whatever_uptake_was_stated(stated: bool) -> None:
    times = np.array([4.0, 24.0, 48.0, 168.0])
    true, integral = curve(times, 52.0, 6.0)
    samples = Samples(tuple(times), tuple(true), tuple(0.05 * true), LU_H)
    said = PLAN.model_dump()
    if stated:
        said["regions"]["value"][0].update(fast_ratio=-1.0, fast_half_life_h=1.5)
    plan = DosimetryPlan.model_validate(said)
    one = derive_course("kidneys", [CycleActivity(1, samples, 310.0, 7400.0)], plan)[0]
    assert one.fit == by_itself(samples)
    assert one.fit.tia_mbq_h == pytest.approx(integral, rel=1e-4)


@pytest.mark.parametrize("schedule", [(4.0, 168.0), (1.0, 72.0), (4.0, 48.0), (24.0, 120.0), (4.0,), (8.0,)])
@pytest.mark.parametrize("uptake", [0.0, 1.5, 3.0, 5.0, 8.0, 12.0])
def test_too_few_scans_reach_the_truth_of_slow_uptake(schedule: tuple[float, ...], uptake: float) -> None:
    times = np.array(schedule)
    true, integral = curve(times, 52.0, uptake)
    samples = Samples(schedule, tuple(true), tuple(0.05 * true), LU_H)
    fit = fit_best(samples) if len(schedule) > 1 else single_scan(samples, 52.0, 0.3)
    assert fit.interval_mbq_h is not None and fit.tia_mbq_h is not None and fit.u_tia_mbq_h is not None
    assert integral < fit.interval_mbq_h[1]
    assert integral < fit.tia_mbq_h + 1.96 * fit.u_tia_mbq_h + 0.01 * integral


def test_no_uptake_that_scans_can_tell_is_a_single_exponential() -> None:
    times = np.array(SCHEDULES[1])
    true, integral = curve(times, 40.0, 0.0)
    fit = fit_free_uptake(Samples(tuple(times), tuple(true), tuple(0.05 * true), LU_H))
    assert fit.model == "mono" and fit.tia_mbq_h == pytest.approx(integral, rel=1e-9)
    # An uptake that is over before the first scan cannot be excluded and lowers the lower end.
    assert fit.interval_mbq_h is not None and fit.degrees == 2


def test_a_contradicted_curve_is_widened_up_to_trapezoids() -> None:
    times, seen = (4.0, 24.0, 48.0, 168.0), (270.0, 183.0, 230.0, 11.4)
    samples = Samples(times, seen, tuple(0.05 * a for a in seen), LU_H)
    fit = fit_best(samples)
    assert fit.contradicted() and "widened" in fit.reason and fit.interval_mbq_h is not None
    trapezoids = sum(
        (b - a) * (x + y) / 2.0 for a, b, x, y in zip(times, times[1:], seen, seen[1:], strict=False)
    )
    assert fit.interval_mbq_h[1] > trapezoids + 4.0 * 270.0
    assert fit.u_tia_mbq_h / fit.tia_mbq_h > 0.2  # type: ignore[operator]


if __name__ == "__main__":
    titles = " | ".join(", ".join(f"{t:g}" for t in one) + " h" for one in SCHEDULES)
    print(f"| uptake half-time | {titles} |\n|---|---|---|---|")
    for half_time in HALF_TIMES:
        print(row(half_time, [bias_and_coverage(one, half_time, PATIENTS) for one in SCHEDULES]), flush=True)
