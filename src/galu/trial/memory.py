"""What was derived of a growing record, subject by subject: one new fact costs one subject.

A memory belongs to one record that only grows and to one study file. Whoever asks day after day keeps it, and
says of whom there is something new. It changes no answer: who changed is derived anew, and an assessment is
kept only from the day on which nothing but facts can change it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from galu.safety.dlt import DltAssessment
from galu.safety.inputs import DltPatient
from galu.trial.subjects import Subject


@dataclass(slots=True)
class Memory:
    """Subjects, what the DLT rules read of them, settled assessments with their day, and who changed.

    `watched` is what the rules read of the whole time, where that was asked for.
    """

    subjects: dict[str, Subject] = field(default_factory=dict)
    patients: dict[str, DltPatient] = field(default_factory=dict)
    settled: dict[str, tuple[date, DltAssessment]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    watched: tuple[DltPatient, ...] = ()

    def note(self, names: Iterable[str | None]) -> None:
        """Of these subjects there is something new; a fact of nobody may correct that of anybody."""
        for name in names:
            self.changed.update(self.subjects if name is None else (name,))

    def refresh(self, fresh: Iterable[Subject]) -> tuple[Subject, ...]:
        """Take the subjects that were derived anew; gives all, in the order of their identifiers."""
        for name in self.changed:
            self.subjects.pop(name, None)
            self.patients.pop(name, None)
            self.settled.pop(name, None)
        self.subjects.update((one.id, one) for one in fresh)
        self.changed.clear()
        return tuple(self.subjects[name] for name in sorted(self.subjects))

    def assessed(self, day: date) -> dict[str, DltAssessment]:
        """Settled assessments, as they are on a day."""
        return {
            name: replace(one, window_day=one.window_day + (day - since).days)
            for name, (since, one) in self.settled.items()
            if since <= day
        }
