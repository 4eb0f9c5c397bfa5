"""`galu nca` beside its readable twin; population fits beside each patient fitted alone.

Run: python benchmarks/bench_pharmacokinetics.py. The Bayesian fit is timed where its extra is installed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from commands import Cost, cost

from galu.finding import InputError
from galu.pharmacokinetics import Method, Profile, nca
from galu.pharmacokinetics.bayesian import fit_bayesian
from galu.pharmacokinetics.population import PopulationData, fit_foce, fit_laplace, population_data


def bench_nca(folder: Path, n: int = 10_000, readable: int = 200) -> tuple[Cost, float]:
    """Cost of `galu nca` of n profiles, its answer checked; seconds of the twin, scaled from `readable`."""
    rng = np.random.default_rng(1)
    hours = np.array([0.083, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0, 168.0])
    conc = (50 * np.exp(-hours) + 20 * np.exp(-0.04 * hours)) * np.exp(0.1 * rng.normal(size=(n, len(hours))))
    path, out = folder / "profiles.csv", folder / "answer.txt"
    with path.open("w") as file:
        file.write("subject,time,conc,dose\n")
        for i, row in enumerate(conc.tolist()):
            file.writelines(f"{i},{t!r},{c!r},7400\n" for t, c in zip(hours.tolist(), row, strict=True))
    taken = cost(["nca", str(path), "--route", "bolus"], out)
    start = time.perf_counter()
    lines = []
    for i in range(readable):
        for x in nca(Profile(str(i), "", 1, hours, conc[i], 7400.0), Method.LINUP_LOGDOWN):
            said = x.reason if x.value is None else f"{x.value:.6g} {x.unit}"
            lines.append(f"{i}  1  {x.code:9} {said}")
    seconds = (time.perf_counter() - start) * n / readable
    assert out.read_text().splitlines()[: len(lines)] == lines, "the command and its twin differ"
    return taken, seconds


def patients(n: int = 49) -> PopulationData:
    """Patients of a known bi-exponential truth, seven samples each, those below 0.02 censored."""
    rng = np.random.default_rng(7)
    times = np.array([0.1, 0.5, 1.0, 2.0, 6.0, 24.0, 72.0])
    names, hours, values, below = [], [], [], []
    for patient in range(n):
        a1, l1, a2, l2 = np.array([1.5, 0.2, 0.2, -3.9]) + 0.35 * rng.standard_normal(4)
        curve = np.exp(a1 - np.exp(l1) * times) + np.exp(a2 - np.exp(l2) * times)
        seen = curve * np.exp(0.12 * rng.standard_normal(len(times)))
        names += [f"{patient:02d}"] * len(times)
        hours += times.tolist()
        values += np.maximum(seen, 0.02).tolist()
        below += (seen < 0.02).tolist()
    return population_data(names, hours, values, below)


def bench_two_stage(data: PopulationData) -> float:
    """Seconds of the plain reference: a bi-exponential least-squares fit of each patient alone."""
    from scipy.optimize import least_squares

    start = time.perf_counter()
    for a, b in zip(data.starts, data.starts[1:], strict=False):
        t, y = data.rows[a:b, 0], data.rows[a:b, 1]
        least_squares(
            lambda x, t=t, y=y: np.logaddexp(x[0] - np.exp(x[1]) * t, x[2] - np.exp(x[3]) * t) - y,
            [1.5, 0.2, 0.2, -3.9],
        )
    return time.perf_counter() - start


def seconds(fit: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    fit()
    return time.perf_counter() - start


def main() -> None:
    """Print each time beside its reference in the same run."""
    with tempfile.TemporaryDirectory() as where:
        taken, readable = bench_nca(Path(where))
    ratio = readable / taken.cpu_s
    print(f"galu nca of 10,000 profiles: {taken}; profile by profile {readable:.1f} s, ratio {ratio:.0f}")
    data = patients()
    fit_foce(data), fit_laplace(data)
    plain = bench_two_stage(data)
    for name, fit in (("FOCE", fit_foce), ("Laplace with M3", fit_laplace)):
        taken = seconds(lambda fit=fit: fit(data))
        print(
            f"49 patients, {name}: {taken:.2f} s, each patient alone {plain:.2f} s, ratio {taken / plain:.1f}"
        )
    try:
        taken = seconds(lambda: fit_bayesian(data, seed=1))
        print(f"49 patients, Bayesian: {taken:.0f} s with compilation, ratio {taken / plain:.0f}")
    except InputError as error:
        print(f"49 patients, Bayesian: {error}")


if __name__ == "__main__":
    main()
