"""Kaplan–Meier curves with confidence band, censor marks and numbers at risk."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from galu.efficacy.survival import KaplanMeier
from galu.report.blocks import Picture
from galu.report.figures.style import INK, SOFT, colour_of, picture
from galu.trial.efficacy import SurvivalResult

DAYS_PER_MONTH = 365.25 / 12.0


def risk_months(results: Sequence[SurvivalResult]) -> list[int]:
    """Months at which numbers at risk are read: six or so, from zero to the last time."""
    last = max((float(r.curve.time[-1]) for r in results if r.curve.time.size), default=0.0) / DAYS_PER_MONTH
    step = next((s for s in (1, 2, 3, 6, 12, 24) if last / s <= 8), 48)
    return list(range(0, math.ceil(last) + 1, step)) or [0]


def at_risk(curve: KaplanMeier, months: Sequence[int]) -> list[int]:
    """Numbers at risk at whole months."""
    return [int(n) for n in curve.at([m * DAYS_PER_MONTH for m in months]).n_risk]


def censored_days(curve: KaplanMeier) -> tuple[list[float], list[float]]:
    """Times with a censoring [days] and the survival there."""
    following = np.append(curve.n_risk[1:], 0)
    gone = curve.n_risk - curve.n_event - following > 0
    return curve.time[gone].tolist(), curve.survival[gone].tolist()


def kaplan_meier_figure(name: str, results: Sequence[SurvivalResult]) -> Picture:
    """One endpoint: all subjects with their band, each dose level beside."""
    endpoint, whole = results[0].endpoint, results[0].curve
    alt = f"Kaplan-Meier curve of {endpoint}: {whole.events} events among {whole.n} subjects"
    caption = (
        f"{endpoint}, Kaplan–Meier. Band: {whole.level:.0%} interval on the {whole.ci} scale, all subjects; "
        "ticks mark censoring"
    )
    months = risk_months(results)

    def paint(figure: Figure) -> None:
        top, below = figure.subplots(2, 1, height_ratios=[4.2, 0.35 + 0.36 * len(results)], sharex=True)
        for result in results:
            _curve(top, result)
        top.set(ylim=(0, 1.03), ylabel="share without event")
        top.set_xlim(left=-0.02 * max(months))
        top.legend(loc="upper right")
        _risk_table(below, results, months)

    return picture((name, caption, alt), (7.6, 3.6 + 0.18 * len(results)), paint)


def _look(result: SurvivalResult) -> tuple[str, float]:
    level = int(result.population.removeprefix("level ")) if result.population != "all" else None
    return (INK, 1.7) if level is None else (colour_of(level), 1.1)


def _curve(axes: Axes, result: SurvivalResult) -> None:
    curve, (colour, width) = result.curve, _look(result)
    time = np.concatenate(([0.0], curve.time)) / DAYS_PER_MONTH
    if result.population == "all":
        low = np.concatenate(([1.0], np.nan_to_num(curve.lower, nan=0.0)))
        high = np.concatenate(([1.0], np.nan_to_num(curve.upper, nan=1.0)))
        axes.fill_between(time, low, high, step="post", color=SOFT, alpha=0.16, lw=0)
    median = result.median_days[0] / DAYS_PER_MONTH
    reached = "median not reached" if math.isnan(median) else f"median {median:.1f} months"
    label = f"{result.population} (n = {curve.n}, {curve.events} events, {reached})"
    axes.step(
        time, np.concatenate(([1.0], curve.survival)), where="post", color=colour, lw=width, label=label
    )
    days, level = censored_days(curve)
    axes.plot(np.array(days) / DAYS_PER_MONTH, level, "|", color=colour, ms=6, mew=0.9)


def _risk_table(axes: Axes, results: Sequence[SurvivalResult], months: Sequence[int]) -> None:
    axes.set(ylim=(-0.6, len(results) - 0.4), xlabel="months since the first dose", xticks=months)
    axes.invert_yaxis()
    axes.set_yticks(range(len(results)), [r.population for r in results])
    axes.set_title("Number at risk", size=8.5)
    axes.tick_params(length=0, axis="y")
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    for y, result in enumerate(results):
        for month, n in zip(months, at_risk(result.curve, months), strict=True):
            axes.text(month, y, str(n), ha="center", va="center", size=8, color=_look(result)[0])
