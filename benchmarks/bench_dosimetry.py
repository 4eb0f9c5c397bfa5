"""Speed of curve fits and projections beside plain twins; run with `python benchmarks/bench_dosimetry.py`."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import least_squares

from galu.dosimetry import largest_next_dose, probability_above
from galu.kinetics import OrganCycle, Samples, TeffPrior, fit_joint, intervals_many
from galu.kinetics.batch import fit_mono_many

HALF_LIFE_H = 159.4632
TIME = np.array([4.0, 24.0, 72.0, 168.0])


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench_mono_fits() -> None:
    rng = np.random.default_rng(1)
    truth = 100.0 * np.exp2(-TIME / rng.uniform(20.0, 60.0, 10_000)[:, None])
    sigma = 0.05 * truth
    activity = truth + sigma * rng.standard_normal(truth.shape)
    fit_mono_many(TIME, activity[:2], sigma[:2], HALF_LIFE_H)
    ours = _seconds(lambda: fit_mono_many(TIME, activity, sigma, HALF_LIFE_H))

    def plain() -> None:
        for y, s in zip(activity[:100], sigma[:100], strict=True):
            least_squares(
                lambda x, y=y, s=s: (x[0] * np.exp(-x[1] * TIME) - y) / s,
                [y[0], 0.02],
                bounds=([0.0, np.log(2.0) / HALF_LIFE_H], [np.inf, 14.0]),
            )

    ratio = _seconds(plain) * 100.0 / ours
    print(f"10,000 bounded fits: {ours:.4f} s, {ratio:.0f} times faster than scipy one by one")


def bench_intervals() -> None:
    rng = np.random.default_rng(3)
    truth = 100.0 * np.exp2(-TIME / rng.uniform(20.0, 60.0, 10_000)[:, None])
    sigma = 0.05 * truth
    activity = truth + sigma * rng.standard_normal(truth.shape)
    intervals_many(TIME, activity[:2], sigma[:2], HALF_LIFE_H, (0.0, 1.5))
    seconds = _seconds(lambda: intervals_many(TIME, activity, sigma, HALF_LIFE_H, (0.0, 1.5)))
    print(f"10,000 bounded fits with their profile-likelihood intervals: {seconds:.3f} s")


def bench_joint_fit() -> None:
    rng = np.random.default_rng(4)
    curves = []
    for patient in range(36):
        for cycle in range(1, 7):
            time = (4.0, 24.0, 72.0, 168.0) if cycle == 1 else (48.0,)
            true = 80.0 * np.exp2(-np.array(time) / (35.5 * np.exp(0.3 * rng.standard_normal())))
            samples = Samples(time, tuple(true), tuple(0.05 * true), HALF_LIFE_H)
            curves += [OrganCycle(str(patient), organ, cycle, samples) for organ in ("kidneys", "parotid")]
    priors = dict.fromkeys(("kidneys", "parotid"), TeffPrior(35.5, 0.3))
    print(f"joint fit of {len(curves)} curves: {_seconds(lambda: fit_joint(curves, priors, 0.15)):.2f} s")


def bench_projections() -> None:
    rng = np.random.default_rng(2)
    dose, random = rng.uniform(2.0, 22.0, 100_000), rng.uniform(0.1, 1.0, 100_000)

    def ours() -> None:
        room = largest_next_dose(dose, random, (0.1, 0.15), 23.0, 0.05)
        probability_above(dose + room, np.hypot(0.1 * (dose + room), random), 23.0)

    ours()
    print(f"100,000 next-cycle projections: {_seconds(ours):.4f} s")


if __name__ == "__main__":
    bench_mono_fits()
    bench_intervals()
    bench_joint_fit()
    bench_projections()
