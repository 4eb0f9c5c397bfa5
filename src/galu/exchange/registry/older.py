"""Records of the registry's first interface (`FullStudiesResponse`) in the shape of its second.

The names of its keys repeat the names of their parents and its lists lie one level deeper. Its words for
status, phase and dates become the registry's present codes and ISO dates; a word not known stays as it is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from galu.exchange.registry.words import listed

#: Key of the first interface, key of the second; others begin small and lose their parent's name.
_KEYS: Final = {
    "NCTId": "nctId",
    "OrgStudyIdInfo": "orgStudyIdInfo",
    "OrgFullName": "fullName",
    "OrgClass": "class",
    "StudyFirstSubmitQCDate": "studyFirstSubmitQcDate",
    "OversightHasDMC": "oversightHasDmc",
    "IsFDARegulatedDrug": "isFdaRegulatedDrug",
    "IsFDARegulatedDevice": "isFdaRegulatedDevice",
    "ArmsInterventionsModule": "armsInterventionsModule",
    "ArmGroupInterventionList": "interventionNames",
    "SecondaryIdInfoList": "secondaryIdInfos",
    "Gender": "sex",
    "CentralContactEMail": "email",
    "LocationContactEMail": "email",
    "LocationContactList": "contacts",
    "SecondaryId": "id",
    "OrgStudyId": "id",
    "OrgStudyIdType": "type",
    "OrgStudyIdLink": "link",
    "PointOfContactEMail": "email",
    "IPDSharingStatementModule": "ipdSharingStatementModule",
    "IPDSharing": "ipdSharing",
    "StartDate": "date",
    "StartDateType": "type",
    "CompletionDate": "date",
    "CompletionDateType": "type",
    "PrimaryCompletionDate": "date",
    "PrimaryCompletionDateType": "type",
    "LastUpdatePostDate": "date",
    "LastUpdatePostDateType": "type",
    "StudyFirstPostDate": "date",
    "StudyFirstPostDateType": "type",
    "ResultsFirstPostDate": "date",
    "ResultsFirstPostDateType": "type",
}
#: Parents whose names their keys repeat.
_REPEATED: Final = listed(
    "SecondaryId Collaborator LeadSponsor ResponsibleParty Design Enrollment ArmGroup Intervention "
    "PrimaryOutcome SecondaryOutcome OtherOutcome CentralContact OverallOfficial LocationContact Location "
    "Reference SeeAlsoLink"
)
_WHOLE: Final = frozenset(listed("InterventionModule DesignModule DesignInfo EnrollmentInfo"))
_CODES: Final = {
    "none (open label)": "NONE",
    "n/a": "NA",
    "not applicable": "NA",
    "anticipated": "ESTIMATED",
    "estimate": "ESTIMATED",
    "single group assignment": "SINGLE_GROUP",
    "parallel assignment": "PARALLEL",
    "crossover assignment": "CROSSOVER",
    "factorial assignment": "FACTORIAL",
    "sequential assignment": "SEQUENTIAL",
    "active, not recruiting": "ACTIVE_NOT_RECRUITING",
    "early phase 1": "EARLY_PHASE1",
    "u.s. fed": "FED",
}
_SAID: Final = frozenset(
    listed(
        "recruiting|not yet recruiting|completed|terminated|withdrawn|suspended|"
        "enrolling by invitation|unknown status|interventional|observational|expanded access|"
        "randomized|non-randomized|single group|parallel|crossover|factorial|sequential|treatment|"
        "prevention|diagnostic|supportive care|screening|health services research|basic science|"
        "device feasibility|other|single|double|triple|quadruple|none|actual|estimated|all|male|"
        "female|industry|nih|fed|network|indiv|experimental|active comparator|placebo comparator|"
        "sham comparator|no intervention|drug|device|biological|procedure|radiation|behavioral|"
        "genetic|dietary supplement|combination product|diagnostic test|sponsor|"
        "principal investigator|sponsor-investigator|study chair|study director|contact|child|adult|"
        "older adult|active not recruiting|na",
        "|",
    )
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        listed("january february march april may june july august september october november december"),
        start=1,
    )
}
_DATE: Final = re.compile(r"([A-Za-z]+)\.?\s+(?:(\d{1,2}),\s*)?(\d{4})")
_YES: Final = {"yes": True, "accepts healthy volunteers": True, "no": False}


def code(text: str) -> str:
    """A registry's word as its code: "Not yet recruiting" is NOT_YET_RECRUITING; what is not known stays."""
    plain = " ".join(text.lower().replace("_", " ").split())
    if plain in _CODES:
        return _CODES[plain]
    phase = re.fullmatch(r"(early )?phase\s*([0-4]|i{1,3}|iv)", plain)
    if phase is not None:
        number = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}.get(phase[2], phase[2])
        return f"{'EARLY_' if phase[1] else ''}PHASE{number}"
    return re.sub(r"[\s,-]+", "_", plain).upper() if plain in _SAID else text


def iso(text: str) -> str:
    """A day or month as ISO 8601: "February 11, 2021" is 2021-02-11; what is no date stays."""
    found = _DATE.fullmatch(text.strip())
    names = [
        month for month in _MONTHS if found and month.startswith(found[1].lower()) and len(found[1]) >= 3
    ]
    if found is None or len(names) != 1:
        return text
    day = f"-{int(found[2]):02d}" if found[2] else ""
    return f"{found[3]}-{_MONTHS[names[0]]:02d}{day}"


def as_present(study: dict[str, Any]) -> dict[str, Any]:
    """A study of the first interface in the shape of the second."""
    made = _renamed(study, "")
    return made if isinstance(made, dict) else {}


def _renamed(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        (inner, many), *more = value.items() if value else (("", None),)
        if name.endswith("List") and not more and isinstance(many, list) and not inner.endswith("List"):
            return [_renamed(one, inner) for one in many]
        made: dict[str, Any] = {}
        for key, one in value.items():
            short = _key(key, name)
            made[key if short in made else short] = _renamed(one, key)
        return made
    if isinstance(value, list):
        return [_renamed(one, name) for one in value]
    return _value(value, name) if isinstance(value, str) else value


def _key(key: str, parent: str) -> str:
    if key in _KEYS:
        return _KEYS[key]
    short = key
    for name in _REPEATED:
        if (
            key.startswith(name)
            and len(key) > len(name)
            and key not in _WHOLE
            and not _names_a_section(key, parent)
        ):
            short = key[len(name) :]
            break
    many = short.removesuffix("List")
    small = many[:1].lower() + many[1:]
    return small if many == short else _plural(small)


def _names_a_section(key: str, parent: str) -> bool:
    """A list or section at the top of its module keeps its whole name."""
    return parent.endswith("Module") and key.endswith(("List", "Info", "Module"))


def _plural(name: str) -> str:
    return name if name.endswith("Masked") else f"{name}s"


def _value(text: str, name: str) -> Any:
    if name in ("HealthyVolunteers", "HasExpandedAccess", "OversightHasDMC") or name.startswith("IsFDA"):
        return _YES.get(text.strip().lower(), text)
    if name == "EnrollmentCount" and re.fullmatch(r"\d{1,9}", text.strip()):
        return int(text)
    if name.endswith("Date"):
        return iso(text)
    if name.endswith(
        ("Status", "Type", "Class", "Role", "Masking", "Masked", "Allocation", "Model", "Purpose")
    ):
        return code(text)
    return code(text) if name in ("Phase", "Gender", "StdAge") else text
