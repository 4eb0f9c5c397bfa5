"""Summaries of a parameter over the subjects of a dose level, cycle and matrix."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from galu.pharmacokinetics.profile import Parameter


@dataclass(frozen=True, slots=True)
class Summary:
    """What is reported of one parameter of a cohort.

    `geometric_mean` and `geometric_cv_percent` need positive values, a CV at least two; None otherwise.
    `n_missing` counts subjects without a value, whose reasons are in `reasons`.
    """

    code: str
    unit: str
    n: int
    n_missing: int
    mean: float | None
    sd: float | None
    geometric_mean: float | None
    geometric_cv_percent: float | None
    median: float | None
    minimum: float | None
    maximum: float | None
    reasons: tuple[str, ...] = ()


def summary(parameters: Iterable[Parameter]) -> Summary:
    """Summary of one parameter over subjects; all must share code and unit.

    The geometric CV is ``100 √(e^{s²} − 1)`` with s the standard deviation of the logarithms.

    Raises
    ------
    ValueError
        When codes or units differ, or there is no parameter at all.
    """
    rows = tuple(parameters)
    kinds = {(row.code, row.unit) for row in rows}
    if len(kinds) != 1:
        raise ValueError(f"one code and unit are needed, not {sorted(kinds)}")
    code, unit = kinds.pop()
    x = np.array([row.value for row in rows if row.value is not None], float)
    reasons = tuple(sorted({row.reason for row in rows if row.value is None}))
    n = len(x)
    if n == 0:
        return Summary(code, unit, 0, len(rows), None, None, None, None, None, None, None, reasons)
    positive = bool(np.all(x > 0.0))
    spread = float(np.log(x).std(ddof=1)) if positive and n > 1 else None
    return Summary(
        code,
        unit,
        n,
        len(rows) - n,
        float(x.mean()),
        float(x.std(ddof=1)) if n > 1 else None,
        float(np.exp(np.log(x).mean())) if positive else None,
        100.0 * math.sqrt(math.expm1(spread**2)) if spread is not None else None,
        float(np.median(x)),
        float(x.min()),
        float(x.max()),
        reasons,
    )
