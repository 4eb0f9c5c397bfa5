"""The study's own words: names of tests, events and medicines that its sites use and galu does not know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, PrivateAttr, field_validator

from galu.statement import Section
from galu.vocabulary.agents import read_agent
from galu.vocabulary.events import nearest_terms, read_event
from galu.vocabulary.folding import nearest
from galu.vocabulary.laboratory import OTHER, lab_code, lab_tests
from galu.vocabulary.meddra import Meddra
from galu.vocabulary.therapies import support_given

Pairs = tuple[tuple[str, str], ...]


class LocalWords(Section):
    """What sites write, with what it means; read before galu's own tables.

    `events` name CTCAE terms, `tests` laboratory tests by code, `medicines` agents by international name. A
    test that galu does not know and that nothing grades has the meaning ``other``. `meddra` is the folder of
    a licensed dictionary, as seen from the study file.
    """

    events: Mapping[str, str] = Field(
        default={}, description="what sites write for an adverse event: its CTCAE term"
    )
    tests: Mapping[str, str] = Field(
        default={}, description="what sites write for a laboratory test: its code, or other"
    )
    medicines: Mapping[str, str] = Field(
        default={}, description="what sites write for a medicine: its international name"
    )
    meddra: str | None = Field(
        default=None, description="folder of a licensed MedDRA, as seen from the study file"
    )
    _dictionary: Meddra | None = PrivateAttr(default=None)
    _folder: Path | None = PrivateAttr(default=None)

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
            if code != OTHER and lab_code(code) is None:
                near = ", ".join(nearest(code, lab_tests())) or "a code such as PLAT, or other"
                raise ValueError(f"{written!r} means {code!r}, which is no laboratory test: write {near}")
        return tests

    @field_validator("medicines")
    @classmethod
    def _agents(cls, medicines: Mapping[str, str]) -> Mapping[str, str]:
        for written, agent in medicines.items():
            if not (read_agent(agent).read or support_given(agent)):
                raise ValueError(
                    f"{written!r} means {agent!r}, which galu does not know: write its international name"
                )
        return medicines

    def with_meddra(self, dictionary: Meddra, folder: Path) -> LocalWords:
        """The same with the dictionary that `meddra` names, read from a folder."""
        found = self.model_copy()
        found._dictionary, found._folder = dictionary, folder
        return found

    def with_later(self, later: LocalWords) -> LocalWords:
        """The same with the words of a later version that this one does not have."""
        found = self.model_copy(
            update={
                "events": {**later.events, **self.events},
                "tests": {**later.tests, **self.tests},
                "medicines": {**later.medicines, **self.medicines},
            }
        )
        if self._dictionary is None:
            found._dictionary, found._folder = later._dictionary, later._folder
        return found

    @property
    def dictionary(self) -> Meddra | None:
        """The dictionary that was read."""
        return self._dictionary

    @property
    def dictionary_folder(self) -> Path | None:
        """Where it was read from."""
        return self._folder

    @property
    def event_pairs(self) -> Pairs:
        """Pairs of what is written of events and the CTCAE term it means."""
        return tuple(self.events.items())

    @property
    def test_pairs(self) -> Pairs:
        """Pairs of what is written of tests and the code it means."""
        return tuple(self.tests.items())
