"""The steps of a subject in an amended study: which version was in force at consent, slot, doses, and now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from galu.protocol import Study
from galu.protocol.versions import History, Way, history_of
from galu.record import Record, Row
from galu.record.people import Consent, Demographics, Disposition
from galu.record.treatment import Enrolment
from galu.trial.exposure import Dose

#: Kinds of the facts that are steps of a subject.
_STEPS: Final = ("consent", "enrolment", "disposition", "administration", "dispensed")


@dataclass(frozen=True, slots=True)
class Under:
    """Numbers, from 0, of the versions in force at consent, at the slot (or the failure), and now."""

    consent: int = 0
    slot: int = 0
    now: int = 0


@dataclass(frozen=True, slots=True)
class Steps:
    """Numbers of the versions in force at the steps of anybody."""

    history: History
    record: Record
    entered: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study, record: Record) -> Steps | None:
        """Where the study was amended."""
        history = history_of(study)
        if history is None:
            return None
        entered: dict[str, int] = {}
        for kind in _STEPS:
            frame = record.frames.get(kind)
            if frame is not None:
                entered.update(frame.select("id", "seq").iter_rows())
        return cls(history, record, entered)

    def way(self, name: str) -> Way:
        """What decides for a subject."""
        people = self.record.rows_by_subject(Demographics).get(name, ())
        sites = [row.fact.site for row in people if row.fact.site]
        given = self.record.rows_by_subject(Consent).get(name, ())
        return Way(sites[-1] if sites else None, tuple((row.day, row.fact.form_version) for row in given))

    def under(
        self,
        name: str,
        consent: Row[Consent] | None,
        slot: Row[Enrolment] | Row[Disposition] | None,
        therapy: tuple[Dose, ...],
    ) -> Under:
        """The versions in force at the steps before a dose; of one that is to come, those of today.

        Of a step on a day that is not known, that of the first dose.
        """
        way = self.way(name)
        now = self.history.now(way)
        other = therapy[0].version if therapy else now
        told = [
            other if row is None or row.day is None else self._at(way, row.day, row.id)
            for row in (consent, slot)
        ]
        return Under(told[0], told[1], now)

    def dated(self, name: str, doses: Iterable[Dose]) -> tuple[Dose, ...]:
        """The doses, each with the version in force when it was given."""
        way = self.way(name)
        return tuple(replace(dose, version=self._at(way, dose.day, dose.facts[0])) for dose in doses)

    def _at(self, way: Way, day: date, fact: str) -> int:
        """The version in force at a step; a correction counts as entered with what it corrects."""
        return self.history.at(way, day, self.entered.get(self.record.root(fact)))
