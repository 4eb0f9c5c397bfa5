"""The record in memory: for facts that are looked at and not kept, admitted as into any other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from galu.finding import InputError
from galu.record import KINDS, Entry, Fact, Record
from galu.record.corrections import Target
from galu.record.seal import GENESIS, Head
from galu.record.store import Batch, Outcome
from galu.store.entering import Row, Tables, admitted, chained, moment_of, require_not_overtaken


class MemoryStore:
    """A record that lasts as long as the process; see `galu.record.store.Store` for its verbs.

    Parameters
    ----------
    clock
        Gives the present moment, with its zone.
    zone
        IANA zone in which the trial counts its days.
    """

    def __init__(self, clock: Callable[[], datetime], zone: str = "UTC") -> None:
        self.zone = zone
        self._clock = clock
        self._rows: list[Row] = []
        self._known: dict[str, Target] = {}
        self._tables = Tables("the record in memory")
        self._read = 0

    def append(
        self,
        facts: Iterable[Fact],
        recorded: Sequence[datetime] | None = None,
        after: Head | None = None,
    ) -> tuple[Entry, ...]:
        """Write a batch, all or nothing; see `galu.record.store.Store.append`."""
        batch = tuple(facts)
        require_not_overtaken(self._tables.place, self.head(), after)
        if not batch:
            return ()
        rows = chained(batch, admitted(self, batch, recorded, self._clock()), self.head())
        self._rows += rows
        for fact in batch:
            self._known[fact.id] = Target(fact.kind, fact.subject)
            if fact.supersedes is not None:
                self._known[fact.supersedes] = replace(self._known[fact.supersedes], replaced_by=fact.id)
        return tuple(Entry(row[0], moment_of(row[1]), fact) for row, fact in zip(rows, batch, strict=True))

    def append_group(self, batches: Sequence[Batch]) -> tuple[Outcome, ...]:
        """Write batches, each all or nothing; see `galu.record.store.Store.append_group`."""
        return tuple(self._outcome(batch) for batch in batches)

    def _outcome(self, batch: Batch) -> Outcome:
        try:
            return self.append(batch.facts, batch.recorded, batch.after)
        except InputError as refused:
            return refused

    def held(self) -> AbstractContextManager[None]:
        """A record in memory is always open."""
        return nullcontext()

    def check(self, facts: Iterable[Fact], recorded: Sequence[datetime] | None = None) -> None:
        """Refuse whatever `append` would refuse; nothing is written."""
        admitted(self, tuple(facts), recorded, self._clock())

    def record(self) -> Record:
        """Everything ever written, as tables; what was read before is not read again."""
        self._tables.take(self._rows[self._read :])
        self._read = len(self._rows)
        return Record(self._tables.frames, self.zone, self._tables.unread)

    def entries(self, left_out: Callable[[str], None] = lambda _: None) -> Iterator[Entry]:
        """Every fact with its stamps, in the order written."""
        for seq, recorded, kind, payload, *_ in self._rows:
            yield Entry(seq, moment_of(recorded), KINDS[kind].model_validate_json(payload))

    def head(self) -> Head:
        """Sequence number and digest of the last entry."""
        return self.last()[0]

    def targets(self, ids: Collection[str]) -> Mapping[str, Target]:
        """The facts with these ids, where there are any, with what replaced them."""
        return {name: self._known[name] for name in ids if name in self._known}

    def first(self) -> tuple[str, str] | None:
        """Kind and canonical JSON of the first fact."""
        return (self._rows[0][2], self._rows[0][3]) if self._rows else None

    def last(self) -> tuple[Head, str]:
        """The head, and the stamp of the newest entry."""
        if not self._rows:
            return Head(0, GENESIS), ""
        row = self._rows[-1]
        return Head(row[0], row[5]), row[1]

    def is_fresh(self) -> bool:
        """Whether nothing but study versions is there."""
        return all(row[2] == "study_version" for row in self._rows)
