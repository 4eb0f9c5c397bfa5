"""10,000 profiles: compiled beside readable. Run: python benchmarks/bench_pharmacokinetics.py."""

from __future__ import annotations

import time

import numpy as np

from galu.pharmacokinetics import Method, Profile, Route, nca
from galu.pharmacokinetics.batch import nca_batch


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


if __name__ == "__main__":
    fast, readable = bench_nca()
    print(f"10,000 profiles: compiled {fast:.3f} s, readable {readable:.1f} s, ratio {readable / fast:.0f}")
