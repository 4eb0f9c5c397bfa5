from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.protocol import load_study
from galu.safety.dlt import assess_dlt
from galu.safety.events import Labels, is_bleeding, is_blood_count, is_one_of
from galu.safety.inputs import AdverseEventInput, DltPatient, LabInput
from galu.safety.tables import TreatedSubject, ae_by_soc_and_term
from galu.vocabulary.events import event_synonyms, event_terms, nearest_terms, read_event
from galu.vocabulary.folding import key
from support import CHEMISTRY, ROOT, shared

PLAN = load_study(ROOT / "studies" / "nct07310355" / "study.yaml").safety
FIRST = date(2026, 3, 2)
END = FIRST + timedelta(80)
BRITISH = (("emia", "aemia"), ("edema", "oedema"), ("hemat", "haemat"), ("hemor", "haemor"), ("leuk", "leuc"))
BRITISH = (*BRITISH, ("esoph", "oesoph"), ("rrhea", "rrhoea"), ("tumor", "tumour"), ("pnea", "pnoea"))
BLED = (
    "Haematuria",
    "melaena",
    "Haematemesis",
    "HAEMOPTYSIS",
    "petechiae",
    "nose bleed",
    "Gingival bleeding",
)
BLED = (
    *BLED,
    "Retinal haemorrhage",
    "Intracranial haemorrhage",
    "Bruise",
    "Blood in stool",
    "Purpura",
    "鼻出血",
)
BLED = (*BLED, "Subdural haematoma", "GI bleed", "Rectal bleeding", "Occult blood positive", "Haemarthrosis")
NOTHING = ("Frobnication", "???", "42", "Ungluck", "zzz grade 4", "see letter", "")


def day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def event(term: str, grade: int = 3, until: int | None = 30, **more: object) -> AdverseEventInput:
    ended = None if until is None else day(until)
    return replace(AdverseEventInput("e", term, grade, day(20), ended, "related"), **more)  # type: ignore[arg-type]


def outcome(*events: AdverseEventInput, labs: tuple[LabInput, ...] = (), cycle2: date | None = None) -> str:
    assert PLAN is not None
    last = tuple(
        LabInput(f"{test}43", test, day(43), value, "10^9/L", low, high)
        for test, value, low, high in (("NEUT", 4.0, 2.0, 7.0), ("PLAT", 210.0, 150.0, 400.0))
    ) + tuple(LabInput(f"{test}43", test, day(43), *rest) for test, *rest in CHEMISTRY)
    # Only what the events say is looked at here: the values at the end of the window are normal.
    who = DltPatient("P1", 1, FIRST, events=events, labs=(*labs, *last), cycle2=cycle2)
    return assess_dlt(who, PLAN, day(45)).outcome


def british(text: str) -> str:
    for american, other in BRITISH:
        text = text.replace(american, other)
    return text


def written(term: str, how: int) -> str:
    """One of the ways in which the same words are written."""
    by = (
        str.upper, str.lower, british, lambda text: british(text).upper(), lambda text: f"  {text} ",
        lambda text: text.replace(" ", "  "), lambda text: text.replace(" ", "-"),
        lambda text: ", ".join(reversed(text.split(" "))), lambda text: f"{text} (Grade 3)",
        lambda text: f"{text}.",
    )  # fmt: skip
    return by[how % len(by)](term)


def test_every_term_of_ctcae_is_known_with_its_class_and_grades() -> None:
    rows = list(csv.DictReader(shared("public", "safety", "ctcae_v5_terms_full.csv").open(encoding="utf-8")))
    terms = event_terms()
    assert len(rows) == len(terms) == 837
    for row in rows:
        grades = tuple(g for g in range(1, 6) if row[f"grade{g}"].strip() not in ("", "-", "–"))
        term = terms[row["term"].strip()]
        assert (term.soc, term.grades) == (row["soc"].strip(), grades)


