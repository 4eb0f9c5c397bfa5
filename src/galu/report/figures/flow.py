"""Flow of subjects: boxes from consent to the end of treatment."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from galu.report.blocks import Picture
from galu.report.figures.style import INK, RULE, SERIES, SOFT, picture
from galu.trial.flow import Flow

#: Height of a line beside a box, in the units of the drawing.
_LINE = 3.8


def flow_diagram(flow: Flow) -> Picture:
    """Screened, failed, enrolled, dosed, and how treatment ended."""
    alt = (
        f"{flow.screened} screened, {flow.screen_failed} failed screening, {flow.enrolled} enrolled, "
        f"{flow.dosed} dosed, {flow.on_treatment} on treatment, {flow.completed} completed, "
        f"{sum(flow.left.values())} left treatment, {flow.died} died"
    )
    words = ("flow", "Flow of subjects", alt)
    lines = 3 + min(len(flow.left), 5)
    return picture(words, (8.6, 1.25 + 0.26 * lines), lambda figure: _paint(figure, flow, lines))


def _paint(figure: Figure, flow: Flow, lines: int) -> None:
    axes = figure.add_subplot()
    axes.set(xlim=(0, 100), ylim=(26 - _LINE * lines, 42))
    axes.axis("off")
    first = ("screened", flow.screened) if flow.screened else ("known to the record", flow.known)
    slots = flow.enrolled > 0 or not flow.dosed
    main = (
        [first, ("enrolled", flow.enrolled), ("dosed", flow.dosed)]
        if slots
        else [first, ("dosed", flow.dosed)]
    )
    step = 34 if slots else 50
    for i, (word, count) in enumerate(main):
        _box(axes, (2 + step * i, 30), 22, (str(count), word), SERIES[0])
        if i:
            _arrow(axes, (24 + step * (i - 1), 35.5), (2 + step * i, 35.5))
    _list(axes, 2, [("failed screening", flow.screen_failed), ("in screening", flow.in_screening)])
    if slots:
        waiting = max(0, flow.enrolled - flow.dosed)
        _list(axes, 36, [("enrolled, not dosed", waiting), ("got the imaging agent", flow.imaged)])
    ends = [("on treatment", flow.on_treatment), ("completed all cycles", flow.completed)]
    reasons = list(flow.left.items())
    ends += [(f"left: {_short(cause)}", count) for cause, count in reasons[:4]]
    if len(reasons) > 4:
        ends.append(("left: other reasons", sum(count for _, count in reasons[4:])))
    _list(axes, 2 + step * (len(main) - 1), [*ends, ("died (at any time)", flow.died)])


def _short(cause: str) -> str:
    words = cause.capitalize() if cause.isupper() else cause
    return words if len(words) <= 28 else words[:27] + "…"


def _box(axes: Axes, at: tuple[float, float], width: float, words: tuple[str, str], colour: str) -> None:
    x, y = at
    shape = FancyBboxPatch(
        at, width, 11, boxstyle="round,pad=0,rounding_size=1.2", fc="none", ec=colour, lw=1.4
    )
    axes.add_patch(shape)
    axes.text(x + width / 2, y + 7.2, words[0], ha="center", va="center", size=15, weight="bold", color=INK)
    axes.text(x + width / 2, y + 2.6, words[1], ha="center", va="center", size=9, color=SOFT)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": SOFT, "lw": 1.1})


def _list(axes: Axes, x: float, lines: list[tuple[str, int]]) -> None:
    bottom = 27 - _LINE * (len(lines) - 1)
    axes.plot([x + 1, x + 1], [29.4, bottom], color=RULE, lw=1.2)
    for i, (word, count) in enumerate(lines):
        y = 27 - _LINE * i
        axes.text(x + 5.5, y, str(count), ha="right", va="center", size=9, weight="bold")
        axes.text(x + 6.5, y, word, ha="left", va="center", size=8.5, color=SOFT)
