"""Figure of designs compared under several truths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.figure import Figure

from galu.report.blocks import Picture
from galu.report.figures.design_rules import bars, legend_words
from galu.report.figures.style import picture

#: What is drawn of each row, and how its panel is called; wide tables keep the rest.
_PANELS: Final = (
    ("selected_right", "Right dose selected", "probability"),
    ("selected_above", "A dose above it selected", "probability"),
    ("patients_above", "Patients above the right dose", "mean number"),
    ("duration_days", "Duration", "mean days"),
)


def by_truth(rows: Sequence[Mapping[str, Any]]) -> Picture:
    """Selection of the right dose, selection and patients above it, duration: a bar per design."""
    truths = list(dict.fromkeys(tuple(row["truth"]) for row in rows))
    names = list(dict.fromkeys(row["design"] for row in rows))
    told = "; ".join(
        f"truth {', '.join(f'{p:g}' for p in row['truth'])}, {row['design']}: {row['selected_right']:.3f}"
        for row in rows
    )
    words = ("by-truth", "Designs under each truth; the truths are numbered as in the first table", told)

    def paint(figure: Figure) -> None:
        panels = figure.subplots(2, 2).flat
        groups = [_group(number, truth) for number, truth in enumerate(truths, start=1)]
        for axes, (key, title, label) in zip(panels, _PANELS, strict=True):
            heights = [[row[key] or 0.0 for row in rows if row["design"] == name] for name in names]
            errors = [
                [row["selected_right_se"] for row in rows if row["design"] == name]
                if key == "selected_right"
                else None
                for name in names
            ]
            drawn = bars(axes, groups, heights, errors)
            axes.set(title=title, ylabel=label)
            if label == "probability":
                axes.set_ylim(0, 1)
        figure.legend(drawn, [legend_words(name) for name in names], loc="outside lower center", ncols=3)

    return picture(words, (8.6, 5.8), paint)


def _group(number: int, truth: Sequence[float]) -> str:
    """A truth under its bars: its number, and its rates where they are few."""
    return f"{number}\n" + (", ".join(f"{p:g}" for p in truth) if len(truth) <= 3 else "")
