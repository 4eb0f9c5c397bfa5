"""Grading speed: the vectorised table beside grading row by row."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import polars as pl

from galu.safety.ctcae import grade_labs


def rows(count: int) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    terms = np.array(["Platelet count decreased", "Neutrophil count decreased", "White blood cell decreased"])
    return pl.DataFrame(
        {
            "TERM": terms[rng.integers(0, 3, count)],
            "DIRECTION": ["L"] * count,
            "AVALU": ["10^9/L"] * count,
            "AVAL": rng.uniform(0.1, 200.0, count),
            "ANRLO": np.full(count, 4.0),
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
