"""The port through which facts enter: whoever keeps a record offers these verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from galu.finding import InputError
from galu.record.fact import Fact
from galu.record.record import Entry, Record
from galu.record.seal import Head


@dataclass(frozen=True, slots=True)
class Batch:
    """What one person writes at once; see `Store.append` for its parts."""

    facts: tuple[Fact, ...]
    recorded: Sequence[datetime] | None = None
    after: Head | None = None


#: What became of a batch: its entries, or why it may not enter.
Outcome = tuple[Entry, ...] | InputError


def outcome_of(outcome: Outcome) -> tuple[Entry, ...]:
    """The entries of a batch.

    Raises
    ------
    InputError
        When it may not enter.
    """
    if isinstance(outcome, InputError):
        raise outcome
    return outcome


class Store(Protocol):
    """An append-only keeper of facts."""

    def append(
        self,
        facts: Iterable[Fact],
        recorded: Sequence[datetime] | None = None,
        after: Head | None = None,
    ) -> tuple[Entry, ...]:
        """Write a batch, all or nothing, in the order given.

        Parameters
        ----------
        facts
            What to write; a correction comes after the fact it supersedes.
        recorded
            When each fact became known, for a simulated or freshly imported record only; otherwise the
            store stamps its own time.
        after
            The head of the record on which whoever writes rests; None where nothing hangs on it.

        Raises
        ------
        InputError
            When an id is taken, a correction names nothing it may correct, or `recorded` is not allowed.
        OvertakenError
            When the record does not end with `after` any more; nothing was written.
        """
        ...

    def append_group(self, batches: Sequence[Batch]) -> tuple[Outcome, ...]:
        """Write batches together, in the order given: each is all or nothing and has its own outcome.

        They are on the disk when the call returns; where it raises, none is.
        """
        ...

    def held(self) -> AbstractContextManager[None]:
        """Keep the record open while many write, so that not each of them opens it anew."""
        ...

    def record(self) -> Record:
        """Everything ever written, as tables."""
        ...

    def entries(self, left_out: Callable[[str], None] = ...) -> Iterator[Entry]:
        """Every fact with its stamps, in the order written."""
        ...

    def head(self) -> Head:
        """Sequence number and digest of the last entry; 0 and the genesis digest of an empty store."""
        ...
