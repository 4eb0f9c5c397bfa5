"""The record: one table per kind, filtered by when a fact became known, corrections resolved.

A `Record` is a value. `as_of` filters on `recorded`, so later facts never change an earlier state;
`facts(kind)` then resolves corrections: of all that correct a fact, directly or in turn, the last one
written stands; a retraction leaves nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from galu.record.conduct import StudyVersion
from galu.record.fact import Fact
from galu.record.kinds import KINDS, STAMPS, TIMES, schema_of
from galu.record.rows import F, Row, in_order, rows_of
from galu.record.when import day_column, in_order_of_time, unreadable


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact with the store's stamps."""

    seq: int
    recorded: datetime
    fact: Fact


@dataclass(frozen=True, slots=True)
class Fork:
    """Two corrections of the same fact: only the last counts, and somebody should look."""

    superseded: str
    corrections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact inside that no rule can read, because a time of it is none; it is left out of every table."""

    id: str
    kind: str
    subject: str | None
    column: str
    text: str

    def __str__(self) -> str:
        of = f" of {self.subject}" if self.subject else ""
        return f"{self.kind} {self.id!r}{of}: {self.column} {self.text!r} is no time"


def end_of_day(day: date, zone: str) -> datetime:
    """Last microsecond of a calendar day in `zone`."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(microseconds=1)


