# ruff: noqa: E501 - pages as they are copied
"""Pages as copied from a browser: every section has its place, or is told by its heading."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

import registry_texts as made
from galu.exchange.registry import RegistryRecord, read_registry

#: A page of a site that is made from ClinicalTrials.gov.
SITE = """A study of 177Lu-X and 161Tb-X

NCT ID: NCT01234567

Last Updated: 2026-02-03

Study Results

Results pending

The study team has not published outcome measurements, participant flow, or safety data for this trial yet. Check back later for updates.

Basic Information

Get a concise snapshot of the trial, including recruitment status, study phase, enrollment targets, and key timeline milestones.

Recruitment Status

TERMINATED

Why Stopped

Funds ended

Clinical Phase

PHASE1/PHASE2

Total Enrollment

1,234 participants

Study Classification

INTERVENTIONAL

Study Start Date

2024-02-01

Primary Completion Date

2026-03-01

Study Completion Date

2027-04-30

Brief Summary

Review the sponsor-provided synopsis that highlights what the study is about and why it is being conducted.

Review of what is known \\[1\\].

See the next line.

Detailed Description

Dive into the extended narrative that explains the scientific background, objectives, and procedures in greater depth.

3 + 3 at 3.7 GBq and 5.5 GBq.

Conditions

See the medical conditions and disease areas that this research is targeting or investigating.

Cancer A

Cancer B

Keywords

Explore important study keywords that can help with search, categorization, and topic discovery.

one word

Study Design

Understand how the trial is structured, including allocation methods, masking strategies, primary purpose, and other design elements.

Allocation Method

NON_RANDOMIZED

Intervention Model

PARALLEL

Two arms side by side.

Primary Study Purpose

TREATMENT

Blinding Strategy

NONE

Study Groups

Review each arm or cohort in the study, along with the interventions and objectives associated with them.

Arm with lutetium

Words on the first arm.

More words.

Group Type EXPERIMENTAL

177Lu-X

Intervention Type DRUG

A drug with lutetium.

In two lines.

Arm with terbium

Group Type ACTIVE_COMPARATOR

161Tb-X

Intervention Type DRUG

A drug with terbium.

177Lu-X

Intervention Type DRUG

A drug with lutetium.

In two lines.

Interventions

Learn about the drugs, procedures, or behavioral strategies being tested and how they are applied within this trial.

177Lu-X

A drug with lutetium.

In two lines.

Intervention Type DRUG

161Tb-X

A drug with terbium.

Intervention Type DRUG

Oversight Of The Trial

Find out how this trial is watched over and by whom in each country.

A committee meets monthly.

Eligibility Criteria

Check the participation requirements, including inclusion and exclusion rules, age limits, and whether healthy volunteers are accepted.

Inclusion Criteria

1. Review of pathology done
2. Check of blood counts

Exclusion Criteria

* Learn to live with it
Minimum Eligible Age

18 Years

Maximum Eligible Age

85 Years

Eligible Sex

ALL

Accepts Healthy Volunteers

No

Sponsors

Meet the organizations funding or collaborating on the study and learn about their roles.

Helper One

OTHER

Sponsor Role collaborator

A Sponsor

INDUSTRY

Sponsor Role lead

Responsible Party

Identify the individual or organization who holds primary responsibility for the study information submitted to regulators.

Responsibility Role SPONSOR

Central Contacts

Reach out to these primary contacts for questions about participation or study logistics.

C. One

Role: CONTACT

Phone: 021

Email: [email protected]

C. Two

Role: CONTACT

Other Identifiers

Review additional registry numbers or institutional identifiers associated with this trial.

RLT-1

Identifier Type: -

Identifier Source: org_study_id

2024-000111-22

Identifier Type: EUDRACT_NUMBER

Identifier Source: secondary_id
"""
REGISTRY = """Study of a Thing
ClinicalTrials.gov ID NCT01234567
Sponsor A Sponsor
Information provided by A Sponsor (Responsible Party)
Last Update Posted 2026-02-03
Study Overview
Brief Summary
Words on the study.
Official Title
A Long Title
Conditions
Cancer A
Intervention / Treatment
Drug: 177Lu-X
Other Study ID Numbers
RLT-1
Study Start (Actual)
2024-02-01
Primary Completion (Estimated)
2026-03
Study Completion (Estimated)
2027-04
Enrollment (Estimated)
1,040
Study Type
Interventional
Phase
Phase 1
Phase 2
Contacts and Locations
Study Contact
Name: C. One
Phone Number: 021
Email: one@example.org
Participation Criteria
Eligibility Criteria
Description
Inclusion Criteria:

* Age
* PSA

Exclusion Criteria:

