"""Grading speed: the vectorised table beside grading row by row."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import polars as pl

from galu.safety.ctcae import grade_labs

#: Term, direction, unit, range of values, limits of normal; a third of the liver baselines is abnormal.
TESTS = (
    ("Platelet count decreased", "L", "10^9/L", (5.0, 300.0), (150.0, 400.0)),
    ("Neutrophil count decreased", "L", "10^9/L", (0.1, 8.0), (2.0, 7.0)),
    ("Anemia", "L", "g/L", (60.0, 160.0), (130.0, 170.0)),
    ("Alanine aminotransferase increased", "H", "U/L", (10.0, 900.0), (5.0, 40.0)),
    ("Creatinine increased", "H", "umol/L", (50.0, 700.0), (60.0, 106.0)),
    ("Hypokalemia", "L", "mmol/L", (2.0, 5.5), (3.5, 5.1)),
)


def rows(count: int) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    pick = rng.integers(0, len(TESTS), count)
    low, high = (np.array([test[3][side] for test in TESTS])[pick] for side in (0, 1))
    return pl.DataFrame(
        {
            "TERM": np.array([test[0] for test in TESTS])[pick],
            "DIRECTION": np.array([test[1] for test in TESTS])[pick],
            "AVALU": np.array([test[2] for test in TESTS])[pick],
            "AVAL": rng.uniform(low, high),
            "ANRLO": np.array([test[4][0] for test in TESTS])[pick],
            "ANRHI": np.array([test[4][1] for test in TESTS])[pick],
            "BASE": rng.uniform(low, high),
            "BNRIND": rng.choice(["NORMAL", "NORMAL", "HIGH"], count),
        }
    )


def grade_row_by_row(frame: pl.DataFrame) -> list[int | None]:
    return [grade_labs(frame[i : i + 1])[0] for i in range(frame.height)]


def bench_grading(count: int = 1_000_000) -> dict[str, float]:
    frame = rows(count)
    grade_labs(frame[:1000])
    start = perf_counter()
    grade_labs(frame)
    fast = count / (perf_counter() - start)
    start = perf_counter()
    grade_row_by_row(frame[:300])
    slow = 300 / (perf_counter() - start)
    return {"rows_per_s": fast, "row_by_row_per_s": slow, "ratio": fast / slow}


if __name__ == "__main__":
    print(bench_grading())