class Record:
    """What is known, as tables.

    Parameters
    ----------
    frames
        Kind name to table with the columns of the kind, `seq` and `recorded`, every fact ever written.
    zone
        IANA zone in which the trial counts its days.
    unread
        Facts that stand in no table, because a time of them cannot be read.
    """

    def __init__(
        self, frames: Mapping[str, pl.DataFrame], zone: str = "UTC", unread: tuple[Unread, ...] = ()
    ) -> None:
        self.zone = zone
        self.left_out = unread
        self.words_read = False
        self._frames = dict(frames)
        self._current: dict[str, pl.DataFrame] = {}
        self._rows: dict[str, tuple[Row[Any], ...]] = {}
        self._by_subject: dict[str, Mapping[str, tuple[Row[Any], ...]]] = {}

    @property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """Every fact ever written, by kind."""
        return self._frames

    def __len__(self) -> int:
        return sum(frame.height for frame in self._frames.values())

    @classmethod
    def empty(cls, zone: str) -> Record:
        """A record without facts that is to grow: what is appended is kept as rows of its subject."""
        record = cls({}, zone)
        record._by_subject = {kind: {} for kind in KINDS}
        record.words_read = True
        return record

    def appended(self, fresh: Mapping[str, pl.DataFrame]) -> Record:
        """The record with later facts; what these do not touch stays read.

        Where the words of this record are read, those of the facts must be.
        """
        frames = dict(self._frames)
        for kind, frame in fresh.items():
            frames[kind] = _concat(frames[kind], frame) if kind in frames else frame
        grown, new = self._with(frames), Record(fresh, self.zone)
        if new._corrections:
            grown.__dict__["_corrections"] = [*self._corrections, *new._corrections]
        else:
            for name in ("_corrections", "_roots", "_replaced"):
                grown.__dict__[name] = getattr(self, name)
        for name in ("_corrections", "_roots", "_replaced"):
            new.__dict__[name] = getattr(grown, name)
        gone = grown._replaced - self._replaced
        grown._keep_read(self, {*KINDS} if gone else fresh)
        for kind, known in self._by_subject.items():
            grown._by_subject[kind] = _with_later(known, new, kind, gone)
        return grown

    def with_frames(self, read: Mapping[str, pl.DataFrame]) -> Record:
        """The same facts with the words of some tables read; their corrections stay as they are."""
        other = self._with({**self._frames, **read})
        other._keep_read(self, read)
        other.__dict__["_corrections"] = self._corrections
        other.words_read = True
        return other

    def _with(self, frames: Mapping[str, pl.DataFrame]) -> Record:
        other = Record(frames, self.zone, self.left_out)
        other.words_read = self.words_read
        return other

    def _keep_read(self, other: Record, changed: Collection[str]) -> None:
        """Take what another record has read already, but of kinds that changed."""
        for name in ("_current", "_rows", "_by_subject"):
            read = getattr(other, name).items()
            getattr(self, name).update((kind, one) for kind, one in read if kind not in changed)

    def as_of(self, moment: date | datetime) -> Record:
        """The record as it stood; a date means the end of that day in the record's zone."""
        last = moment if isinstance(moment, datetime) else end_of_day(moment, self.zone)
        until = last.astimezone(UTC)
        newest = self.last_recorded
        if newest is not None and newest <= until:
            return self  # nothing came later: what was read of it stays read
        kept = {kind: frame.filter(pl.col("recorded") <= until) for kind, frame in self._frames.items()}
        return self._with({kind: frame for kind, frame in kept.items() if frame.height})

    def known_by(self, now: datetime) -> Record:
        """The record at the present moment: all there is was known by `now`.

        A stamp after it is that of a clock that ran ahead and was set back since; today would miss those
        facts, and every later one, because stamps never decrease.
        """
        moment = now.astimezone(UTC)
        last = self.last_recorded
        if last is None or last <= moment:
            return self
        stamp = pl.min_horizontal("recorded", pl.lit(moment, dtype=STAMPS["recorded"])).alias("recorded")
        frames = {kind: frame.with_columns(stamp) for kind, frame in self._frames.items()}
        return self._with(frames)

    def occurred_by(self, cutoff: date) -> Record:
        """A clinical cut: facts that stand and happened on or before `cutoff`, whenever they became known.

        What the trial is stays whole: a study version belongs to the record, not to a day of the clinic.
        """
        last = cutoff.isoformat()
        kept = {
            kind: frame
            if kind == StudyVersion.kind
            else self._standing(kind).filter(pl.col("on").str.slice(0, 10) <= last)
            for kind, frame in self._frames.items()
        }
        cut = self._with(kept)
        cut.__dict__["_corrections"] = self._corrections
        return cut

    def facts(self, kind: str) -> pl.DataFrame:
        """Facts of a kind that stand, oldest first, with `day` (local) and `root` (first id of its chain)."""
        if kind not in self._current:
            self._current[kind] = self._resolve(kind)
        return self._current[kind]

    def rows(self, model: type[F]) -> tuple[Row[F], ...]:
        """The same as typed rows."""
        if model.kind not in self._rows:
            known = self._by_subject.get(model.kind)
            self._rows[model.kind] = (
                rows_of(model, self.facts(model.kind))
                if known is None
                else in_order(itertools.chain.from_iterable(known.values()), self.zone)
            )
        return self._rows[model.kind]

    def rows_by_subject(self, model: type[F]) -> Mapping[str, tuple[Row[F], ...]]:
        """The same of each subject."""
        if model.kind not in self._by_subject:
            own: dict[str, list[Row[F]]] = {}
            for row in self.rows(model):
                own.setdefault(row.subject, []).append(row)
            self._by_subject[model.kind] = {name: tuple(rows) for name, rows in own.items()}
        return self._by_subject[model.kind]

    @property
    def everybody(self) -> Record:
        """The record of which this may be a part."""
        return self

    def of(self, subjects: Collection[str]) -> Record:
        """The record with what stands of these subjects alone, and of nobody; what was ever written stays."""
        own = _Part(self._frames, self.zone, self.left_out)
        own.words_read = self.words_read
        own.whole, own.subjects = self, tuple(subjects)
        own.__dict__["_corrections"] = self._corrections
        return own

    def _standing(self, kind: str) -> pl.DataFrame:
        frame = self._frames.get(kind)
        if frame is None:
            return pl.DataFrame(schema={**schema_of(kind), **STAMPS})
        return frame.filter(~pl.col("id").is_in(list(self._replaced))) if self._replaced else frame

    def _resolve(self, kind: str) -> pl.DataFrame:
        frame = self._standing(kind)
        roots = pl.col("id")
        if self._roots:
            roots = roots.replace(self._roots)
        frame = frame.with_columns(day_column("on").alias("day"), roots.alias("root"))
        return in_order_of_time(frame, self.zone)

    @cached_property
    def names(self) -> frozenset[str]:
        """Identifiers of everybody of whom a fact stands."""
        found: set[str] = set()
        for kind in (kind for kind in self._frames if KINDS[kind].about_subject):
            if kind in self._by_subject:
                found.update(self._by_subject[kind])
            else:
                found.update(self.facts(kind)["subject"].drop_nulls().unique().to_list())
        return frozenset(found - {""})

    @cached_property
    def _corrections(self) -> list[tuple[str, str]]:
        parts = [
            frame.filter(pl.col("supersedes").is_not_null()).select("seq", "id", "supersedes")
            for frame in self._frames.values()
            if frame["supersedes"].null_count() < frame.height
        ]
        if not parts:
            return []
        return [(row[1], row[2]) for row in pl.concat(parts).sort("seq").iter_rows()]

    @cached_property
    def _replaced(self) -> frozenset[str]:
        last = {self._roots[corrector]: corrector for corrector, _ in self._corrections}
        return (frozenset(self._roots) | frozenset(last)) - frozenset(last.values())

    @cached_property
    def _roots(self) -> dict[str, str]:
        roots: dict[str, str] = {}
        for corrector, superseded in self._corrections:
            roots[corrector] = roots.get(superseded, superseded)
        return roots

    def root(self, fact: str) -> str:
        """Id of the first fact of the chain of corrections that a fact belongs to, perhaps its own."""
        return self._roots.get(fact, fact)

    @property
    def superseded(self) -> frozenset[str]:
        """Ids of facts that a correction or retraction replaced."""
        return self._replaced

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Facts that cannot be read and that nobody has corrected yet."""
        return tuple(one for one in self.left_out if one.id not in self._replaced)

    @cached_property
    def forks(self) -> tuple[Fork, ...]:
        """Facts corrected twice side by side."""
        children: dict[str, list[str]] = {}
        for corrector, superseded in self._corrections:
            children.setdefault(superseded, []).append(corrector)
        return tuple(Fork(s, tuple(c)) for s, c in children.items() if len(c) > 1)

    def free_number(self, *prefixes: str) -> int:
        """Smallest number from 1 for which no fact has an id ``prefix-number``, for any of the prefixes."""
        ids = {one.id for one in self.left_out}
        for frame in self._frames.values():
            for prefix in prefixes:
                ids.update(frame.filter(pl.col("id").str.starts_with(f"{prefix}-"))["id"])
        return next(n for n in itertools.count(1) if not any(f"{prefix}-{n}" in ids for prefix in prefixes))

    @cached_property
    def origin(self) -> str:
        """`observed`, `imported` or `simulated`, as the first study version says; simulated if any does."""
        told = self.facts("study_version")["origin"].to_list()
        if "simulated" in told:
            return "simulated"
        return str(told[0]) if told else "observed"

    @cached_property
    def last_recorded(self) -> datetime | None:
        """When the newest fact became known."""
        moments = [frame["recorded"].max() for frame in self._frames.values() if frame.height]
        return max(m for m in moments if isinstance(m, datetime)) if moments else None


#: Of so many subjects facts are picked out before they are read; of more all are read, for others too.
_FEW: Final = 8


def _concat(known: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """One table; only where words are read one of them may have a column more."""
    same = known.columns == later.columns
    return pl.concat([known, later], how="vertical" if same else "diagonal", rechunk=False)


def _with_later(
    known: Mapping[str, tuple[Row[Any], ...]], new: Record, kind: str, gone: Collection[str]
) -> Mapping[str, tuple[Row[Any], ...]]:
    """Rows of a kind by subject, without those that are gone, with those of a record of later facts."""
    later = new.rows_by_subject(KINDS[kind]) if kind in new._frames else {}
    if not later and not gone:
        return known
    rows = dict(known)
    if gone:
        left = {name: tuple(row for row in own if row.id not in gone) for name, own in rows.items()}
        rows = {name: own for name, own in left.items() if own}
    for name, own in later.items():
        rows[name] = in_order((*rows[name], *own), new.zone) if name in rows else own
    return rows


class _Part(Record):
    """The facts of some subjects, taken from the whole when they are asked for."""

    whole: Record
    subjects: tuple[str, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """Identifiers of those of the subjects of whom a fact stands."""
        return self.whole.names.intersection(self.subjects)

    @property
    def everybody(self) -> Record:
        """The record of which this is a part."""
        return self.whole

    def of(self, subjects: Collection[str]) -> Record:
        """The record with what stands of some of these subjects alone, and of nobody."""
        return self.whole.of([name for name in subjects if name in self.subjects])

    def _resolve(self, kind: str) -> pl.DataFrame:
        mine = pl.col("subject").is_null() | pl.col("subject").is_in(self.subjects)
        return self.whole.facts(kind).filter(mine)

    def rows(self, model: type[F]) -> tuple[Row[F], ...]:
        """Typed rows, taken from the whole where it has read them."""
        whole = self.whole
        read = model.kind in whole._rows or model.kind in whole._by_subject
        if not read and len(self.subjects) <= _FEW:
            return super().rows(model)
        by_subject = whole.rows_by_subject(model)
        own = [by_subject[name] for name in ("", *self.subjects) if name in by_subject]
        if len(own) > 1:
            return in_order(itertools.chain.from_iterable(own), self.zone)
        return own[0] if own else ()

    def rows_by_subject(self, model: type[F]) -> Mapping[str, tuple[Row[F], ...]]:
        """Typed rows of each of the subjects."""
        if model.kind not in self.whole._by_subject:
            return super().rows_by_subject(model)
        known = self.whole.rows_by_subject(model)
        return {name: known[name] for name in ("", *self.subjects) if name in known}


#: `json.dumps` would build a new encoder for every fact.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(fact: Fact) -> str:
    """Payload of a fact as canonical JSON: sorted keys, no spaces, unknown left out."""
    values = fact.model_dump(mode="json", exclude_none=True)
    return _ENCODER.encode(values)


def fact_digest(fact: Fact) -> str:
    """SHA-256 of a fact's canonical form: what a signature signs."""
    return hashlib.sha256(canonical(fact).encode()).hexdigest()


