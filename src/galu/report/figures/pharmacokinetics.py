"""Concentration over time, logarithmic, a panel per dose level or analyte."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from galu.report.blocks import Picture
from galu.report.figures.style import colour_of, draw_courses, level_name, picture, plain_decades
from galu.trial.profiles import SubjectProfile


def concentrations(profiles: Sequence[SubjectProfile], activities: dict[int, float]) -> Picture:
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


def _geometric_means(
    profiles: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[list[float], list[float]]:
    """Geometric mean over subjects where half of them or more have a value near the same time."""
    groups: dict[float, list[float]] = {}
    centres: dict[float, list[float]] = {}
    for times, values in profiles:
        for time, value in zip(times, values, strict=True):
            if value > 0.0:
                key = round(float(np.log1p(time)) * 8.0)
                groups.setdefault(key, []).append(float(np.log(value)))
                centres.setdefault(key, []).append(float(time))
    kept = sorted(key for key, found in groups.items() if 2 * len(found) >= len(profiles))
    return [float(np.mean(centres[k])) for k in kept], [float(np.exp(np.mean(groups[k]))) for k in kept]
