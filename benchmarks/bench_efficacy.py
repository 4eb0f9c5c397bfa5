"""Speed of the survival core and of RECIST, the curves beside plainer code that gives the same."""

from __future__ import annotations

from datetime import date, timedelta
from time import perf_counter

import numpy as np

from galu.efficacy.recist import Measurement, visit_responses
from galu.efficacy.survival import kaplan_meier


def plain_curve(time, event):
    survival, curve = 1.0, []
    for t in sorted(set(time)):
        n = sum(1 for x in time if x >= t)
        d = sum(1 for x, e in zip(time, event, strict=True) if x == t and e)
        survival *= (n - d) / n
        curve.append(survival)
    return curve


def sorted_curve(time, event):
    """As most would write it for many rows: distinct times by sorting, counts by bins."""
    distinct, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, weights=event)
    at_risk = time.size - np.concatenate(([0], np.bincount(place).cumsum()[:-1]))
    return distinct, np.cumprod(1.0 - events / at_risk)


def seconds(function, *args, repeat=5):
    best = float("inf")
    for _ in range(repeat):
        start = perf_counter()
        function(*args)
        best = min(best, perf_counter() - start)
    return best


def readings(patients=200, targets=5, visits=8):
    rng = np.random.default_rng(2)
    start = date(2024, 1, 1)
    return [
        [
            Measurement(f"T{t}", start + timedelta(weeks=8 * v), f"W{8 * v}", float(size))
            for v, row in enumerate(rng.uniform(5.0, 60.0, (visits, targets)))
            for t, size in enumerate(row)
        ]
        for _ in range(patients)
    ]


def main():
    rng = np.random.default_rng(1)
    large = rng.exponential(10.0, 1_000_000), rng.random(1_000_000) < 0.7
    days = np.ceil(large[0] * 30)
    # Distinct times are compared in time only: nearly equal ones are ties here, as in R.
    assert np.allclose(sorted_curve(days, large[1])[1], kaplan_meier(days, large[1]).survival)
    for name, time in (("distinct times", large[0]), ("whole days", days)):
        ours, plain = seconds(kaplan_meier, time, large[1]), seconds(sorted_curve, time, large[1], repeat=2)
        print(f"1e6 rows, {name}: {ours:.3f} s with limits, a sorted curve {plain / ours:.1f} times as long")
    small = np.ceil(rng.exponential(300.0, 43)), rng.random(43) < 0.7
    ours = seconds(kaplan_meier, *small, repeat=500)
    plain = seconds(plain_curve, small[0].tolist(), small[1].tolist(), repeat=50)
    print(f"n = 43: {ours * 1e3:.4f} ms a fit, a plain loop {plain / ours:.1f} times as long")
    assert np.allclose(plain_curve(small[0].tolist(), small[1].tolist()), kaplan_meier(*small).survival)
    patients = readings()
    spent = seconds(lambda: [visit_responses(one) for one in patients], repeat=3)
    print(f"RECIST: {200 * 7 / spent:,.0f} visits/s of 5 targets")


if __name__ == "__main__":
    main()
