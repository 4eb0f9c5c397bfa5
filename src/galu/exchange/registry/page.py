"""The text of a registry page, as copied from a browser, in the shape of the registry's API v2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from galu.exchange.registry import page_parts as parts
from galu.exchange.registry.older import code, iso
from galu.exchange.registry.page_headings import LISTS, SCALARS, field_of, label, of_the_site, unknown_heading
from galu.exchange.registry.source import NUMBER
from galu.exchange.registry.words import narrow, plain, said
from galu.finding import InputError

_NUMBER_LINE: Final = re.compile(
    r"^\W*(?:NCT ID|NCT Number|ClinicalTrials\.gov (?:ID|Identifier)|Registration number|注册号|登记号)"
    r"\s*:?\s*"
    rf"({NUMBER.pattern})\s*$",
    re.M | re.I,
)
_GIVE: Final = "give the page's text or API v2 JSON"
_LISTS_IN: Final = re.compile(r"(?:in|ex)clusion|入选|纳入|排除", re.I)
_COLON: Final = ": \uff1a"


def read_page(text: str, place: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The page as API v2 data, and the passages that no place was found for, each under its heading.

    Raises
    ------
    InputError
        When the text holds no record, or more than one.
    """
    text = plain(text)
    number = _number(text, place)
    sections = _sections(text)
    if not _NUMBER_LINE.search(narrow(text)) and len(sections) < 3:
        raise InputError(place, "no registry record (no NCT ID line)", _GIVE)
    found: dict[str, str] = {}
    more: list[str] = []
    named: dict[str, str] = {}
    titled = False
    for field, name, words in sections:
        if field == "number":
            words = words.replace(number, "", 1).strip()
            field, name = "", ""
        if not words:
            continue
        if field == "enrollment" and (kind := re.search(r"actual|estimated|anticipated", name, re.I)):
            words = f"{words} ({kind[0]})"
        if field == "criteria" and field in found:
            if _LISTS_IN.search(found[field]) and _LISTS_IN.search(words):
                raise InputError(place, f"holds {number} twice", "give a file with one record")
            if _LISTS_IN.search(words):
                more.append(f"{named[field]}: {found.pop(field)}")
        if field == "title" and name and not titled and field in found:
            titled = True
            more.append(found.pop(field))  # what stood above the first heading is no title then
        if field in found or field.isupper() or not field:
            # ChiCTR says everything twice, in English after the original
            more.append(f"{name}: {words}" if name else words)
        else:
            found[field], named[field] = words, name
    unread: list[str] = []
    body = _modules(found, number, unread)
    return {"protocolSection": body}, tuple(said(one) for one in (*unread, *more) if one.strip())


def _number(text: str, place: str) -> str:
    told = list(dict.fromkeys(_NUMBER_LINE.findall(narrow(text))))
    if not told:
        told = list(dict.fromkeys(re.findall(r"(?<!\w)(?:" + NUMBER.pattern + r")(?!\w)", text)))
    if not told:
        raise InputError(place, "no registry record (no NCT ID line)", _GIVE)
    if len(told) > 1:
        held = ", ".join(told[:20])
        raise InputError(place, f"holds {len(told)} records: {held}", "give a file with one record")
    return str(told[0])


def _sections(text: str) -> list[tuple[str, str, str]]:
    """Field, heading and text of each section, in the order of the page; the title first."""
    lines = text.split("\n")
    labelled = bool(re.search(r"^\s*(?:注册号|Registration number)\s*:", narrow(text), re.M))
    found: list[tuple[str, str, list[str]]] = [("title", "", [])]
    for here, line in enumerate(lines):
        field = found[-1][0]
        following = next((one for one in lines[here + 1 :] if one.strip()), "")
        apart = not any(one.strip() for one in (*lines[max(0, here - 1) : here], *lines[here + 1 : here + 2]))
        head = field_of(line, field, following, apart)
        name = line.strip().rstrip(_COLON)
        if head is not None and head[1]:
            found.append((head[0], name.removesuffix(head[1]).rstrip(_COLON), [head[1]]))
        elif head is not None:
            found.append((head[0], name, []))
        elif unknown_heading(line, following) or (labelled and label(line) and (apart or field not in LISTS)):
            found.append(("", name, []))
        elif not of_the_site(line):
            found[-1][2].append(line)
    return [_cut(field, name, "\n".join(rows).rstrip()) for field, name, rows in found]