* Stroke
Ages Eligible for Study
18 Years to 85 Years (Adult, Older Adult)
Sexes Eligible for Study
Male
Accepts Healthy Volunteers
No
Study Plan
How is the study designed?
Design Details
Primary Purpose : Treatment
Allocation : Non-Randomized
Interventional Model : Sequential Assignment
Masking : None (Open Label)
Arms and Interventions
Experimental: Level 1
Words on level 1.
Drug: 177Lu-X
A drug.
Experimental: Level 2
Words on level 2.
Drug: 177Lu-X
A drug.
What is the study measuring?
Primary Outcome Measures
Outcome Measure\tMeasure Description\tTime Frame
DLT\tas defined\t42 days
Secondary Outcome Measures
Outcome Measure\tMeasure Description\tTime Frame
ORR\tRECIST\t2 years
Collaborators and Investigators
Sponsor
A Sponsor
Collaborators
Helper One
"""
CLASSIC = """Study of a Thing

ClinicalTrials.gov Identifier: NCT01234567

Recruitment Status : Completed
Last Update Posted : February 3, 2026

Sponsor:
A Sponsor
Collaborator:
Helper One

Study Description
Brief Summary:
Words on the study.

Condition or disease : Cancer A

Study Design
Study Type : Interventional
Actual Enrollment : 1,022 participants
Allocation: Non-Randomized
Intervention Model: Sequential Assignment
Masking: None (Open Label)
Primary Purpose: Treatment
Official Title: A Long Title
Actual Study Start Date : October 2017
Estimated Study Completion Date : June 2, 2027

Primary Outcome Measures :
1. DLT [ Time Frame: 42 days ]
As defined.
2. MTD [ Time Frame: 1 year ]

Eligibility Criteria

Choosing to participate in a study is an important personal decision.

Ages Eligible for Study: 18 Years and older (Adult, Older Adult)
Sexes Eligible for Study: Male
Accepts Healthy Volunteers: No
Criteria

Inclusion Criteria:

Signed consent
Age above 18

Exclusion Criteria:

Stroke

Contacts and Locations
More Information
Other Study ID Numbers: RLT-1
"""
CHINESE = """ChiCTR2600012345 版本V1.0 中国临床试验注册中心

注册号:

Registration number:

ChiCTR2600012345

最近更新日期:

Date of Last Refreshed on:

2026-02-03 09:31:51

注册题目:

镥标记配体治疗前列腺癌

Public title:

Lutetium ligand in prostate cancer

研究课题代号(代码):

Study subject ID:

RLT-1

研究目的:

评价安全性

Objectives of Study:

To evaluate safety

纳入标准:

1. 年龄≥18岁;
2. 确诊前列腺癌。

Inclusion criteria

1. Age of 18 or more;
2. Prostate cancer.

排除标准:

(1)妊娠;(2)感染。

Exclusion criteria:

1. Pregnancy; 2. Infection.

研究实施时间:

从 From 2026-01-01 至 To 2028-01-01

年龄范围:

最小 Min age 18 years 最大 Max age 80 years

性别:

男性

Gender:

