"""Figure of safety: adverse events by worst grade."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from galu.report.blocks import Picture
from galu.report.figures.style import GRADES, SOFT, picture
from galu.safety.tables import AeCount

TERMS = 20


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
