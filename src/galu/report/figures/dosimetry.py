"""Figures of dosimetry: time–activity curves, and cumulative kidney BED against its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from galu.dosimetry import CycleDose, DoseLimit
from galu.report.blocks import Picture
from galu.report.figures.style import INK, SOFT, colour_of, draw_courses, level_name, picture, plain_decades

#: Regions with a panel of their own.
PANELS = 6


@dataclass(frozen=True, slots=True)
class TimeActivity:
    """One region of one subject in the first cycle: what was measured per GBq, and the fit."""

    subject: str
    level: int | None
    region: str
    points: tuple[tuple[float, float], ...]
    dose: CycleDose
    administered_gbq: float


def time_activity(curves: Sequence[TimeActivity], activities: dict[int, str]) -> Picture:
    """Activity per administered GBq over time, a panel per region, one line per subject."""
    regions = sorted({c.region for c in curves}, key=lambda r: (r.startswith("lesion"), r))[:PANELS]
    alt = f"Time-activity curves of cycle 1 in {', '.join(regions)}, fitted curves with measured points"
    words = ("time-activity", "Time–activity curves, cycle 1: measured points and fitted curves", alt)
    columns = min(3, len(regions))
    lines = -(-len(regions) // columns)

    def paint(figure: Figure) -> None:
        panels = figure.subplots(lines, columns, squeeze=False, sharex=True).ravel()
        for axes, region in zip(panels, regions, strict=False):
            _draw(axes, [one for one in curves if one.region == region])
            axes.set_title(region)
            axes.set_yscale("log")
            plain_decades(axes.yaxis)
        for axes in panels[len(regions) :]:
            axes.set_visible(False)
        figure.supxlabel("hours since the start of the infusion", size=9)
        figure.supylabel("activity [MBq] per administered GBq", size=9)
        levels = sorted({c.level for c in curves}, key=lambda level: level or 0)
        handles = [Line2D([], [], color=colour_of(one), label=level_name(one, activities)) for one in levels]
        figure.legend(handles=handles, loc="outside upper right", ncols=len(levels))

    return picture(words, (8.6, 0.8 + 2.3 * lines), paint)


def _draw(axes: Axes, curves: Sequence[TimeActivity]) -> None:
    """Points and fitted curves of one region, all subjects of a level at once."""
    for level in sorted({one.level for one in curves}, key=lambda level: level or 0):
        own = [one for one in curves if one.level == level]
        points = [(time, activity / one.administered_gbq) for one in own for time, activity in one.points]
        if points:
            axes.plot(*zip(*points, strict=True), "o", color=colour_of(level), ms=1.8, alpha=0.6)
        draw_courses(axes, [_fitted(one) for one in own], colour_of(level), 0.7, 0.5)


def _fitted(one: TimeActivity) -> list[tuple[float, float]]:
    """The fitted curve from one hour to the last scan [h, MBq/GBq]; empty where the model has none."""
    curve = one.dose.fit.curve
    if curve is None:
        return []
    last = max((time for time, _ in one.points), default=168.0)
    hours = (last ** (step / 24.0) for step in range(25))
    return [(time, curve.at(time) / one.administered_gbq) for time in hours]


def kidney_strip(
    rows: Sequence[tuple[str, int | None, float, float]],
    limits: Sequence[DoseLimit],
    activities: dict[int, str],
) -> Picture:
    """Cumulative kidney BED of each subject with its uncertainty, against the limits.

    Parameters
    ----------
    rows
        Subject, level, cumulative BED and its standard uncertainty [Gy].
    """
    ordered = sorted(rows, key=lambda row: row[2])
    alt = f"Cumulative kidney BED of {len(rows)} subjects against limits"
    words = ("kidney-bed", "Cumulative kidney BED with its standard uncertainty, against the limits", alt)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for y, (_, level, bed, sigma) in enumerate(ordered):
            axes.errorbar(bed, y, xerr=sigma, fmt="o", ms=3.6, lw=1.0, color=colour_of(level))
        for limit in limits:
            axes.axvline(limit.limit_gy, color="#d55e00", lw=1.0, ls=(0, (4, 3)))
            risk = ", risk factors" if limit.only_with_risk_factors else ""
            axes.annotate(f"{limit.limit_gy:g} Gy {limit.action}{risk}", (limit.limit_gy, 1.0),
                          xycoords=("data", "axes fraction"), xytext=(-3, -4), textcoords="offset points",
                          rotation=90, ha="right", va="top", size=7.5, color=INK)  # fmt: skip
        high = max([limit.limit_gy for limit in limits] + [bed + s for *_, bed, s in ordered])
        axes.set(xlabel="cumulative kidney BED [Gy]", xlim=(0, 1.06 * high), ylim=(-0.8, len(ordered) - 0.2))
        axes.set_yticks(range(len(ordered)), [row[0] for row in ordered], size=6.0)
        axes.grid(axis="y", visible=False)
        levels = sorted({row[1] for row in rows}, key=lambda level: level or 0)
        handles = [
            Line2D([], [], ls="", marker="o", ms=4, color=colour_of(one), label=level_name(one, activities))
            for one in levels
        ]
        figure.legend(handles=handles, loc="outside upper right", ncols=len(levels))
        axes.tick_params(axis="y", colors=SOFT, labelcolor=INK)

    return picture(words, (8.6, max(2.2, 1.0 + 0.115 * len(rows))), paint)
