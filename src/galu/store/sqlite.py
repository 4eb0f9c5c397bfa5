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
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from pydantic import ValidationError
from sqlalchemy import Connection, text

from galu.finding import InputError, OutOfReachError, OvertakenError
from galu.record import KINDS, Entry, Fact, Record, Unread, canonical
from galu.record.corrections import Target, correction_fault
from galu.record.record import frame_from_payloads, readable
from galu.record.seal import GENESIS, Head, Links, SealedRow, digest_of
from galu.store.checkpoints import Checkpoints
from galu.store.connection import in_a_sentence, open_engine
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
_PAYLOADS: Final = text("SELECT id, kind, payload FROM entry WHERE id IN (SELECT value FROM json_each(:ids))")
#: How long a reader waits for the writer whose batch it sees, and whose head it does not yet [s].
_WAITS_S: Final = (0.0, 0.01, 0.05, 0.2, 0.5)
_ROWS: Final = text(
    "SELECT seq, recorded, kind, payload, previous, digest FROM entry WHERE seq > :after ORDER BY seq"
)


def stamp(moment: datetime) -> str:
    """UTC text of a moment; texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(stamped: str) -> datetime:
    """Moment of a stamp."""
    return datetime.fromisoformat(stamped)


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
        self._frames: dict[str, pl.DataFrame] = {}
        self._unread: tuple[Unread, ...] = ()
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
            head, newest = _last(connection)
            if after is not None and after != head:
                raise OvertakenError(
                    str(self.path),
                    f"somebody wrote entry {head.seq} meanwhile",
                    "look again, and repeat it if it still holds; nothing was written",
                )
            if self._checkpoints:
                self._checkpoints.settle(head)
                self._checkpoints.require(head)
            rows = _chained(batch, _admitted(connection, batch, recorded, max(stamp(now), newest)), head)
            connection.exec_driver_sql(_INSERT, rows)
            if self._checkpoints:
                self._checkpoints.prepare(Head(rows[-1][0], rows[-1][5]), stamp(now))
        self._settle()
        return tuple(Entry(row[0], moment_of(row[1]), fact) for row, fact in zip(rows, batch, strict=True))

    def check(self, facts: Iterable[Fact], recorded: Sequence[datetime] | None = None) -> None:
        """Refuse whatever `append` would refuse; nothing is written."""
        batch = tuple(facts)
        with in_a_sentence(self.path), self._engine.begin() as connection:
            _, newest = _last(connection)
            _admitted(connection, batch, recorded, max(stamp(self._clock()), newest))
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
        return Record(self._frames, self.zone, self._unread)

    def _read_on(self) -> None:
        """Read and check the entries that came since."""
        if not self._links.head.seq:
            self._require_guards()
        columns: dict[str, tuple[list[int], list[str], list[str]]] = defaultdict(lambda: ([], [], []))

        def gathered() -> Iterator[tuple[Any, ...]]:
            for row in self.rows(self._links.head.seq):
                seqs, moments, payloads = columns[row[2]]
                seqs.append(row[0])
                moments.append(row[1])
                payloads.append(row[3])
                yield row

        fault = self._links.fault(gathered())
        if fault is not None:
            raise _altered(self.path, fault)
        for kind, (seqs, moments, payloads) in columns.items():
            fresh, unread = _frame(self.path, kind, seqs, moments, payloads)
            self._unread += unread
            seen = self._frames.get(kind)
            self._frames[kind] = fresh if seen is None else pl.concat([seen, fresh])

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
            return _last(connection)[0]

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

    def rows(self, after: int = 0) -> Iterator[tuple[Any, ...]]:
        """Stored columns (seq, recorded, kind, payload, previous, digest) of the entries after `after`."""
        with in_a_sentence(self.path), self._engine.begin() as connection:
            for row in connection.execution_options(yield_per=10_000).execute(_ROWS, {"after": after}):
                yield tuple(row)

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
                self._checkpoints.settle(_last(connection)[0])


def _last(connection: Connection) -> tuple[Head, str]:
    row = connection.execute(_LAST).one_or_none()
    return (Head(0, GENESIS), "") if row is None else (Head(row.seq, row.digest), row.recorded)


def _guards_fault(connection: Connection) -> str | None:
    schema = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    return "the guards of the database were changed" if sorted(schema.scalars()) != sorted(SCHEMA) else None


def _altered(path: Path, fault: str) -> InputError:
    return InputError(
        str(path),
        f"{fault}: the record was altered, and nothing is shown or built upon it",
        "see `galu record verify`, and restore the trial from a backup",
    )


def _admitted(
    connection: Connection, batch: tuple[Fact, ...], recorded: Sequence[datetime] | None, now: str
) -> tuple[str, ...]:
    """Stamps of a batch that may enter."""
    _require_new_and_known(connection, batch)
    return (now,) * len(batch) if recorded is None else _own_times(connection, batch, recorded)


def _require_new_and_known(connection: Connection, batch: tuple[Fact, ...]) -> None:
    """Ids are new; a correction names an earlier fact that it may correct."""
    named = {fact.id for fact in batch} | {fact.supersedes for fact in batch if fact.supersedes}
    rows = connection.execute(_KNOWN, {"ids": json.dumps(sorted(named))})
    known = {row.id: Target(row.kind, row.subject) for row in rows}
    for fact in batch:
        place = f"{fact.kind} {fact.id!r}" + (f" ({fact.source})" if fact.source else "")
        if fact.id in known:
            raise InputError(
                place,
                "this id is in the record already",
                "give each fact its own id, or correct a fact with `supersedes`",
            )
        fault = correction_fault(fact, known.get(fact.supersedes or ""))
        if fault is not None:
            raise InputError(place, fault[1], fault[2])
        known[fact.id] = Target(fact.kind, fact.subject)


def _own_times(
    connection: Connection, batch: tuple[Fact, ...], recorded: Sequence[datetime]
) -> tuple[str, ...]:
    """Stamps that the batch brings itself, where the record's origin allows it."""
    place = "recorded times"
    if len(recorded) != len(batch):
        raise InputError(place, f"{len(recorded)} times for {len(batch)} facts", "give one for each fact")
    if any(moment.tzinfo is None for moment in recorded):
        raise InputError(place, "a time has no zone", "give every time its zone")
    first = connection.execute(_FIRST).one_or_none()
    kind, payload = (first.kind, first.payload) if first else (batch[0].kind, canonical(batch[0]))
    origin = json.loads(payload).get("origin") if kind == "study_version" else None
    if origin == "imported" and not _is_fresh(connection):
        origin = "observed"
    if origin not in ("simulated", "imported"):
        raise InputError(
            place,
            "only a simulated or freshly imported record may bring its own",
            "leave them out, and the store stamps the time of writing",
        )
    stamps, (_, newest) = tuple(stamp(moment) for moment in recorded), _last(connection)
    if any(b < a for a, b in itertools.pairwise((newest, *stamps))):
        raise InputError(place, "a time lies before the one of the fact written before it", "order the facts")
    return stamps


