"""A registry record as values: its words, what it does not say, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from galu.exchange.registry.criteria import split_criteria
from galu.exchange.registry.leaves import Node
from galu.exchange.registry.page import read_page
from galu.exchange.registry.source import NUMBER, read_source
from galu.exchange.registry.words import listed, said
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Intervention:
    """One intervention of the record."""

    name: str
    type: str | None
    description: str | None
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm with the names of its interventions."""

    label: str
    type: str | None
    description: str | None
    interventions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome as registered."""

    measure: str
    time_frame: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class RegistryRecord:
    """A registry record; None is "the record does not say".

    `other` holds, by its place, each value that has no field here; `unread` the passages no criterion, arm or
    value could be made of; `headings` the heading that a criterion stands under, by the criterion's id.
    """

    nct_id: str
    org_study_id: str | None
    title: str | None
    official_title: str | None
    acronym: str | None
    secondary_ids: tuple[str, ...]
    status: str | None
    why_stopped: str | None
    phases: tuple[str, ...]
    enrollment_count: int | None
    enrollment_type: str | None
    study_type: str | None
    start_date: str | None
    primary_completion_date: str | None
    completion_date: str | None
    last_update: str | None
    allocation: str | None
    intervention_model: str | None
    purpose: str | None
    masking: str | None
    sponsor: str | None
    sponsor_class: str | None
    collaborators: tuple[str, ...]
    arms: tuple[Arm, ...]
    interventions: tuple[Intervention, ...]
    conditions: tuple[str, ...]
    keywords: tuple[str, ...]
    brief_summary: str | None
    detailed_description: str | None
    inclusion: tuple[str, ...]
    exclusion: tuple[str, ...]
    headings: tuple[tuple[str, str], ...]
    minimum_age: str | None
    maximum_age: str | None
    sex: str | None
    healthy_volunteers: bool | None
    contact_email: str | None
    contacts: tuple[str, ...]
    locations: tuple[str, ...]
    primary_outcomes: tuple[Outcome, ...] | None
    secondary_outcomes: tuple[Outcome, ...] | None
    other_outcomes: tuple[Outcome, ...] | None
    other: tuple[tuple[str, str], ...]
    unread: tuple[str, ...]
    missing: tuple[str, ...]


def read_registry(path: Path, number: str | None = None) -> RegistryRecord:
    """Read a record from registry page text or JSON of either interface of ClinicalTrials.gov.

    Parameters
    ----------
    number
        Which record is meant, where the file holds several.

    Raises
    ------
    InputError
        When the file is not text, is broken JSON, or holds no record, several, or not the one that is meant.
    """
    source = read_source(path, number)
    if isinstance(source, dict):
        return _record(Node(source), (), str(path))
    raw, unread = read_page(source, str(path))
    record = _record(Node(raw), unread, str(path))
    if number is not None and number.strip().casefold() != record.nct_id.casefold():
        raise InputError(
            str(path), f"holds {record.nct_id}, no record {number}", "give the record's own number"
        )
    return record


#: Field of the record, its place in the protocol section. A text each.
_TEXTS: Final = {
    "org_study_id": "identificationModule.orgStudyIdInfo.id",
    "title": "identificationModule.briefTitle",
    "official_title": "identificationModule.officialTitle",
    "acronym": "identificationModule.acronym",
    "status": "statusModule.overallStatus",
    "why_stopped": "statusModule.whyStopped",
    "enrollment_type": "designModule.enrollmentInfo.type",
    "study_type": "designModule.studyType",
    "start_date": "statusModule.startDateStruct.date",
    "primary_completion_date": "statusModule.primaryCompletionDateStruct.date",
    "completion_date": "statusModule.completionDateStruct.date",
    "last_update": "statusModule.lastUpdatePostDateStruct.date",
    "allocation": "designModule.designInfo.allocation",
    "intervention_model": "designModule.designInfo.interventionModel",
    "purpose": "designModule.designInfo.primaryPurpose",
    "masking": "designModule.designInfo.maskingInfo.masking",
    "sponsor": "sponsorCollaboratorsModule.leadSponsor.name",
    "sponsor_class": "sponsorCollaboratorsModule.leadSponsor.class",
    "brief_summary": "descriptionModule.briefSummary",
    "detailed_description": "descriptionModule.detailedDescription",
    "minimum_age": "eligibilityModule.minimumAge",
    "maximum_age": "eligibilityModule.maximumAge",
    "sex": "eligibilityModule.sex",
}
#: What a record need not say; the others are told as missing where they are.
_MAY_LACK: Final = frozenset({"official_title", "acronym", "why_stopped", "primary_completion_date"})
#: Places in the protocol section that a text is expected at; another type there is told.
_EXPECTED: Final = (
    *_TEXTS.values(),
    "eligibilityModule.eligibilityCriteria",
    "designModule.enrollmentInfo.count",
)
_OUTCOMES: Final = ("primary", "secondary", "other")


def _record(root: Node, unread: tuple[str, ...], place: str) -> RegistryRecord:
    body = root.at("protocolSection")
    number = body.text("identificationModule.nctId")
    if number is None or not NUMBER.fullmatch(number):
        raise InputError(place, "no registry record (no NCT id)", "give registry page text or API v2 JSON")
    texts: dict[str, Any] = {name: body.text(path) for name, path in _TEXTS.items()}
    criteria = split_criteria(body.raw("eligibilityModule.eligibilityCriteria") or "")
    outcomes: dict[str, Any] = {
        f"{kind}_outcomes": _outcomes(body, f"outcomesModule.{kind}Outcomes") for kind in _OUTCOMES
    }
    values: dict[str, Any] = {
        "phases": body.texts("designModule.phases"),
        "enrollment_count": body.count("designModule.enrollmentInfo.count"),
        "healthy_volunteers": body.flag("eligibilityModule.healthyVolunteers"),
        "contact_email": _email(body),
        **_given(body),
        "secondary_ids": _joined(
            body, "identificationModule.secondaryIdInfos", ("id", "type", "domain", "link")
        ),
        "collaborators": _joined(body, "sponsorCollaboratorsModule.collaborators", ("name", "class")),
        "conditions": body.texts("conditionsModule.conditions"),
        "keywords": body.texts("conditionsModule.keywords"),
        "contacts": _contacts(body),
        "locations": _locations(body),
    }
    root.flag("hasResults")
    _again(body, texts)
    lacks = {**texts, **outcomes, "enrollment_count": values["enrollment_count"]}
    lacks |= {"healthy_volunteers": values["healthy_volunteers"], "contact_email": values["contact_email"]}
    missing = [name for name, value in lacks.items() if value is None and name not in _MAY_LACK]
    missing += [f"{kind} criteria" for kind in ("inclusion", "exclusion") if not getattr(criteria, kind)]
    other, strange = _rest(root)
    return RegistryRecord(
        nct_id=number,
        inclusion=criteria.inclusion,
        exclusion=criteria.exclusion,
        headings=criteria.headings,
        other=other,
        unread=(*unread, *strange, *criteria.unread),
        missing=tuple(one for one in missing if one != "other_outcomes"),
        **texts,
        **values,
        **outcomes,
    )


def _rest(root: Node) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Values that have no field, and values of a type that their field cannot take."""
    expected = {f"protocolSection.{path}" for path in _EXPECTED}
    other: list[tuple[str, str]] = []
    strange: list[str] = []
    for path, words in root.unread():
        if any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in expected):
            strange.append(f"{path}: {words}")
        else:
            other.append((path, words))
    return tuple(other), tuple(strange)


