"""Survival from a file and the exact binomial, as plain values ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from galu.binomial import clopper_pearson
from galu.efficacy.survival import Floats, Interval, KaplanMeier, kaplan_meier, log_rank, reverse_kaplan_meier
from galu.finding import InputError
from galu.foreign import require_lines


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _interval(values: tuple[float, float, float]) -> dict[str, float | None]:
    return dict(zip(("estimate", "lower", "upper"), map(_known, values), strict=True))


def _columns(source: Path, names: Sequence[str]) -> pl.DataFrame:
    """The named columns of a CSV file, as text."""
    require_lines(source)
    try:
        frame = pl.read_csv(source, infer_schema=False)
    except FileNotFoundError:
        raise InputError(str(source), "there is no such file", "give the path of a CSV file") from None
    except (OSError, pl.exceptions.PolarsError):
        remedy = "give a CSV file with a header row"
        raise InputError(str(source), "cannot be read as CSV", remedy) from None
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise InputError(
            str(source), f"has no column {', '.join(missing)}", f"name one of {', '.join(frame.columns)}"
        )
    if frame.is_empty():
        raise InputError(str(source), "no rows", "give at least one observation")
    return frame.select(names)


def _numbers(text: pl.Series) -> Floats:
    """Values of a column; what is no finite number is NaN."""
    values = text.str.strip_chars().cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _accept(source: Path, text: pl.Series, good: NDArray[np.bool_], remedy: str) -> None:
    """Refuse a column by its first row that is not `good`."""
    if not good.all():
        row = int(good.argmin())
        place = f"{source.name}, line {row + 2}, column {text.name}"
        raise InputError(place, f"`{text[row] or ''}`", remedy)


def _fit(group: str | None, data: tuple[Floats, Floats], ci: str, tau: float | None) -> dict[str, Any]:
    fit = kaplan_meier(*data, ci=cast(Interval, ci))
    names = ("time", "n_risk", "survival", "std_err", "lower", "upper")
    columns = [getattr(fit, name).tolist() for name in names]
    return {
        "group": group,
        "n": fit.n,
        "events": fit.events,
        "quantiles": [{"prob": p, **_interval(fit.quantile(p))} for p in (0.25, 0.5, 0.75)],
        "points": [dict(zip(names, map(_known, point), strict=True)) for point in zip(*columns, strict=True)],
        "reverse_median": _interval(reverse_kaplan_meier(*data, ci=cast(Interval, ci)).median()),
        "rmst": _restricted_mean(fit, float(data[0].max()), tau),
    }


def _restricted_mean(fit: KaplanMeier, last: float, tau: float | None) -> dict[str, Any]:
    """Restricted mean to `tau`, or to 80 % of the last time; not known beyond it while somebody lives."""
    limit = tau if tau is not None else 0.8 * last
    if limit > last and fit.survival[-1] > 0.0:
        reason = f"the last time is {last:g}, and what comes after it is not known"
        return {"tau": limit, "estimate": None, "se": None, "reason": reason}
    mean = fit.rmst(limit) if tau is not None or limit > 0.0 else (0.0, 0.0)
    return {"tau": limit, "estimate": mean[0], "se": mean[1]}


def kaplan_meier_of_file(
    source: Path, columns: tuple[str, str, str | None], ci: str = "log", tau: float | None = None
) -> dict[str, Any]:
    """Curves by group and the log-rank test; `columns` name time, event (1 = event) and group.

    Restricted means go to `tau`, or to 80 % of the longest time of each group; beyond the last time of a
    group whose last patient lives they are null, with the reason.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    time_name, event_name, by = columns
    table = _columns(source, [name for name in columns if name])
    time, event = _numbers(table[time_name]), _numbers(table[event_name])
    _accept(source, table[time_name], time >= 0.0, "give a time of 0 or more")
    _accept(
        source, table[event_name], (event == 0.0) | (event == 1.0), "code an event as 1, a censoring as 0"
    )
    if by is None:
        return {"groups": [_fit(None, (time, event), ci, tau)], "logrank": None}
    names = table[by].fill_null("").str.strip_chars()
    _accept(source, names, (names != "").to_numpy(), "give the group of every row")
    labels = names.to_numpy().astype(str)
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
