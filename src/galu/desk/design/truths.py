"""Designs compared under several truths: one table by truth and design, and its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from galu.desk.design.compare import Scene, compare, read_label, reads
from galu.desk.outputs import write_output
from galu.escalation.conventions import TINY
from galu.escalation.guarded import bare
from galu.finding import InputError

if TYPE_CHECKING:
    from galu.report.blocks import Section, Table

#: A lowest level with a true rate above so many times the target leaves no right dose: BOIN's φ₂.
NONE_ABOVE: Final = 1.4
_RIGHT: Final = (
    "The right dose is the level whose true DLT rate is nearest to the target, of two the lower one; none "
    f"where the lowest level's rate is above {NONE_ABOVE} times the target (assumed, BOIN's φ₂)."
)


def compare_truths(
    labels: list[str], shared: dict[str, Any], truths: Sequence[tuple[float, ...]], scene: Scene
) -> dict[str, Any]:
    """Compare designs under each truth; `scene` has the conditions, its own truth is not read.

    The target that says which dose is right is the shared one, else that of the designs.

    Raises
    ------
    InputError
        When a truth is given twice, nothing says the target, or `compare` refuses.
    """
    if len(set(truths)) != len(truths):
        raise InputError("--truth", "the same truth is given twice", "leave out one of the two")
    target = _target(labels, shared)
    passed = {key: value for key, value in shared.items() if key != "target" or reads(labels, key)}
    found = [compare(labels, passed, replace(scene, truth=truth)) for truth in truths]
    told = [{**one, "right_level": right_level(one["truth"], target)} for one in found]
    return {
        "target": target,
        "right_dose": _RIGHT,
        "replicates": scene.runs[0],
        "seed": scene.runs[1],
        "assumptions": found[0]["assumptions"],
        "table": [row for one in told for row in _rows(one)],
        "truths": told,
    }


def right_level(truth: Sequence[float], target: float) -> int:
    """Level that a design should select, from 1; 0 for none."""
    if truth[0] > NONE_ABOVE * target + TINY:
        return 0
    return min(range(len(truth)), key=lambda i: (round(abs(truth[i] - target), 12), i)) + 1


def _target(labels: list[str], shared: dict[str, Any]) -> float:
    designs = [bare(read_label(label, shared if reads([label], "target") else {})) for label in labels]
    own = {float(found) for design in designs if (found := getattr(design, "target", None)) is not None}
    stated = own if shared.get("target") is None else {float(shared["target"])}
    if len(stated) != 1:
        fault = "the designs have different targets" if stated else "none of these designs has a target"
        raise InputError("--target", f"{fault}, so no dose is the right one", "say it, as in --target 0.25")
    target = stated.pop()
    if not 0.0 < target < 1.0:
        raise InputError("--target", f"{target} is no target rate", "give a fraction between 0 and 1")
    return target


def _rows(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    right = one["right_level"]
    for answer in one["designs"]:
        chances = [answer["select"]["none"], *answer["select"]["levels"]]
        patients = answer["patients"]["levels"]
        days = answer["duration_days"]
        yield {
            "truth": one["truth"],
            "right_level": right,
            "design": answer["design"],
            "selected_right": chances[right],
            "selected_right_se": answer["se"]["select"][right],
            "selected_above": sum(chances[right + 1 :]),
            "selected_none": chances[0],
            "patients": answer["expected_n"],
            "patients_at_right": patients[right - 1] if right else None,
            "patients_above": sum(patients[right:]),
            "dlts": answer["expected_dlts"],
            "duration_days": None if days is None else days["mean"],
        }


def written(truth: Sequence[float]) -> str:
    """A truth as it is read: 0.1, 0.3."""
    return ", ".join(f"{p:g}" for p in truth)


def write_truths(answer: dict[str, Any], file: Path) -> Path:
    """Write the comparison as one self-contained page.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    from galu.report.design_answers import DesignPage, asked_section, render, table_of

    sections = [_summary(answer)]
    sections += [_under(number, one) for number, one in enumerate(answer["truths"], start=1)]
    asked = {key: answer[key] for key in ("target", "replicates", "seed")}
    told = asked_section(asked, answer)
    rows = [
        {"design": one["design"], "conventions": one["switches"]} for one in answer["truths"][0]["designs"]
    ]
    conventions = table_of("conventions", "Conventions of each design", rows)
    sections.append(replace(told, blocks=(*told.blocks, conventions)))
    return write_output(file, render(DesignPage("Designs compared under several truths", tuple(sections))))


