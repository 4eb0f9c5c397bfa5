"""Survival from a file and the exact binomial, as plain values ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from galu.binomial import clopper_pearson
from galu.desk.response import read_rows
from galu.efficacy.survival import Floats, Interval, kaplan_meier, log_rank, reverse_kaplan_meier
from galu.finding import InputError


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _interval(values: tuple[float, float, float]) -> dict[str, float | None]:
    return dict(zip(("estimate", "lower", "upper"), map(_known, values), strict=True))


def _column(rows: Sequence[dict[str, str]], name: str) -> Floats:
    try:
        return np.array([float(row[name]) for row in rows])
    except ValueError as error:
        raise InputError(f"column {name}", str(error), "give a number in each row") from error


def _fit(group: str | None, data: tuple[Floats, Floats], ci: str, tau: float | None) -> dict[str, Any]:
    fit = kaplan_meier(*data, ci=cast(Interval, ci))
    limit = tau if tau is not None else 0.8 * float(data[0].max())
    mean = fit.rmst(limit)
    names = ("time", "n_risk", "survival", "std_err", "lower", "upper")
    columns = [getattr(fit, name).tolist() for name in names]
    return {
        "group": group,
        "n": fit.n,
        "events": fit.events,
        "quantiles": [{"prob": p, **_interval(fit.quantile(p))} for p in (0.25, 0.5, 0.75)],
        "points": [dict(zip(names, map(_known, point), strict=True)) for point in zip(*columns, strict=True)],
        "reverse_median": _interval(reverse_kaplan_meier(*data, ci=cast(Interval, ci)).median()),
        "rmst": {"tau": limit, "estimate": mean[0], "se": mean[1]},
    }


def kaplan_meier_of_file(
    source: Path, columns: tuple[str, str, str | None], ci: str = "log", tau: float | None = None
) -> dict[str, Any]:
    """Curves by group and the log-rank test; `columns` name time, event (1 = event) and group.

    Restricted means go to `tau`, or to 80 % of the longest time of each group.
    """
    time_name, event_name, by = columns
    rows = read_rows(source, [name for name in columns if name])
    if not rows:
        raise InputError(str(source), "no rows", "give at least one observation")
    time, event = _column(rows, time_name), _column(rows, event_name)
    if by is None:
        return {"groups": [_fit(None, (time, event), ci, tau)], "logrank": None}
    labels = np.array([row[by] for row in rows])
    groups = [
        _fit(str(label), (time[labels == label], event[labels == label]), ci, tau)
        for label in np.unique(labels)
    ]
    test = log_rank(time, event, labels)
    return {
        "groups": groups,
        "logrank": {"chi2": _known(test.chi2), "df": test.df, "p": _known(test.p)},
    }


def exact_binomial(x: int, n: int, level: float = 0.95) -> dict[str, float]:
    """Estimate and Clopper–Pearson limits of `x` among `n`."""
    result = clopper_pearson(x, n, level)
    return {"estimate": result.estimate, "lower": result.lower, "upper": result.upper}
