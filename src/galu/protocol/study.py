"""The study: one file, composed of the sections each room declares, loaded strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from galu.dosimetry.plan import DosimetryPlan
from galu.efficacy.plan import EfficacyPlan
from galu.eligibility.plan import EligibilityPlan
from galu.escalation.plan import EscalationPlan
from galu.pharmacokinetics.plan import PharmacokineticsPlan
from galu.protocol.contradiction import Contradiction
from galu.protocol.contradictions import contradictions
from galu.protocol.dictionaries import with_dictionary
from galu.protocol.loading import load_document, parse_document
from galu.protocol.sections import Agent, AnalysisSet, Arm, Enrolment, Identity, Schedule
from galu.protocol.site import SitePlan
from galu.protocol.treatment import DoseLevel, Treatment
from galu.protocol.words import LocalWords
from galu.safety.plan import SafetyPlan
from galu.statement import Section, Sourced


class Study(Section):
    """A whole study. Only `identity` is required: a section that is null is not known."""

    identity: Identity = Field(description="what the registry record says of the study")
    zone: str = Field(default="UTC", description="time zone in which days begin and end, as in Asia/Shanghai")
    agents: tuple[Agent, ...] = Field(default=(), description="the imaging and the therapeutic agent")
    arms: tuple[Arm, ...] = Field(default=(), description="arms as registered")
    treatment: Treatment | None = Field(default=None, description="what is given, how much, how often")
    enrolment: Enrolment | None = Field(default=None, description="how many, and who counts")
    schedule: Schedule | None = Field(default=None, description="visits and scans")
    analysis_sets: tuple[AnalysisSet, ...] = Field(default=(), description="who is counted by which analysis")
    eligibility: EligibilityPlan | None = Field(default=None, description="criteria, and how each is judged")
    escalation: EscalationPlan | None = Field(default=None, description="the design that finds the dose")
    safety: SafetyPlan | None = Field(
        default=None, description="toxicity: what limits, holds, reduces, stops"
    )
    efficacy: EfficacyPlan | None = Field(
        default=None, description="PSA, RECIST, bone, progression, survival"
    )
    dosimetry: DosimetryPlan | None = Field(default=None, description="organs, limits and uncertainties")
    pharmacokinetics: PharmacokineticsPlan | None = Field(
        default=None, description="samples and their analysis"
    )
    site: SitePlan | None = Field(default=None, description="what is asked of a site's working day")
    vocabulary: LocalWords | None = Field(
        default=None, description="what the sites of this study write, and what it means"
    )

    @field_validator("zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{zone!r} is no time zone: write it as Asia/Shanghai or UTC") from None
        return zone

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Study:
        found = [_fault(one) for one in contradictions(self)]
        if found:
            raise ValidationError.from_exception_data("Study", found)
        return self


@dataclass(frozen=True, slots=True)
class Element:
    """One sourced element of a study file: where it stands, what it says, where that comes from."""

    place: str
    value: str
    source: str
    why: str


def _fault(found: Contradiction) -> InitErrorDetails:
    said = PydanticCustomError("contradiction", "{fault}", {"fault": found.fault, "remedy": found.remedy})
    return InitErrorDetails(type=said, loc=found.place, input=None)


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
    return _with_words(load_document(path, Study), path)


def parse_study(text: str, name: str) -> Study:
    """Read a study from YAML text; `name` is its path, from which its dictionary is sought."""
    return _with_words(parse_document(text, name, Study), Path(name))


def _with_words(study: Study, path: Path) -> Study:
    words = with_dictionary(study.vocabulary, path)
    return study if words is study.vocabulary else study.model_copy(update={"vocabulary": words})


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
    if isinstance(node, DoseLevel):
        return str(node)
    for name in ("text", "clause", "definition", "description", "fragment"):
        value = getattr(node, name, None)
        if value is not None:
            return str(value)
    return type(node).__name__
