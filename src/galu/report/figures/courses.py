"""Figures of laboratory courses: a panel a dose level, CTCAE grades as bands, who stands out by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator

from galu.report.blocks import Picture
from galu.report.courses import MULTIPLES, Courses, Line
from galu.report.figures.style import (
    GRADES,
    INK,
    SOFT,
    colour_of,
    draw_courses,
    level_name,
    picture,
    plain_decades,
)

#: Beyond so many lines a panel shows the middle of them as a band, and only who stands out as lines.
CROWD: Final = 80
#: So many subjects are named in a panel, the worst first.
NAMED: Final = 8
#: Room for a name, and for the ticks at the foot, as shares of a panel's height.
STEP: Final = 0.075
FOOT: Final = 0.08
_LEADER: Final = {"arrowstyle": "-", "lw": 0.4, "color": SOFT, "shrinkA": 0, "shrinkB": 2}
#: Panels in a row.
ACROSS: Final = 3
SEVERE: Final = "#b3261e"
WAITS: Final = "#b58900"
_LOOKS: Final = {"severe": (SEVERE, "-"), "suspect": (WAITS, (0, (4, 2))), "pending": (WAITS, (0, (1, 1.5)))}
_WORDS: Final = {
    "severe": "grade 3 or more",
    "suspect": "pending, may have had a toxicity",
    "pending": "pending",
}


def lab_course(found: Courses, activities: dict[int, str]) -> Picture:
    """Values of one test since the first dose."""
    levels = sorted({line.level for line in found.lines}, key=lambda level: (level is None, level or 0))
    severe = sum(line.mark == "severe" for line in found.lines)
    caption = f"{found.name} [{found.unit}] since the first dose, CTCAE grades as bands"
    alt = (
        f"{found.name} of {len(found.lines)} subjects at {len(levels)} dose levels since the first dose; "
        f"{severe} reached grade 3 or more"
    )

    columns = min(ACROSS, len(levels))
    rows = -(-len(levels) // columns)

    def paint(figure: Figure) -> None:
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        reach = _reach(panels[0], found)
        panels[0].set_ylim(*reach)
        for i, (axes, level) in enumerate(zip(panels, levels, strict=False)):
            lines = [line for line in found.lines if line.level == level]
            _bands(axes, found, reach, named=(i + 1) % columns == 0 or i + 1 == len(levels))
            _crowd(axes, lines, colour_of(level))
            _outstanding(axes, lines)
            _doses(axes, lines)
            axes.set_title(f"{level_name(level, activities)} (n = {len(lines)})")
            axes.set_ylim(*reach)
            axes.set_xlabel("weeks since the first dose")
            axes.set_ylabel(found.unit if i % columns == 0 else "")
        for axes in panels[len(levels) :]:
            axes.set_visible(False)
        _legend(figure, found, reach)

    return picture((f"lab-course-{found.test.lower()}", caption, alt), (8.6, 0.6 + 2.5 * rows), paint)


def _reach(axes: Axes, found: Courses) -> tuple[float, float]:
    """Both ends of the axis, nothing beyond them; logarithmic for multiples and for values far apart."""
    values = [one.value for line in found.lines for one in line.points]
    limits = [value for _, value in found.cuts]
    shown = [value for grade, value in found.cuts if grade <= 2] if found.direction == "H" else limits
    low, high = min([*values, *shown]), max([*values, *shown])
    usual = float(np.percentile(values, 95)) if values else 1.0
    if min(values, default=0.0) > 0.0 and (found.unit == MULTIPLES or high > 8.0 * max(usual, 1e-12)):
        axes.set_yscale("log")
        plain_decades(axes.yaxis)
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        return 0.85 * low, 1.2 * high
    far = low > 0.35 * high
    return (0.85 * low if far else min(0.0, 1.05 * low)), 1.05 * high


def _bands(axes: Axes, found: Courses, reach: tuple[float, float], named: bool) -> None:
    """Grades from where they begin to the next one, with their number at the edge of the last panel."""
    for i, (grade, begins) in enumerate(found.cuts):
        harder = (
            found.cuts[i + 1][1] if i + 1 < len(found.cuts) else reach[0 if found.direction == "L" else 1]
        )
        low, high = sorted((begins, harder))
        low, high = max(low, reach[0]), min(high, reach[1])
        if low >= high:
            continue
        axes.axhspan(low, high, color=GRADES[grade - 1], alpha=0.32, lw=0, zorder=0.1)
        if named:
            middle = (low * high) ** 0.5 if axes.get_yscale() == "log" else 0.5 * (low + high)
            axes.annotate(f"G{grade}", (1.0, middle), xycoords=("axes fraction", "data"), xytext=(4, 0),
                          textcoords="offset points", va="center", size=7.0, color=SOFT,
                          annotation_clip=False)  # fmt: skip


def _crowd(axes: Axes, lines: Sequence[Line], colour: str) -> None:
    """Everybody else as thin lines; a crowd as its median and the middle 80 %, week by week."""
    if len(lines) <= CROWD:
        plain = [[(p.week, p.value) for p in line.points] for line in lines if not line.mark]
        draw_courses(axes, plain, colour, 0.7, 0.45)
        return
    weeks: dict[int, list[float]] = {}
    for line in lines:
        for point in line.points:
            weeks.setdefault(round(point.week), []).append(point.value)
    told = sorted(
        (week, np.percentile(values, (10, 50, 90))) for week, values in weeks.items() if len(values) > 9
    )
    if told:
        x = [week for week, _ in told]
        low, middle, high = np.array([quantiles for _, quantiles in told]).T
        axes.fill_between(x, low, high, color=colour, alpha=0.28, lw=0)
        axes.plot(x, middle, color=colour, lw=1.6)


def _outstanding(axes: Axes, lines: Sequence[Line]) -> None:
    """Who reached grade 3, or is pending, as lines with the worst result as a dot; a crowd mostly as dots."""
    for mark, (colour, dashes) in _LOOKS.items():
        own = _urgent_first(line for line in lines if line.mark == mark)
        drawn = own if len(lines) <= CROWD else own[:NAMED]
        courses = [[(p.week, p.value) for p in line.points] for line in drawn]
        faint = 0.9 if len(own) <= CROWD else 0.25
        axes.add_collection(
            LineCollection(courses, colors=colour, linewidths=1.0, linestyles=[dashes], alpha=faint)
        )
        ends = [line.worst for line in own]
        axes.plot([p.week for p in ends], [p.value for p in ends], "o", ms=3, color=colour, alpha=faint)
    _name(axes, _urgent_first(line for line in lines if line.mark))
    axes.autoscale_view(scaley=False)


def _urgent_first(lines: Iterable[Line]) -> list[Line]:
    order = list(_LOOKS)
    return sorted(lines, key=lambda one: (order.index(one.mark), -(one.worst.grade or 0), one.subject))


def _name(axes: Axes, lines: Sequence[Line]) -> None:
    """Names of the first lines at the right edge, one above the other, each led to its worst result."""
    into = axes.transData + axes.transAxes.inverted()
    axes.autoscale_view(scaley=False)
    spots = sorted(
        (into.transform((one.worst.week, one.worst.value))[1], one.subject, one) for one in lines[:NAMED]
    )
    beneath = FOOT - STEP
    for height, subject, line in spots:
        beneath = min(max(height, beneath + STEP), 1.0)
        axes.annotate(_short(subject), (line.worst.week, line.worst.value), xytext=(0.995, beneath),
                      textcoords="axes fraction", ha="right", va="center", size=6.5, color=INK,
                      arrowprops=_LEADER)  # fmt: skip
    if len(lines) > NAMED:
        axes.annotate(f"and {len(lines) - NAMED} more, in the table", (0.995, 0.97), xycoords="axes fraction",
                      ha="right", va="top", size=6.5, color=SOFT)  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= 14 else name[:13] + "…"


def _doses(axes: Axes, lines: Sequence[Line]) -> None:
    """Every dose as a tick at the foot of the panel."""
    ticks = [[(week, 0.0), (week, 0.035)] for week in sorted({week for line in lines for week in line.doses})]
    axes.add_collection(
        LineCollection(ticks, colors=INK, linewidths=0.8, alpha=0.7, transform=axes.get_xaxis_transform()),
        autolim=False,
    )


def _legend(figure: Figure, found: Courses, reach: tuple[float, float]) -> None:
    marks = [mark for mark in _LOOKS if any(line.mark == mark for line in found.lines)]
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=_LOOKS[mark][0], ls=_LOOKS[mark][1], lw=1.2, label=_WORDS[mark])
        for mark in marks
    ]
    handles.append(Line2D([], [], color=INK, marker="|", ls="", ms=6, label="dose"))
    handles += [
        Patch(color=GRADES[grade - 1], alpha=0.5, label=f"grade {grade}")
        for grade, at in found.cuts
        if _is_seen(at, found, reach)
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles))


def _is_seen(begins: float, found: Courses, reach: tuple[float, float]) -> bool:
    return begins > reach[0] if found.direction == "L" else begins < reach[1]
