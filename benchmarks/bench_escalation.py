"""Speed of simulated trials by design: compiled kernels beside the plain twin, in CPU seconds of one core."""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

from galu.escalation import design_named
from galu.escalation.blrm_kernels import tally_masses
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.cohorts import simulate_cohorts
from galu.escalation.exact import in_cohorts
from galu.escalation.three_plus_three import ThreePlusThree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from reference.escalation_calendar import course

TWO, FIVE = (0.1, 0.3), (0.05, 0.10, 0.20, 0.35, 0.50)
#: Queue, ten days of screening with 20 % failures, 10 % inevaluable.
FULL = Conditions(42.0, 10.0, True, "uniform", 0.1, 10.0, 0.2)
PLAIN = Conditions(42.0, 10.0)
#: name, switches, truth, conditions, trials, trials of the twin, target in trials per second.
CASES = (
    ("rolling-six", {}, TWO, FULL, 300_000, 30, 1_000_000),
    ("3+3", {}, TWO, FULL, 300_000, 30, 1_000_000),
    ("iq-rolling-six", {}, TWO, FULL, 300_000, 30, None),
    ("boin", {}, FIVE, PLAIN, 100_000, 10, None),
    ("keyboard", {}, FIVE, PLAIN, 100_000, 5, None),
    ("crm", {}, FIVE, PLAIN, 50_000, 5, None),
    ("tite-crm", {}, FIVE, PLAIN, 20_000, 5, 50_000),
    ("tite-boin", {}, FIVE, PLAIN, 50_000, 10, 200_000),
    ("blrm", {}, TWO, PLAIN, 20_000, 3, None),
)

#: Designs by cohorts without a calendar: name and target.
COHORTS = (("boin", 1_000_000), ("keyboard", None), ("crm", 500_000))


def rate(count: int, start: float) -> float:
    return count / (process_time() - start)


def bench_trials() -> dict[str, dict[str, float | int | None]]:
    found = {}
    for name, switches, truth, conditions, count, few, target in CASES:
        design = design_named(name, **switches)
        simulate(design, truth, conditions, 1, range(10))
        speeds = []
        for _ in range(3):
            tally_masses.cache_clear()
            start = process_time()
            simulate(design, truth, conditions, 1, range(count))
            speeds.append(rate(count, start))
        start = process_time()
        for trial in range(few):
            course(design, truth, conditions, 1, trial)
        slow = rate(few, start)
        fast = max(speeds)
        found[name] = {"trials_per_s": fast, "twin_per_s": slow, "ratio": fast / slow, "target": target}
    return found


def bench_cohorts(count: int = 200_000) -> dict[str, dict[str, float | int | None]]:
    found = {}
    for name, target in COHORTS:
        design = design_named(name)
        simulate_cohorts(design, FIVE, 1, range(10))
        speeds = []
        for _ in range(3):
            start = process_time()
            simulate_cohorts(design, FIVE, 1, range(count))
            speeds.append(rate(count, start))
        found[name] = {"trials_per_s": max(speeds), "target": target}
    return found


def bench_exact(repeats: int = 20) -> dict[str, float]:
    start = process_time()
    for _ in range(repeats):
        in_cohorts(ThreePlusThree(), FIVE)
    return {"exact_3_plus_3_five_levels_ms": 1000.0 * (process_time() - start) / repeats}


if __name__ == "__main__":
    for name, row in bench_trials().items():
        target = f", target {row['target']:,}" if row["target"] else ""
        print(
            f"{name:15s} {row['trials_per_s']:>12,.0f} trials/s, twin {row['twin_per_s']:>8,.1f}/s, "
            f"ratio {row['ratio']:>9,.0f}{target}"
        )
    for name, row in bench_cohorts().items():
        target = f", target {row['target']:,}" if row["target"] else ""
        print(f"{name} by cohorts  {row['trials_per_s']:>12,.0f} trials/s{target}")
    print(bench_exact())
