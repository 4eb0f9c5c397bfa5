"""Sections of a study file proposed from the words of a registry record: assumed, never known.

Each proposed value carries the sentence it was read from. A section of which a required key cannot be read
stays null; what was read of it is told beside, for the person who completes the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from galu.escalation.plan import EscalationPlan
from galu.exchange.registry.readings import LEVELS, Reading, Readings, read_treatment
from galu.nuclides import canonical
from galu.protocol.cautions import PROPOSED
from galu.protocol.sections import Enrolment
from galu.protocol.treatment import Treatment

_NUCLIDE: Final = re.compile(
    r"\d{2,3}m?\]?\s?-?\s?[A-Z][a-z]?(?![a-z])|(?<![A-Za-z])[A-Z][a-z]?-\d{2,3}(?!\d)|[A-Za-z]{4,}-\d{2,3}(?!\d)"
)
_IMAGED_WITH: Final = frozenset(
    {"Ga-68", "F-18", "Cu-64", "Zr-89", "Tc-99m", "In-111", "I-124", "C-11", "Sc-44"}
)
#: α emitters, of which a few MBq are a dose level.
_ALPHA: Final = frozenset(
    {"Ac-225", "At-211", "Bi-212", "Bi-213", "Pb-212", "Ra-223", "Ra-224", "Tb-149", "Th-227"}
)
_UNITS: Final = {
    "activity_gbq": "GBq",
    "activity_mbq": "MBq",
    "kbq_per_kg": "kBq/kg",
    "mbq_per_m2": "MBq/m²",
}
_IMAGING: Final = re.compile(r"imag|\bPET\b|SPECT|diagnos|tracer", re.I)


@dataclass(frozen=True, slots=True)
class Proposals:
    """Sections by name (null: not enough was read), what was read of the null ones, and what was not read."""

    sections: Mapping[str, dict[str, Any] | None]
    notes: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...]


def propose(agents: Sequence[Mapping[str, Any]], texts: Sequence[str], count: int | None) -> Proposals:
    """Propose sections.

    Parameters
    ----------
    agents
        As `propose_agent` gives them.
    texts
        Descriptions of arms and interventions, summary, detailed description.
    count
        Registered number of participants.
    """
    by_role = {role: [a["name"] for a in agents if a.get("role") == role] for role in ("therapy", "imaging")}
    if not by_role["therapy"]:
        return Proposals(dict.fromkeys(("treatment", "enrolment", "escalation")), {}, ())
    read = read_treatment(texts, alpha=any(agent.get("nuclide") in _ALPHA for agent in agents))
    several = tuple(
        f"several agents for {role}, of which none is taken: {', '.join(names)}"
        for role, names in by_role.items()
        if len(names) > 1
    )
    drafts: dict[str, tuple[dict[str, Any], type[BaseModel]]] = {
        "treatment": (_treatment(by_role, read.found), Treatment),
        "enrolment": (_enrolment(count, read.found.get("expansion")), Enrolment),
        "escalation": (_escalation(read), EscalationPlan),
    }
    sections: dict[str, dict[str, Any] | None] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for name, (draft, model) in drafts.items():
        lacking = _lacking(draft, model) if draft else ()
        sections[name] = draft if draft and not lacking else None
        if lacking:
            notes[name] = (*_told(draft), f"not read, to be written: {', '.join(lacking)}")
    return Proposals(sections, notes, (*read.unread, *several))


def propose_agent(name: str, description: str | None) -> dict[str, Any]:
    """Role and nuclide of an agent by its name, with the reason; empty where it names no one nuclide."""
    found = {one for text in _NUCLIDE.findall(name) if (one := canonical(text.replace("]", ""))) is not None}
    if len(found) != 1:
        return {}
    (nuclide,) = found
    imaging = nuclide in _IMAGED_WITH or bool(_IMAGING.search(f"{name} {description or ''}"))
    said = f"{name}: {description}" if description else name
    why = f"{PROPOSED}: role and nuclide from “{said}”; the rest is the record's"
    return {"role": "imaging" if imaging else "therapy", "nuclide": nuclide, "source": "assumed", "why": why}


def _treatment(by_role: Mapping[str, list[str]], read: Mapping[str, Reading]) -> dict[str, Any]:
    draft: dict[str, Any] = {}
    for role, names in by_role.items():
        if len(names) == 1:
            draft[f"{role}_agent"] = _value(names[0], f"the only agent for {role} that the record names")
    told = [way for way, name in LEVELS.items() if name in read]
    if len(told) == 1:
        levels = read[LEVELS[told[0]]]
        draft["levels"] = [
            {"level": number, told[0]: activity, "source": "assumed", "why": _why(levels.sentence)}
            for number, activity in enumerate(levels.value, start=1)
        ]
    by_body = told in (["kbq_per_kg"], ["mbq_per_m2"])
    most = ("most_mbq",) if by_body else ()
    for key in ("cycle_days", "max_cycles", "reading", "fraction_days", "lower_each_cycle_gbq", *most):
        if key in read:
            value = read[key].value
            draft[key] = _value(
                list(value) if isinstance(value, tuple) else value, _quoted(read[key].sentence)
            )
    if "reading" in draft and "fraction" in read["reading"].sentence:
        draft["reading"]["why"] += "; whether a fraction or their sum is meant is not said"
    return draft


def _enrolment(count: int | None, expansion: Reading | None) -> dict[str, Any]:
    if count is None:
        return {}
    said = f"{count} participants are registered"
    if expansion is not None:
        said += f"; {_quoted(expansion.sentence)}"
    return {"target": _value(count, said)}


def _escalation(read: Readings) -> dict[str, Any]:
    design = read.found.get("design")
    if design is None:
        return {}
    draft = {"design": _value(design.value, _quoted(design.sentence))}
    target, levels = read.found.get("target"), read.found.get("levels")
    if target is not None:
        draft["target"] = _value(target.value, _quoted(target.sentence))
    if design.value == "blrm" and levels is not None:
        draft["doses"] = _value(list(levels.value), _quoted(levels.sentence))
    return draft


def _value(value: Any, said: str) -> dict[str, Any]:
    return {"value": value, "source": "assumed", "why": f"{PROPOSED}: {said}"}


def _quoted(sentence: str) -> str:
    return f"“{sentence}”"


def _why(sentence: str) -> str:
    return f"{PROPOSED}: {_quoted(sentence)}"


def _lacking(draft: dict[str, Any], model: type[BaseModel]) -> tuple[str, ...]:
    """Keys that the section needs and the draft has not, or that do not hold."""
    try:
        model.model_validate(draft)
    except ValidationError as error:
        return tuple(
            dict.fromkeys(str(one["loc"][0] if one["loc"] else one["msg"]) for one in error.errors())
        )
    return ()


def _told(draft: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    for key, stated in draft.items():
        if key == "levels":
            way = next(one for one in LEVELS if one in stated[0])
            shown, why = ", ".join(f"{one[way]:g} {_UNITS[way]}" for one in stated), stated[0]["why"]
        else:
            shown, why = str(stated["value"]), stated["why"]
        found.append(f"{key}: {shown} ({why})")
    return tuple(found)
