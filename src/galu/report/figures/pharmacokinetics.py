"""Concentration over time, logarithmic, a panel per dose level or analyte."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from galu.pharmacokinetics import Profile
from galu.report.blocks import Picture
from galu.report.figures.style import SOFT, colour_of, draw_courses, level_name, picture, plain_decades
from galu.trial.profiles import SubjectProfile


def concentrations(profiles: Sequence[SubjectProfile], activities: dict[int, str]) -> Picture:
    """Profiles of the first cycle: thin lines are subjects, the thick one their geometric mean."""
    matrix, unit = profiles[0].matrix, profiles[0].profile.conc_unit if profiles[0].profile else ""
    levels = sorted({one.level for one in profiles}, key=lambda level: level or 0)
    name = f"concentration-{matrix.replace(' ', '-')}".lower()
    caption = f"{matrix}: {profiles[0].analyte} over time, cycle 1; thick line: geometric mean"
    alt = f"Concentrations in {matrix} over time of {len(profiles)} subjects, logarithmic scale"

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
        for axes, level in zip(panels, levels, strict=True):
            own = [one.profile for one in profiles if one.level == level and one.profile is not None]
            courses = [list(zip(p.time_h[p.conc > 0.0], p.conc[p.conc > 0.0], strict=True)) for p in own]
            draw_courses(axes, courses, colour_of(level), 0.6, 0.45)
            times, means = _geometric_means([(p.time_h, p.conc) for p in own])
            axes.plot(times, means, color=colour_of(level), lw=2.0, marker="o", ms=3)
            axes.set_yscale("log")
            plain_decades(axes.yaxis)
            axes.set(xlabel="hours since the start of the administration")
            axes.set_title(f"{level_name(level, activities)} (n = {len(own)})")
        panels[0].set_ylabel(f"concentration [{unit}]")

    return picture((name, caption, alt), (8.6, 3.3), paint)


def median_concentrations(profiles: Sequence[SubjectProfile], activities: dict[int, str]) -> Picture:
    """Medians of each level on one axis, with the limit of quantification.

    A sample below the limit counts as lower than every value; a median that is below is drawn hollow, at the
    limit. Times at which fewer than half of a level's subjects were sampled are left out.
    """
    matrix, unit = profiles[0].matrix, profiles[0].profile.conc_unit if profiles[0].profile else ""
    levels = sorted({one.level for one in profiles}, key=lambda level: level or 0)
    limits = _limits(profiles)
    name = f"median-concentration-{matrix.replace(' ', '-')}".lower()
    said = "dashed: limit of quantification" if limits else "no limit of quantification was recorded"
    caption = f"{matrix}: median {profiles[0].analyte} by level, cycle 1; {said}; hollow: median below it"
    alt = f"Median concentrations in {matrix} over time of {len(levels)} dose levels, logarithmic scale"

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for level in levels:
            own = [one.profile for one in profiles if one.level == level and one.profile is not None]
            times, medians = _medians(own)
            label = f"{level_name(level, activities)} (n = {len(own)})"
            colour = colour_of(level)
            axes.plot(times, medians, color=colour, lw=1.8, marker="o", ms=4, label=label)
            below = [time for time, value in zip(times, medians, strict=True) if np.isnan(value)]
            if limits and below:
                axes.plot(below, [limits[1]] * len(below), mfc="none", mec=colour, marker="v", ms=6, ls="")
        for limit in dict.fromkeys(limits):
            axes.axhline(limit, color=SOFT, ls="--", lw=1.0)
        if limits:
            at = axes.get_yaxis_transform()
            axes.text(0.45, limits[1], "limit of quantification", color=SOFT, transform=at, fontsize=8,
                      ha="center", va="bottom")  # fmt: skip
        axes.set_yscale("log")
        plain_decades(axes.yaxis)
        axes.set(xlabel="hours since the start of the administration", ylabel=f"concentration [{unit}]")
        axes.legend(loc="upper right")

    return picture((name, caption, alt), (7.0, 3.6), paint)


def _limits(profiles: Sequence[SubjectProfile]) -> tuple[float, ...]:
    """Smallest and largest limit of quantification, or nothing."""
    known = [
        np.asarray(one.profile.lloq, dtype=float).ravel()
        for one in profiles
        if one.profile is not None and one.profile.lloq is not None
    ]
    values = np.concatenate(known) if known else np.array([])
    values = values[np.isfinite(values) & (values > 0.0)]
    return (float(values.min()), float(values.max())) if values.size else ()


def _medians(profiles: Sequence[Profile]) -> tuple[list[float], list[float]]:
    """Median over subjects near each time; NaN where it lies below quantification."""
    groups: dict[int, list[tuple[float, float]]] = {}
    for one in profiles:
        limit = np.nan if one.lloq is None else one.lloq
        below = (one.conc <= 0.0) | (one.conc < limit)
        for time, value, low in zip(one.time_h, one.conc, below, strict=True):
            if low or value > 0.0:  # neither is a missing sample
                groups.setdefault(_near(time), []).append((float(time), -np.inf if low else float(value)))
    kept = sorted(key for key, found in groups.items() if 2 * len(found) >= len(profiles))
    times = [float(np.mean([time for time, _ in groups[key]])) for key in kept]
    return times, [_middle(sorted(value for _, value in groups[key])) for key in kept]


def _middle(values: list[float]) -> float:
    """Median of rising values, the geometric mean of two; NaN where one of them is below quantification."""
    pair = values[(len(values) - 1) // 2], values[len(values) // 2]
    return float(np.sqrt(pair[0] * pair[1])) if min(pair) > 0.0 else float("nan")


def _near(time_h: float) -> int:
    """Times with one number belong together."""
    return round(float(np.log1p(time_h)) * 8.0)


def _geometric_means(
    profiles: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[list[float], list[float]]:
    """Geometric mean over subjects where half of them or more have a value near the same time."""
    groups: dict[int, list[float]] = {}
    centres: dict[int, list[float]] = {}
    for times, values in profiles:
        for time, value in zip(times, values, strict=True):
            if value > 0.0:
                key = _near(time)
                groups.setdefault(key, []).append(float(np.log(value)))
                centres.setdefault(key, []).append(float(time))
    kept = sorted(key for key, found in groups.items() if 2 * len(found) >= len(profiles))
    return [float(np.mean(centres[k])) for k in kept], [float(np.exp(np.mean(groups[k]))) for k in kept]
