"""What was derived of a growing record, subject by subject: one new fact costs one subject.

A memory belongs to one record that only grows and to one study file. Whoever asks again and again keeps it.
It changes no answer: of whom there is something new is derived anew, what depends on the day is kept for one
day, an assessment from the day on which nothing but facts can change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, TypeVar

import polars as pl

from galu.protocol import Study
from galu.record import Record
from galu.record.review import LabRange
from galu.safety.dlt import DltAssessment
from galu.safety.inputs import DltPatient
from galu.trial.dosimetry import SubjectDose
from galu.trial.eligibility import GateVerdicts
from galu.trial.subjects import Subject, derive_subjects
from galu.trial.words import read_words

T = TypeVar("T")
_Whose = TypeVar("_Whose", SubjectDose, GateVerdicts)


class Kept(Generic[T]):
    """What was derived of each subject and holds while nothing new is known; of one day, if that matters."""

    def __init__(self) -> None:
        self._of: dict[str, T] = {}
        self._day: date | None = None

    def each(
        self,
        names: Iterable[str],
        derive: Callable[[frozenset[str]], Mapping[str, T]],
        day: date | None = None,
    ) -> dict[str, T]:
        """What is kept of these subjects; `derive` gives that of those of whom nothing is."""
        if day != self._day:
            self._of.clear()
            self._day = day
        asked = tuple(names)
        lacking = frozenset(name for name in asked if name not in self._of)
        if lacking:
            self._of.update(derive(lacking))
        return {name: self._of[name] for name in asked if name in self._of}

    def copy(self) -> Kept[T]:
        """The same, to be kept on by another."""
        other: Kept[T] = Kept()
        other._of, other._day = dict(self._of), self._day
        return other

    def forget(self, names: Iterable[str]) -> None:
        """Of these subjects there is something new."""
        for name in names:
            self._of.pop(name, None)


@dataclass(slots=True)
class Memory:
    """Subjects, what the DLT rules read of them, settled assessments with their day, and who changed.

    `watched` is what the rules read of the whole time; `raw` is the record as it was read, `known`
    the same with its words read, `seen` the number of its last fact.
    """

    subjects: dict[str, Subject] = field(default_factory=dict)
    patients: dict[str, DltPatient] = field(default_factory=dict)
    settled: dict[str, tuple[date, DltAssessment]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    watched: Kept[DltPatient] = field(default_factory=Kept)
    doses: Kept[tuple[SubjectDose, ...]] = field(default_factory=Kept)
    gates: Kept[tuple[GateVerdicts, ...]] = field(default_factory=Kept)
    study: Study | None = None
    raw: Record | None = None
    known: Record | None = None
    seen: int = 0

    def note(self, names: Iterable[str | None]) -> None:
        """Of these subjects there is something new; a fact of nobody may correct that of anybody."""
        for name in names:
            self.changed.update(self.subjects if name is None else (name,))

    def copy(self) -> Memory:
        """The same, to be kept on by another: two states never write into one memory."""
        return Memory(
            dict(self.subjects), dict(self.patients), dict(self.settled), set(self.changed),
            self.watched.copy(), self.doses.copy(), self.gates.copy(), self.study, self.raw, self.known,
            self.seen,
        )  # fmt: skip

    def fits(self, study: Study, record: Record) -> bool:
        """Whether it is of this study, and of this record when that was shorter."""
        if self.raw is None:
            return True
        before = {kind: frame.filter(pl.col("seq") <= self.seen) for kind, frame in record.frames.items()}
        before = {kind: frame for kind, frame in before.items() if frame.height}
        read = self.raw.frames
        return (
            self.study == study
            and before.keys() == read.keys()
            and all(frame.equals(read[kind]) for kind, frame in before.items())
        )

    def read_on(self, study: Study, record: Record) -> Record:
        """The record with its words read; every subject is noted of whom it has facts that are new."""
        fresh = {kind: frame.filter(pl.col("seq") > self.seen) for kind, frame in record.frames.items()}
        fresh = {kind: frame for kind, frame in fresh.items() if frame.height}
        for frame in fresh.values():
            tells = pl.col("subject").is_not_null() | pl.col("supersedes").is_not_null()
            self.note(frame.filter(tells)["subject"].unique().to_list())
        self.note(_whose_events(record, fresh.get("adverse_event_course")))
        if LabRange.kind in fresh:
            self.note([None])
        # Limits of a site are read into values of before and after it.
        if self.known is None or (fresh and LabRange.kind in record.frames):
            self.known = read_words(study, record)
        elif fresh:
            self.known = self.known.appended(read_words(study, Record(fresh, record.zone)).frames)
        self.study, self.raw, self.seen = study, record, _last(record)
        return self.known

    def refresh(self, fresh: Iterable[Subject]) -> tuple[Subject, ...]:
        """Take the subjects that were derived anew; gives all, in the order of their identifiers."""
        for name in self.changed:
            self.subjects.pop(name, None)
            self.patients.pop(name, None)
            self.settled.pop(name, None)
        for kept in (self.watched, self.doses, self.gates):
            kept.forget(self.changed)
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


def _whose_events(record: Record, courses: pl.DataFrame | None) -> list[str | None]:
    """Subjects whose events these courses name, whoever they were entered under."""
    events = record.frames.get("adverse_event")
    if courses is None or events is None:
        return []
    roots = {record.root(name) for name in courses["event"]}
    own = events.select("id", "subject").iter_rows()
    return [subject for name, subject in own if record.root(name) in roots]


def _last(record: Record) -> int:
    """Number of the newest fact of a record."""
    return max((seq for frame in record.frames.values() for seq in frame["seq"].tail(1)), default=0)


def read_subjects(study: Study, record: Record, memory: Memory) -> tuple[Subject, ...]:
    """Every subject of a record; of those whom a memory holds, only who changed is derived anew."""
    if not memory.subjects:
        memory.changed.clear()
        return memory.refresh(derive_subjects(study, record))
    return memory.refresh(derive_subjects(study, record.of(memory.changed)) if memory.changed else ())


def by_subject(found: Iterable[_Whose]) -> dict[str, tuple[_Whose, ...]]:
    """Things that each belong to a subject, by subject."""
    own: dict[str, list[_Whose]] = {}
    for one in found:
        own.setdefault(one.subject, []).append(one)
    return {name: tuple(things) for name, things in own.items()}
