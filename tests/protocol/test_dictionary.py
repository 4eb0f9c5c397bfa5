"""A dictionary in the layout of MedDRA is read where it lies; its terms lead to CTCAE. Made up here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from galu.desk.folder import create_trial, open_trial
from galu.finding import InputError
from galu.protocol import Study, load_study
from galu.protocol.dictionaries import NOTE
from galu.record.disease import AdverseEvent
from galu.record.record import Entry, record_of
from galu.record.treatment import Enrolment
from galu.safety.events import is_bleeding, is_recognised
from galu.trial.events import events_by_subject
from galu.trial.words import read_words
from support import ROOT

LLT = (
    "90000001$Frobnicated belly$80000001$$$$$$$Y$$\n"
    "90000002$Ooze of the retina$80000002$$$$$$$Y$$\n"
    "90000003$Wibbling$80000003$$$$$$$N$$\n"
)
PT = (
    "80000001$Diarrhoea$$70000001$$$$$$$$\n"
    "80000002$Retinal haemorrhage$$70000002$$$$$$$$\n"
    "80000003$Wibbling disorder$$70000003$$$$$$$$\n"
)
WHOLE = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
STUDY = f"{WHOLE}\nvocabulary:\n  meddra: ../dict\n"


def _study_file(tmp_path: Path, llt: str = LLT, pt: str = PT) -> Path:
    (tmp_path / "dict").mkdir(exist_ok=True)
    (tmp_path / "dict" / "llt.asc").write_text(llt, encoding="utf-8")
    (tmp_path / "dict" / "pt.asc").write_text(pt, encoding="utf-8")
    (tmp_path / "dict" / "meddra_release.asc").write_text("99.1$English$$$$\n", encoding="utf-8")
    (tmp_path / "plan").mkdir(exist_ok=True)
    path = tmp_path / "plan" / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def _events(study: Study, *terms: str):  # type: ignore[no-untyped-def]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    facts = [
        Enrolment(id="e", subject="P", on="2026-01-01", phase="escalation", level=1),
        *(
            AdverseEvent(id=f"a{n}", subject="P", on="2026-01-05", term=term, grade=3)
            for n, term in enumerate(terms)
        ),
    ]
    record = record_of((Entry(n, now, fact) for n, fact in enumerate(facts, 1)), study.zone)
    return events_by_subject(read_words(study, record))["P"]


def test_a_lower_level_term_leads_over_its_preferred_term_to_ctcae(tmp_path: Path) -> None:
    study = load_study(_study_file(tmp_path))
    belly, retina, wibble, known, none = _events(
        study, "frobnicated  BELLY", "Ooze of the retina", "Wibbling", "Anaemia", "Glorp"
    )
    assert (belly.coded, is_recognised(belly), belly.term) == ("Diarrhoea", True, "frobnicated  BELLY")
    assert is_bleeding(retina) is True
    assert (wibble.coded, known.coded, none.coded) == ("", "", "")
    assert is_recognised(known) and not is_recognised(wibble) and not is_recognised(none)


def test_the_dictionary_stays_where_it_is_and_is_noted(tmp_path: Path) -> None:
    source, folder = _study_file(tmp_path), tmp_path / "far" / "away" / "trial"
    create_trial(source, folder, "simulated")
    assert not [path for path in folder.rglob("*") if path.suffix == ".asc"]
    (note,) = json.loads((folder / NOTE).read_text(encoding="utf-8")).values()
    assert note["version"] == "99.1" and len(note["sha256"]) == 64
    assert note["folder"] == str((tmp_path / "dict").resolve())
    words = open_trial(folder).study.vocabulary
    assert words is not None and words.dictionary is not None
    assert words.dictionary.pt("Wibbling") == "Wibbling disorder"
    (tmp_path / "dict" / "llt.asc").write_text(LLT.replace("80000001", "80000002"), encoding="utf-8")
    with pytest.raises(InputError, match="not the dictionary noted"):
        open_trial(folder)


@pytest.mark.parametrize(
    ("llt", "pt", "said"),
    [
        (LLT.replace("80000003", "80000009"), PT, "llt.asc, line 3.*not in pt.asc"),
        ("one,two,three\n", PT, "llt.asc, line 1.*no row of MedDRA"),
        (LLT, "", "pt.asc.*is empty"),
    ],
)
def test_what_is_not_of_the_layout_is_refused_with_its_line(
    tmp_path: Path, llt: str, pt: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load_study(_study_file(tmp_path, llt, pt))


def test_an_absent_dictionary_is_refused_with_place_and_remedy(tmp_path: Path) -> None:
    path = _study_file(tmp_path)
    (tmp_path / "dict" / "pt.asc").unlink()
    with pytest.raises(InputError) as refused:
        load_study(path)
    assert "key vocabulary.meddra" in refused.value.place and "../dict" in refused.value.fault
    assert "path from the study file" in refused.value.remedy
    assert not (tmp_path / "trial").exists()
    with pytest.raises(InputError):
        create_trial(path, tmp_path / "trial", "simulated")
    assert not (tmp_path / "trial").exists()