def frames_of(entries: Iterable[Entry]) -> dict[str, pl.DataFrame]:
    """Tables by kind from stamped facts."""
    rows: dict[str, list[dict[str, object]]] = {}
    for entry in entries:
        row = {**entry.fact.__dict__, "seq": entry.seq, "recorded": entry.recorded}
        rows.setdefault(entry.fact.kind, []).append(row)
    return {kind: pl.DataFrame(values, schema={**schema_of(kind), **STAMPS}) for kind, values in rows.items()}


def frame_from_payloads(kind: str, payloads: list[str], stamps: pl.DataFrame) -> pl.DataFrame:
    """Table of one kind from canonical JSON and its stamps (`seq`, `recorded`), in the same order."""
    text = "\n".join(payloads).encode()
    return pl.read_ndjson(text, schema=schema_of(kind)).hstack(stamps.select(*STAMPS))


def readable(kind: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Unread, ...]]:
    """Facts whose times can all be read, and those that hold one that cannot."""
    if kind == StudyVersion.kind:  # written by galu itself, and what the record is cannot be left out
        return frame, ()
    columns = TIMES[kind]
    bad = pl.any_horizontal([unreadable(name) for name in columns])
    faulty = frame.filter(bad)
    if not faulty.height:
        return frame, ()
    subject = pl.col("subject")
    named = [
        faulty.filter(unreadable(name)).select(
            "id", subject, pl.lit(name).alias("column"), pl.col(name).alias("text")
        )
        for name in columns
    ]
    rows = pl.concat(named).unique("id", keep="first", maintain_order=True).iter_rows()
    return frame.filter(~bad), tuple(Unread(row[0], kind, row[1], row[2], row[3]) for row in rows)


def record_of(entries: Iterable[Entry], zone: str = "UTC") -> Record:
    """A record held in memory."""
    return Record(frames_of(entries), zone)


def fact_of(kind: str, row: Mapping[str, object]) -> Fact:
    """The fact of a table row."""
    fields = KINDS[kind].model_fields
    return KINDS[kind].model_validate({k: row[k] for k in fields if row.get(k) is not None})
