"""The record in a database: append-only, chained, one transaction for each group of batches.

What is read is checked as it is read: every row is hashed into the chain, and the chain must end in the
newest signed head. No remembered verdict is trusted, so there is none that somebody could edit, and the
hashes of 20,000 entries cost less than reading their JSON.

What differs between databases is how one writer comes at a time, how ids are looked up, and which guards
the database itself keeps: the abstract methods at the end.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, TextClause, text

from galu.finding import InputError, OutOfReachError
from galu.record import KINDS, Entry, Fact, Record
from galu.record.conduct import StudyVersion
from galu.record.corrections import Target
from galu.record.seal import GENESIS, Head, Links
from galu.record.store import Batch, Outcome, outcome_of
from galu.store.checkpoints import Checkpoints
from galu.store.entering import Row, Tables, admitted, chained, moment_of, require_not_overtaken, stamp

Clock = Callable[[], datetime]

_LAST: Final = text("SELECT seq, digest, recorded FROM entry ORDER BY seq DESC LIMIT 1")
_FIRST: Final = text("SELECT kind, payload FROM entry ORDER BY seq LIMIT 1")
_OTHER: Final = text("SELECT EXISTS (SELECT 1 FROM entry WHERE kind <> 'study_version')")
#: The columns of `Row`; who uses it says after which entry.
ROWS: Final = "SELECT seq, recorded, kind, payload, previous, digest FROM entry WHERE seq > {} ORDER BY seq"
#: How long a reader waits for the writer whose batch it sees, and whose head it does not yet [s].
_WAITS_S: Final = (0.0, 0.01, 0.05, 0.2, 0.5)
#: So many entries are taken over at a time.
_CHUNK: Final = 10_000


class SqlStore(ABC):
    """A record in a database; see `galu.record.store.Store` for its verbs.

    Parameters
    ----------
    place
        What the record is called in a sentence.
    engine
        Connections to the database.
    clock
        Gives the present moment, with its zone.
    zone
        IANA zone in which the trial counts its days.
    checkpoints
        Where the head is signed; None for a record that nobody needs to trust, such as in a test.
    """

    #: `id`, `kind`, `payload` of the entries with `:ids`, in the database's own words.
    named: ClassVar[TextClause]
    #: `target` and `id` of the corrections of `:ids`, in the order written.
    corrected: ClassVar[TextClause]

    def __init__(
        self, place: str, engine: Engine, clock: Clock, zone: str, checkpoints: Checkpoints | None
    ) -> None:
        self.place = place
        self.read_only = False
        self.zone = zone
        self._clock = clock
        self._checkpoints = checkpoints
        self._engine = engine
        self._tables = Tables(place)
        self._links = Links()
        self._at_reading = threading.Lock()
        self._mine = threading.local()
        self._given: tuple[Head, Record] | None = None

    @property
    def seen(self) -> Head:
        """The head of what `record` gave this thread: what is concluded from it is written after it."""
        read: Head = getattr(self._mine, "head", self._links.head)
        return read

    def append(
        self,
        facts: Iterable[Fact],
        recorded: Sequence[datetime] | None = None,
        after: Head | None = None,
    ) -> tuple[Entry, ...]:
        """Write a batch, all or nothing; see `galu.record.store.Store.append`."""
        (outcome,) = self.append_group((Batch(tuple(facts), recorded, after),))
        return outcome_of(outcome)

    def append_group(self, batches: Sequence[Batch]) -> tuple[Outcome, ...]:
        """Write batches in one transaction, each all or nothing; see `galu.record.store.Store`."""
        if self.read_only:
            remedy = "work on the original, or copy the folder to where you may write"
            raise OutOfReachError(self.place, "may only be read here", remedy)
        if not any(batch.facts for batch in batches):
            return ((),) * len(batches)
        now = self._clock()
        with self._writing() as connection:
            there = _There(connection, self)
            begun = there.head
            if self._checkpoints:
                self._checkpoints.settle(begun)
                self._checkpoints.require(begun)
            there.look(fact for batch in batches for fact in batch.facts)
            outcomes = tuple(self._enter(there, batch, now) for batch in batches)
            if there.coming:
                self._insert(connection, there.coming)
                if self._checkpoints:
                    self._checkpoints.prepare(there.head, stamp(now))
        if there.coming:
            self._settle()
        return outcomes

    def _enter(self, there: _There, batch: Batch, now: datetime) -> Outcome:
        if not batch.facts:
            return ()
        try:
            require_not_overtaken(self.place, there.head, batch.after)
            stamps = admitted(there, batch.facts, batch.recorded, now)
        except InputError as refused:
            return refused
        rows = chained(batch.facts, stamps, there.head)
        there.grow(rows, batch.facts)
        return tuple(
            Entry(row[0], moment_of(row[1]), fact) for row, fact in zip(rows, batch.facts, strict=True)
        )

    def _settle(self) -> None:
        """Give the head of what was committed its place, and mirror it.

        What hinders it is no fault of the batch, which is on the disk and signed: the next one settles it.
        """
        if self._checkpoints is None:
            return
        with contextlib.suppress(InputError, OSError):
            with self._writing() as connection:
                self._checkpoints.settle(_There(connection, self).head)
            self._checkpoints.mirror()

    def take(self, rows: Iterable[Row]) -> Head:
        """Take over the entries of another record, sealed as they are, all or nothing.

        What is here already must be how those begin.

        Raises
        ------
        InputError
            When another record is here, or the entries do not hold together.
        """
        links, coming = Links(), iter(rows)
        with self._writing() as connection:
            there = _There(connection, self).head
            found = there.seq == 0
            while chunk := list(itertools.islice(coming, _CHUNK)):
                fault = links.fault(chunk)
                if fault is not None:
                    raise altered(self.place, fault)
                found = found or (there.seq, there.digest) in ((row[0], row[5]) for row in chunk)
                fresh = [row for row in chunk if row[0] > there.seq]
                if fresh and found:
                    self._insert(connection, fresh)
            if not found:
                raise InputError(self.place, "holds another record", "name another place")
        return links.head

    def check(self, facts: Iterable[Fact], recorded: Sequence[datetime] | None = None) -> None:
        """Refuse whatever `append` would refuse; nothing is written."""
        batch = tuple(facts)
        with self._reading() as connection:
            there = _There(connection, self)
            there.look(batch)
            admitted(there, batch, recorded, self._clock())
        if self._checkpoints:
            self._checkpoints.require_key()

    def record(self) -> Record:
        """Everything ever written, as tables; what was read before is not read again.

        Raises
        ------
        InputError
            When what is read now is not what was written: a row, the guards or the end was changed.
        """
        with self._at_reading:
            self._require_here()
            self._read_on()
            if self._checkpoints and not self._ends_signed(self._checkpoints):
                self._require_here()
                fault = f"entry {self._links.head.seq} is not the last that was signed"
                raise altered(self.place, fault)
            self._mine.head = self._links.head
            # The same value while nothing was written: what was read of it stays read.
            if self._given is None or self._given[0] != self._links.head:
                found = Record(self._tables.frames, self.zone, self._tables.unread)
                self._given = (self._links.head, found)
            return self._given[1]

    def _read_on(self) -> None:
        """Read and check the entries that came since."""
        if not self._links.head.seq:
            with self._reading() as connection:
                fault = self.guards_fault(connection)
            if fault is not None:
                raise altered(self.place, fault)
        rows: list[Row] = []
        for chunk in self.chunks(self._links.head.seq):
            fault = self._links.fault(chunk)
            if fault is not None:
                raise altered(self.place, fault)
            rows += chunk
        self._tables.take(rows)

    def _ends_signed(self, checkpoints: Checkpoints) -> bool:
        """Whether the entries read end in a signed head; waits for a writer that is just at it."""
        for wait_s in _WAITS_S:
            if checkpoints.vouches(self._links.head):
                return True
            time.sleep(wait_s)
            self._read_on()
        return False

    def payloads(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Kind and canonical JSON of the facts with these ids, where there are any."""
        with self._reading() as connection:
            rows = connection.execute(self.named, {"ids": self._ids(ids)})
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

    def head(self) -> Head:
        """Sequence number and digest of the last entry."""
        with self._reading() as connection:
            return _There(connection, self).head

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Keep the record open; connections to a server are kept anyway."""
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Nobody writes meanwhile, so that entries and signed heads are of one moment."""
        if self.read_only:
            yield
            return
        with self._writing():
            yield

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Stored columns (seq, recorded, kind, payload, previous, digest) of the entries after `after`."""
        return itertools.chain.from_iterable(self.chunks(after))

    def chunks(self, after: int = 0) -> Iterator[list[Row]]:
        """The same, some thousands at a time, as the driver gives them."""
        with (
            self._reading() as connection,
            contextlib.closing(self._stream(connection, after)) as cursor,
        ):
            while chunk := cursor.fetchmany(_CHUNK):
                yield chunk

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment."""
        with self._in_a_sentence(), self._engine.begin() as connection:
            yield connection

    @abstractmethod
    def _writing(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction during which nobody else writes."""

    @abstractmethod
    def _in_a_sentence(self) -> contextlib.AbstractContextManager[None]:
        """Turns the database's own complaints into one sentence."""

    @abstractmethod
    def _require_here(self) -> None:
        """Refuse to go on where the record was moved to another place since the store was opened."""

    @abstractmethod
    def _insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write rows as they are."""

    @abstractmethod
    def _stream(self, connection: Connection, after: int) -> Any:
        """The driver's own cursor over `ROWS`: plain tuples cost a third of what they do otherwise."""

    @abstractmethod
    def _ids(self, ids: Iterable[str]) -> Any:
        """Ids as `named` and `corrected` take them."""

    @abstractmethod
    def guards_fault(self, connection: Connection) -> str | None:
        """What is wrong with the guards that galu put into the database."""

    @abstractmethod
    def integrity(self) -> str | None:
        """What the database itself finds wrong, or what is wrong with its guards."""


class _There:
    """What is in the database, and what comes into it in this transaction, as each batch must see it."""

    def __init__(self, connection: Connection, store: SqlStore) -> None:
        self._connection = connection
        self._store = store
        self._known: dict[str, Target] = {}
        #: Entries that enter when the transaction ends.
        self.coming: list[Row] = []
        row = connection.execute(_LAST).one_or_none()
        self.head = Head(0, GENESIS) if row is None else Head(row.seq, row.digest)
        self._stamp: str = "" if row is None else row.recorded

    def look(self, facts: Iterable[Fact]) -> None:
        """Look up all that some facts name, at once."""
        named = {name for fact in facts for name in (fact.id, fact.supersedes) if name}
        wanted = {"ids": self._store._ids(named)}
        rows = self._connection.execute(self._store.named, wanted).all()
        # Only what is named by a correction is there already: others need no look at the whole record.
        corrections = self._connection.execute(self._store.corrected, wanted) if rows else ()
        replaced = {row.target: row.id for row in corrections}
        for row in rows:
            subject = json.loads(row.payload).get("subject")
            self._known[row.id] = Target(row.kind, subject, replaced.get(row.id))

    def grow(self, rows: Sequence[Row], facts: Sequence[Fact]) -> None:
        """A batch was admitted."""
        self.coming += rows
        self.head, self._stamp = Head(rows[-1][0], rows[-1][5]), rows[-1][1]
        for fact in facts:
            self._known[fact.id] = Target(fact.kind, fact.subject)
            if fact.supersedes is not None:
                self._known[fact.supersedes] = replace(self._known[fact.supersedes], replaced_by=fact.id)

    def targets(self, ids: Collection[str]) -> Mapping[str, Target]:
        return {name: self._known[name] for name in ids if name in self._known}

    def first(self) -> tuple[str, str] | None:
        row = self._connection.execute(_FIRST).one_or_none()
        if row is not None:
            return row.kind, row.payload
        return (self.coming[0][2], self.coming[0][3]) if self.coming else None

    def last(self) -> tuple[Head, str]:
        return self.head, self._stamp

    def is_fresh(self) -> bool:
        others = self._connection.execute(_OTHER).scalar_one()
        return not others and all(row[2] == StudyVersion.kind for row in self.coming)


def altered(place: str, fault: str) -> InputError:
    """What is said of a record that is not what was written."""
    return InputError(
        place,
        f"{fault}: the record was altered, and nothing is shown or built upon it",
        "see `galu record verify`, and restore the trial from a backup",
    )


def moved(place: str) -> OutOfReachError:
    """What is said where the record was moved away while a store was open."""
    return OutOfReachError(
        place, "the record was moved to another place meanwhile", "open the trial anew; nothing was written"
    )
