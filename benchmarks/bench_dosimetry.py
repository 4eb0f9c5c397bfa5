"""Speed of curve fits and projections beside plain twins; run with `python benchmarks/bench_dosimetry.py`."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from commands import cost
from scipy.optimize import least_squares

from galu.dosimetry import largest_next_dose, probability_above
from galu.kinetics import OrganCycle, Samples, TeffPrior, fit_best, fit_joint, intervals_many
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


def bench_command(folder: Path, n: int = 10_000, one_by_one: int = 100) -> None:
    """`galu tac` of n regions with four scans, its answer checked against fits of single regions."""
    rng = np.random.default_rng(5)
    truth = 100.0 * np.exp2(-TIME / rng.uniform(20.0, 60.0, n)[:, None]) * (1.0 - np.exp2(-TIME / 1.5))
    sigma = 0.05 * truth
    activity = truth + sigma * rng.standard_normal(truth.shape)
    path, out = folder / "scans.csv", folder / "answer.json"
    with path.open("w") as file:
        file.write("region,time_h,activity_mbq,sigma_mbq\n")
        for i in range(n):
            scans = zip(TIME.tolist(), activity[i].tolist(), sigma[i].tolist(), strict=True)
            file.writelines(f"lesion {i},{t!r},{a!r},{s!r}\n" for t, a, s in scans)
    taken = cost(["tac", str(path), "--nuclide", "Lu-177", "--json"], out)
    answer = json.loads(out.read_text())
    for i, row in enumerate(answer["regions"][:one_by_one]):
        samples = Samples(tuple(TIME), tuple(activity[i]), tuple(sigma[i]), answer["half_life_h"])
        assert row["tia_mbq_h"] == fit_best(samples).tia_mbq_h, "the command and the fit differ"
    print(f"galu tac of {len(answer['regions'])} regions with four scans: {taken}")


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
    with tempfile.TemporaryDirectory() as where:
        bench_command(Path(where))
    bench_mono_fits()
    bench_intervals()
    bench_joint_fit()
    bench_projections()
