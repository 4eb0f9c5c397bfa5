"""Queries that follow from the record by rule, each with an identifier that is the same at every run.

A rerun raises what is not there yet. One that a person closed stays closed while the value is what it was
then; when the value was corrected since and the rule still speaks, it is reopened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from galu.record import Record
from galu.record.review import LONGEST
from galu.trial.data_state import Asked
from galu.trial.state import TrialState


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule asks: of which fact or visit, in words."""

    rule: str
    subject: str
    text: str
    about: str | None = None
    visit: str | None = None
    planned: str | None = None

    @property
    def id(self) -> str:
        """The same whenever the rule asks the same thing of the same place."""
        place = "\x1f".join((self.rule, self.subject, self.about or "", self.visit or "", self.planned or ""))
        return f"rule-{hashlib.sha256(place.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Step:
    """What a run writes: a query that is new, or the reopening of one."""

    question: Question
    step: Literal["raised", "reopened"]
    why: str = ""


def derive_questions(state: TrialState) -> tuple[Question, ...]:
    """Everything that a rule asks about the data, of the facts that stand."""
    found = [*_unread(state), *_missing(state), *_remarks(state), *_forks(state)]
    return tuple({one.id: one for one in found}.values())


def _unread(state: TrialState) -> Iterator[Question]:
    for one in state.safety.unread:
        root = state.record.root(one.fact)
        yield Question(f"{one.kind} not read", one.subject, _short(f"{one.written}: {one.why}"), root)


def _missing(state: TrialState) -> Iterator[Question]:
    for one in state.expected:
        if one.state == "missing" and one.planned is not None:
            text = (
                f"{one.procedure} of {one.visit}, planned for {one.planned}, is missing: enter it, or say why"
            )
            rule = f"{one.procedure} missing"
            yield Question(rule, one.subject, text, visit=one.visit, planned=one.planned.isoformat())


def _remarks(state: TrialState) -> Iterator[Question]:
    """Departures and lacks around a dose of which something is asked, by the first fact they rest on."""
    for one in state.remarks:
        if one.asked and one.facts:
            root = state.record.root(one.facts[0])
            yield Question(f"{one.rule}: {one.asked}", one.subject, _short(f"{one.what}; {one.asked}"), root)


def _forks(state: TrialState) -> Iterator[Question]:
    for fork in state.forks:
        text = f"corrected side by side by {', '.join(fork.corrections)}: say which holds"
        yield Question("corrected twice", "", _short(text), state.record.root(fork.superseded))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"


def steps_of(questions: Iterable[Question], known: Iterable[Asked], record: Record) -> tuple[Step, ...]:
    """What a run adds to the queries that are there."""
    there = {one.query: one for one in known}
    found: list[Step] = []
    for one in questions:
        before = there.get(one.id)
        if before is None:
            if one.id not in _ever(record):
                found.append(Step(one, "raised"))
        elif before.state == "closed" and _changed_since(record, before):
            found.append(Step(one, "reopened", "the value was changed after the query was closed"))
    return tuple(found)


def _ever(record: Record) -> frozenset[str]:
    """Ids of queries that were ever written: one that was taken back is not raised again."""
    frame = record.frames.get("query")
    return frozenset() if frame is None else frozenset(frame["id"])


def _changed_since(record: Record, query: Asked) -> bool:
    """Whether a correction of what it is about was written after it was closed."""
    if query.about is None:
        return False
    root = record.root(query.about)
    return any(
        record.root(name) == root and seq > query.closed_seq
        for frame in record.frames.values()
        for name, seq in frame.filter(pl.col("supersedes").is_not_null()).select("id", "seq").iter_rows()
    )
