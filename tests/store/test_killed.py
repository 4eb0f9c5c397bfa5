"""Writers and servers killed at any moment: nothing acknowledged is lost, nothing half there, work goes on.

Each writer is forked, so that a kill costs milliseconds and may fall anywhere: into the opening, the look at
the record, the signing, the commit, the settling of the head.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import select
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from galu.finding import InputError
from galu.store import Checkpoints, PostgresStore, SqliteStore, SqlStore, verify
from galu.store.writer import Writer
from servers import Cluster, shared_cluster
from store_facts import ecog

BATCH = 3
Open = Callable[[], SqlStore]


def now() -> datetime:
    return datetime.now(UTC)


def on_sqlite(home: Path) -> Open:
    checkpoints = Checkpoints.create(home / "checkpoints")
    SqliteStore.create(home / "record.sqlite", now, checkpoints=checkpoints)
    return lambda: SqliteStore(home / "record.sqlite", now, checkpoints=Checkpoints(home / "checkpoints"))


def on_a_server(home: Path, cluster: Cluster | None = None) -> Open:
    Checkpoints.create(home / "checkpoints")
    place = (cluster or shared_cluster()).place()
    return lambda: PostgresStore(place, now, checkpoints=Checkpoints(home / "checkpoints"))


def write(store: SqlStore, run: int, person: int, told: int) -> None:
    """Write batch after batch, and say each number once it is acknowledged."""
    with contextlib.suppress(InputError):  # a server that is gone
        for n in itertools.count():
            store.append([ecog(f"{run}-{person}-{n}-{i}") for i in range(BATCH)])
            os.write(told, f"{person}-{n}\n".encode())


def work(open_store: Open, run: int, told: int) -> None:
    """One writer alone, or four people through the writer thread, by turns."""
    store = open_store()
    if run % 2:
        write(store, run, 0, told)
        return
    writer = Writer(store)
    people = [threading.Thread(target=write, args=(writer, run, person, told)) for person in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()


def killed(open_store: Open, run: int, stop: Callable[[int], object]) -> list[str]:
    """Ids of the batches that a writer had acknowledged when it, or its server, was stopped."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(heard)
            work(open_store, run, told)
        finally:
            os._exit(0)
    os.close(told)
    stop(heard)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(heard) as said:
        return [f"{run}-{line.strip()}" for line in said if line.endswith("\n")]


def moment(chance: random.Random, heard: int) -> None:
    """Wait for some moment: at first any, and more often one after the first batch was acknowledged."""
    if chance.random() < 0.7:
        select.select([heard], [], [], 20.0)
    time.sleep(chance.uniform(0.0, 0.15))


def kill_writers(open_store: Open, home: Path, count: int, seed: int) -> int:
    """Kill writers; how many acknowledged facts were looked for, and found."""
    chance, looked, store = random.Random(seed), 0, open_store()
    store.append([ecog(f"warm-0-{i}") for i in range(BATCH)])
    for run in range(count):
        said = killed(open_store, run, lambda heard: moment(chance, heard))
        looked += check(store, said)
        if run % 20 == 19 or run == count - 1:
            assert verify(store, Checkpoints(home / "checkpoints")).fault is None
    store.append([ecog("after-all-0")])
    assert verify(store, Checkpoints(home / "checkpoints")).fault is None
    return looked


def check(store: SqlStore, said: list[str]) -> int:
    """Every acknowledged batch is there, every batch that is there is whole, the end is signed."""
    with store.still():  # a transaction that was under way has ended
        pass
    sizes = Counter(name.rpartition("-")[0] for name in store.record().facts("ecog")["id"].to_list())
    assert all(sizes[name] == BATCH for name in said)
    assert set(sizes.values()) <= {BATCH}
    return BATCH * len(said)


@pytest.mark.parametrize("make", [on_sqlite, on_a_server])
def test_twenty_killed_writers_lose_nothing(make: Callable[[Path], Open], tmp_path: Path) -> None:
    assert kill_writers(make(tmp_path), tmp_path, 20, seed=3) > 0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.remove()


def kill_servers(cluster: Cluster, home: Path, count: int, seed: int) -> int:
    """Kill the server under its writers, with all its parts; it starts again and recovers."""
    chance, looked = random.Random(seed), 0
    open_store = on_a_server(home, cluster)
    store = open_store()
    store.append([ecog(f"warm-0-{i}") for i in range(BATCH)])

    def stop(heard: int) -> None:
        moment(chance, heard)
        cluster.kill()

    for run in range(count):
        said = killed(open_store, run, stop)
        cluster.start()
        looked += check(store, said)
        assert verify(store, Checkpoints(home / "checkpoints")).fault is None
    store.append([ecog("after-all-0")])
    store.close()
    return looked


def test_a_killed_server_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    assert kill_servers(cluster, tmp_path, 3, seed=4) > 0


@pytest.mark.slow
@pytest.mark.parametrize("make", [on_sqlite, on_a_server])
def test_five_hundred_killed_writers_lose_nothing(make: Callable[[Path], Open], tmp_path: Path) -> None:
    print(f"{kill_writers(make(tmp_path), tmp_path, 500, seed=5)} acknowledged facts, all of them there")


@pytest.mark.slow
def test_fifty_killed_servers_lose_nothing(cluster: Cluster, tmp_path: Path) -> None:
    print(f"{kill_servers(cluster, tmp_path, 50, seed=6)} acknowledged facts, all of them there")
