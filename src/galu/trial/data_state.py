"""Where the data stand: open, reviewed, signed, frozen or locked, and which queries are open; one function.

Marks are read in the order in which they were written. A mark is of a fact with whatever corrects it, of
what belongs to a visit, or of all of a subject; of those that hold for a value the last freeze or lock
counts. What was written after a review, a comparison with the source or a signature is open again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final, Literal

import polars as pl

from galu.access import State
from galu.record import Record, Row, fact_digest, fact_of
from galu.record.conduct import Signature
from galu.record.review import DataMark, Query, QueryStep
from galu.trial.schedule import EVIDENCE, PlannedVisit

QueryState = Literal["open", "answered", "closed"]
#: Step of a query to the states from which it is possible, and the state after it.
STEPS: Final[Mapping[str, tuple[tuple[QueryState, ...], QueryState]]] = {
    "answered": (("open",), "answered"),
    "closed": (("open", "answered"), "closed"),
    "reopened": (("answered", "closed"), "open"),
}
#: Kinds that are about data and are no data themselves.
ABOUT_DATA: Final = frozenset({"query", "query_step", "data_mark", "data_note", "signature", "lab_range"})
#: Step of a mark to what it turns on or off.
_HOLDS: Final = {"frozen": "frozen", "unfrozen": "", "locked": "locked", "unlocked": ""}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with its state; `about` is the first fact of the chain it is about, `steps` its facts."""

    query: str
    subject: str
    about: str | None
    column: str | None
    visit: str | None
    planned: str | None
    rule: str | None
    text: str
    state: QueryState
    since: date | None
    by: str
    steps: tuple[str, ...]
    closed_by: str = ""
    closed_seq: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one value stands: `state` is the strictest that holds; `marks` are the facts it rests on.

    `stale` names marks that a later correction undid.
    """

    fact: str
    subject: str
    state: State
    reviewed: bool
    verified: bool
    signed: bool
    queries: tuple[str, ...]
    marks: tuple[str, ...]
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Value:
    """A chain of corrections: its kind, subject and day, first and last number, what stands of it."""

    root: str
    kind: str
    subject: str
    day: date | None
    last: int
    stands: str | None


@dataclass(frozen=True)
class DataStates:
    """The state of every value, visit and subject, at the end of a record.

    `visits` are the planned visits of whom a visit is marked; what belongs to one is what its procedures
    leave in its window, and the visit itself.
    """

    record: Record
    visits: tuple[PlannedVisit, ...] = ()

    @cached_property
    def marks(self) -> tuple[Row[DataMark], ...]:
        """Marks in the order written."""
        return tuple(sorted(self.record.rows(DataMark), key=lambda row: row.seq))

    @cached_property
    def queries(self) -> tuple[Asked, ...]:
        """Every query with its state, in the order raised."""
        return tuple(queries_of(self.record))

    @cached_property
    def _values(self) -> Mapping[str, _Value]:
        """Every chain of data by its first fact."""
        found: dict[str, _Value] = {}
        record = self.record
        for kind, frame in record.frames.items():
            if kind in ABOUT_DATA:
                continue
            rows = frame.select("id", "subject", "on", "seq").iter_rows()
            for name, subject, on, seq in rows:
                root = record.root(name)
                was = found.get(root)
                told = date.fromisoformat(on[:10]) if len(on) >= 10 else None
                stands = None if name in record.superseded or kind == "retraction" else name
                if was is None or seq > was.last:
                    real = was.kind if was is not None and kind == "retraction" else kind
                    whose = subject or (was.subject if was else "") or ""
                    day = was.day if was is not None and kind == "retraction" else told
                    found[root] = _Value(root, real, whose, day, seq, stands)
        return found

    def of(self, fact: str) -> Standing:
        """Where a fact, with whatever corrects it, stands."""
        root = self.record.root(fact)
        value = self._values.get(root) or _Value(root, "", "", None, 0, None)
        marks = [row for row in self.marks if self._covers(row, value)]
        held = _held(marks)
        fresh = {
            step: [row for row in marks if row.fact.step == step and row.seq > value.last]
            for step in ("reviewed", "verified")
        }
        stale = [
            row.id for row in marks if row.fact.step in ("reviewed", "verified") and row.seq <= value.last
        ]
        signed, broken = self._signed(value)
        state: State = "open"
        for holds, name in ((bool(fresh["reviewed"]), "reviewed"), (bool(signed), "signed")):
            state = name if holds else state  # type: ignore[assignment]
        asked = tuple(
            one.query
            for one in self.queries
            if one.state != "closed" and one.about is not None and self.record.root(one.about) == root
        )
        return Standing(
            root,
            value.subject,
            held or state,
            bool(fresh["reviewed"]),
            bool(fresh["verified"]),
            bool(signed),
            asked,
            (*(row.id for row in marks), *signed),
            (*stale, *broken),
        )

    def of_subject(self, subject: str) -> State:
        """The state of a subject as a whole: that of what is newly entered of it."""
        marks = [
            row for row in self.marks if row.subject == subject and not (row.fact.visit or row.fact.about)
        ]
        return _held(marks) or "open"

    def of_visit(self, subject: str, visit: str, planned: date | None) -> State:
        """The state of a visit of a subject as a whole."""
        marks = [
            row
            for row in self.marks
            if row.subject == subject and not row.fact.about and _same_visit(row.fact, visit, planned)
        ]
        return _held(marks) or "open"

    def of_entry(self, subject: str, kind: str, day: date | None, cells: Mapping[str, Any]) -> State:
        """The state of what a new fact would belong to."""
        if kind in ABOUT_DATA:
            return "open"
        marks = [
            row
            for row in self.marks
            if row.subject == subject
            and not row.fact.about
            and (row.fact.visit is None or self._of_visit(row, (kind, day), cells))
        ]
        return _held(marks) or "open"

    def _covers(self, mark: Row[DataMark], value: _Value) -> bool:
        told = mark.fact
        if told.about is not None:
            return self.record.root(told.about) == value.root
        if mark.subject != value.subject or not value.subject:
            return False
        if told.visit is None:
            return True
        return self._of_visit(mark, (value.kind, value.day), self._cells(value))

    def _cells(self, value: _Value) -> Mapping[str, Any]:
        frame = self.record.frames.get(value.kind)
        if frame is None or value.stands is None:
            return {}
        rows = frame.filter(pl.col("id") == value.stands)
        return rows.row(0, named=True) if rows.height else {}

    def _of_visit(self, mark: Row[DataMark], what: tuple[str, date | None], cells: Mapping[str, Any]) -> bool:
        """Whether a fact of a kind and day belongs to the visit that is marked."""
        kind, day = what
        if kind in ("visit", "not_done"):
            planned = cells.get("planned")
            on_plan = date.fromisoformat(planned[:10]) if planned else None
            if cells.get("visit") == mark.fact.visit and mark.fact.planned is None:
                return True
            if on_plan is not None:
                return _same_visit(mark.fact, str(cells.get("visit")), on_plan)
        own = (
            one
            for one in self.visits
            if one.subject == mark.subject and _same_visit(mark.fact, one.visit, one.planned)
        )
        return any(
            day is not None and one.earliest <= day <= one.latest and _is_evidence(one, kind, cells)
            for one in own
        )

    def _signed(self, value: _Value) -> tuple[list[str], list[str]]:
        """Ids of signatures of what stands of a chain, and of those whose fact was changed since."""
        signs = [
            row
            for row in self.record.rows(Signature)
            if value.kind and value.root in map(self.record.root, _signed_by(row.fact))
        ]
        if not signs or value.stands is None:
            return [], [row.id for row in signs]
        digest = fact_digest(fact_of(value.kind, self._cells(value)))
        good = [
            row.id
            for row in signs
            if (row.fact.digest == digest if row.fact.signs else value.stands in row.fact.rests_on)
        ]
        return good, [row.id for row in signs if row.id not in good]


def _signed_by(fact: Signature) -> tuple[str, ...]:
    """Ids of the facts that a signature is over."""
    return (fact.signs,) if fact.signs else fact.rests_on


def _held(marks: Iterable[Row[DataMark]]) -> State | None:
    """What the last freeze or lock among the marks holds; an unfreezing opens no lock."""
    state: State | None = None
    for row in marks:
        step = row.fact.step
        if step in ("frozen", "locked"):
            state = step if state != "locked" else state
        elif step == "unlocked" or (step == "unfrozen" and state == "frozen"):
            state = None
    return state


def _same_visit(mark: DataMark, visit: str, planned: date | None) -> bool:
    if mark.visit is None:
        return True
    wanted = date.fromisoformat(mark.planned[:10]) if mark.planned else None
    return mark.visit == visit and wanted in (None, planned)


def _is_evidence(visit: PlannedVisit, kind: str, cells: Mapping[str, Any]) -> bool:
    sources = [source for one in visit.procedures for source in EVIDENCE.get(one, ())]
    return any(
        kind == known and (values is None or cells.get(column) in values) for known, column, values in sources
    )


def queries_of(record: Record) -> Iterator[Asked]:
    """Every query with its state; a step that its state does not allow changes nothing."""
    steps: dict[str, list[Row[QueryStep]]] = {}
    for step in sorted(record.rows(QueryStep), key=lambda row: row.seq):
        steps.setdefault(record.root(step.fact.query), []).append(step)
    for row in sorted(record.rows(Query), key=lambda row: row.seq):
        state: QueryState = "open"
        closed, seq, facts = "", 0, [row.id]
        for step in steps.get(row.root, []):
            allowed, after = STEPS[step.fact.step]
            if state in allowed:
                state = after
                closed, seq = (step.fact.by, step.seq) if after == "closed" else (closed, seq)
                facts.append(step.id)
        told = row.fact
        yield Asked(
            row.root, row.subject, told.about, told.column, told.visit, told.planned, told.rule, told.text,
            state, row.day, told.by, tuple(facts), closed, seq,
        )  # fmt: skip