Male
"""


def read(tmp_path: Path, text: str) -> RegistryRecord:
    path = tmp_path / "page.txt"
    path.write_text(text, encoding="utf-8")
    return read_registry(path)


def test_a_page_of_a_site(tmp_path: Path) -> None:
    record = read(tmp_path, SITE)
    assert record.inclusion == ("Review of pathology done", "Check of blood counts")
    assert record.exclusion == ("Learn to live with it",)
    assert record.brief_summary == "Review of what is known [1].\n\nSee the next line."
    assert record.detailed_description == "3 + 3 at 3.7 GBq and 5.5 GBq."
    assert (record.enrollment_count, record.phases) == (1234, ("PHASE1", "PHASE2"))
    assert (record.why_stopped, record.keywords) == ("Funds ended", ("one word",))
    assert record.conditions == ("Cancer A", "Cancer B")
    assert [(arm.label, arm.type, arm.interventions) for arm in record.arms] == [
        ("Arm with lutetium", "EXPERIMENTAL", ("177Lu-X",)),
        ("Arm with terbium", "ACTIVE_COMPARATOR", ("161Tb-X", "177Lu-X")),
    ]
    assert record.arms[0].description == "Words on the first arm.\nMore words."
    assert [drug.name for drug in record.interventions] == ["177Lu-X", "161Tb-X"]
    assert (record.sponsor, record.sponsor_class) == ("A Sponsor", "INDUSTRY")
    assert record.collaborators == ("Helper One (OTHER)",)
    assert (record.minimum_age, record.maximum_age, record.sex) == ("18 Years", "85 Years", "ALL")
    assert record.contacts == ("C. One, CONTACT, 021", "C. Two, CONTACT") and record.contact_email is None
    assert (record.org_study_id, record.secondary_ids) == ("RLT-1", ("2024-000111-22 (EUDRACT_NUMBER)",))
    assert record.primary_completion_date == "2026-03-01"
    assert record.unread == (
        "model: Two arms side by side.",
        "Oversight Of The Trial: Find out how this trial is watched over and by whom in each country.\n\n"
        "A committee meets monthly.",
    )


def test_a_page_of_the_registry(tmp_path: Path) -> None:
    record = read(tmp_path, REGISTRY)
    assert (record.inclusion, record.exclusion) == (("Age", "PSA"), ("Stroke",))
    assert (record.title, record.official_title) == ("Study of a Thing", "A Long Title")
    assert (record.enrollment_count, record.enrollment_type) == (1040, "ESTIMATED")
    assert record.phases == ("PHASE1", "PHASE2") and record.last_update == "2026-02-03"
    assert [(arm.label, arm.description) for arm in record.arms] == [
        ("Level 1", "Words on level 1."),
        ("Level 2", "Words on level 2."),
    ]
    assert [(drug.name, drug.description) for drug in record.interventions] == [("177Lu-X", "A drug.")]
    assert (record.allocation, record.intervention_model, record.masking) == (
        "NON_RANDOMIZED",
        "SEQUENTIAL",
        "NONE",
    )
    assert (record.minimum_age, record.maximum_age, record.sex) == ("18 Years", "85 Years", "MALE")
    assert record.primary_outcomes is not None and record.primary_outcomes[0].time_frame == "42 days"
    assert (record.sponsor, record.collaborators) == ("A Sponsor", ("Helper One",))
    assert record.contact_email == "one@example.org"


def test_a_page_of_the_registry_as_it_was(tmp_path: Path) -> None:
    record = read(tmp_path, CLASSIC)
    assert (record.inclusion, record.exclusion) == (("Signed consent", "Age above 18"), ("Stroke",))
    assert (record.status, record.last_update, record.start_date) == ("COMPLETED", "2026-02-03", "2017-10")
    assert (record.enrollment_count, record.enrollment_type) == (1022, "ACTUAL")
    assert (record.sponsor, record.collaborators, record.conditions) == (
        "A Sponsor",
        ("Helper One",),
        ("Cancer A",),
    )
    assert (record.official_title, record.org_study_id) == ("A Long Title", "RLT-1")
    assert (record.minimum_age, record.sex, record.healthy_volunteers) == ("18 Years", "MALE", False)
    assert record.primary_outcomes is not None
    assert [(one.measure, one.time_frame, one.description) for one in record.primary_outcomes] == [
        ("DLT", "42 days", "As defined."),
        ("MTD", "1 year", None),
    ]
    assert record.unread == (
        "Eligibility Criteria: Choosing to participate in a study is an important personal decision.",
    )


def test_a_page_of_the_chinese_registry(tmp_path: Path) -> None:
    record = read(tmp_path, CHINESE)
    assert record.nct_id == "ChiCTR2600012345" and record.org_study_id == "RLT-1"
    assert record.inclusion == ("年龄≥18岁;", "确诊前列腺癌。")
    assert record.exclusion == ("妊娠;", "感染。")
    assert (record.title, record.brief_summary) == ("镥标记配体治疗前列腺癌", "评价安全性")
    told = "\n".join(record.unread)
    for words in ("Prostate cancer.", "2. Infection.", "To evaluate safety", "2028-01-01", "Lutetium ligand"):
        assert words in told


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1,234 participants", 1234),
        ("1.234", 1234),
        ("1 234 participants", 1234),
        ("49", 49),
        ("12000", 12000),
    ],
)
def test_thousands(text: str, count: int, tmp_path: Path) -> None:
    page = made.page("Inclusion Criteria:\n1. A\n").replace(
        "PHASE1\n", f"PHASE1\n\nTotal Enrollment\n\n{text}\n"
    )
    assert read(tmp_path, page).enrollment_count == count


@pytest.mark.parametrize("text", ["about fifty", "12.5", "1,23"])
def test_a_number_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    page = made.page("Inclusion Criteria:\n1. A\n").replace(
        "PHASE1\n", f"PHASE1\n\nTotal Enrollment\n\n{text}\n"
    )
    record = read(tmp_path, page)
    assert record.enrollment_count is None and f"enrollment: {text}" in record.unread


@pytest.mark.parametrize(
    "text", [SITE, REGISTRY, CLASSIC, CHINESE], ids=["site", "registry", "classic", "chinese"]
)
@pytest.mark.parametrize(
    "line", ["A strange line zq77 of words.", "zq77", "1. zq77 of a list", "Zq77: a value"]
)
def test_a_line_put_anywhere_is_not_lost(text: str, line: str, tmp_path: Path) -> None:
    lines = text.split("\n")
    for here in range(1, len(lines)):
        record = read(tmp_path, "\n".join([*lines[:here], line, *lines[here:]]))
        assert "zq77" in str(asdict(record)).lower(), lines[here - 1 : here + 1]