@pytest.mark.parametrize("how", range(10))
def test_a_term_is_itself_however_it_is_written(how: int) -> None:
    for name in event_terms():
        if how == 7 and "," in name:
            continue
        assert read_event(written(name, how)).names == (name,), written(name, how)


def test_no_synonym_means_two_terms() -> None:
    meant: dict[str, set[str]] = {}
    for text, term in event_synonyms().items():
        meant.setdefault(key(text), set()).add(term)
        assert read_event(text).names == (term,), text
    assert all(len(terms) == 1 for terms in meant.values())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Anaemia", ("Anemia",)),
        ("Leucopenia", ("White blood cell decreased",)),
        ("Thrombocytopenia", ("Platelet count decreased",)),
        ("low platelets", ("Platelet count decreased",)),
        ("Lymphopenia", ("Lymphocyte count decreased",)),
        ("ALT ↑", ("Alanine aminotransferase increased",)),
        ("raised creatinine", ("Creatinine increased",)),
        ("Hypokaliaemia", ("Hypokalemia",)),
        ("Oedema peripheral", ("Edema limbs",)),
        ("Oesophagitis", ("Esophagitis",)),
        ("Pyrexia", ("Fever",)),
        ("Nausea/vomiting", ("Nausea", "Vomiting")),
        ("severe diarrhoea", ("Diarrhea",)),
        ("贫血", ("Anemia",)),
        ("Durchfall", ("Diarrhea",)),
        ("no diarrhoea", ()),
        ("history of anaemia", ()),
        ("Frobnication", ()),
    ],
)
def test_words_of_sites(text: str, names: tuple[str, ...]) -> None:
    assert read_event(text).names == names


@pytest.mark.parametrize(
    ("text", "bled"),
    [
        *((one, True) for one in BLED),
        *((one, False) for one in ("Bleeding time prolonged", "no bleeding", "Without haemorrhage")),
        *((one, False) for one in ("Haemorrhoids", "bleeding risk", "Haematuria: none", "Fatigue")),
        *((one, None) for one in ("Frobnication", "suspected bleeding", "Stroke", "bleeding disorder", "")),
    ],
)  # fmt: skip
def test_bleeding_is_read_from_any_organ(text: str, bled: bool | None) -> None:
    assert read_event(text).bleeding is bled


def test_every_haemorrhage_of_ctcae_is_a_bleeding() -> None:
    named = [one for one in event_terms().values() if "hemorrhage" in one.name or "bleeding" in one.name]
    assert len(named) > 35
    assert all(one.group == "bleeding" for one in named)


def test_the_study_may_add_its_own_words() -> None:
    own = (("Schwindelzustand", "Dizziness"),)
    assert read_event("Schwindelzustand").names == ()
    assert read_event("SCHWINDELZUSTAND", own).names == ("Dizziness",)
    assert is_one_of(event("Schwindelzustand", coded="Dizziness"), ("Dizziness",))


def test_a_mistyped_term_is_not_guessed_but_the_nearest_are_named() -> None:
    assert read_event("Thrombocytopenai").names == ()
    assert "thrombocytopenia" in nearest_terms("Thrombocytopenai")


@given(st.sampled_from(sorted([*event_terms(), *event_synonyms()])), st.integers(0, 6), st.integers(1, 5))
def test_spelling_never_changes_an_outcome(term: str, how: int, grade: int) -> None:
    assert outcome(event(written(term, how), grade)) == outcome(event(term, grade))


@given(
    st.sampled_from(sorted(event_terms())), st.integers(1, 4), st.sampled_from(NOTHING), st.booleans(),
    st.integers(20, 60),
)  # fmt: skip
def test_an_unknown_word_never_makes_a_patient_safe(
    term: str, grade: int, unknown: str, again: bool, until: int
) -> None:
    platelets = tuple(
        LabInput(f"l{d}", "PLAT", day(d), v, "10^9/L", 150.0, 400.0) for d, v in ((19, 45.0), (26, 160.0))
    )
    second = day(43) if again else None
    known = outcome(event(term, grade, until), labs=platelets, cycle2=second)
    renamed = outcome(event(unknown, grade, until), labs=platelets, cycle2=second)
    assert known not in ("T", "P") or renamed in ("T", "P"), (known, renamed)


