"""The record on SQLite: append-only, chained, one transaction per batch.

What is read is checked as it is read: every row is hashed into the chain, and the chain must end in the
newest signed head. No remembered verdict is trusted, so there is none that somebody could edit, and the
hashes of 20,000 entries cost less than reading their JSON.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy import Connection, text

from galu.finding import InputError, OutOfReachError
from galu.record import KINDS, Entry, Fact, Record
from galu.record.corrections import Target
from galu.record.seal import GENESIS, Head, Links, SealedRow
from galu.store.checkpoints import Checkpoints
from galu.store.connection import in_a_sentence, open_engine
from galu.store.entering import (
    Row,
    Tables,
    admitted,
    chained,
    moment_of,
    require_not_overtaken,
    stamp,
)
from galu.store.schema import SCHEMA

Clock = Callable[[], datetime]

_INSERT: Final = (
    "INSERT INTO entry (seq, recorded, kind, payload, previous, digest) VALUES (?, ?, ?, ?, ?, ?)"
)
_LAST: Final = text("SELECT seq, digest, recorded FROM entry ORDER BY seq DESC LIMIT 1")
_FIRST: Final = text("SELECT kind, payload FROM entry ORDER BY seq LIMIT 1")
_KNOWN: Final = text(
    "SELECT id, kind, json_extract(payload, '$.subject') AS subject FROM entry "
    "WHERE id IN (SELECT value FROM json_each(:ids))"
)
_REPLACED: Final = text(
    "SELECT json_extract(payload, '$.supersedes') AS target, id FROM entry "
    "WHERE json_extract(payload, '$.supersedes') IN (SELECT value FROM json_each(:ids)) ORDER BY seq"
)
_PAYLOADS: Final = text("SELECT id, kind, payload FROM entry WHERE id IN (SELECT value FROM json_each(:ids))")
#: How long a reader waits for the writer whose batch it sees, and whose head it does not yet [s].
_WAITS_S: Final = (0.0, 0.01, 0.05, 0.2, 0.5)
_ROWS: Final = text(
    "SELECT seq, recorded, kind, payload, previous, digest FROM entry WHERE seq > :after ORDER BY seq"
)


class SqliteStore:
    """A record in one SQLite file.

    Parameters
    ----------
    path
        The database, which exists (`create` makes a new one).
    clock
        Gives the present moment, with its zone.
    zone
        IANA zone in which the trial counts its days.
    checkpoints
        Where the head is signed; None for a record that nobody needs to trust, such as in a test.
    """

    def __init__(
        self, path: Path, clock: Clock, zone: str = "UTC", checkpoints: Checkpoints | None = None
    ) -> None:
        if not path.is_file():
            raise InputError(str(path), "no record is here", "make one with `galu init`")
        self.path = path
        self.read_only = not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        self.zone = zone
        self._clock = clock
        self._checkpoints = checkpoints
        self._engine = open_engine(path, self.read_only)
        self._writer = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._tables = Tables(str(path))
        self._links = Links()

    @classmethod
    def create(
        cls, path: Path, clock: Clock, zone: str = "UTC", checkpoints: Checkpoints | None = None
    ) -> SqliteStore:
        """A new, empty record; an existing file is never touched."""
        try:
            path.touch(mode=0o600, exist_ok=False)
            path.chmod(0o600)  # the files that SQLite puts beside it take the same mode
        except FileExistsError:
            raise InputError(str(path), "exists already", "name a new folder") from None
        store = cls(path, clock, zone, checkpoints)
        with store._writer.begin() as connection:
            for statement in SCHEMA:
                connection.exec_driver_sql(statement)
        return store

    @property
    def seen(self) -> Head:
        """The head of what `record` has read: what is concluded from it is written after it."""
        return self._links.head

    def append(
        self,
        facts: Iterable[Fact],
        recorded: Sequence[datetime] | None = None,
        after: Head | None = None,
    ) -> tuple[Entry, ...]:
        """Write a batch, all or nothing; see `galu.record.store.Store.append`."""
        if self.read_only:
            remedy = "work on the original, or copy the folder to where you may write"
            raise OutOfReachError(str(self.path), "may only be read here", remedy)
        batch = tuple(facts)
        if not batch:
            return ()
        now = self._clock()
        with in_a_sentence(self.path), self._writer.begin() as connection:
            there = _There(connection)
            head, _ = there.last()
            require_not_overtaken(str(self.path), head, after)
            if self._checkpoints:
                self._checkpoints.settle(head)
                self._checkpoints.require(head)
            rows = chained(batch, admitted(there, batch, recorded, now), head)
            connection.exec_driver_sql(_INSERT, rows)
            if self._checkpoints:
                self._checkpoints.prepare(Head(rows[-1][0], rows[-1][5]), stamp(now))
        self._settle()
        return tuple(Entry(row[0], moment_of(row[1]), fact) for row, fact in zip(rows, batch, strict=True))

    def check(self, facts: Iterable[Fact], recorded: Sequence[datetime] | None = None) -> None:
        """Refuse whatever `append` would refuse; nothing is written."""
        batch = tuple(facts)
        with in_a_sentence(self.path), self._engine.begin() as connection:
            admitted(_There(connection), batch, recorded, self._clock())
        if self._checkpoints:
            self._checkpoints.require_key()

    def record(self) -> Record:
        """Everything ever written, as tables; what was read before is not read again.

        Raises
        ------
        InputError
            When what is read now is not what was written: a row, the guards or the end was changed.
        """
        self._read_on()
        if self._checkpoints and not self._ends_signed(self._checkpoints):
            raise _altered(self.path, f"entry {self._links.head.seq} is not the last that was signed")
        return Record(self._tables.frames, self.zone, self._tables.unread)

    def _read_on(self) -> None:
        """Read and check the entries that came since."""
        if not self._links.head.seq:
            self._require_guards()
        rows: list[Row] = []

        def gathered() -> Iterator[Row]:
            for row in self.rows(self._links.head.seq):
                rows.append(row)
                yield row

        fault = self._links.fault(gathered())
        if fault is not None:
            raise _altered(self.path, fault)
        self._tables.take(rows)

    def _ends_signed(self, checkpoints: Checkpoints) -> bool:
        """Whether the entries read end in a signed head; waits for a writer that is just at it."""
        for wait_s in _WAITS_S:
            if checkpoints.vouches(self._links.head):
                return True
            time.sleep(wait_s)
            self._read_on()
        return False

    def _require_guards(self) -> None:
        with in_a_sentence(self.path), self._engine.begin() as connection:
            fault = _guards_fault(connection)
        if fault is not None:
            raise _altered(self.path, fault)

    def payloads(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Kind and canonical JSON of the facts with these ids, where there are any."""
        with in_a_sentence(self.path), self._engine.begin() as connection:
            rows = connection.execute(_PAYLOADS, {"ids": json.dumps(sorted(ids))})
            return {row.id: (row.kind, row.payload) for row in rows}

    def entries(self, left_out: Callable[[str], None] = lambda _: None) -> Iterator[Entry]:
        """Every fact with its stamps, in the order written; one that no model reads is told and left out."""
        for seq, recorded, kind, payload, *_ in self.rows():
            try:
                fact = KINDS[kind].model_validate_json(payload)
            except (KeyError, ValidationError):
                left_out(f"entry {seq}, a fact of kind {kind!r}")
                continue
            yield Entry(seq, moment_of(recorded), fact)

    def sealed_rows(self) -> Iterator[SealedRow]:
        """Every entry as stored, for the check of the chain."""
        return itertools.starmap(SealedRow, self.rows())

    def head(self) -> Head:
        """Sequence number and digest of the last entry."""
        with in_a_sentence(self.path), self._engine.begin() as connection:
            return _There(connection).last()[0]

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Nobody writes meanwhile, so that entries and signed heads are of one moment."""
        if self.read_only:
            yield
            return
        with in_a_sentence(self.path), self._writer.begin():
            yield

    def copy_to(self, path: Path) -> None:
        """Copy the database into a new file, as it stands at one moment."""
        with in_a_sentence(self.path), contextlib.closing(sqlite3.connect(path)) as target:
            source = self._engine.raw_connection()
            try:
                source.driver_connection.backup(target)  # type: ignore[union-attr]
            finally:
                source.close()

    def close(self) -> None:
        """Let go of the database file."""
        self._engine.dispose()

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Stored columns (seq, recorded, kind, payload, previous, digest) of the entries after `after`."""
        with in_a_sentence(self.path), self._engine.begin() as connection:
            for row in connection.execution_options(yield_per=10_000).execute(_ROWS, {"after": after}):
                yield row[0], row[1], row[2], row[3], row[4], row[5]

    def integrity(self) -> str | None:
        """What SQLite itself finds wrong with the file, or with the guards galu put there."""
        with in_a_sentence(self.path), self._engine.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            if found != "ok":
                return f"the database file is damaged ({found})"
            return _guards_fault(connection)

    def _settle(self) -> None:
        if self._checkpoints:
            with in_a_sentence(self.path), self._writer.begin() as connection:
                self._checkpoints.settle(_There(connection).last()[0])


