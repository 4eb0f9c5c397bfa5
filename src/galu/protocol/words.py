"""The study's own words: names of tests, events and medicines that its sites use and galu does not know."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import field_validator

from galu.statement import Section
from galu.vocabulary.events import nearest_terms, read_event
from galu.vocabulary.folding import nearest
from galu.vocabulary.laboratory import lab_code, lab_tests

Pairs = tuple[tuple[str, str], ...]


class LocalWords(Section):
    """What sites write, with what it means; read before galu's own tables.

    `events` name CTCAE terms, `tests` laboratory tests by code. A test that galu does not know and that
    nothing grades has the meaning ``other``.
    """

    events: Mapping[str, str] = {}
    tests: Mapping[str, str] = {}

    @field_validator("events")
    @classmethod
    def _terms(cls, events: Mapping[str, str]) -> Mapping[str, str]:
        for written, term in events.items():
            if not read_event(term).names:
                near = ", ".join(nearest_terms(term)) or "one of CTCAE"
                raise ValueError(f"{written!r} means {term!r}, which is no CTCAE term: write {near}")
        return events

    @field_validator("tests")
    @classmethod
    def _codes(cls, tests: Mapping[str, str]) -> Mapping[str, str]:
        for written, code in tests.items():
            if code != "other" and lab_code(code) is None:
                near = ", ".join(nearest(code, lab_tests())) or "a code such as PLAT, or other"
                raise ValueError(f"{written!r} means {code!r}, which is no laboratory test: write {near}")
        return tests

    @property
    def event_pairs(self) -> Pairs:
        """Pairs of what is written of events and the CTCAE term it means."""
        return tuple(self.events.items())

    @property
    def test_pairs(self) -> Pairs:
        """Pairs of what is written of tests and the code it means."""
        return tuple(self.tests.items())