@pytest.mark.parametrize(
    ("given_event", "expected"),
    [
        (event("Anaemia", 3, 27), "N"),
        (event("Diarrhoea", 3, 20), "N"),
        (event("Diarrhoea", 4, 20), "T"),  # the exception covers grade 3
        (event("Hypokalaemia", 4, 21), "T"),
        (event("Hypokalaemia", 3, 21), "N"),
        (event("Nausea and vomiting", 3, 21), "N"),
        (event("Diarrhoea", 3, 30), "T"),
        (event("Durchfall", 3, 21), "N"),
        (event("Frobnication", 3, 20), "P"),
        (event("Frobnication", 2, 20), "N"),
        (event("Frobnication", 3, 20, soc="Gastrointestinal disorders"), "P"),  # may be an exempt one
        (event("Frobnication", 3, 40, soc="Gastrointestinal disorders"), "T"),
        (event("Frobnication", 3, 20, attribution="unrelated"), "P"),  # may be a febrile neutropenia
        (event("Frobnication", 2, 20, attribution="unrelated"), "N"),
        (event("Retinal haemorrhage", 3, 21), "T"),
        (event("Thrombocytopenia", 4, 27), "T"),
    ],
)
def test_the_rules_of_the_study_read_events(given_event: AdverseEventInput, expected: str) -> None:
    assert outcome(given_event) == expected


@pytest.mark.parametrize(
    ("term", "expected"),
    [("Haematuria", "T"), ("Epistaxis", "T"), ("Petechiae", "T"), ("Fatigue", "N"), ("Frobnication", "P")],
)
def test_platelets_of_40_with_bleeding(term: str, expected: str) -> None:
    labs = tuple(LabInput(f"l{d}", "PLAT", day(d), 40.0, "10^9/L", 150.0, 400.0) for d in (15, 18))
    back = (LabInput("l30", "PLAT", day(30), 160.0, "10^9/L", 150.0, 400.0),)
    bled = replace(event(term, 1, 20), onset=day(16))
    assert outcome(bled, labs=(*labs, *back)) == expected


def test_spellings_share_a_row_of_the_table() -> None:
    said = ("Anaemia", "anemia", "ANAEMIA ", "Anaemia")
    people = tuple(TreatedSubject(f"P{n}", None, FIRST, FIRST, (event(term),)) for n, term in enumerate(said))
    rows = ae_by_soc_and_term(people, 30)
    assert [(row.soc, row.term, row.subjects) for row in rows] == [
        ("Blood and lymphatic system disorders", "", 4),
        ("Blood and lymphatic system disorders", "Anemia", 4),
    ]
    # What was coded by its source keeps its wording, the most usual one.
    coded = [event(term, soc="Blood and lymphatic system disorders") for term in said]
    assert {Labels.of(coded).label(one)[1] for one in coded} == {"Anaemia"}


def test_organ_class_says_what_an_unknown_term_cannot_be() -> None:
    one = event("Frobnication", soc="EYE DISORDERS")
    assert is_blood_count(one) is False
    assert is_one_of(one, ("Platelet count decreased",)) is False
    assert is_one_of(event("Frobnication", soc="Investigations"), ("Anemia",)) is None
    assert is_bleeding(one) is None


def test_data_files_are_sorted_out() -> None:
    folder = Path(__file__).resolve().parents[2] / "src" / "galu" / "vocabulary"
    assert all(term in event_terms() for term in event_synonyms().values())
    assert (folder / "event_synonyms.csv").is_file()
