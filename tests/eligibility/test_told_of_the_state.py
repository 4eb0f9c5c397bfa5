"""Performance and ongoing toxicity told in words, or after somebody signed: asked about."""

from __future__ import annotations

import pytest

from galu.record import Fact
from galu.record.disease import AdverseEvent
from galu.record.people import Ecog, History, Lab, Vital
from recorded_patient import AFTER, BEFORE, event, fact, open_atoms, signed, told

PERFORMANCE = (
    "ECOG 3", "WHO PS 2", "PS 2", "Karnofsky 50", "KPS 60%", "bedridden", "wheelchair-bound", "Bettlägerig",
    "General physical health deterioration", "Performance status decreased", "卧床", "体能状态 2",
)  # fmt: skip


def ecog(score: int, on: str = AFTER, name: str = "ecog-later") -> Fact:
    return fact(Ecog, on, name, score=score)


@pytest.mark.parametrize("score", [2, 3, 4])
def test_a_performance_that_worsened_after_a_signature_is_seen(score: int) -> None:
    assert set(open_atoms(signed("I9.a", "yes", "2026-03-01"), ecog(score))) == {"I9.a"}
    assert set(open_atoms(signed("I9.a", "yes", "2026-03-06"), ecog(score))) == {"I9.a"}, (
        "data against a word"
    )
    assert not open_atoms(ecog(score, "2026-03-03"), ecog(1, "2026-03-06", "ecog-last"))
    assert set(open_atoms(ecog(score, "2026-03"))) == {"I9.a"}


@pytest.mark.parametrize("written", PERFORMANCE)
def test_words_of_performance_are_asked_about(written: str) -> None:
    assert set(open_atoms(event(written))) == {"I9.a"}


def test_words_of_performance_are_answered_by_who_knew_of_them_or_a_later_score() -> None:
    for one in (event("bedridden"), told("bedridden", AFTER, started=AFTER), told("bedridden", AFTER)):
        assert set(open_atoms(one, signed("I9.a", "yes", "2026-03-01"))) == {"I9.a"}, "signed before"
        assert not open_atoms(one, signed("I9.a", "yes", "2026-03-06"))
        assert not open_atoms(one, ecog(1, "2026-03-07")), "scored since"
    assert not open_atoms(told("bedridden")), "scored since"


@pytest.mark.parametrize("kind", [Vital, Lab])
@pytest.mark.parametrize(
    ("test", "value", "asked"),
    [
        ("ECOG", 2, True),
        ("ECOG", 1, False),
        ("KARNOFSKY", 50, True),
        ("KPS", 90, False),
        ("ECOG PS", None, True),
    ],
)
def test_a_score_among_the_values_is_seen(
    kind: type[Fact], test: str, value: float | None, asked: bool
) -> None:
    text = {"text": "two"} if value is None else {}
    found = open_atoms(fact(kind, AFTER, test=test, value=value, **text))
    assert ("I9.a" in found) is asked


#: A grade above 1 that stands only in words.
GRADED = (
    "neuropathy grade 2",
    "Neuropathy G2",
    "Neuropathie Grad 3",
    "2级周围神经病变",
    "Dry mouth (CTCAE 2)",
)


@pytest.mark.parametrize("term", [*GRADED, "moderate dry mouth", "severe neuropathy"])
def test_a_toxicity_that_goes_on_and_is_graded_in_words_alone_is_asked_about(term: str) -> None:
    assert set(open_atoms(told(term))) == {"I12.a"}


@pytest.mark.parametrize("more", [{"ongoing": True}, {"started": "2025-12-01"}, {"grade": 1}])
def test_however_it_stands_in_the_history(more: dict[str, object]) -> None:
    one = told("neuropathy grade 2", AFTER, **more)
    assert set(open_atoms(one)) == {"I12.a"}
    assert set(open_atoms(one, signed("I12.a", "yes", "2026-03-01"))) == {"I12.a"}, "signed before"
    assert not open_atoms(one, signed("I12.a", "yes", "2026-03-06"))
    assert "I12.a" in open_atoms(told("neuropathy grade 2", category="toxicity.ongoing"))


def test_a_stated_grade_of_a_plain_history_counts_too() -> None:
    assert set(open_atoms(told("Neuropathy", grade=2))) == {"I12.a"}
    assert not open_atoms(told("Neuropathy", grade=1))


@pytest.mark.parametrize(
    ("term", "more"),
    [
        ("neuropathy grade 1", {}),
        ("neuropathy", {}),
        ("neuropathy grade 2", {"ended": "2026-01-05"}),
        ("neuropathy grade 2", {"ongoing": False}),
        ("alopecia grade 2", {}),
        ("Prostate adenocarcinoma, Gleason grade 4", {}),
    ],
)
def test_what_is_recovered_exempt_or_of_another_scale_asks_nobody(term: str, more: dict[str, object]) -> None:
    assert "I12.a" not in open_atoms(fact(History, BEFORE, term=term, **more))


def test_an_event_without_words_of_performance_leaves_it_alone() -> None:
    assert not open_atoms(fact(AdverseEvent, AFTER, term="Nausea", grade=1, attribution="unrelated"))
