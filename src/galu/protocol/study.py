"""The study: one file, composed of the sections each room declares, loaded strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from galu.dosimetry.plan import DosimetryPlan
from galu.efficacy.plan import EfficacyPlan
from galu.eligibility.plan import EligibilityPlan
from galu.escalation.plan import EscalationPlan
from galu.finding import InputError
from galu.pharmacokinetics.plan import PharmacokineticsPlan
from galu.protocol.sections import Agent, AnalysisSet, Arm, Enrolment, Identity, Schedule, Treatment
from galu.safety.plan import SafetyPlan
from galu.statement import Section, Sourced


class Study(Section):
    """A whole study. Only `identity` is required: a section that is null is not known."""

    identity: Identity
    zone: str = "UTC"
    agents: tuple[Agent, ...] = ()
    arms: tuple[Arm, ...] = ()
    treatment: Treatment | None = None
    enrolment: Enrolment | None = None
    schedule: Schedule | None = None
    analysis_sets: tuple[AnalysisSet, ...] = ()
    eligibility: EligibilityPlan | None = None
    escalation: EscalationPlan | None = None
    safety: SafetyPlan | None = None
    efficacy: EfficacyPlan | None = None
    dosimetry: DosimetryPlan | None = None
    pharmacokinetics: PharmacokineticsPlan | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """One sourced element of a study file: where it stands, what it says, where that comes from."""

    place: str
    value: str
    source: str
    why: str


def study_hash(text: bytes) -> str:
    """SHA-256 of a study file's bytes; the record's first fact holds it."""
    return hashlib.sha256(text).hexdigest()


def load_study(path: Path) -> Study:
    """Read a study file.

    Raises
    ------
    InputError
        Naming file, line and key of the first fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read ({error.strerror})", "give the path of a study.yaml"
        ) from None
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save it as UTF-8") from None
    return parse_study(text, str(path))


def parse_study(text: str, name: str) -> Study:
    """Read a study from YAML text; `name` is what errors call it."""
    try:
        document = YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(
            f"{name}, line {line}", f"{error.problem or 'broken YAML'}", "correct the YAML"
        ) from None
    except YAMLError as error:
        raise InputError(name, f"broken YAML ({error})", "correct the YAML") from None
    if not isinstance(document, dict):
        raise InputError(f"{name}, line 1", "is no study file", "start with the key `identity`")
    try:
        return Study.model_validate(document)
    except ValidationError as error:
        raise _first_fault(document, name, error) from None


def _first_fault(document: Any, name: str, error: ValidationError) -> InputError:
    fault = error.errors()[0]
    keys = list(fault["loc"])
    line, place = _locate(document, keys)
    shown = ".".join(place) or "the file"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if fault["type"] == "extra_forbidden":
        return InputError(
            f"{name}, line {line}, key {shown}", f"unknown key {keys[-1]!r}{more}", "remove or rename it"
        )
    if fault["type"] == "missing":
        return InputError(f"{name}, line {line}, key {shown}", f"{keys[-1]!r} is missing{more}", "add it")
    message = str(fault["msg"]).removeprefix("Value error, ")
    return InputError(f"{name}, line {line}, key {shown}", message + more, "correct the value")


def _locate(document: Any, keys: list[Any]) -> tuple[int, list[str]]:
    """Deepest line that the keys reach, and the keys as far as the file has them."""
    node, line, place = document, 1, []
    for key in keys:
        try:
            child = node[key]
        except (KeyError, IndexError, TypeError):
            continue
        position = node.lc.data.get(key) if hasattr(node, "lc") and node.lc.data else None
        line = position[0] + 1 if position else line
        place.append(str(key))
        node = child
    return line, place


def elements(study: Study) -> Iterator[Element]:
    """Every sourced element, in the order of the file."""
    yield from _walk(study, "")


def _walk(node: Any, place: str) -> Iterator[Element]:
    if isinstance(node, Sourced):
        value = getattr(node, "value", None) if "value" in type(node).model_fields else _summary(node)
        yield Element(place, "not stated" if value is None else str(value), node.source, node.why or "")
    if isinstance(node, BaseModel):
        for name in type(node).model_fields:
            yield from _walk(getattr(node, name), f"{place}.{name}" if place else name)
    elif isinstance(node, tuple):
        for index, item in enumerate(node):
            label = (
                getattr(item, "id", None) or getattr(item, "name", None) or getattr(item, "level", index + 1)
            )
            yield from _walk(item, f"{place}[{label}]")


def _summary(node: BaseModel) -> str:
    for name in ("text", "clause", "definition", "description", "fragment", "activity_gbq"):
        value = getattr(node, name, None)
        if value is not None:
            return str(value)
    return type(node).__name__
