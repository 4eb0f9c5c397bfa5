"""Figures of escalation designs: course, decision table, pathways, dose-toxicity bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from galu.escalation.decision import Action
from galu.escalation.outcomes import Outcome, Outcomes
from galu.report.blocks import Picture
from galu.report.figures.style import INK, SERIES, SOFT, picture

#: Colour and letter of each decision, the same in tables and trees; the letter carries it without colour.
ACTIONS: Final[dict[str, tuple[str, str]]] = {
    Action.ESCALATE.value: ("#4db892", "E"),
    Action.SAME.value: ("#8fcdf0", "S"),
    Action.DE_ESCALATE.value: ("#f0b429", "D"),
    Action.ELIMINATE.value: ("#e3764a", "U"),
    Action.SUSPEND.value: ("#c9ced6", "W"),
    Action.DECLARE_MTD.value: ("#d79bbd", "M"),
    Action.DECLARE_HIGHEST.value: ("#b7a5d9", "H"),
    Action.STOP_NO_DOSE.value: ("#c08f7d", "X"),
}
#: Text on a coloured cell: dark in both themes of a page, unlike the page's own ink.
ON_COLOUR: Final = "#10151d"
#: Marker, face, edge and word of each outcome.
MARKS: Final[dict[Outcome, tuple[str, str, str, str]]] = {
    Outcome.NONE: ("o", "none", "#009e73", "no DLT"),
    Outcome.DLT: ("s", "#d55e00", "#d55e00", "DLT"),
    Outcome.PENDING: ("^", "none", "#b07a00", "pending"),
    Outcome.INEVALUABLE: ("x", SOFT, SOFT, "inevaluable"),
}
#: Leaves beyond which a tree is no picture any more.
MOST_LEAVES: Final = 80
Cell = tuple[int, int, int]


def course(outcomes: Outcomes, levels: int, then: tuple[str, int | None] | None) -> Picture:
    """Patients in order of enrolment by level and outcome; `then` is the decision, if any, and its level."""
    count = len(outcomes)
    tallies = ", ".join(
        f"level {k}: {t.dlts} DLT of {t.enrolled}" for k in outcomes.levels_tried if (t := outcomes.tally(k))
    )
    alt = f"{count} patients in order of enrolment; {tallies or 'nobody yet'}"
    caption = "Escalation course: patients in order of enrolment"
    if then is not None:
        word = then[0] + ("" if then[1] is None else f", level {then[1]}")
        alt, caption = f"{alt}; then {word}", f"{caption}, then “{word}”"
    return picture(
        ("escalation-course", caption, alt),
        (8.6, 1.7 + 0.36 * levels),
        lambda f: _course(f, outcomes, levels, then),
    )


def _course(figure: Figure, outcomes: Outcomes, levels: int, then: tuple[str, int | None] | None) -> None:
    axes = figure.add_subplot()
    at = [patient.level for patient in outcomes]
    following = None if then is None else then[1]
    steps = at if following is None else [*at, following]
    axes.plot(range(1, len(steps) + 1), steps, color=SOFT, lw=0.8, alpha=0.6, zorder=1)
    for outcome, (mark, face, edge, _) in MARKS.items():
        places = [(i, p.level) for i, p in enumerate(outcomes, start=1) if p.outcome is outcome]
        if places:
            axes.plot(*zip(*places, strict=True), ls="", marker=mark, ms=8, mfc=face, mec=edge, mew=1.6,
                      zorder=3)  # fmt: skip
    if following is not None:
        axes.plot(
            len(at) + 1, following, ls="", marker="D", ms=7, mfc="none", mec=SERIES[0], mew=1.4, zorder=3
        )
    axes.set(xlabel="patient, in order of enrolment", ylabel="dose level")
    axes.set(xlim=(0.4, max(12.6, len(at) + 1.6)), ylim=(0.5, levels + 0.5))
    axes.set_yticks(range(1, levels + 1))
    step = 1 if len(at) <= 40 else 5
    axes.set_xticks(range(1, max(13, len(at) + 2), step))
    handles = [
        Line2D([], [], ls="", marker=mark, mfc=face, mec=edge, mew=1.6, label=word)
        for mark, face, edge, word in MARKS.values()
    ]
    handles.append(
        Line2D([], [], ls="", marker="D", mfc="none", mec=SERIES[0], label="level of the decision")
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=5)


def decision_table(name: str, rows: Sequence[Mapping[str, Any]]) -> Picture:
    """Decision by evaluable or pending patients and DLTs at a level, a panel per number pending."""
    cells = {(row["enrolled"], row["dlts"], row["pending"]): str(row["decision"]) for row in rows}
    pending = sorted({cell[2] for cell in cells})
    top, left_out = _cropped(cells)
    words = ", ".join(f"{ACTIONS[a][1]} {a}" for a in ACTIONS if a in cells.values())
    alt = f"Decision of {name} for each number of patients and DLTs: {words}"
    caption = f"Decision table of {name}: what follows from each number of patients and of DLTs at a level"
    if left_out:
        caption += f"; {top + 1} or more DLTs: {left_out} throughout"
    columns = min(4, len(pending))
    lines = -(-len(pending) // columns)
    largest = max(cell[0] for cell in cells)
    height = 1.6 + lines * (0.55 + (top + 1) * (0.27 if len(pending) == 1 else 0.2))

    def paint(figure: Figure) -> None:
        panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for axes in panels.flat[len(pending):]:  # fmt: skip
            axes.set_axis_off()
        for axes, waiting in zip(panels.flat, pending, strict=False):
            own = {cell: action for cell, action in cells.items() if cell[2] == waiting and cell[1] <= top}
            _cells(axes, own, 9.0 if largest <= 15 else 6.5)
            axes.set(xlim=(min(c[0] for c in cells) - 0.5, largest + 0.5), ylim=(-0.5, top + 0.5))
            axes.set_title(f"{waiting} pending" if len(pending) > 1 else "all known")
            axes.set_xticks(range(min(c[0] for c in cells), largest + 1, 1 if largest <= 30 else 5))
            axes.set_yticks(range(top + 1))
            axes.grid(visible=False)
        for axes in panels[-1]:
            axes.set_xlabel("patients, pending ones included" if columns == 1 else "patients")
        for axes in panels[:, 0]:
            axes.set_ylabel("with a DLT")
        figure.legend(handles=legend(set(cells.values())), loc="outside lower center", ncols=5)

    return picture(("decision-table", caption, alt), (8.6, height), paint)


def _cropped(cells: Mapping[Cell, str]) -> tuple[int, str]:
    """The last row of DLTs worth a picture, and the one decision of all rows above it, if any."""
    top = most = max(dlts for _, dlts, _ in cells)
    word = {cells[cell] for cell in cells if cell[1] == most}
    while top > 1 and len(word) == 1 and word == {a for (_, y, _), a in cells.items() if y >= top}:
        top -= 1
    top = min(most, top + 1)
    return top, next(iter(word)) if top < most else ""


def _cells(axes: Axes, cells: Mapping[Cell, str], size: float) -> None:
    """Draw each state as a coloured square that carries its own id."""
    for (enrolled, dlts, pending), action in cells.items():
        colour, letter = ACTIONS[action]
        square = Rectangle((enrolled - 0.5, dlts - 0.5), 1, 1, facecolor=colour, edgecolor="white", lw=0.8)
        square.set_gid(f"cell-{enrolled}-{dlts}-{pending}")
        axes.add_patch(square)
        axes.text(enrolled, dlts, letter, ha="center", va="center", size=size, color=ON_COLOUR)


def legend(used: set[str]) -> list[Patch]:
    """A patch per decision in use, with its letter."""
    return [Patch(facecolor=c, label=f"{letter}  {a}") for a, (c, letter) in ACTIONS.items() if a in used]


def leaves(node: Mapping[str, Any]) -> int:
    """Ends of a tree of pathways."""
    return sum(map(leaves, node["then"])) or 1


def pathway_tree(tree: Mapping[str, Any]) -> Picture:
    """A tree from the decision now, over the results of the coming cohorts, to what would follow."""
    ends = leaves(tree)
    depth = _depth(tree)
    caption = "Transition pathways: each possible result of the coming patients, and the decision after it"
    alt = f"Tree of {ends} pathways from “{_answer(tree)}” over {depth} results"

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        used: set[str] = set()
        _branch(axes, tree, (0, 0.0), used)
        axes.set(xlim=(-0.05, depth + 0.95), ylim=(ends - 0.4, -0.6))
        axes.set_axis_off()
        figure.legend(handles=legend(used), loc="outside lower center", ncols=5)

    return picture(("pathways", caption, alt), (9.2, 0.9 + 0.36 * max(3, ends)), paint)


def _depth(node: Mapping[str, Any]) -> int:
    return 1 + max(map(_depth, node["then"])) if node["then"] else 0


def _answer(node: Mapping[str, Any]) -> str:
    return str(node["decision"]) + ("" if node["level"] is None else f", level {node['level']}")


def result_words(node: Mapping[str, Any]) -> str:
    """The results that led to a node, short: DLTs of patients at a level."""
    parts = [f"{r['dlts']}/{r['patients']} at {r['level']}" for r in node["results"]]
    return ", ".join(parts) + (" (pending now)" if node["was_pending"] else "")


def _branch(axes: Axes, node: Mapping[str, Any], at: tuple[int, float], used: set[str]) -> float:
    """Draw a node and all that follows it from the row `at[1]` on; gives the height of the node."""
    column, row = at
    heights = []
    for child in node["then"]:
        heights.append(_branch(axes, child, (column + 1, row), used))
        row += leaves(child)
    y = (heights[0] + heights[-1]) / 2 if heights else row
    for height in heights:
        axes.plot([column + 0.62, column + 0.72, column + 0.9, column + 1.0], [y, y, height, height],
                  color=SOFT, lw=0.8, zorder=1)  # fmt: skip
    action = str(node["decision"])
    used.add(action)
    box = Rectangle((column, y - 0.36), 0.62, 0.72, facecolor=ACTIONS[action][0], edgecolor="none", zorder=2)
    box.set_gid(f"node-{column}-{y:g}")
    axes.add_patch(box)
    result = result_words(node)
    text = f"{result} → " if result else "now: "
    level = "" if node["level"] is None else f" {node['level']}"
    axes.text(column + 0.31, y, f"{text}{ACTIONS[action][1]}{level}", ha="center", va="center", size=7.5,
              color=ON_COLOUR, zorder=3)  # fmt: skip
    return y


def bands(rows: Sequence[Mapping[str, Any]], target: float | None, estimate: str) -> Picture:
    """Estimated DLT rate of each level with its 95 % interval, against the target."""
    key = "isotonic_estimate" if "isotonic_estimate" in rows[0] else "estimate"
    words = ", ".join(
        f"level {r['level']}: {_rate(r[key])} ({_rate(r['lower'])}–{_rate(r['upper'])})" for r in rows
    )
    against = "" if target is None else f", against the target of {target:g}"
    caption = f"DLT rate of each level: {estimate}{against}"
    name = ("dose-toxicity", caption, f"DLT rate with 95 % interval; {words}")
    return picture(name, (8.6, 3.3), lambda figure: _bands(figure, rows, target, key))


def _rate(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"


def _bands(figure: Figure, rows: Sequence[Mapping[str, Any]], target: float | None, key: str) -> None:
    axes = figure.add_subplot()
    known = [r for r in rows if r["lower"] is not None and r["upper"] is not None]
    at = [r["level"] for r in known]
    model = key == "estimate"
    if model and len(at) > 1:
        axes.fill_between(at, [r["lower"] for r in known], [r["upper"] for r in known], color=SERIES[0],
                          alpha=0.15, lw=0)  # fmt: skip
    axes.vlines(at, [r["lower"] for r in known], [r["upper"] for r in known], color=SERIES[0], lw=2.2)
    points = [(r["level"], r[key]) for r in rows if r[key] is not None]
    if points:
        axes.plot(*zip(*points, strict=True), ls="-", marker="o", color=SERIES[0], ms=6, lw=1.0)
    seen = [(r["level"], r["dlts"] / n) for r in rows if (n := r["patients"] - r["pending"])]
    if seen:
        axes.plot(*zip(*seen, strict=True), ls="", marker="x", color=INK, ms=6, mew=1.3)
    if target is not None:
        axes.axhline(target, color="#d55e00", lw=1.1, ls=(0, (4, 3)))
    for row in rows:
        if row["lower"] is None:
            axes.text(
                row["level"], 0.5, "no patient\nevaluated", ha="center", va="center", size=8, color=SOFT
            )
    axes.set_xticks([r["level"] for r in rows], [_tick(r) for r in rows])
    axes.set(xlim=(0.5, len(rows) + 0.5), ylim=(-0.02, 1.02), ylabel="probability of a DLT")
    handles = [
        Line2D([], [], marker="o", color=SERIES[0], label="estimate with 95 % credible interval"),
        Line2D([], [], ls="", marker="x", color=INK, label="observed rate of those evaluated"),
    ]
    if target is not None:
        handles.append(Line2D([], [], color="#d55e00", ls=(0, (4, 3)), label=f"target {target:g}"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


def _tick(row: Mapping[str, Any]) -> str:
    dose = f", dose {row['dose']:g}" if "dose" in row else ""
    waiting = f", {row['pending']} pending" if row["pending"] else ""
    return f"level {row['level']}{dose}\n{row['dlts']} DLT of {row['patients'] - row['pending']}{waiting}"


def masses(rows: Sequence[Mapping[str, Any]], limit: float) -> Picture:
    """Posterior probability that each level's DLT rate lies under, in and over the target interval."""
    parts = (("p_under", "under the target interval", "#8fcdf0"), ("p_target", "in it", "#4db892"),
             ("p_over", "over it", "#e3764a"))  # fmt: skip
    words = "; ".join(
        f"level {r['level']}: " + ", ".join(f"{r[k]:.2f} {w}" for k, w, _ in parts) for r in rows
    )
    caption = "Interval probabilities of each level: under, in and over the target interval"

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        at, base = [row["level"] for row in rows], [0.0] * len(rows)
        for key, word, colour in parts:
            own = [row[key] for row in rows]
            bars = axes.bar(at, own, 0.6, bottom=base, color=colour, label=word)
            for bar, p in zip(bars, own, strict=True):
                if p >= 0.06:
                    at_y = 0.96 if key == "p_over" else bar.get_y() + p / 2
                    axes.text(bar.get_x() + 0.3, at_y, f"{p:.2f}", ha="center", va="center",
                              size=8, color=ON_COLOUR)  # fmt: skip
            base = [b + p for b, p in zip(base, own, strict=True)]
        axes.axhline(1.0 - limit, color=INK, lw=1.0, ls=(0, (4, 3)), label=f"overdose limit {limit:g}")
        axes.set_xticks(at, [_tick(row) for row in rows])
        axes.set(ylim=(0, 1.0), xlim=(0.5, len(rows) + 0.5), ylabel="posterior probability")
        figure.legend(loc="outside lower center", ncols=4)

    return picture(("interval-masses", caption, words), (8.6, 3.3), paint)
