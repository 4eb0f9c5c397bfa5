"""Read a registry record, as page text or as API v2 JSON, into one skeleton; what is absent stays null."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from galu.exchange.registry_criteria import split_criteria, unescape
from galu.exchange.registry_page import page_sections
from galu.exchange.registry_proposals import Proposals, propose, propose_agent
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Intervention:
    """One intervention of the record."""

    name: str
    type: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm with the names of its interventions."""

    label: str
    type: str | None
    description: str | None
    interventions: tuple[str, ...]


@dataclass(frozen=True)
class RegistryRecord:
    """A registry record; None is "the record does not say"."""

    nct_id: str
    org_study_id: str | None
    title: str | None
    status: str | None
    phases: tuple[str, ...]
    enrollment_count: int | None
    enrollment_type: str | None
    study_type: str | None
    start_date: str | None
    completion_date: str | None
    last_update: str | None
    allocation: str | None
    intervention_model: str | None
    purpose: str | None
    masking: str | None
    sponsor: str | None
    sponsor_class: str | None
    arms: tuple[Arm, ...]
    interventions: tuple[Intervention, ...]
    conditions: tuple[str, ...]
    brief_summary: str | None
    detailed_description: str | None
    inclusion: tuple[str, ...]
    exclusion: tuple[str, ...]
    minimum_age: str | None
    maximum_age: str | None
    sex: str | None
    healthy_volunteers: bool | None
    contact_email: str | None
    primary_outcomes: tuple[str, ...] | None
    secondary_outcomes: tuple[str, ...] | None
    unread: tuple[str, ...]
    missing: tuple[str, ...]


