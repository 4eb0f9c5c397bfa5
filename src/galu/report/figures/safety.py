"""Figures of safety: adverse events by worst grade, and blood counts over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from galu.report.blocks import Picture
from galu.report.figures.style import GRADES, SOFT, colour_of, draw_courses, level_name, picture
from galu.safety.tables import AeCount

TERMS = 20
#: Tests of the trend figure: code, name.
TRENDS = (("PLAT", "platelets"), ("NEUT", "neutrophils"), ("HGB", "haemoglobin"), ("CREAT", "creatinine"))


def events_by_grade(counts: Sequence[AeCount], treated: int) -> Picture:
    """The most frequent treatment-emergent terms, subjects by worst grade."""
    terms = sorted((c for c in counts if c.term), key=lambda c: (-c.subjects, c.term))[:TERMS]
    alt = f"The {len(terms)} most frequent treatment-emergent terms by worst grade among {treated} subjects"
    words = ("adverse-events", "Most frequent treatment-emergent adverse events by worst grade", alt)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for y, count in enumerate(terms):
            start, ungraded = 0, count.subjects - sum(count.worst)
            for n, colour in zip((*count.worst, ungraded), (*GRADES, SOFT), strict=True):
                axes.barh(y, n, left=start, color=colour, height=0.74)
                start += n
            share = f"{count.subjects} ({count.subjects / treated:.0%})"
            axes.annotate(share, (start, y), xytext=(4, 0), textcoords="offset points", va="center", size=7.5)
        axes.set_yticks(range(len(terms)), [_short(c.term) for c in terms])
        axes.invert_yaxis()
        axes.set(xlabel=f"subjects (of {treated})", xlim=(0, 1.12 * max(c.subjects for c in terms)))
        axes.grid(axis="y", visible=False)
        shown = [i for i in range(5) if any(c.worst[i] for c in terms)]
        handles = [Patch(color=GRADES[i], label=f"grade {i + 1}") for i in shown]
        if any(c.subjects > sum(c.worst) for c in terms):
            handles.append(Patch(color=SOFT, label="no CTCAE grade"))
        axes.legend(handles=handles, loc="lower right")

    return picture(words, (8.6, 0.9 + 0.22 * len(terms)), paint)


def _short(term: str) -> str:
    return term if len(term) <= 44 else term[:43] + "…"


def blood_counts(
    grades: pl.DataFrame, starts: dict[str, tuple[date, int | None]], activities: dict[int, float]
) -> Picture | None:
    """Laboratory values over weeks since the first dose; one line per subject. None without any."""
    shown = [(code, name) for code, name in TRENDS if grades.filter(pl.col("test") == code).height]
    if not shown:
        return None
    words = ("laboratory-courses", "Laboratory values since the first dose, one line per subject",
             f"Courses of {', '.join(name for _, name in shown)} since the first dose")  # fmt: skip

    def paint(figure: Figure) -> None:
        panels = figure.subplots(-(-len(shown) // 2), min(2, len(shown)), squeeze=False).ravel()
        for axes, (code, name) in zip(panels, shown, strict=False):
            rows = grades.filter(pl.col("test") == code).unique(["subject", "day"], keep="first")
            unit = rows["unit"].mode().sort()[0]
            _courses(axes, rows.filter(pl.col("unit") == unit), starts)
            axes.set_title(f"{name} [{unit}]")
            axes.set_xlabel("weeks since the first dose")
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
        levels = sorted({level for _, level in starts.values()}, key=lambda level: level or 0)
        handles = [Patch(color=colour_of(one), label=level_name(one, activities)) for one in levels]
        figure.legend(handles=handles, loc="outside upper right", ncols=len(levels))

    return picture(words, (8.6, 0.6 + 2.2 * -(-len(shown) // 2)), paint)


def _courses(axes: Axes, rows: pl.DataFrame, starts: dict[str, tuple[date, int | None]]) -> None:
    by_level: dict[int | None, list[list[tuple[float, float]]]] = {}
    for (subject,), own in rows.sort("day").group_by(["subject"], maintain_order=True):
        if subject in starts:
            start, level = starts[str(subject)]
            weeks = [(day - start).days / 7.0 for day in own["day"]]
            by_level.setdefault(level, []).append(list(zip(weeks, own["value"], strict=True)))
    many = sum(map(len, by_level.values()))
    for level, courses in by_level.items():
        draw_courses(axes, courses, colour_of(level), 0.7, 0.55 if many < 80 else 0.2)
    axes.axvline(0, color=SOFT, lw=0.8)
