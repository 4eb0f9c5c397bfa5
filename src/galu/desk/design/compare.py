"""Designs compared on the same patients: numbers, figure, page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from galu.desk.design.characteristics import assumptions, simulated, summarise
from galu.desk.design.reading import make_design, read_switches, stated
from galu.desk.outputs import write_output
from galu.escalation import DESIGNS, Design
from galu.escalation.calendar import Conditions, Trials
from galu.escalation.designs import own_switches
from galu.finding import InputError
from galu.simulation.scale import ALONE, Crew


@dataclass(frozen=True, slots=True)
class Scene:
    """What all compared designs share: truth, conditions, (replicates, seed) and who simulates."""

    truth: tuple[float, ...]
    conditions: Conditions
    runs: tuple[int, int]
    crew: Crew = ALONE


def read_label(label: str, shared: dict[str, Any]) -> Design:
    """Make the design of ``NAME`` or ``NAME@switch=value;switch=value``.

    A switch in `shared` reaches every design that has it, unless its own label says otherwise.

    Raises
    ------
    InputError
        When the design or a switch is not known.
    """
    name, _, text = label.partition("@")
    own = read_switches([pair for pair in text.split(";") if pair])
    known = _known(name)
    return make_design(name, {key: value for key, value in shared.items() if key in known} | own)


def _known(name: str) -> tuple[str, ...]:
    return own_switches(name) if name in DESIGNS else ()


def reads(labels: list[str], key: str) -> bool:
    """Whether one of these designs has a switch."""
    return any(key in _known(label.partition("@")[0]) for label in labels)


def compare(labels: list[str], shared: dict[str, Any], scene: Scene) -> dict[str, Any]:
    """Simulate each design on the same patients.

    Raises
    ------
    InputError
        When fewer than two designs, or two of the same name, are given, or none reads what all are to share.
    """
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise InputError("NAME", "there are no two different designs", "name some, as in rolling-six 3+3")
    designs = [read_label(label, shared) for label in labels]
    for key in shared:
        if not reads(labels, key):
            raise InputError(
                f"--{key}", "none of these designs reads it", "leave it out, or name one that does"
            )
    conditions = scene.conditions
    trials = [simulated(design, scene.truth, conditions, scene.runs, scene.crew) for design in designs]
    first = trials[0]
    return {
        "truth": list(scene.truth),
        "replicates": scene.runs[0],
        "seed": scene.runs[1],
        "assumptions": assumptions(conditions),
        "designs": [
            {**summarise(label, found), **stated(design, len(scene.truth))}
            for label, design, found in zip(labels, designs, trials, strict=True)
        ],
        "differences": [
            {"design": label, **_difference(found, first)}
            for label, found in zip(labels[1:], trials[1:], strict=True)
        ],
    }


def _difference(found: Trials, first: Trials) -> dict[str, Any]:
    return {
        "patients": _paired(found.patients.sum(axis=1) - first.patients.sum(axis=1)),
        "dlts": _paired(found.dlts.sum(axis=1) - first.dlts.sum(axis=1)),
        "duration_days": _paired(found.duration_days - first.duration_days),
        "same_selection": float((found.selected == first.selected).mean()),
    }


def _paired(values: NDArray[np.int64] | NDArray[np.float64]) -> dict[str, float]:
    return {"mean": float(values.mean()), "se": float(values.std()) / len(values) ** 0.5}


def write_comparison(comparison: dict[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write comparison.json, .png and .html; everything is made before anything is written.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    from galu.report.design import as_png, comparison_figure, comparison_page

    png = as_png(comparison_figure(comparison["designs"], comparison["truth"]))
    page = comparison_page(comparison, png)
    contents = {"json": json.dumps(comparison, indent=1).encode(), "png": png, "html": page.encode()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("-o", f"the folder cannot be written ({error})", "give a folder of yours") from error
    return tuple(
        write_output(folder / f"comparison.{ending}", content) for ending, content in contents.items()
    )
