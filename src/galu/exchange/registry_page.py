"""Read the text of a registry page into the shape of the registry's API v2."""

from __future__ import annotations

import re
from typing import Any

from galu.finding import InputError

_HEADINGS = [
    "Study Results",
    "Basic Information",
    "Recruitment Status",
    "Clinical Phase",
    "Total Enrollment",
    "Study Classification",
    "Study Start Date",
    "Study Completion Date",
    "Brief Summary",
    "Detailed Description",
    "Conditions",
    "Study Design",
    "Allocation Method",
    "Intervention Model",
    "Primary Study Purpose",
    "Blinding Strategy",
    "Study Groups",
    "Interventions",
    "Eligibility Criteria",
    "Minimum Eligible Age",
    "Eligible Sex",
    "Accepts Healthy Volunteers",
    "Sponsors",
    "Responsible Party",
    "Central Contacts",
    "Other Identifiers",
]
_BOILERPLATE = re.compile(
    r"^(The study team has|Get a concise|Review |Dive into|See the|Understand how|Learn about|Check the|"
    r"Meet the|Identify the|Reach out)"
)


def page_sections(text: str, place: str) -> tuple[dict[str, Any], list[str]]:
    """Return the page as API v2 data, and the lines before the first heading that say nothing known."""
    nct = re.search(r"^NCT ID:\s*(NCT\d{8})\s*$", text, re.M)
    if nct is None:
        raise InputError(place, "no registry record (no NCT ID line)", "give the page's text or API v2 JSON")
    parts: dict[str, list[str]] = {}
    unread: list[str] = []
    here = "title"
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.strip() in _HEADINGS:
            here = line.strip()
            parts.setdefault(here, [])
        elif not _BOILERPLATE.match(line):
            parts.setdefault(here, []).append(line)
    got = {key: "\n".join(lines).strip() or None for key, lines in parts.items()}
    unread += [key for key in ("Detailed Description", "Study Design") if got.get(key)]
    updated = re.search(r"^Last Updated:\s*(\S+)", text, re.M)
    return {"protocolSection": _modules(got, nct.group(1), updated.group(1) if updated else None)}, unread


def _modules(got: dict[str, str | None], nct: str, updated: str | None) -> dict[str, Any]:
    drugs = _interventions(got.get("Interventions") or "")
    number = re.match(r"\d+", got.get("Total Enrollment") or "")
    sponsor = [line for line in (got.get("Sponsors") or "").split("\n") if line.strip()]
    healthy = {"No": False, "Yes": True}.get(got.get("Accepts Healthy Volunteers") or "")
    return {
        "identificationModule": {
            "nctId": nct,
            "briefTitle": (got.get("title") or "").split("\n")[0],
            "orgStudyIdInfo": {"id": (got.get("Other Identifiers") or "").split("\n")[0] or None},
        },
        "statusModule": {
            "overallStatus": got.get("Recruitment Status"),
            "startDateStruct": {"date": got.get("Study Start Date")},
            "completionDateStruct": {"date": got.get("Study Completion Date")},
            "lastUpdatePostDateStruct": {"date": updated},
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": dict(zip(("name", "class"), sponsor, strict=False)),
        },
        "descriptionModule": {
            "briefSummary": got.get("Brief Summary"),
            "detailedDescription": got.get("Detailed Description"),
        },
        "conditionsModule": {"conditions": [x for x in (got.get("Conditions") or "").split("\n") if x]},
        "designModule": {
            "studyType": got.get("Study Classification"),
            "phases": (got.get("Clinical Phase") or "").split("/"),
            "enrollmentInfo": {"count": int(number.group()) if number else None},
            "designInfo": {
                "allocation": got.get("Allocation Method"),
                "interventionModel": got.get("Intervention Model"),
                "primaryPurpose": got.get("Primary Study Purpose"),
                "maskingInfo": {"masking": got.get("Blinding Strategy")},
            },
        },
        "armsInterventionsModule": {
            "armGroups": _arms(got.get("Study Groups") or "", [one["name"] for one in drugs]),
            "interventions": drugs,
        },
        "eligibilityModule": {
            "eligibilityCriteria": got.get("Eligibility Criteria"),
            "minimumAge": got.get("Minimum Eligible Age"),
            "sex": got.get("Eligible Sex"),
            "healthyVolunteers": healthy,
        },
    }


def _interventions(text: str) -> list[dict[str, str | None]]:
    found = []
    blocks = re.split(r"^Intervention Type (\S+)\s*$", text, flags=re.M)
    for block, kind in zip(blocks[::2], blocks[1::2], strict=False):
        lines = [line for line in block.split("\n") if line.strip()]
        if lines:
            found.append({"name": lines[0], "type": kind, "description": "\n".join(lines[1:]) or None})
    return found


def _arms(text: str, names: list[str | None]) -> list[dict[str, Any]]:
    match = re.match(
        r"(?P<label>[^\n]+)\n(?P<text>.*?)^Group Type (?P<type>\S+)(?P<rest>.*)", text, re.M | re.S
    )
    if match is None:
        return []
    inside = [name for name in names if name and f"\n{name}\n" in match["rest"] + "\n"]
    return [
        {
            "label": match["label"],
            "type": match["type"],
            "description": match["text"].strip(),
            "interventionNames": inside,
        }
    ]
