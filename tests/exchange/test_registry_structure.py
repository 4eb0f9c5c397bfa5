# ruff: noqa: E501, SIM905 - texts as sites write them, words as one string
"""Lists inside items, gaps, headings inside lists and remarks: kept with their item, or named as unread."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import registry_texts as made
from galu.exchange.registry.criteria import Criteria, split_criteria

#: Name, text, inclusion, exclusion, and words that stand in `unread`.
TABLE: list[tuple[str, str, list[str], list[str], list[str]]] = [
    (
        "bullets in numbers",
        "Inclusion Criteria:\n\n1. Organs:\n\n   * ANC ≥1.5\n   * PLT ≥100\n2. ECOG 0-1\n\n"
        "Exclusion Criteria:\n\n* Heart:\n\n  1. NYHA III\n  2. Infarction\n* Pregnancy",
        ["Organs: * ANC ≥1.5 * PLT ≥100", "ECOG 0-1"],
        ["Heart: 1. NYHA III 2. Infarction", "Pregnancy"],
        [],
    ),
    (
        "flat parts",
        "Inclusion Criteria:\n1. Organs\n- ANC ≥1.5\n- PLT ≥100\n2. ECOG\na) 0\nb) 1\n3. One of\n1) PSA\n2) bone\n"
        "Exclusion Criteria:\n* Any of:\n1. NYHA III\n2. Infarction\n* Pregnancy",
        ["Organs - ANC ≥1.5 - PLT ≥100", "ECOG a) 0 b) 1", "One of 1) PSA 2) bone"],
        ["Any of: 1. NYHA III 2. Infarction", "Pregnancy"],
        [],
    ),
    (
        "the same marks inside",
        "Inclusion Criteria:\n1. Age\n2. Organs as follows:\n1. ANC\n2. PLT\n3. Consent\nExclusion Criteria:\n1. None",
        ["Age", "Organs as follows: 1. ANC 2. PLT", "Consent"],
        ["None"],
        [],
    ),
    (
        "three deep",
        "Inclusion Criteria:\n\n1. Organs\n\n   1. Marrow:\n\n      * ANC\n      * PLT\n   2. Liver\n2. Age\n\n"
        "Exclusion Criteria:\n\n1. None",
        ["Organs 1. Marrow: * ANC * PLT 2. Liver", "Age"],
        ["None"],
        [],
    ),
    (
        "decimals",
        "Inclusion Criteria:\n1. Organs\n1.1 Marrow\n1.2 Liver\n2. Age\n2.5 mg daily at most\nExclusion Criteria:\n1. X",
        ["Organs 1.1 Marrow 1.2 Liver", "Age 2.5 mg daily at most"],
        ["X"],
        [],
    ),
    (
        "gap",
        "Inclusion Criteria:\n1. Age\n2. Consent\n4. Organs\n\nExclusion Criteria:\n3. Pregnancy\n4. Stroke",
        ["Age", "Consent", "Organs"],
        ["Pregnancy", "Stroke"],
        ["number 3 is missing between 2 and 4", "exclusion criteria: the numbers begin at 3"],
    ),
    (
        "twice",
        "Inclusion Criteria:\n1. Age\n2. Consent\n2. Organs\n3. PSA\nExclusion Criteria:\n1. X",
        ["Age", "Consent", "Organs", "PSA"],
        ["X"],
        ["number 2 follows number 2"],
    ),
    (
        "uneven marks",
        "Inclusion Criteria:\n1. Age\n2) Consent\n3. Organs\nExclusion Criteria:\n1.X\n2 .Y\n3) Z",
        ["Age", "Consent", "Organs"],
        ["X", "Y", "Z"],
        [],
    ),
    (
        "phases as headings",
        "Phase 1:\nInclusion Criteria:\n1. Age\n2. PSA\nExclusion Criteria:\n1. X\n\nPhase 2:\nInclusion Criteria:\n"
        "1. Lesion\nExclusion Criteria:\n* Y",
        ["Age", "PSA", "Lesion"],
        ["X", "Y"],
        ["heading over I1 to I2: Phase 1:", "heading over I3: Phase 2:", "heading over E2: Phase 2:"],
    ),
    (
        "phases in headings",
        "Phase 1 Inclusion Criteria:\n\n* Age\n* PSA\n\nPhase 2 Inclusion Criteria:\n\n* Lesion\n\n"
        "Exclusion Criteria (both phases):\n\n* X",
        ["Age", "PSA", "Lesion"],
        ["X"],
        [
            "heading over I1 to I2: Phase 1 Inclusion Criteria:",
            "heading over I3: Phase 2 Inclusion Criteria:",
        ],
    ),
    (
        "phases inside",
        "Inclusion Criteria:\n\nPhase 1:\n\n1. Age\n2. PSA\n\nPhase 2:\n\n1. Lesion\n2. Consent\n\nExclusion Criteria:\n1. X",
        ["Age", "PSA", "Lesion", "Consent"],
        ["X"],
        ["heading over I1 to I2: Phase 1:", "heading over I3 to I4: Phase 2:"],
    ),
    (
        "groups with headings of their own",
        "Healthy controls inclusion criteria:\n\nMedically healthy\nNo drugs\n\nHealthy controls exclusion criteria:\n\n"
        "Unstable\n\nPatients inclusion criteria:\n\nDepression\n\nPatients exclusion criteria:\n\n-Unstable also",
        ["Medically healthy", "No drugs", "Depression"],
        ["Unstable", "Unstable also"],
        ["heading over I1 to I2: Healthy controls inclusion criteria:"],
    ),
    (
        "headings inside a list",
        "Inclusion Criteria:\n1. Age\n2. PSA\nFor phase 2 only:\n3. Lesion\n\nLaboratory values\n\n4. ANC\n5. PLT\n"
        "Exclusion Criteria:\n* X\n\nHeart:\n\n* Y",
        ["Age", "PSA", "Lesion", "ANC", "PLT"],
        ["X", "Y"],
        [
            "heading over I3: For phase 2 only:",
            "heading over I4 to I5: Laboratory values",
            "heading over E2: Heart:",
        ],
    ),
    (
        "items that look like headings",
        "Inclusion Criteria:\n\n* Exclusion of pregnancy by a test\n* Inclusion criteria of the parent study are met\n"
        "* Exclusion criteria: none of the parent study's\n\nExclusion Criteria:\n\n1. Inclusion in another study\n"
        "2. Exclusion from driving\n3. Meets inclusion criteria 1-3 only",
        [
            "Exclusion of pregnancy by a test",
            "Inclusion criteria of the parent study are met",
            "Exclusion criteria: none of the parent study's",
        ],
        ["Inclusion in another study", "Exclusion from driving", "Meets inclusion criteria 1-3 only"],
        [],
    ),
    (
        "lines that look like headings",
        "Inclusion Criteria:\n\nExclusion of pregnancy by a test\nAge above 18\n\nExclusion Criteria:\n\n"
        "Inclusion in another study\nStroke",
        ["Exclusion of pregnancy by a test", "Age above 18"],
        ["Inclusion in another study", "Stroke"],
        [],
    ),
    (
        "preamble and remark",
        "Eligible men are:\n\nInclusion Criteria:\n\nAll of the following:\n\n* Age\n* PSA\n\nThe list is not complete.\n\n"
        "Exclusion Criteria:\n\n1. X\n2. Y\n\nOther rules may apply.",
        ["Age", "PSA"],
        ["X", "Y"],
        ["Eligible men are:", "All of the following:", "The list is not complete.", "Other rules may apply."],
    ),
    (
        "a bullet at the first only",
        "Inclusion Criteria:\n\n• Men over 18 years\n\nFever or cough\nConsent given\n\nExclusion Criteria:\n\n- Stroke;\nInfarction;",
        ["Men over 18 years", "Fever or cough", "Consent given"],
        ["Stroke;", "Infarction;"],
        [],
    ),
    (
        "marks only at the end",
        "Inclusion Criteria:\n\nMen over 18 years\nConsent given\n\n1. PSA\n2. ANC\n\nExclusion Criteria:\n\nAny of\n* Stroke\n* X",
        ["Men over 18 years", "Consent given", "PSA", "ANC"],
        ["Stroke", "X"],
        ["Any of"],
    ),
    (
        "marked twice",
        "Inclusion Criteria\n- 1. Men\n- 2. PSA\n- 3. 1-2 taxanes\nExclusion Criteria\n- 1-2 strokes\n- 2 infarctions",
        ["Men", "PSA", "1-2 taxanes"],
        ["1-2 strokes", "2 infarctions"],
        [],
    ),
    (
        "letters behind numbers",
        "Inclusion Criteria:\n1. Men\n2a. PSA\n2b. ANC\n3. Consent\nExclusion Criteria:\n1. X",
        ["Men", "PSA", "ANC", "Consent"],
        ["X"],
        ["number 2 follows number 2"],
    ),
    (
        "non-inclusion",
        "Inclusion criteria:\n1. Men\nNon-inclusion criteria:\n1. Stroke\n2. Patients who do not meet the inclusion criteria",
        ["Men"],
        ["Stroke", "Patients who do not meet the inclusion criteria"],
        [],
    ),
    (
        "a list within a line of many",
        "Inclusion Criteria:\n\nHepatitis meeting all of (1) HBsAg (+), (2) HBV DNA (+) and (3) IgM (-)\nConsent\n\n"
        "Exclusion Criteria:\n\nStroke",
        ["Hepatitis meeting all of (1) HBsAg (+), (2) HBV DNA (+) and (3) IgM (-)", "Consent"],
        ["Stroke"],
        [],
    ),
    (
        "the second level of a word processor",
        "Inclusion Criteria:\n•\tOrgans\no\tANC\no\tPLT\n•\tConsent\no\tWritten\nExclusion Criteria:\n-Stroke\n-18 years or less\n-X",
        ["Organs o ANC o PLT", "Consent o Written"],
        ["Stroke", "18 years or less", "X"],
        [],
    ),
    (
        "phases behind the colon and in brackets",
        "Eligibility Criteria\n\nInclusion Criteria: Phase 1\n1. Men\nPart B (expansion) Inclusion Criteria\n1. PSA\nExclusion Criteria:\n1. X",
        ["Men", "PSA"],
        ["X"],
        [
            "heading over I1: Inclusion Criteria: Phase 1",
            "heading over I2: Part B (expansion) Inclusion Criteria",
        ],
    ),
    (
        "what only looks like marks",
        "Inclusion Criteria:\n\n5-FU before\nA. fumigatus infection treated\nI 131 therapy before\nC. difficile absent\n"
        "1-2 earlier lines\n1.5 x ULN at most\n\nExclusion Criteria:\n\n* A. baumannii\n* I. V. drugs\n* 1: 1000 titre",
        [
            "5-FU before",
            "A. fumigatus infection treated",
            "I 131 therapy before",
            "C. difficile absent",
            "1-2 earlier lines",
            "1.5 x ULN at most",
        ],
        ["A. baumannii", "I. V. drugs", "1: 1000 titre"],
        [],
    ),
    (
        "one item and its parts",
        "Inclusion Criteria:\n1. Any that holds\n1) PSA\n2) ANC\n3) PLT\nExclusion Criteria:\n(1) X\n① a\n② b\n(2) Y",
        ["Any that holds 1) PSA 2) ANC 3) PLT"],
        ["X ① a ② b", "Y"],
        [],
    ),
    (
        "excluded if",
        "Inclusion Criteria:\n1. Age\nPatients will be excluded if any of the following holds:\n1. X\n2. Y",
        ["Age"],
        ["X", "Y"],
        ["Patients will be excluded if any of the following holds:"],
    ),
    ("no headings", "1. Male\n2. ECOG 0-1", [], [], ["1. Male\n2. ECOG 0-1"]),
    (
        "both in one",
        "Inclusion and Exclusion Criteria:\n1. Male\n2. Not pregnant",
        [],
        [],
        ["1. Male\n2. Not pregnant"],
    ),
    (
        "withdrawal",
        "入选标准\uff1a\n1、男性\n排除标准\uff1a\n1、妊娠\n退出标准\uff1a\n1、撤回同意",
        ["男性"],
        ["妊娠"],
        ["退出标准\uff1a\n1、撤回同意"],
    ),
    (
        "markdown",
        "Inclusion Criteria:\n\n* PSA \\>= 2 ng/mL\\*\n* \\[68Ga\\] PET\n\n\\*or 1 ng/mL\n\nExclusion Criteria:\n\n\\- X\n\\- Y",
        ["PSA >= 2 ng/mL*", "[68Ga] PET *or 1 ng/mL"],
        ["X", "Y"],
        [],
    ),
    (
        "entities",
        "Inclusion Criteria:<br>1. Age &ge;&nbsp;18 &amp;amp; consent<br/>2. ANC &gt; 1.5 &times; 10<sup>9</sup>/L<br>"
        "Exclusion Criteria:<ol><li>X &lt; 2</li><li>Y</li></ol>",
        ["Age ≥ 18 & consent", "ANC > 1.5 × 10^9/L"],
        ["X < 2", "Y"],
        [],
    ),
    (
        "all on one line",
        "Inclusion Criteria: 1. age ≥18 2. ANC ≥1.5 x ULN by RECIST 1.1, Section 4.8.5 3. grade 2. disease 4. consent "
        "Exclusion Criteria: 1. pregnancy 2. stroke",
        ["age ≥18", "ANC ≥1.5 x ULN by RECIST 1.1, Section 4.8.5", "grade 2. disease", "consent"],
        ["pregnancy", "stroke"],
        [],
    ),
    (
        "one line without marks",
        "Inclusion Criteria:\nage over 18; ECOG 0-1; consent\nExclusion Criteria:\nnone",
        ["age over 18; ECOG 0-1; consent"],
        ["none"],
        ["kept as one: age over 18; ECOG 0-1; consent"],
    ),
    (
        "other languages",
        "Einschlusskriterien:\n1. Alter über 18\n\nAusschlusskriterien:\n1. Schwangerschaft",
        ["Alter über 18"],
        ["Schwangerschaft"],
        [],
    ),
]


@pytest.mark.parametrize(
    ("name", "text", "inclusion", "exclusion", "unread"), TABLE, ids=[one[0] for one in TABLE]
)
def test_structure(
    name: str, text: str, inclusion: list[str], exclusion: list[str], unread: list[str]
) -> None:
    found = split_criteria(text)
    assert [" ".join(one.split()) for one in found.inclusion] == inclusion
    assert [" ".join(one.split()) for one in found.exclusion] == exclusion
    assert bool(found.unread) == bool(unread)
    for words in unread:
        assert any(words in one for one in found.unread), found.unread


def test_a_criterion_knows_its_heading() -> None:
    found = split_criteria("Inclusion Criteria:\n1. Age\nFor phase 2 only:\n2. Lesion\n")
    assert found.headings == (("I2", "For phase 2 only:"),)


WORDS = st.sampled_from(
    "patient|tumour|≥1.5 x ULN|(see Section 4.8.5)|RECIST 1.1|grade 2 or 3,|dose 4|5.5 GBq|[68Ga]|e.g.|<50 ng/dL|"
    "phase 2|I.V.|1/2|10^9/L|6-12 weeks;|of|with|β|18岁|(1 or 2)|days’|“quoted”|A+|B-|C.|*note|25%|1:1|#3".split(
        "|"
    )
)
FIRST = st.sampled_from(
    "Age Adults Signed Estimated Serum No Prior Men Women History Known ECOG PSA-positive eGFR".split()
)
LAST = st.sampled_from("consent allowed lesions disease therapy study. permitted; present) tumour".split())
ITEM = st.tuples(FIRST, st.lists(WORDS, max_size=12), LAST).map(
    lambda one: " ".join((one[0], *one[1], one[2]))
)
ITEMS = st.lists(ITEM, min_size=2, max_size=15)
#: On one line the marks are told from other numbers; those have a property of their own.
LINES = sorted(
    style for style in (*made.LISTS, *made.SHORT_LISTS) if "line" not in style and style != "two a line"
)


@given(ITEMS, ITEMS, st.sampled_from(LINES), st.sampled_from(sorted(made.HEADS)))
def test_what_is_written_is_read(one: list[str], two: list[str], style: str, head: str) -> None:
    found = split_criteria(made.criteria((one, two), style, head))
    assert [made.same(text) for text in found.inclusion] == [made.same(text) for text in one]
    assert [made.same(text) for text in found.exclusion] == [made.same(text) for text in two]
    assert found.unread == ()


@given(
    ITEMS, ITEMS, st.sampled_from(["one line 1.", "one line 1)", "one line (1)", "one line •", "two a line"])
)
def test_what_stands_on_one_line_is_read(one: list[str], two: list[str], style: str) -> None:
    found = split_criteria(made.criteria((one, two), style, gap=" "))
    assert [made.same(text) for text in found.inclusion] == [made.same(text) for text in one]
    assert [made.same(text) for text in found.exclusion] == [made.same(text) for text in two]
    assert found.unread == ()


@given(ITEMS, st.lists(ITEM, min_size=1, max_size=5), st.data())
def test_parts_stay_with_their_item(items: list[str], parts: list[str], data: Any) -> None:
    style = data.draw(st.sampled_from(["1.", "1)", "*", "-", "(1)", "a)"]))
    inner = data.draw(st.sampled_from(["*", "-", "1.", "1)", "a)", "(i)", "•"]))
    here = data.draw(st.integers(0, len(items) - 1))
    written = made.SHORT_LISTS.get(inner) or made.LISTS[inner]
    nested = "\n".join(f"      {row}" for row in written(parts).split("\n"))
    holding = [f"{text}\n\n{nested}" if n == here else text for n, text in enumerate(items)]
    found = split_criteria(made.criteria((holding, ["None"]), style))
    assert len(found.inclusion) == len(items)
    for text in parts:
        assert " ".join(text.split()) in " ".join(found.inclusion[here].split())


PIECES = st.sampled_from(
    "\n|\n\n| |  |1.|2)|3.|10.|(1)|a)|i.|*|-|• |1.1 |:|;|.|\t|Inclusion Criteria:|Exclusion Criteria|Phase 2:|"
    "Withdrawal criteria:|Key|\uff08|\uff09|\u3001".split("|")
)


@given(st.lists(st.one_of(PIECES, st.integers(1000, 9999).map(lambda n: f"word{n}")), max_size=60))
def test_no_word_is_lost(pieces: list[str]) -> None:
    """Whatever the text: each of its words stands, as often as it was written, in a criterion or as unread."""
    text = " ".join(pieces)
    found: Criteria = split_criteria(text)
    said = "\n".join((*found.inclusion, *found.exclusion, *found.unread))
    for word in pieces:
        if word.startswith("word"):
            assert said.count(word) >= pieces.count(word)