def read_registry(path: Path) -> RegistryRecord:
    """Read a record from registry page text or API v2 JSON.

    Raises
    ------
    InputError
        When the file is not UTF-8, is broken JSON, or holds no record.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(str(path), f"not UTF-8 at byte {fault.start}", "save the file as UTF-8") from None
    except OSError as fault:
        raise InputError(str(path), f"cannot be read ({fault.strerror})", "give an existing file") from None
    if not text.lstrip().startswith(("{", "[")):
        raw, unread = page_sections(text, str(path))
        return _record(raw, unread, str(path))
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as fault:
        place = f"{path}, line {fault.lineno}, column {fault.colno}"
        raise InputError(place, f"broken JSON ({fault.msg})", "download the record again") from None
    return _record(raw, [], str(path))


def _at(raw: Any, path: str) -> Any:
    for key in path.split("."):
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


_READ = frozenset(
    [
        "identificationModule",
        "statusModule",
        "sponsorCollaboratorsModule",
        "descriptionModule",
        "conditionsModule",
        "designModule",
        "armsInterventionsModule",
        "outcomesModule",
        "eligibilityModule",
        "contactsLocationsModule",
    ]
)
_PATHS = {
    "org_study_id": "identificationModule.orgStudyIdInfo.id",
    "title": "identificationModule.briefTitle",
    "status": "statusModule.overallStatus",
    "enrollment_count": "designModule.enrollmentInfo.count",
    "enrollment_type": "designModule.enrollmentInfo.type",
    "study_type": "designModule.studyType",
    "start_date": "statusModule.startDateStruct.date",
    "completion_date": "statusModule.completionDateStruct.date",
    "last_update": "statusModule.lastUpdatePostDateStruct.date",
    "allocation": "designModule.designInfo.allocation",
    "intervention_model": "designModule.designInfo.interventionModel",
    "purpose": "designModule.designInfo.primaryPurpose",
    "masking": "designModule.designInfo.maskingInfo.masking",
    "sponsor": "sponsorCollaboratorsModule.leadSponsor.name",
    "sponsor_class": "sponsorCollaboratorsModule.leadSponsor.class",
    "minimum_age": "eligibilityModule.minimumAge",
    "maximum_age": "eligibilityModule.maximumAge",
    "sex": "eligibilityModule.sex",
    "healthy_volunteers": "eligibilityModule.healthyVolunteers",
}


def _record(raw: Any, unread: list[str], place: str) -> RegistryRecord:
    body = _at(raw, "protocolSection")
    nct = _at(body, "identificationModule.nctId")
    if not isinstance(nct, str) or not re.fullmatch(r"NCT\d{8}", nct):
        raise InputError(place, "no registry record (no NCT id)", "give registry page text or API v2 JSON")
    plain = {name: _at(body, path) for name, path in _PATHS.items()}
    criteria = split_criteria(_at(body, "eligibilityModule.eligibilityCriteria") or "")
    arms = _at(body, "armsInterventionsModule.armGroups") or []
    drugs = _at(body, "armsInterventionsModule.interventions") or []
    summary = _at(body, "descriptionModule.briefSummary")
    contacts = _at(body, "contactsLocationsModule.centralContacts") or [{}]
    email = contacts[0].get("email")
    outcomes = {key: _outcomes(body, f"{key}Outcomes") for key in ("primary", "secondary")}
    strange = [f"protocolSection.{key}" for key in body if key not in _READ]
    strange += [key for key in raw if key not in ("protocolSection", "hasResults")]
    optional = {**plain, "primary_outcomes": outcomes["primary"], "contact_email": email}
    return RegistryRecord(
        nct_id=nct,
        phases=tuple(_at(body, "designModule.phases") or ()),
        arms=tuple(_arm(one) for one in arms),
        interventions=tuple(
            Intervention(one["name"], one.get("type"), _clean(one.get("description"))) for one in drugs
        ),
        conditions=tuple(_at(body, "conditionsModule.conditions") or ()),
        brief_summary=_clean(summary),
        detailed_description=_clean(_at(body, "descriptionModule.detailedDescription")),
        inclusion=criteria.inclusion,
        exclusion=criteria.exclusion,
        contact_email=None if email is None or "protected" in email else email,
        primary_outcomes=outcomes["primary"],
        secondary_outcomes=outcomes["secondary"],
        unread=(*unread, *strange, *criteria.unread),
        missing=tuple(name for name, value in optional.items() if value is None),
        **plain,
    )


def _clean(text: str | None) -> str | None:
    return None if text is None else unescape(text).strip()


def _arm(raw: dict[str, Any]) -> Arm:
    names = tuple(name.split(": ", 1)[-1] for name in raw.get("interventionNames", ()))
    return Arm(raw["label"], raw.get("type"), _clean(raw.get("description")), names)


def _outcomes(body: Any, key: str) -> tuple[str, ...] | None:
    found = _at(body, f"outcomesModule.{key}")
    return None if found is None else tuple(one["measure"] for one in found)


def study_skeleton(record: RegistryRecord) -> dict[str, Any]:
    """Return the record in the shape of a study file: every value with its source, unknown as null.

    What the record's words say about treatment, enrolment and escalation is proposed, as assumed.
    """
    facts = asdict(record)
    for name in (
        "arms",
        "interventions",
        "detailed_description",
        "inclusion",
        "exclusion",
        "unread",
        "missing",
    ):
        facts.pop(name)
    identity = {key: {"value": value, "source": "registry"} for key, value in facts.items()}
    criteria = [
        {"id": f"{letter}{number}", "polarity": polarity, "text": text, "source": "registry"}
        for letter, polarity, texts in (
            ("I", "inclusion", record.inclusion),
            ("E", "exclusion", record.exclusion),
        )
        for number, text in enumerate(texts, start=1)
    ]
    version = f"{record.nct_id} as of {record.last_update or 'an unknown day'}"
    return {
        "identity": identity,
        "agents": _agents(record),
        "arms": [{**asdict(one), "source": "registry"} for one in record.arms],
        "eligibility": {"version": {"value": version, "source": "registry"}, "criteria": criteria},
        **proposals(record).sections,
        **dict.fromkeys(("schedule", "safety", "efficacy", "dosimetry", "pharmacokinetics")),
    }


def proposals(record: RegistryRecord) -> Proposals:
    """What the words of the record propose for the study file."""
    arms = [one.description for one in record.arms]
    drugs = [one.description for one in record.interventions]
    texts = (*arms, *drugs, record.detailed_description, record.brief_summary)
    said = dict.fromkeys(one for one in texts if one)
    return propose(_agents(record), (*said, record.title or ""), record.enrollment_count)


def _agents(record: RegistryRecord) -> list[dict[str, Any]]:
    return [
        {**asdict(one), "source": "registry", **propose_agent(one.name, one.description)}
        for one in record.interventions
    ]
