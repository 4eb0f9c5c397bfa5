"""The record under many hands: 20 people who append at once, 16 processes at once, a chain verified.

A commit waits for the disk, and the disk of a shared machine is 25 times slower at one hour than at
another: each latency stands beside the fdatasync measured meanwhile, each rate beside processor time.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time, sleep

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from galu.record.people import Lab
from galu.store import Checkpoints, PostgresStore, SqliteStore, SqlStore, verify
from galu.store.server import Server
from galu.store.writer import Writer
from servers import Cluster, binaries

PEOPLE, EACH = 20, 60
WRITERS, BATCHES = 16, 20
CHAIN = 300_000
#: A person who types pauses: 20 of them every 0.2 s are 100 facts a second.
PAUSE_S = 0.2


def now() -> datetime:
    return datetime.now(UTC)


def lab(name: str) -> Lab:
    return Lab(
        id=name, subject="S1", on="2026-01-05T09:30:00", test="NEUT", value=3.9, unit="10^9/L",
        lower_limit=1.5, source="entered by hand",
    )  # fmt: skip


def percentile(times: list[float], share: float) -> float:
    """[ms]"""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))] * 1e3


class Disk(threading.Thread):
    """Measures what a small write and its fdatasync cost, while the others work."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self.home, self.times, self.going = home, [], True

    def run(self) -> None:
        with (self.home / "fdatasync").open("wb") as file:
            while self.going:
                file.write(b"x" * 4096)
                file.flush()
                start = perf_counter()
                os.fdatasync(file.fileno())
                self.times.append(perf_counter() - start)
                sleep(0.05)


def latencies(store: SqlStore, pause_s: float) -> list[float]:
    def work(person: int) -> list[float]:
        times = []
        for n in range(EACH):
            start = perf_counter()
            writer.append([lab(f"{pause_s}-{person}-{n}")])
            times.append(perf_counter() - start)
            sleep(pause_s)
        return times

    with Writer(store) as writer, ThreadPoolExecutor(PEOPLE) as people:
        return [time for times in people.map(work, range(PEOPLE)) for time in times]


def write_alone(place: Path | Server, checkpoints: Path, name: int) -> None:
    """A process of its own, which opens the record and appends without a writer between."""
    store = (
        PostgresStore(place, now, checkpoints=Checkpoints(checkpoints))
        if isinstance(place, Server)
        else SqliteStore(place, now, checkpoints=Checkpoints(checkpoints))
    )
    for n in range(BATCHES):
        store.append([lab(f"w{name}-{n}")])


def measure(name: str, store: SqlStore, place: Path | Server, home: Path) -> None:
    checkpoints = Checkpoints(home / "checkpoints")
    for pause_s in (PAUSE_S, 0.0):
        disk = Disk(home)
        disk.start()
        start = perf_counter()
        times = latencies(store, pause_s)
        took = perf_counter() - start
        disk.going = False
        disk.join()
        sync = statistics.median(disk.times) * 1e3
        told = f"{PEOPLE} people, each every {pause_s} s" if pause_s else f"{PEOPLE} people without a pause"
        half, most = percentile(times, 0.5), percentile(times, 0.95)
        rate, slow = len(times) / took, percentile(disk.times, 0.95)
        print(f"{name}, {told}: append p50 {half:.1f} ms, p95 {most:.1f} ms; {rate:,.0f} facts/s")
        print(f"  p95 is {most / sync:.1f} times fdatasync, {sync:.2f} ms meanwhile (p95 {slow:.2f})")
    before = store.head().seq
    start = perf_counter()
    running = [
        multiprocessing.get_context("spawn").Process(target=write_alone, args=(place, checkpoints.folder, n))
        for n in range(WRITERS)
    ]
    for one in running:
        one.start()
    for one in running:
        one.join()
    took = perf_counter() - start
    errors = sum(one.exitcode != 0 for one in running)
    written = store.head().seq - before
    told = f"{written} of {WRITERS * BATCHES} facts in {took:.1f} s, {errors} errors"
    print(f"{name}, {WRITERS} processes at once: {told}")
    left = CHAIN - store.head().seq
    start = perf_counter()
    store.append([lab(f"chain-{n}") for n in range(left)])
    print(f"{name}, one batch of {left:,} facts: {left / (perf_counter() - start):,.0f} facts/s")
    start, worked = perf_counter(), process_time()
    found = verify(store, checkpoints)
    took, worked = perf_counter() - start, process_time() - worked
    assert found.fault is None, found
    rates = f"{found.entries / took:,.0f} facts/s, {found.entries / worked:,.0f} a second of processor time"
    print(f"{name}, verified: {rates}; {os.getloadavg()[0]:.1f} processes share {os.cpu_count()} processors")


@contextmanager
def home_of(name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"galu-{name}-") as folder:
        Checkpoints.create(Path(folder) / "checkpoints")
        yield Path(folder)


def main() -> None:
    with home_of("sqlite") as home:
        path = home / "record.sqlite"
        measure(
            "SQLite", SqliteStore.create(path, now, checkpoints=Checkpoints(home / "checkpoints")), path, home
        )
    if binaries() is None:
        print("PostgreSQL is not installed: not measured")
        return
    cluster = Cluster()
    try:
        with home_of("postgresql") as home:
            place = cluster.place()
            store = PostgresStore(place, now, checkpoints=Checkpoints(home / "checkpoints"))
            measure("PostgreSQL", store, place, home)
            store.close()
    finally:
        cluster.remove()


if __name__ == "__main__":
    main()
