"""A record as a whole: nothing of it is lost, and nothing that is no record ends in a traceback."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import registry_texts as made
from galu.desk.registry import import_registry
from galu.desk.study import study_elements
from galu.exchange.registry import RegistryRecord, read_registry
from galu.finding import InputError
from support import shared

#: Every field of a record that a study may need, and some that it has no place for.
FULL: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT01234567",
            "orgStudyIdInfo": {"id": "RLT-1", "type": "NIH", "link": "https://example.org/grant"},
            "secondaryIdInfos": [
                {"id": "2024-000111-22", "type": "EUDRACT_NUMBER"},
                {"id": "jRCT-9", "type": "REGISTRY", "domain": "Japan registry"},
            ],
            "organization": {"fullName": "An Institute", "class": "OTHER"},
            "briefTitle": "Brief title of 177Lu-X",
            "officialTitle": "Official title, long",
            "acronym": "RLTX",
        },
        "statusModule": {
            "statusVerifiedDate": "2026-01",
            "overallStatus": "TERMINATED",
            "whyStopped": "Slow accrual; funds ended",
            "startDateStruct": {"date": "2024-02-01", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2026-03", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2027-04", "type": "ESTIMATED"},
            "lastUpdatePostDateStruct": {"date": "2026-02-03", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {
            "responsibleParty": {"type": "PRINCIPAL_INVESTIGATOR", "investigatorFullName": "A. Person"},
            "leadSponsor": {"name": "A Sponsor", "class": "INDUSTRY"},
            "collaborators": [
                {"name": "Helper One", "class": "OTHER"},
                {"name": "Helper Two", "class": "NIH"},
            ],
        },
        "oversightModule": {"oversightHasDmc": True},
        "descriptionModule": {
            "briefSummary": "Summary \\[1\\] here.",
            "detailedDescription": "Detail\n\n* one\n* two",
        },
        "conditionsModule": {"conditions": ["Cancer A", "Cancer B"], "keywords": ["key one", "key two"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {
                "allocation": "NON_RANDOMIZED",
                "interventionModel": "SEQUENTIAL",
                "interventionModelDescription": "Model in words",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "NONE", "whoMasked": ["PARTICIPANT"]},
            },
            "enrollmentInfo": {"count": 1234, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {
                    "label": f"Arm {letter}",
                    "type": "EXPERIMENTAL",
                    "description": f"Arm {letter} in words.\nSecond line.",
                    "interventionNames": ["Drug: 177Lu-X", "Procedure: Scan: whole body"],
                }
                for letter in "ABC"
            ],
            "interventions": [
                {
                    "type": "DRUG",
                    "name": "177Lu-X",
                    "description": "A drug",
                    "armGroupLabels": ["Arm A", "Arm B", "Arm C", "Arm gone"],
                    "otherNames": ["Lutetium X", "LuX"],
                },
                {"type": "PROCEDURE", "name": "Scan: whole body", "armGroupLabels": ["Arm A"]},
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "DLT", "description": "as defined", "timeFrame": "42 days"}],
            "secondaryOutcomes": [
                {"measure": "ORR", "timeFrame": "2 years"},
                {"measure": "OS", "timeFrame": "5 years"},
            ],
            "otherOutcomes": [{"measure": "Dose", "timeFrame": "168 h"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": made.criteria(made.TUMOUR, "*"),
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": "18 Years",
            "maximumAge": "85 Years",
            "stdAges": ["ADULT", "OLDER_ADULT"],
        },
        "contactsLocationsModule": {
            "centralContacts": [
                {
                    "name": "C. One",
                    "role": "CONTACT",
                    "phone": "+1 2",
                    "phoneExt": "34",
                    "email": "one@example.org",
                },
                {"name": "C. Two", "role": "CONTACT"},
            ],
            "overallOfficials": [
                {"name": "O. Three", "affiliation": "Clinic", "role": "PRINCIPAL_INVESTIGATOR"}
            ],
            "locations": [
                {
                    "facility": "Clinic",
                    "status": "RECRUITING",
                    "city": "Basel",
                    "zip": "4031",
                    "country": "Switzerland",
                    "geoPoint": {"lat": 47.55, "lon": 7.59},
                    "contacts": [{"name": "L. Four", "phone": "5"}],
                }
            ],
        },
        "ipdSharingStatementModule": {"ipdSharing": "NO", "description": "“quoted”\nlines"},
        "aModuleToCome": {"words": ["kept", {"deep": "down"}]},
    },
    "derivedSection": {"miscInfoModule": {"versionHolder": "2026-02-03"}},
    "annotationSection": {"note": "kept too"},
    "hasResults": False,
}
#: What the registry derives from other fields.
DERIVED = ("stdAges",)


def put(folder: Path, value: Any, name: str = "record.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from strings(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from strings(one, path)
    elif isinstance(value, str) and value.strip():
        yield path, value


def outcome(record: RegistryRecord) -> set[str]:
    """Every string of what was read."""
    return {text for _, text in strings(json.loads(json.dumps(asdict(record))))}


def lost(raw: dict[str, Any], record: RegistryRecord) -> list[str]:
    """Strings of a record that stand nowhere in what was read, but for the marks of lists."""
    said = "\n".join(outcome(record))
    squeezed = "".join(said.split())
    found = []
    for path, text in strings(raw):
        words = text.replace("\\", "").partition(": ")[2] if path.endswith("interventionNames") else text
        plain = "".join(words.replace("\\", "").split())
        if path.rpartition(".")[2] in (*DERIVED, "eligibilityCriteria"):
            continue
        if plain not in squeezed and text not in said:
            found.append(f"{path}: {text[:80]}")
    return found


def test_no_string_of_a_full_record_is_lost(tmp_path: Path) -> None:
    record = read_registry(put(tmp_path, FULL))
    assert lost(FULL, record) == []
    assert record.enrollment_count == 1234 and record.maximum_age == "85 Years"
    assert [arm.label for arm in record.arms] == ["Arm A", "Arm B", "Arm C"]
    assert record.arms[0].interventions == ("177Lu-X", "Scan: whole body")
    assert record.primary_outcomes is not None and record.primary_outcomes[0].time_frame == "42 days"
    assert record.unread == ()
    assert ("protocolSection.aModuleToCome.words[1].deep", "down") in record.other


def test_no_string_of_a_public_record_is_lost() -> None:
    for path in sorted(shared("public", "registry").glob("*.v2.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        assert lost(raw, read_registry(path)) == [], path.name


def test_the_study_file_keeps_the_protocol_of_a_record(tmp_path: Path) -> None:
    out = tmp_path / "study.yaml"
    imported = import_registry(put(tmp_path, FULL), out)
    study_elements(out)
    kept = "".join(text for _, text in strings(YAML(typ="safe").load(out)))
    for path, text in strings(FULL["protocolSection"]):
        if path.rpartition(".")[2] not in (*DERIVED, "eligibilityCriteria", "interventionNames"):
            assert text.replace("\\", "") in kept, path
    assert imported.kept == ("derivedSection (1 values)", "annotationSection (1 values)")


KEYS = ["protocolSection", "eligibilityModule", "armGroups", "x"]
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just(10**30)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), inner),
    ),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in below:
        yield from places(one, (*path, key))


PLACES = [one for one in places(FULL) if one]


def replaced(path: tuple[Any, ...], value: Any) -> Any:
    raw = copy.deepcopy(FULL)
    here: Any = raw
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return raw


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.sampled_from(PLACES), JUNK)
def test_any_value_anywhere_is_read_or_told(tmp_path: Path, path: tuple[Any, ...], value: Any) -> None:
    """Wrong types, null, huge numbers at each place: kept as unread, or a sentence; never a traceback."""
    raw = replaced(path, value)
    try:
        record = read_registry(put(tmp_path, raw))
    except InputError as fault:
        assert path[:2] in {("protocolSection",), ("protocolSection", "identificationModule")}, fault
        return
    assert [one for one in lost(raw, record) if "\ufffd" not in one and one.isprintable()] == []


@pytest.mark.parametrize("value", [None, 7, 1e300, True, "text", [], {}, [None], [[]], {"a": {}}])
def test_a_wrong_value_at_each_place_makes_a_study_file_or_a_sentence(tmp_path: Path, value: Any) -> None:
    for number, path in enumerate(PLACES):
        try:
            read_registry(put(tmp_path, replaced(path, value), f"{number}.json"))
        except InputError as fault:
            assert fault.place and fault.fault and fault.remedy


@pytest.mark.parametrize("value", [None, 7, "a\u0007b\u2028c\ud800", {"a": "# b: [c"}])
def test_odd_words_still_make_a_study_file(tmp_path: Path, value: Any) -> None:
    for number, path in enumerate(PLACES[::5]):
        if path[:3] != ("protocolSection", "identificationModule", "nctId") and len(path) > 2:
            out = tmp_path / f"{number}.yaml"
            import_registry(put(tmp_path, replaced(path, value)), out)
            study_elements(out)


def test_a_record_cut_anywhere_ends_in_a_sentence(tmp_path: Path) -> None:
    data = json.dumps(FULL).encode("utf-8")
    for end in range(0, len(data) - 1, 37):
        path = tmp_path / "cut.json"
        path.write_bytes(data[:end])
        with pytest.raises(InputError) as told:
            read_registry(path)
        assert str(path) in told.value.place


BAD = {
    "empty": b"",
    "number": b"7",
    "words": b"hello",
    "empty object": b"{}",
    "empty list": b"[]",
    "no studies": b'{"studies": []}',
    "null studies": b'{"studies": null}',
    "older and empty": b'{"FullStudiesResponse": {"FullStudies": []}}',
    "error of the interface": b'{"message": "not found"}',
    "deep": b"[" * 100_000,
    "deep old": b'{"ProtocolSection":' + b'{"a":' * 900 + b"1" + b"}" * 901,
    "endless number": b'{"a": ' + b"9" * 10_000 + b"}",
    "picture": bytes(range(256)) * 4,
    "western": "Inclusion Criteria: caf\u00e9, na\u00efve, \u00e9t\u00e9 NCT01234567".encode("latin-1"),
    "no number": json.dumps(made.study("x", number="NCT123")).encode(),
    "page without number": b"Eligibility Criteria\n\nInclusion Criteria:\n1. Age\n",
    "surrogate": b"\xff\xfe\x00\xd8",
    "xml": b"<?xml version='1.0'?><clinical_study><nct_id>NCT01234567</nct_id></clinical_study>",
    "code of a page": b"<!DOCTYPE html><html><body>NCT ID: NCT01234567</body></html>",
    "a mention": b"We read of NCT01234567 in a paper.",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_record_ends_in_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(BAD[name])
    with pytest.raises(InputError) as told:
        read_registry(path)
    assert told.value.remedy


TWO = ("NCT01234567", "NCT07654321")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"studies": [made.study("a", one) for one in TWO]}),
        json.dumps([made.study("a", one) for one in TWO]),
        "\n".join(json.dumps(made.study("a", one)) for one in TWO),
        json.dumps([made.older("a", one) for one in TWO]),
        "\n\n".join(made.page("Inclusion Criteria:\n1. A", one) for one in TWO),
        "\n\n".join(made.registry_page("Inclusion Criteria:\n1. A", one) for one in TWO),
    ],
)
def test_two_records_in_one_file_are_refused_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "two"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_registry(path)
    assert all(number in str(told.value) for number in TWO)
    if text.startswith(("{", "[")):
        assert "--id" in told.value.remedy
        assert read_registry(path, "nct07654321").nct_id == TWO[1]
        with pytest.raises(InputError, match="NCT00000009"):
            read_registry(path, "NCT00000009")


def test_a_page_of_another_number_is_refused(tmp_path: Path) -> None:
    path = made.write(tmp_path, "page.txt", "Inclusion Criteria:\n1. A")
    assert read_registry(path, "nct01234567").nct_id == "NCT01234567"
    with pytest.raises(InputError, match="NCT07654321"):
        read_registry(path, "NCT07654321")


#: A record as the registry's first interface gave it.
OLDER: dict[str, Any] = {
    "ProtocolSection": {
        "IdentificationModule": {
            "NCTId": "NCT01234567",
            "OrgStudyIdInfo": {"OrgStudyId": "RLT-1"},
            "SecondaryIdInfoList": {
                "SecondaryIdInfo": [{"SecondaryId": "2024-1", "SecondaryIdType": "EudraCT Number"}]
            },
            "Organization": {"OrgFullName": "A Sponsor", "OrgClass": "INDUSTRY"},
            "BriefTitle": "Brief",
            "OfficialTitle": "Official",
            "Acronym": "RLTX",
        },
        "StatusModule": {
            "StatusVerifiedDate": "January 2026",
            "OverallStatus": "Not yet recruiting",
            "WhyStopped": "Funds ended",
            "StartDateStruct": {"StartDate": "February 1, 2024", "StartDateType": "Actual"},
            "CompletionDateStruct": {"CompletionDate": "April 2027", "CompletionDateType": "Anticipated"},
            "LastUpdatePostDateStruct": {
                "LastUpdatePostDate": "February 3, 2026",
                "LastUpdatePostDateType": "Actual",
            },
        },
        "SponsorCollaboratorsModule": {
            "ResponsibleParty": {"ResponsiblePartyType": "Sponsor"},
            "LeadSponsor": {"LeadSponsorName": "A Sponsor", "LeadSponsorClass": "INDUSTRY"},
            "CollaboratorList": {
                "Collaborator": [{"CollaboratorName": "Helper", "CollaboratorClass": "OTHER"}]
            },
        },
        "OversightModule": {"OversightHasDMC": "Yes"},
        "DescriptionModule": {"BriefSummary": "Summary", "DetailedDescription": "Detail"},
        "ConditionsModule": {"ConditionList": {"Condition": ["Cancer"]}, "KeywordList": {"Keyword": ["key"]}},
        "DesignModule": {
            "StudyType": "Interventional",
            "PhaseList": {"Phase": ["Phase 1", "Phase 2"]},
            "DesignInfo": {
                "DesignAllocation": "Non-Randomized",
                "DesignInterventionModel": "Sequential Assignment",
                "DesignPrimaryPurpose": "Treatment",
                "DesignMaskingInfo": {"DesignMasking": "None (Open Label)"},
            },
            "EnrollmentInfo": {"EnrollmentCount": "1234", "EnrollmentType": "Anticipated"},
        },
        "ArmsInterventionsModule": {
            "ArmGroupList": {
                "ArmGroup": [
                    {
                        "ArmGroupLabel": f"Arm {letter}",
                        "ArmGroupType": "Experimental",
                        "ArmGroupDescription": f"Words {letter}",
                        "ArmGroupInterventionList": {"ArmGroupInterventionName": ["Drug: 177Lu-X"]},
                    }
                    for letter in "AB"
                ]
            },
            "InterventionList": {
                "Intervention": [
                    {
                        "InterventionType": "Drug",
                        "InterventionName": "177Lu-X",
                        "InterventionDescription": "A drug",
                        "InterventionArmGroupLabelList": {"InterventionArmGroupLabel": ["Arm A", "Arm B"]},
                        "InterventionOtherNameList": {"InterventionOtherName": ["LuX"]},
                    }
                ]
            },
        },
        "OutcomesModule": {
            "PrimaryOutcomeList": {
                "PrimaryOutcome": [{"PrimaryOutcomeMeasure": "DLT", "PrimaryOutcomeTimeFrame": "42 days"}]
            }
        },
        "EligibilityModule": {
            "EligibilityCriteria": made.criteria(made.TUMOUR, "lines"),
            "HealthyVolunteers": "No",
            "Gender": "Male",
            "MinimumAge": "18 Years",
            "MaximumAge": "85 Years",
            "StdAgeList": {"StdAge": ["Adult", "Older Adult"]},
        },
        "ContactsLocationsModule": {
            "CentralContactList": {
                "CentralContact": [{"CentralContactName": "C. One", "CentralContactEMail": "one@example.org"}]
            },
            "LocationList": {"Location": [{"LocationFacility": "Clinic", "LocationCity": "Basel"}]},
        },
        "ANewModule": {"ThingList": {"Thing": ["kept"]}},
    }
}


def test_a_record_of_the_first_interface(tmp_path: Path) -> None:
    record = read_registry(
        put(tmp_path, {"FullStudiesResponse": {"FullStudies": [{"Rank": 1, "Study": OLDER}]}})
    )
    assert (record.inclusion, record.exclusion) == made.TUMOUR
    assert (record.status, record.phases, record.sex) == ("NOT_YET_RECRUITING", ("PHASE1", "PHASE2"), "MALE")
    assert (record.allocation, record.intervention_model, record.masking) == (
        "NON_RANDOMIZED",
        "SEQUENTIAL",
        "NONE",
    )
    assert (record.start_date, record.completion_date, record.last_update) == (
        "2024-02-01",
        "2027-04",
        "2026-02-03",
    )
    assert (record.enrollment_count, record.enrollment_type) == (1234, "ESTIMATED")
    assert (record.healthy_volunteers, record.maximum_age) == (False, "85 Years")
    assert [arm.label for arm in record.arms] == ["Arm A", "Arm B"] and record.arms[1].interventions == (
        "177Lu-X",
    )
    assert record.interventions[0].other_names == ("LuX",) and record.collaborators == ("Helper (OTHER)",)
    assert record.primary_outcomes is not None and record.primary_outcomes[0].time_frame == "42 days"
    assert record.contact_email == "one@example.org" and record.locations == ("Clinic, Basel",)
    assert record.secondary_ids == ("2024-1 (EudraCT Number)",) and record.why_stopped == "Funds ended"
    assert "kept" in dict(record.other).values() and record.unread == ()


def test_one_record_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two"
    path.write_text(made.page("Inclusion Criteria:\n1. A") * 2, encoding="utf-8")
    with pytest.raises(InputError, match="twice"):
        read_registry(path)