def _is_fresh(connection: Connection) -> bool:
    other = "SELECT EXISTS (SELECT 1 FROM entry WHERE kind <> 'study_version')"
    return not connection.exec_driver_sql(other).scalar_one()


def _chained(batch: tuple[Fact, ...], stamps: tuple[str, ...], head: Head) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    previous = head.digest
    for seq, (fact, recorded) in enumerate(zip(batch, stamps, strict=True), head.seq + 1):
        payload = canonical(fact)
        digest = digest_of(previous, seq, recorded, fact.kind, payload)
        rows.append((seq, recorded, fact.kind, payload, previous, digest))
        previous = digest
    return rows


def _frame(
    path: Path, kind: str, seqs: list[int], moments: list[str], payloads: list[str]
) -> tuple[pl.DataFrame, tuple[Unread, ...]]:
    try:
        stamps = pl.DataFrame({"seq": seqs, "recorded": moments}).with_columns(
            pl.col("recorded")
            .str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
            .dt.replace_time_zone("UTC")
        )
        return readable(kind, frame_from_payloads(kind, payloads, stamps))
    except (KeyError, pl.exceptions.PolarsError):
        raise InputError(
            str(path),
            f"entries of kind {kind!r} cannot be read",
            "check the record with `galu record verify`",
        ) from None
