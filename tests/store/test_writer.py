"""One writer for many people: every batch is whole or not there, and hears its own outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from galu.finding import InputError, OutOfReachError, OvertakenError
from galu.record.store import Batch, Store
from galu.store import Checkpoints, MemoryStore, PostgresStore, SqliteStore, verify
from galu.store.writer import GROUP, Writer
from servers import shared_cluster
from store_facts import Clock, ecog, version

Make = Callable[[Path], Store]


def on_sqlite(home: Path) -> SqliteStore:
    checkpoints = Checkpoints.create(home / "checkpoints")
    return SqliteStore.create(home / "record.sqlite", Clock(), checkpoints=checkpoints)


def on_a_server(home: Path) -> PostgresStore:
    checkpoints = Checkpoints.create(home / "checkpoints")
    return PostgresStore(shared_cluster().place(), Clock(), checkpoints=checkpoints)


@pytest.fixture(
    params=[lambda _: MemoryStore(Clock()), on_sqlite, on_a_server], ids=["memory", "sqlite", "postgresql"]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store = request.param(tmp_path)
    made.append([version()])
    return made


def test_each_batch_of_a_group_has_its_own_outcome(store: Store) -> None:
    seen = store.head()
    outcomes = store.append_group(
        [
            Batch((ecog("a"), ecog("b")), after=seen),
            Batch((ecog("c"), ecog("a"))),
            Batch(()),
            Batch((ecog("d"),), after=seen),
            Batch((ecog("c", 1), ecog("e", supersedes="b", reason="typo"))),
            Batch((ecog("f", supersedes="b", reason="too late"),)),
        ]
    )
    refused = {n: one for n, one in enumerate(outcomes) if isinstance(one, InputError)}
    assert sorted(refused) == [1, 3, 5] and isinstance(refused[3], OvertakenError)
    assert [entry.fact.id for entry in store.entries()] == ["study-1", "a", "b", "c", "e"]
    assert store.record().facts("ecog")["id"].to_list() == ["a", "c", "e"]


def test_sixteen_people_at_once_lose_nothing_and_refuse_nothing(store: Store, tmp_path: Path) -> None:
    def write(person: int) -> list[int]:
        return [writer.append([ecog(f"p{person}-{n}"), ecog(f"q{person}-{n}")])[0].seq for n in range(12)]

    with Writer(store) as writer, ThreadPoolExecutor(16) as people:
        numbers = [seq for seqs in people.map(write, range(16)) for seq in seqs]
    assert len(set(numbers)) == 16 * 12 and store.head().seq == 1 + 2 * 16 * 12
    if not isinstance(store, MemoryStore):
        assert verify(store, Checkpoints(tmp_path / "checkpoints")).fault is None  # type: ignore[arg-type]


def test_a_refused_batch_hurts_nobody_else(store: Store) -> None:
    with Writer(store) as writer:
        waiting = [writer.submit(Batch((ecog(f"x{n // 2}"),))) for n in range(2 * GROUP)]
        told = [one.exception() for one in waiting]
    assert [type(one) for one in told] == [type(None), InputError] * GROUP
    with pytest.raises(OutOfReachError, match="was closed"):
        writer.append([ecog("late")])


def test_groups_are_no_larger_than_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    store, sizes, gate = MemoryStore(Clock()), [], threading.Event()
    plain = store.append_group

    def noted(batches: list[Batch]) -> object:
        gate.wait(5)
        sizes.append(len(batches))
        return plain(batches)

    monkeypatch.setattr(store, "append_group", noted)
    with Writer(store) as writer:
        waiting = [writer.submit(Batch((ecog(f"e{n}"),))) for n in range(3 * GROUP)]
        gate.set()
        order = [one.result()[0].seq for one in waiting]
    assert order == list(range(1, 3 * GROUP + 1)), "first come, first written"
    assert max(sizes) <= GROUP < sum(sizes)


def test_what_breaks_one_transaction_is_told_to_whom_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore(Clock())
    plain = store.append_group

    def breaks(batches: list[Batch]) -> object:
        if any(fact.id == "bad" for batch in batches for fact in batch.facts):
            raise RuntimeError("the server refuses this row")
        return plain(batches)

    monkeypatch.setattr(store, "append_group", breaks)
    with Writer(store) as writer:
        waiting = [writer.submit(Batch((ecog(name),))) for name in ("a", "bad", "b")]
        told = [one.exception() for one in waiting]
    assert told[0] is None and isinstance(told[1], RuntimeError) and told[2] is None
