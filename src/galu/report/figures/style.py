"""One look for every figure: restrained, colour-blind safe, readable in light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from galu.report.blocks import Picture

INK: Final = "#1c2330"
SOFT: Final = "#6b7280"
RULE: Final = "#d9dde3"
#: Okabe and Ito's palette in the order in which series use it.
SERIES: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
#: Grades 1 to 5, light to dark.
GRADES: Final = ("#fde3cf", "#fbb284", "#ee7a3b", "#c64110", "#7a1d0a")
#: Colours of the page that follow its theme; the SVG names them instead of a fixed one.
THEMED: Final = {INK: "var(--ink)", SOFT: "var(--soft)", RULE: "var(--rule)", SERIES[0]: "var(--blue)"}
_STYLE: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "lines.linewidth": 1.4,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
    "svg.fonttype": "none",
    "svg.hashsalt": "galu",
}


#: What is written on every figure, such as SIMULATED.
_STAMP: ContextVar[str] = ContextVar("stamp", default="")


@contextmanager
def stamped(word: str) -> Iterator[None]:
    """Write `word` in the corner of every figure drawn inside; an empty word writes nothing."""
    token = _STAMP.set(word)
    try:
        yield
    finally:
        _STAMP.reset(token)


def draw_courses(
    axes: Axes, courses: Sequence[Sequence[tuple[float, float]]], colour: str, width: float, alpha: float
) -> None:
    """Draw many lines as one artist; a single point is left out."""
    lines = [np.asarray(course, dtype=np.float64) for course in courses if len(course) > 1]
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, alpha=alpha))
    axes.autoscale_view()


def plain_decades(axis: Axis) -> None:
    """Label the decades of a logarithmic axis with plain numbers, and nothing between."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def colour_of(level: int | None) -> str:
    """Colour of a dose level; grey without one."""
    return SOFT if level is None else SERIES[(level - 1) % len(SERIES)]


def level_name(level: int | None, activities: dict[int, str]) -> str:
    """A level as a legend names it."""
    if level is None:
        return "no dose level"
    return f"level {level}" + (f", {activities[level]}" if level in activities else "")


def picture(
    words: tuple[str, str, str], size: tuple[float, float], paint: Callable[[Figure], None]
) -> Picture:
    """Draw a figure of `size` [inch] once as SVG and once as PNG; `words` are name, caption and alt text."""
    name, caption, alt = words
    with matplotlib.rc_context(_STYLE):  # type: ignore[arg-type]  # wants each key as a literal
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        paint(figure)
        if word := _STAMP.get():
            figure.text(
                0.002, 0.003, word, size=7, weight="bold", color="#d9483f", va="bottom", in_layout=False
            )
        svg, png = io.StringIO(), io.BytesIO()
        figure.savefig(
            svg, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
        figure.set_layout_engine("none")
        figure.savefig(png, format="png", dpi=130, facecolor="white")
    return Picture(name, caption, alt, _inline(svg.getvalue(), name, alt), png.getvalue())


def _inline(svg: str, name: str, alt: str) -> str:
    """The SVG as it stands inside a page: own ids, themed colours, a title for who listens."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", body)
    body = re.sub(r' xmlns(:xlink)?="[^"]*"', "", body).replace("xlink:href", "href")
    for fixed, themed in THEMED.items():
        body = body.replace(fixed, themed)
    body = re.sub(r'<svg ([^>]*?)(?:width="([\d.]+)pt") ?', r"<svg \1", body, count=1)
    body = re.sub(r'<svg ([^>]*?)height="[\d.]+pt" ?', r"<svg \1", body, count=1)
    title = alt.replace("&", "&amp;").replace("<", "&lt;")
    return body.replace("<svg ", '<svg role="img" ', 1).replace(">", f"><title>{title}</title>", 1)
