"""Figures of efficacy: waterfalls, spiders, swimmer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from galu.efficacy.psa import change_percent
from galu.report.blocks import Picture
from galu.report.figures.style import INK, SOFT, colour_of, draw_courses, level_name, picture
from galu.trial.efficacy import SubjectEfficacy
from galu.trial.subjects import Subject

WEEK = 7.0
#: Changes above this are drawn to it and labelled [%].
CEILING = 100.0
Activities = dict[int, str]


def tumour_change(one: SubjectEfficacy) -> float | None:
    """Best change of the sum of target diameters from baseline [%]."""
    visits = () if one.soft_tissue is None else one.soft_tissue.visits
    found = [
        100.0 * (v.sum_mm / v.baseline_mm - 1.0) for v in visits if v.sum_mm is not None and v.baseline_mm
    ]
    return min(found, default=None)


def waterfall(
    words: tuple[str, str, str],
    bars: Sequence[tuple[str, int | None, float]],
    lines: Sequence[float],
    activities: Activities,
) -> Picture:
    """Best change of each subject [%], worst first, coloured by dose level, with reference lines."""
    ordered = sorted(bars, key=lambda bar: -bar[2])

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        heights = [min(change, CEILING) for _, _, change in ordered]
        at = range(len(ordered))
        axes.bar(at, heights, color=[colour_of(level) for _, level, _ in ordered], width=0.82)
        for x, (_, _, change) in zip(at, ordered, strict=True):
            if change > CEILING and len(ordered) <= 60:
                axes.text(x, CEILING + 1.5, f"+{change:.0f}", ha="center", va="bottom", size=6.5, rotation=90)
        for line in lines:
            axes.axhline(line, color=SOFT, lw=0.9, ls=(0, (4, 3)))
            axes.annotate(f"{line:+.0f} %".replace("-", "−"), (1.0, line), xycoords=("axes fraction", "data"),
                          xytext=(3, 0), textcoords="offset points", va="center", size=7.5,
                          color=SOFT)  # fmt: skip
        axes.axhline(0, color=INK, lw=0.8)
        axes.set(
            ylabel=words[1].partition(",")[0] + " [%]", ylim=(-104, max(CEILING * 0.4, max(heights) + 22))
        )
        axes.grid(axis="x", visible=False)
        _subject_ticks(axes, [name for name, _, _ in ordered])
        _level_legend(axes, {level for _, level, _ in ordered}, activities)

    return picture(words, (8.6, 3.5), paint)


def _subject_ticks(axes: Axes, names: Sequence[str]) -> None:
    if len(names) > 60:
        axes.set_xticks([])
        axes.set_xlabel(f"{len(names)} subjects")
    else:
        axes.set_xticks(range(len(names)), names, rotation=90, size=6.5)
    axes.set_xlim(-0.7, max(len(names) - 0.3, 8.7))


def _level_legend(axes: Axes, levels: set[int | None], activities: Activities) -> None:
    shown = sorted(levels, key=lambda level: level or 0)
    if shown != [None]:
        handles = [Patch(color=colour_of(level), label=level_name(level, activities)) for level in shown]
        axes.legend(handles=handles, loc="upper right", ncols=len(shown))


def spider(
    words: tuple[str, str, str],
    courses: Sequence[tuple[int | None, Sequence[tuple[float, float]]]],
    activities: Activities,
) -> Picture:
    """Change from baseline over weeks [%], a panel per dose level; courses leave the panel at +200 %."""
    levels = sorted({level for level, _ in courses}, key=lambda level: level or 0)

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
        for axes, level in zip(panels, levels, strict=True):
            own = [points for one, points in courses if one == level]
            draw_courses(axes, own, colour_of(level), 0.9, 0.7)
            axes.plot(*zip(*(points[-1] for points in own), strict=True), ".", color=colour_of(level), ms=4)
            axes.axhline(0, color=INK, lw=0.8)
            axes.set(xlabel="weeks since the first dose", ylim=(-104, 200))
            axes.set_title(f"{level_name(level, activities)} (n = {len(own)})")
        panels[0].set_ylabel("change from baseline [%]")

    return picture(words, (8.6, 3.3), paint)


def psa_course(one: SubjectEfficacy) -> list[tuple[float, float]]:
    """PSA change from baseline over time [weeks, %], from the baseline on."""
    base = one.psa.baseline
    if base is None or base.value_ng_ml <= 0.0:
        return []
    later = [v for v in one.psa_values if v.day > one.start]
    points = [
        ((v.day - one.start).days / WEEK, change_percent(v.value_ng_ml, base.value_ng_ml)) for v in later
    ]
    return [(0.0, 0.0), *sorted(points)] if points else []


def swimmer(
    rows: Sequence[tuple[Subject, SubjectEfficacy | None]], day: date, activities: Activities
) -> Picture:
    """A bar per dosed subject from the first dose to the last contact, with doses and events on it."""
    ordered = sorted(rows, key=lambda row: (row[0].level or 0, _length(row[0], day)))
    alt = f"Time on study of {len(ordered)} dosed subjects with doses, responses, progressions and deaths"
    words = ("swimmer", "Swimmer plot: time on study since the first dose", alt)
    height = max(2.2, 1.3 + 0.125 * len(ordered))
    return picture(words, (8.6, min(height, 22.0)), lambda f: _swim(f, ordered, day, activities))


def _length(subject: Subject, day: date) -> float:
    assert subject.first_dose is not None
    end = subject.died or subject.last_alive or day
    return max(0.0, (end - subject.first_dose).days / WEEK)


def _swim(
    figure: Figure,
    ordered: Sequence[tuple[Subject, SubjectEfficacy | None]],
    day: date,
    activities: Activities,
) -> None:
    axes = figure.add_subplot()
    colours = [colour_of(subject.level) for subject, _ in ordered]
    lengths = [_length(subject, day) for subject, _ in ordered]
    axes.barh(range(len(ordered)), lengths, color=colours, alpha=0.28, height=0.72)
    marks: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for y, (subject, result) in enumerate(ordered):
        for mark, week in _marks(subject, result, lengths[y]):
            marks.setdefault(mark, []).append((week, y))
    for (shape, colour), places in marks.items():
        size, edge = (6, 1.4) if shape == "|" else (4, 0.5)
        axes.plot(*zip(*places, strict=True), ls="", marker=shape, color=colour, ms=size, mew=edge)
    axes.set(xlabel="weeks since the first dose", ylim=(-0.8, len(ordered) - 0.2))
    axes.set_yticks(range(len(ordered)), [subject.id for subject, _ in ordered], size=6.5)
    axes.grid(axis="y", visible=False)
    _swim_legend(axes, {subject.level for subject, _ in ordered}, activities, {mark for mark, _ in marks})


def _marks(
    subject: Subject, result: SubjectEfficacy | None, length: float
) -> Iterator[tuple[tuple[str, str], float]]:
    """Shape and colour of each mark on a bar, with its week; a death is not marked as progression too."""
    start = subject.first_dose
    assert start is not None
    own = colour_of(subject.level)
    for dose in subject.therapy:
        yield ("|", own), (dose.day - start).days / WEEK
    dated = [(("X", INK), subject.died)]
    if result is not None:
        dated.append((("o", "#009e73"), result.psa.psa50.confirmed_on))
        if result.progressed_on is not None and result.progressed_on != subject.died:
            dated.append((("D", "#d55e00"), result.progressed_on))
    for mark, on in dated:
        if on is not None:
            yield mark, (on - start).days / WEEK
    if subject.left("treatment") is None and not subject.dead:
        yield (">", own), length


def _swim_legend(axes: Axes, levels: set[int | None], activities: Activities, drawn: set[str]) -> None:
    """What is drawn, in words: a trial without PSA, or without progressions, has no mark of them."""
    shapes = (("|", SOFT, "dose"), ("o", "#009e73", "PSA50 confirmed"), ("D", "#d55e00", "progression"),
              ("X", INK, "death"), (">", SOFT, "on study"))  # fmt: skip
    handles: list[Line2D | Patch] = [
        Line2D([], [], ls="", marker=mark, color=colour, label=word, ms=5)
        for mark, colour, word in shapes
        if mark in drawn
    ]
    named = sorted(level for level in levels if level is not None)
    handles += [Patch(color=colour_of(one), alpha=0.4, label=level_name(one, activities)) for one in named]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0),
                ncols=4, borderaxespad=4)  # fmt: skip
