"""The reference page of the vocabulary says what the tables hold."""

from __future__ import annotations

from galu.vocabulary.events import event_synonyms, event_terms
from galu.vocabulary.laboratory import lab_tests
from galu.vocabulary.therapies import therapy_classes
from support import ROOT

PAGE = (ROOT / "docs" / "reference" / "vocabulary.md").read_text(encoding="utf-8")


def test_every_gradable_test_stands_on_the_page_with_its_units() -> None:
    for test in lab_tests().values():
        if test.terms or test.possible:
            assert f"| {test.code} | {test.name} | {', '.join(test.usual)} |" in PAGE


def test_the_page_counts_terms_and_names_the_classes() -> None:
    assert f"{len(event_terms())} terms" in PAGE and f"{len(event_synonyms())} other ways" in PAGE
    assert all(f"`{name}`" in PAGE for name in therapy_classes())
