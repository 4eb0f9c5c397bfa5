"""Use cases of the study file: check it, show it."""

from __future__ import annotations

from pathlib import Path

from galu.protocol import Element, elements, load_study
from galu.protocol.cautions import cautions
from galu.protocol.readiness import Need, needs


def study_file(path: Path) -> Path:
    """The study file of a path: itself, or `study.yaml` in a folder."""
    return path / "study.yaml" if path.is_dir() else path


def study_elements(path: Path) -> tuple[Element, ...]:
    """Every sourced element of a study file."""
    return tuple(elements(load_study(study_file(path))))


def study_cautions(path: Path) -> tuple[str, ...]:
    """Keys of a study file that do not fit one another, in sentences."""
    return cautions(load_study(study_file(path)))


def study_needs(path: Path) -> tuple[Need, ...]:
    """What a study file lacks to run the trial; empty when it is ready for every step."""
    return needs(load_study(study_file(path)))
