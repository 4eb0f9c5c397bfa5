"""One writer for many people: batches that come at the same time share one transaction and one signature.

A commit costs the disk a few milliseconds whatever it holds. Twenty people who each wait for their own would
wait for each other; a thread that takes all that is waiting, up to `GROUP` batches, makes everybody wait for
two commits at most. Each batch stays all or nothing and hears what became of it alone.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Final, TypeAlias

from galu.finding import OutOfReachError
from galu.record import Entry, Fact
from galu.record.seal import Head
from galu.record.store import Batch, Store, outcome_of

#: The most batches of one transaction.
GROUP: Final = 64
_Waiting: TypeAlias = tuple[Batch, Future[tuple[Entry, ...]]]


class Writer:
    """The one thread that writes into a record; any number of threads may call `append`.

    Parameters
    ----------
    store
        The record; nothing else of this process writes into it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="galu writer", daemon=True)
        self._thread.start()

    def append(
        self,
        facts: Iterable[Fact],
        recorded: Sequence[datetime] | None = None,
        after: Head | None = None,
    ) -> tuple[Entry, ...]:
        """Write a batch and wait until it is on the disk; see `galu.record.store.Store.append`."""
        return self.submit(Batch(tuple(facts), recorded, after)).result()

    def submit(self, batch: Batch) -> Future[tuple[Entry, ...]]:
        """Let a batch be written; its future holds the entries, or why it may not enter.

        Raises
        ------
        OutOfReachError
            When the writer was closed.
        """
        future: Future[tuple[Entry, ...]] = Future()
        with self._closing:
            if self._closed:
                raise OutOfReachError("the record", "its writer was closed", "start it again")
            self._waiting.put((batch, future))
        return future

    def close(self) -> None:
        """Write what waits, and end."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        with self._store.held():
            self._write_on()

    def _write_on(self) -> None:
        goes_on = True
        while goes_on:
            group: list[_Waiting] = []
            one = self._waiting.get()
            with contextlib.suppress(queue.Empty):
                while one is not None:
                    group.append(one)
                    if len(group) == GROUP:
                        break
                    one = self._waiting.get_nowait()
            goes_on = one is not None
            self._write([waiting for waiting in group if waiting[1].set_running_or_notify_cancel()])

    def _write(self, group: Sequence[_Waiting]) -> None:
        if not group:
            return
        try:
            outcomes = self._store.append_group([batch for batch, _ in group])
        except BaseException as error:
            # None of them was written: what one of them did to the others is found by writing each alone.
            if len(group) == 1:
                group[0][1].set_exception(error)
            else:
                for waiting in group:
                    self._write([waiting])
            return
        for (_, future), outcome in zip(group, outcomes, strict=True):
            try:
                future.set_result(outcome_of(outcome))
            except Exception as refused:
                future.set_exception(refused)
