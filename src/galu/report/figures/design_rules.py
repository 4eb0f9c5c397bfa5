"""Figures of stopping rules and of operating characteristics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from galu.report.blocks import Picture
from galu.report.figures.style import INK, SERIES, SOFT, picture

Points = Sequence[tuple[float, float]]
#: A rule's name, looks, and most responses that stop at each (None: no stop there).
Rule = tuple[str, Sequence[int], Sequence[int | None]]
_RED: Final = "#d55e00"
_GREEN: Final = "#009e73"
#: Bars whose colour returns after six are told apart by these.
_HATCHES: Final = ("", "//", "..")
_DASHES: Final = ("-", (0, (5, 2)), (0, (1, 1)), (0, (5, 1, 1, 1)))


def boundaries(rules: Sequence[Rule], toxic: Rule | None = None) -> Picture:
    """Counts at which a trial stops at each look; futility from below, toxicity from above."""
    told = [f"{name}: at most {k} of {n}" for name, at, most in rules for n, k in zip(at, most, strict=True)
            if k is not None]  # fmt: skip
    if toxic is not None:
        told += [f"{k} DLTs or more of {n}" for n, k in zip(toxic[1], toxic[2], strict=True) if k is not None]
    caption = "Boundaries: counts that stop the trial at each look; lines between looks only lead the eye"
    alt = "Stops with " + ("; ".join(told) or "no count at any look")

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for i, (name, at, most) in enumerate(rules):
            _rule(axes, (name, at, most), (SERIES[i % len(SERIES)], "v" if i else "o", _DASHES[i % 4]))
        if toxic is not None:
            _rule(axes, toxic, (_RED, "^", "-"))
        last = max(n for _, at, _ in (*rules, *((toxic,) if toxic else ())) for n in at)
        axes.set(
            xlabel="patients evaluated",
            ylabel="patients with the event",
            xlim=(0, last * 1.05),
            ylim=(0, None),
        )
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylim(-0.04 * axes.get_ylim()[1], 1.08 * axes.get_ylim()[1])
        figure.legend(loc="outside lower center", ncols=2)

    return picture(("boundaries", caption, alt), (8.6, 3.4), paint)


def _rule(axes: Axes, rule: Rule, look: tuple[str, str, Any]) -> None:
    name, at, most = rule
    points = [(n, k) for n, k in zip(at, most, strict=True) if k is not None]
    if not points:
        axes.plot([], [], color=look[0], label=f"{name}: never within these looks")
        return
    axes.plot(*zip(*points, strict=True), color=look[0], marker=look[1], ls=look[2], ms=6, label=name)
    if len(points) <= 14:
        for n, k in points:
            axes.annotate(str(k), (n, k), xytext=(5, 5), textcoords="offset points", size=8, color=look[0])


def curves(
    words: tuple[str, str, str],
    lines: Sequence[tuple[str, Points]],
    axes_words: tuple[str, str],
    marks: Sequence[tuple[str, float]] = (),
) -> Picture:
    """Lines over a true rate, with vertical marks such as p0 and p1; `axes_words` are x and y."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for i, (name, points) in enumerate(lines):
            axes.plot(
                *zip(*points, strict=True), color=SERIES[i % len(SERIES)], ls=_DASHES[i % 4], label=name
            )
        for name, x in marks:
            axes.axvline(x, color=SOFT, lw=0.9, ls=(0, (4, 3)))
            axes.annotate(f"{name} = {x:g}", (x, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -2),
                          textcoords="offset points", va="top", size=7.5, color=SOFT)  # fmt: skip
        axes.set(xlabel=axes_words[0], ylabel=axes_words[1], xlim=(0, 1))
        axes.set_ylim(bottom=0)
        figure.legend(loc="outside lower center", ncols=3)

    return picture(words, (8.6, 3.2), paint)


