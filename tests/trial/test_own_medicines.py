"""A study's own names of medicines reach every rule that reads a name, and nothing written is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from galu.protocol import load_study
from galu.protocol.words import LocalWords
from galu.record import Entry, Record, record_of
from galu.record.people import PriorTherapy, Therapy
from galu.trial.clues import support_of_blood
from galu.trial.therapies import items_of_therapy
from galu.trial.words import read_words
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
WORDS = LocalWords(medicines={"Zellstart forte": "filgrastim", "Prüfsubstanz N": "enzalutamide"})
KNOWN = STUDY.model_copy(update={"vocabulary": WORDS})


def _record(*facts: Therapy | PriorTherapy) -> Record:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    return record_of((Entry(n, now, fact) for n, fact in enumerate(facts, 1)), STUDY.zone)


def test_support_of_the_blood_is_seen_under_the_study_s_own_name() -> None:
    given = Therapy(id="t", subject="P", on="2026-02-01", agent="ZELLSTART forte")
    assert list(support_of_blood(read_words(STUDY, _record(given)))) == []
    ((row, product),) = support_of_blood(read_words(KNOWN, _record(given)))
    assert (row.id, product) == ("t", "g-csf")
    assert row.fact.agent == "ZELLSTART forte (filgrastim)", "what was written stays to be seen"


def test_a_prior_therapy_counts_as_what_it_means() -> None:
    prior = PriorTherapy(
        id="p",
        subject="P",
        on="2026-01-01",
        agent="Prüfsubstanz N",
        therapy_class="other",
        started="2025-01-01",
    )
    (unknown,) = read_words(STUDY, _record(prior)).rows(PriorTherapy)
    (known,) = read_words(KNOWN, _record(prior)).rows(PriorTherapy)
    assert "therapy.nha" not in items_of_therapy(unknown)
    assert items_of_therapy(known)["therapy.nha"] is False, "surely one"


def test_a_meaning_that_galu_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="'X' means 'frobnicine', which galu does not know"):
        LocalWords(medicines={"X": "frobnicine"})
