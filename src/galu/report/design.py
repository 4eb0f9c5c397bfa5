"""Designs compared on the same simulated patients: the figure and the page around it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

#: Okabe & Ito's colours, told apart by colour-blind readers; hatches carry the same in print.
_COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
_HATCHES: Final = ("", "//", "..", "xx", "\\\\", "++", "oo", "--")

Answer = dict[str, Any]


def comparison_figure(answers: Sequence[Answer], truth: Sequence[float]) -> Any:
    """Draw selection, patients, DLTs and duration of each design.

    Parameters
    ----------
    answers
        What `galu design oc` answers, one of each design.
    truth
        Assumed DLT probability per level.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 7.2), layout="constrained")
    axes = figure.subplots(2, 2)
    levels = [f"{i}\n{p:g}" for i, p in enumerate(truth, start=1)]
    names = [a["design"].replace("@", "\n").replace(";", "\n") for a in answers]
    picks = [[a["select"]["none"], *a["select"]["levels"]] for a in answers]
    errors = [a["se"]["select"] for a in answers]
    _bars(axes[0, 0], ["none", *levels], picks, errors)
    axes[0, 0].set(title="Selected level", ylabel="probability")
    _bars(axes[0, 1], levels, [a["patients"]["levels"] for a in answers], None)
    axes[0, 1].set(title="Patients treated", ylabel="mean number")
    _bars(axes[1, 0], levels, [a["dlts"]["levels"] for a in answers], None)
    axes[1, 0].set(title="Patients with a DLT", ylabel="mean number")
    _durations(axes[1, 1], answers, names)
    bars = axes[0, 0].containers[: len(answers)]
    figure.legend(bars, names, loc="outside lower center", ncols=min(4, len(answers)), frameon=False)
    return figure


def _bars(
    ax: Any, groups: Sequence[str], heights: list[list[float]], errors: list[list[float]] | None
) -> None:
    """Draw groups of bars, one bar of each design; errors are 95 % limits of the simulation."""
    width = 0.8 / len(heights)
    for i, row in enumerate(heights):
        places = [g + (i - (len(heights) - 1) / 2) * width for g in range(len(groups))]
        ax.bar(places, row, width * 0.92, color=_COLOURS[i % 8], hatch=_HATCHES[i % 8], edgecolor="white")
    for i, row in enumerate(errors or []):
        places = [g + (i - (len(heights) - 1) / 2) * width for g in range(len(groups))]
        bounds = [1.96 * e for e in row]
        ax.errorbar(places, heights[i], yerr=bounds, fmt="none", ecolor="#333333", elinewidth=0.9)
    ax.set_xticks(range(len(groups)), groups, fontsize=9)
    ax.set_xlabel("level, with its true DLT probability")
    ax.spines[["top", "right"]].set_visible(False)


def _durations(ax: Any, answers: Sequence[Answer], names: Sequence[str]) -> None:
    known = [(i, a) for i, a in enumerate(answers) if a["duration_days"]["mean"] is not None]
    for i, answer in known:
        days = answer["duration_days"]
        ax.barh(i, days["mean"], 0.6, color=_COLOURS[i % 8], hatch=_HATCHES[i % 8], edgecolor="white")
        ax.errorbar(days["mean"], i, xerr=days["sd"], ecolor="#333333", elinewidth=0.9, capsize=3)
    ax.set_yticks([i for i, _ in known], [names[i] for i, _ in known], fontsize=9)
    ax.invert_yaxis()
    ax.set(title="Duration of the escalation", xlabel="days, mean and standard deviation")
    ax.spines[["top", "right"]].set_visible(False)


def as_png(figure: Any, dpi: int = 150) -> bytes:
    """Render a figure."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def comparison_page(comparison: Answer, png: bytes) -> str:
    """Write the self-contained page: assumptions, figure, tables.

    Parameters
    ----------
    comparison
        What `galu design compare` answers.
    png
        The figure.
    """
    from jinja2 import Environment

    source = files("galu.report").joinpath("design_page.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    return template.render(**comparison, figure=base64.b64encode(png).decode("ascii"))