def characteristics(
    answers: Sequence[tuple[str, Mapping[str, Any]]], truth: Sequence[float], name: str = "characteristics"
) -> Picture:
    """Selection, patients and DLTs by level; an answer per bar of each group; `name` is the picture's own."""
    told = "; ".join(f"{label}: {_chances(a['select'])}" for label, a in answers)
    caption = "Operating characteristics: probability of selection, mean patients, mean DLTs"
    levels = [f"{i}\n{p:g}" for i, p in enumerate(truth, start=1)]

    def paint(figure: Figure) -> None:
        first, second, third = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
        picks = [[a["select"]["none"], *a["select"]["levels"]] for _, a in answers]
        errors = [a["se"]["select"] if a["se"] else None for _, a in answers]
        bars(first, ["none\n ", *levels], picks, errors)
        first.set(title="Selected", ylabel="probability", ylim=(0, 1))
        bars(second, levels, [a["patients"]["levels"] for _, a in answers], [None] * len(answers))
        second.set(title="Patients", ylabel="mean number")
        bars(third, levels, [a["dlts"]["levels"] for _, a in answers], [None] * len(answers))
        third.set(title="Patients with a DLT", ylabel="mean number")
        for axes in (first, second, third):
            axes.set_xlabel("level, assumed DLT rate")
        if len(answers) > 1:
            drawn, names = first.containers[: len(answers)], [legend_words(label) for label, _ in answers]
            figure.legend(drawn, names, loc="outside lower center", ncols=2)

    return picture((name, caption, f"Selection: {told}"), (8.6, 3.3), paint)


def _chances(select: Mapping[str, Any]) -> str:
    levels = ", ".join(f"level {i} {p:.3f}" for i, p in enumerate(select["levels"], start=1))
    return f"none {select['none']:.3f}, {levels}"


def legend_words(label: str) -> str:
    """A design's name for a legend: its switches on lines of their own."""
    return label.replace("@", "\n").replace(";", "\n")


def bars(
    axes: Axes,
    groups: Sequence[str],
    heights: Sequence[Sequence[float]],
    errors: Sequence[Sequence[float] | None],
) -> list[Any]:
    """Draw groups of bars, one of each row of `heights`, with 95 % limits where errors are known."""
    width, drawn = 0.8 / len(heights), []
    for i, row in enumerate(heights):
        places = [g + (i - (len(heights) - 1) / 2) * width for g in range(len(groups))]
        look: dict[str, Any] = {
            "color": SERIES[i % len(SERIES)],
            "hatch": _HATCHES[i // len(SERIES) % len(_HATCHES)],
        }
        drawn.append(axes.bar(places, row, width * 0.9, alpha=0.85, edgecolor="white", lw=0, **look))
    for i, (row, error) in enumerate(zip(heights, errors, strict=True)):
        if error is not None:
            places = [g + (i - (len(heights) - 1) / 2) * width for g in range(len(groups))]
            axes.errorbar(places, row, yerr=[1.96 * e for e in error], fmt="none", ecolor=INK, elinewidth=0.9)
    if len(heights) == 1:
        for g, (value, se) in enumerate(zip(heights[0], errors[0] or [0.0] * len(groups), strict=True)):
            axes.annotate(
                f"{value:.2f}",
                (g, value + 1.96 * se),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                size=7.5,
            )
        axes.margins(y=0.14)
    axes.set_xticks(range(len(groups)), groups)
    axes.grid(axis="x", visible=False)
    return drawn


def distributions(found: Mapping[str, Any]) -> Picture:
    """How many patients a trial takes, and how many days, over the simulated trials."""
    sizes, days = found["patients"], found["duration_days"]
    mode = max(sizes, key=lambda row: row["probability"])
    alt = f"Most often {mode['patients']} patients ({mode['probability']:.2f})"
    caption = "Distribution over simulated trials: patients" + (" and duration" if days else "")
    if days:
        q = days["quantiles"]
        alt += f"; median duration {q['50%']:.0f} days, 5 % to 95 % {q['5%']:.0f} to {q['95%']:.0f}"

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, 2 if days else 1, squeeze=False)[0]
        panels[0].bar([r["patients"] for r in sizes], [r["probability"] for r in sizes], 0.8, color=SERIES[0])
        panels[0].set(title="Patients in the escalation", xlabel="patients", ylabel="probability")
        if days:
            edges, share = days["histogram"]["edges"], days["histogram"]["shares"]
            panels[1].bar(edges[:-1], share, [b - a for a, b in pairwise(edges)],
                          align="edge", color=_GREEN, edgecolor="white", lw=0.4)  # fmt: skip
            for name, at in days["quantiles"].items():
                axis = panels[1]
                axis.axvline(at, color=SOFT, lw=0.9, ls=(0, (4, 3)))
                axis.annotate(name, (at, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -1),
                              textcoords="offset points", va="top", size=7.5, color=SOFT)  # fmt: skip
            panels[1].set(title="Duration", xlabel="duration of the escalation [days]", ylabel="probability")

    return picture(("distributions", caption, alt), (8.6, 3.1), paint)
