"""Non-compartmental analysis compiled beside readable; population fits beside each patient fitted alone.

Run: python benchmarks/bench_pharmacokinetics.py. The Bayesian fit is timed where its extra is installed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics import Method, Profile, Route, nca
from galu.pharmacokinetics.batch import nca_batch
from galu.pharmacokinetics.bayesian import fit_bayesian
from galu.pharmacokinetics.population import PopulationData, fit_foce, fit_laplace, population_data


def bench_nca(n: int = 10_000, slow: int = 200) -> tuple[float, float]:
    """Seconds for n profiles, compiled and (scaled from `slow` of them) readable."""
    rng = np.random.default_rng(1)
    time_h = np.tile([0.083, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0, 168.0], (n, 1))
    conc = (50 * np.exp(-time_h) + 20 * np.exp(-0.04 * time_h)) * np.exp(0.1 * rng.normal(size=time_h.shape))
    nca_batch(time_h[:2], conc[:2], Method.LINUP_LOGDOWN, Route.BOLUS)
    start = time.perf_counter()
    nca_batch(time_h, conc, Method.LINUP_LOGDOWN, Route.BOLUS)
    fast = time.perf_counter() - start
    start = time.perf_counter()
    for i in range(slow):
        nca(Profile("1", "blood", 1, time_h[i], conc[i], 7400.0), Method.LINUP_LOGDOWN)
    return fast, (time.perf_counter() - start) * n / slow


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
    fast, readable = bench_nca()
    print(f"10,000 profiles: compiled {fast:.3f} s, readable {readable:.1f} s, ratio {readable / fast:.0f}")
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
