"""Cumulative activity of each subject over cycles."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from galu.report.blocks import Picture
from galu.report.figures.style import SOFT, colour_of, level_name, picture
from galu.trial.flow import ExposureRow


def cumulative_activity(
    rows: Sequence[ExposureRow], activities: dict[int, str], planned: dict[int, list[float]]
) -> Picture:
    """A panel per level; the dashed line is the plan."""
    levels = sorted({row.level for row in rows}, key=lambda level: level or 0)
    alt = f"Cumulative net activity over cycles at {len(levels)} dose levels, with the planned activity"
    words = ("cumulative-activity", "Cumulative net activity over cycles; dashed: as planned", alt)

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
        for axes, level in zip(panels, levels, strict=True):
            courses: dict[str, list[float]] = {}
            for row in rows:
                if row.level == level and row.cumulative_mbq is not None:
                    courses.setdefault(row.subject, []).append(row.cumulative_mbq / 1000.0)
            most = max(map(len, courses.values()))
            plan = planned.get(level, [])[:most] if level is not None else []
            if plan:
                axes.plot(range(1, len(plan) + 1), plan, color=SOFT, ls=(0, (4, 3)), lw=1.0)
            for course in courses.values():
                axes.plot(
                    range(1, len(course) + 1), course, ".-", color=colour_of(level), lw=0.8, ms=3.5, alpha=0.6
                )
            axes.set_title(f"{level_name(level, activities)} (n = {len(courses)})")
            axes.set(xlabel="administration", xlim=(0.7, most + 0.3))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        panels[0].set_ylim(bottom=0.0)
        panels[0].set_ylabel("cumulative net activity [GBq]")

    return picture(words, (8.6, 2.9), paint)