def _summary(answer: dict[str, Any]) -> Section:
    from galu.report.blocks import Section
    from galu.report.figures import design_truths

    said = (
        f"{answer['replicates']} simulated trials of each design under each truth, seed {answer['seed']}. "
        "Patient k of trial i arrives, responds and leaves in the same way in every design.",
        f"Target DLT rate {answer['target']:g}. {answer['right_dose']}",
    )
    picture = design_truths.by_truth(answer["table"])
    return Section("truths", "By truth and design", said, (picture, *_tables(answer)))


#: Columns of a page's tables by truth and design: heading, key of the row, decimals.
_SELECTED: Final = (
    ("right selected", "selected_right", 3),
    ("standard error", "selected_right_se", 4),
    ("above it selected", "selected_above", 3),
    ("none selected", "selected_none", 3),
)
_TREATED: Final = (
    ("patients", "patients", 1),
    ("at the right dose", "patients_at_right", 1),
    ("above it", "patients_above", 1),
    ("DLTs", "dlts", 2),
    ("days", "duration_days", 0),
)


def _tables(answer: dict[str, Any]) -> Iterator[Table]:
    """The truths by number, what is selected, and who is treated: each narrow enough for a small screen."""
    from galu.report.design_answers import table_of

    numbers = {tuple(one["truth"]): number for number, one in enumerate(answer["truths"], start=1)}
    listed = [
        {"truth": str(numbers[tuple(one["truth"])]), "true DLT rates": written(one["truth"]),
         "right dose": str(one["right_level"] or "none")}
        for one in answer["truths"]
    ]  # fmt: skip
    yield table_of("truths", "The truths and the right dose of each", listed)
    for name, caption, columns in (
        ("selection", "Probability of selecting the right dose, one above it, none", _SELECTED),
        ("treated", "Patients, DLTs and duration: means over simulated trials", _TREATED),
    ):
        rows = [
            {"truth": str(numbers[tuple(row["truth"])]), "design": row["design"]}
            | {heading: row[key] for heading, key, _ in columns}
            for row in answer["table"]
        ]
        places = {heading: decimals for heading, _, decimals in columns}
        yield replace(table_of(name, caption, rows), decimals=places)


def _under(number: int, one: dict[str, Any]) -> Section:
    from galu.report.blocks import Section
    from galu.report.design_answers import table_of
    from galu.report.figures import design_rules

    told = [(answer["design"], answer) for answer in one["designs"]]
    picture = design_rules.characteristics(told, one["truth"], f"truth-{number}")
    rows = [
        {
            "design": answer["design"],
            "level": str(level or "none"),
            "probability of selection": chance,
            "standard error": error,
            "mean patients": answer["patients"]["levels"][level - 1] if level else None,
            "mean DLTs": answer["dlts"]["levels"][level - 1] if level else None,
        }
        for answer in one["designs"]
        for level, (chance, error) in enumerate(
            zip((answer["select"]["none"], *answer["select"]["levels"]), answer["se"]["select"], strict=True)
        )
    ]
    title = f"True DLT rates {written(one['truth'])}"
    right = one["right_level"]
    said = f"The right dose is level {right}." if right else "No level is the right dose."
    listed = table_of(f"truth-{number}-levels", f"{title}: by design and level", rows)
    return Section(f"truth-{number}", title, (said,), (picture, listed))