def _cut(field: str, name: str, words: str) -> tuple[str, str, str]:
    """Criteria keep the indent of their first line."""
    return field, name, words.strip("\n") if field in LISTS else words.strip()


def _one(found: dict[str, str], field: str, unread: list[str]) -> str | None:
    """The value of a field of one line; what else stands under its heading is told."""
    lines = [line.strip() for line in found.get(field, "").split("\n") if line.strip()]
    if len(lines) > 1:
        unread.append(f"{field.replace('_', ' ')}: " + "\n".join(lines[1:]))
    return lines[0] if lines else None


def _codes(text: str | None) -> str | None:
    return None if text is None else code(text)


def _modules(found: dict[str, str], number: str, unread: list[str]) -> dict[str, Any]:
    one = {
        field: _one(found, field, unread)
        for field in SCALARS | {"title", "official_title"}
        if field != "phases"
    }
    drugs = parts.interventions(found.get("interventions", ""), unread)
    arms, inside = parts.arms(found.get("arms", ""), drugs, unread)
    drugs = parts.joined(drugs, inside)
    sponsors = parts.sponsors(found.get("sponsors", ""), found.get("collaborators", ""))
    own, others = parts.identifiers(found.get("identifiers", ""))
    lowest, highest = parts.ages(one["ages"], unread)
    count, kind = parts.people(one["enrollment"], unread)
    dates = {
        f"{key}Struct": {"date": None if (day := one[field]) is None else iso(day)}
        for key, field in (
            ("startDate", "start_date"),
            ("primaryCompletionDate", "primary_completion_date"),
            ("completionDate", "completion_date"),
            ("lastUpdatePostDate", "last_update"),
        )
    }
    return {
        "identificationModule": {
            "nctId": number,
            "briefTitle": one["title"],
            "officialTitle": one["official_title"],
            "acronym": one["acronym"],
            "orgStudyIdInfo": {"id": own},
            "secondaryIdInfos": others,
        },
        "statusModule": {"overallStatus": _codes(one["status"]), "whyStopped": one["why_stopped"], **dates},
        "sponsorCollaboratorsModule": {**sponsors, **parts.responsible(found.get("responsible", ""), unread)},
        "descriptionModule": {
            "briefSummary": found.get("brief_summary"),
            "detailedDescription": found.get("detailed_description"),
        },
        "conditionsModule": {key: parts.lines(found.get(key, "")) for key in ("conditions", "keywords")},
        "designModule": {
            "studyType": _codes(one["study_type"]),
            "phases": parts.phases(found.get("phases", "")),
            "enrollmentInfo": {"count": count, "type": kind},
            "designInfo": {
                "allocation": _codes(one["allocation"]),
                "interventionModel": _codes(one["model"]),
                "primaryPurpose": _codes(one["purpose"]),
                "maskingInfo": {"masking": _codes(one["masking"])},
            },
        },
        "armsInterventionsModule": {"armGroups": arms, "interventions": drugs},
        "outcomesModule": {
            f"{kind}Outcomes": parts.outcomes(found[f"{kind}_outcomes"])
            for kind in ("primary", "secondary", "other")
            if found.get(f"{kind}_outcomes")
        },
        "eligibilityModule": {
            "eligibilityCriteria": _criteria(found),
            "minimumAge": one["minimum_age"] or lowest,
            "maximumAge": one["maximum_age"] or highest,
            "sex": _codes(one["sex"]),
            "healthyVolunteers": parts.yes(one["healthy"], unread),
        },
        "contactsLocationsModule": {
            "centralContacts": parts.contacts(found.get("contacts", "")),
            "overallOfficials": [{"name": line} for line in parts.lines(found.get("officials", ""))],
            "locations": [{"facility": line} for line in parts.lines(found.get("locations", ""))],
        },
    }


def _criteria(found: dict[str, str]) -> str:
    """Criteria under one heading, or under one heading each."""
    named = (("inclusion", "Inclusion Criteria:"), ("exclusion", "Exclusion Criteria:"))
    return "\n".join(
        _joined(found.get("criteria"), *(f"{head}\n{found[key]}" for key, head in named if key in found))
    )


def _joined(*texts: str | None) -> Iterable[str]:
    return (text for text in texts if text)
