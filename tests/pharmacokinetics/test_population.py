"""Population fits: nlme's estimates, censoring by M3, recovery of a known truth."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from galu.cli.main import main
from galu.desk.population import fit, read_data
from galu.finding import InputError
from galu.pharmacokinetics.population import PopulationData, fit_foce, fit_laplace, population_data
from support import shared


def _table(folder: Path) -> Path:
    """The shared set of 49 patients under the names that the command reads."""
    rows = csv.DictReader(shared("oracles", "pharmacokinetics", "in_hb49_biexp.csv").open())
    path = folder / "in.csv"
    lines = ["subject,time,conc,cens,crcl"]
    lines += [",".join((r["id"], r["t"], r["y"], r["cens"], r["crcl"])) for r in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _nlme() -> dict[str, tuple[float, float]]:
    rows = csv.DictReader(shared("oracles", "pharmacokinetics", "out_nlme_hb49_fixed.csv").open())
    return {row["param"]: (float(row["estimate"]), float(row["se"])) for row in rows}


def test_foce_equals_nlme_on_the_quantified_rows(tmp_path: Path) -> None:
    data = read_data(_table(tmp_path), "crcl", 75.0)
    assert len(data.quantified.rows) == 315
    found = fit_foce(data)
    assert found.converged
    for name, (estimate, error) in _nlme().items():
        assert abs(found.estimate[name] - estimate) < 0.01 * error
        assert found.standard_error[name] == pytest.approx(error, rel=1e-3)


def test_censored_rows_enter_by_their_probability(tmp_path: Path) -> None:
    data = read_data(_table(tmp_path), "crcl", 75.0)
    assert data.rows[:, 2].sum() == 10
    with_censored, without = fit_laplace(data), fit_laplace(data.quantified)
    assert with_censored.converged and without.converged
    for name, (estimate, error) in _nlme().items():
        assert abs(with_censored.estimate[name] - estimate) < error
    # What lies below the limit says that the slow phase may be faster: those patients pull l2 up.
    assert with_censored.estimate["l2"] > without.estimate["l2"]


def _simulated(patients: int) -> tuple[PopulationData, dict[str, float]]:
    """Patients of a known truth, samples below 0.02 only known to be so."""
    rng = np.random.default_rng(7)
    truth = {"a1": 1.5, "l1": 0.2, "a2": 0.2, "l2": -3.9}
    spread, times = np.array([0.3, 0.3, 0.4, 0.3]), np.array([0.1, 0.5, 1, 2, 4, 8, 24, 48, 72, 168.0])
    names, hours, values, censored = [], [], [], []
    for patient in range(patients):
        a1, l1, a2, l2 = np.array(list(truth.values())) + spread * rng.standard_normal(4)
        curve = np.exp(a1 - np.exp(l1) * times) + np.exp(a2 - np.exp(l2) * times)
        seen = curve * np.exp(0.1 * rng.standard_normal(len(times)))
        below = seen < 0.02
        names += [f"{patient:03d}"] * len(times)
        hours += times.tolist()
        values += np.where(below, 0.02, seen).tolist()
        censored += below.tolist()
    return population_data(names, hours, values, censored), truth


def test_a_known_truth_is_recovered_with_censoring() -> None:
    data, truth = _simulated(60)
    assert 0.02 < data.rows[:, 2].mean() < 0.3
    found = fit_laplace(data)
    assert "b" not in found.estimate
    for name, value in truth.items():
        assert abs(found.estimate[name] - value) < 3.0 * found.standard_error[name]
    assert found.sigma == pytest.approx(0.1, rel=0.15)
    assert found.omega["a2"] == pytest.approx(0.4, rel=0.35)


def test_the_command_prints_the_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["population", str(_table(tmp_path)), "--covariate", "crcl", "--reference", "75", "--json"])
    assert ended.value.code == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["subjects"] == 49 and len(answer["individual"]) == 49
    assert math.isfinite(answer["log_likelihood"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject,time,conc\na,1,0\n", "line 2, conc"),
        ("subject,time,conc\na,1,3\na,-5,3\n", "line 3, time"),
        ("subject,time,conc\n,1,3\n", "line 2, subject"),
        ("subject,time,conc,cens\na,1,3,maybe\n", "line 2, cens"),
        ("subject,time,conc\na,x,1\n", "line 2, time"),
        ("subject,time,conc\na,1,1\nb,2,1\n", "in.csv.*at least five"),
        ("subject,time\na,1\n", "no column conc"),
    ],
)
def test_bad_tables_are_refused_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        fit(path, "foce", None, 1.0)


def test_no_fit_takes_a_time_before_the_dose() -> None:
    with pytest.raises(InputError, match="row 2"):
        population_data(["a", "a"], [1.0, -5.0], [3.0, 80.0], [False, False])


def test_a_covariate_that_changes_is_refused_with_file_and_subject(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("subject,time,conc,crcl\na,1,3,80\na,2,2,90\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"in\.csv, a: the covariate changes"):
        fit(path, "foce", "crcl", 75.0)


def _rows(kind: str) -> PopulationData:
    rng = np.random.default_rng(0)
    times = np.array([4.0, 8, 24, 48, 72, 96, 120, 168] if kind == "late" else [0.1, 0.5, 1, 2, 4, 8, 24, 48])
    subject, time, conc = [], [], []
    for i in range(8):
        values = np.exp(rng.normal(0, 0.3)) * (5 * np.exp(-0.7 * times) + np.exp(-0.03 * times))
        if kind == "constant":
            values = np.full(len(times), 3.0)
        elif kind == "rising":
            values = np.exp(0.05 * times)
        subject += [f"S{i}"] * len(times)
        time += list(times)
        conc += list(values * np.exp(rng.normal(0, 0.1, len(times)) * (kind != "constant")))
    return population_data(subject, time, conc, [False] * len(time))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("kind", "said"),
    [("late", "damped"), ("constant", "Laplace fit"), ("rising", "do not determine")],
)
def test_a_fit_that_cannot_be_linearised_ends_in_numbers_and_says_so(kind: str, said: str) -> None:
    found = fit_foce(_rows(kind))
    assert np.isfinite([*found.estimate.values(), found.log_likelihood]).all()
    assert said in found.reason


def test_a_late_phase_of_one_time_is_refused() -> None:
    times = [1.0, 4.0, 24.0] * 6
    names = [f"S{i // 3}" for i in range(18)]
    with pytest.raises(InputError, match="late phase"):
        fit_foce(population_data(names, times, [3.0, 2.0, 1.0] * 6, [False] * 18))