def _given(body: Node) -> dict[str, Any]:
    rows = body.rows("armsInterventionsModule.interventions")
    arms = [arm for row in body.rows("armsInterventionsModule.armGroups") if (arm := _arm(row))]
    labels = {one.label for one in arms}
    for row in rows:
        for label in row.rows("armGroupLabels"):
            if isinstance(label.value, str) and said(label.value) in labels:
                label.text()  # the arm says the same
    drugs = [drug for row in rows if (drug := _intervention(row))]
    return {"arms": tuple(arms), "interventions": tuple(drugs)}


def _again(body: Node, texts: dict[str, Any]) -> None:
    """Note as read what only says again, or follows from, what has a field."""
    for key, field in (("fullName", "sponsor"), ("class", "sponsor_class")):
        node = body.at(f"identificationModule.organization.{key}")
        if isinstance(node.value, str) and said(node.value) == texts[field]:
            node.text()
    if texts["minimum_age"] or texts["maximum_age"]:
        body.texts("eligibilityModule.stdAges")


def _intervention(row: Node) -> Intervention | None:
    name = row.text("name")
    if name is None:
        return None
    return Intervention(name, row.text("type"), row.text("description"), row.texts("otherNames"))


def _arm(row: Node) -> Arm | None:
    label = row.text("label")
    if label is None:
        return None
    names = tuple(_without_type(name) for name in row.texts("interventionNames"))
    return Arm(label, row.text("type"), row.text("description"), names)


_TYPES: Final = frozenset(
    {
        *listed("drug device biological procedure radiation behavioral genetic other"),
        *listed("dietary supplement|combination product|diagnostic test", "|"),
    }
)


def _without_type(name: str) -> str:
    kind, _, rest = name.partition(": ")
    return rest if rest and kind.lower() in _TYPES else name


def _outcomes(body: Node, path: str) -> tuple[Outcome, ...] | None:
    rows = body.rows(path)
    made = [
        Outcome(measure, row.text("timeFrame"), row.text("description"))
        for row in rows
        if (measure := row.text("measure")) is not None
    ]
    return tuple(made) if rows else None


def _joined(body: Node, path: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Each row of a list as its words, what further describes it in brackets."""
    found = []
    for row in body.rows(path):
        if row.text(keys[0]) is not None:
            first, *more = (words for key in keys if (words := row.text(key)) is not None)
            found.append(f"{first} ({', '.join(more)})" if more else first)
    return tuple(found)


def _email(body: Node) -> str | None:
    rows = body.rows("contactsLocationsModule.centralContacts")
    found = next((one for row in rows if (one := row.text("email")) is not None), None)
    return None if found is None or "protected" in found else found


def _contacts(body: Node) -> tuple[str, ...]:
    found = []
    for path in ("centralContacts", "overallOfficials"):
        for row in body.rows(f"contactsLocationsModule.{path}"):
            keys = ("name", "affiliation", "role", "phone", "phoneExt", "email")
            words = [one for key in keys if (one := row.text(key)) is not None and "protected]" not in one]
            if words:
                found.append(", ".join(words))
    return tuple(found)


def _locations(body: Node) -> tuple[str, ...]:
    found = []
    for row in body.rows("contactsLocationsModule.locations"):
        keys = ("facility", "city", "state", "zip", "country", "status")
        words = [one for key in keys if (one := row.text(key)) is not None]
        if words:
            found.append(", ".join(words))
    return tuple(found)