class _There:
    """What is in the database already, as a batch sees it inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def targets(self, ids: Collection[str]) -> Mapping[str, Target]:
        wanted = {"ids": json.dumps(sorted(ids))}
        rows = self._connection.execute(_KNOWN, wanted).all()
        # Only what is named by a correction is there already: others need no look at the whole record.
        replaced = {row.target: row.id for row in self._connection.execute(_REPLACED, wanted)} if rows else {}
        return {row.id: Target(row.kind, row.subject, replaced.get(row.id)) for row in rows}

    def first(self) -> tuple[str, str] | None:
        row = self._connection.execute(_FIRST).one_or_none()
        return None if row is None else (row.kind, row.payload)

    def last(self) -> tuple[Head, str]:
        row = self._connection.execute(_LAST).one_or_none()
        return (Head(0, GENESIS), "") if row is None else (Head(row.seq, row.digest), row.recorded)

    def is_fresh(self) -> bool:
        other = "SELECT EXISTS (SELECT 1 FROM entry WHERE kind <> 'study_version')"
        return not self._connection.exec_driver_sql(other).scalar_one()


def _guards_fault(connection: Connection) -> str | None:
    schema = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    return "the guards of the database were changed" if sorted(schema.scalars()) != sorted(SCHEMA) else None


def _altered(path: Path, fault: str) -> InputError:
    return InputError(
        str(path),
        f"{fault}: the record was altered, and nothing is shown or built upon it",
        "see `galu record verify`, and restore the trial from a backup",
    )
