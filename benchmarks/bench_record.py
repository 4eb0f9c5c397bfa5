"""Speed of the record: 100,000 facts written, read and verified, beside plain SQLite and plain models."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from galu.record import KINDS, canonical, record_of
from galu.record.people import Lab
from galu.store import Checkpoints, SqliteStore, verify

N = 100_000


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def facts() -> list[Lab]:
    return [
        Lab(
            id=f"l{n}",
            subject=f"S{n % 49}",
            on="2026-01-05T09:30:00",
            test="NEUT",
            value=n / 7,
            unit="10^9/L",
            lower_limit=1.5,
            source=f"lab.csv, row {n}",
        )
        for n in range(N)
    ]


def plain_rows(path: Path, payloads: list[str]) -> None:
    """The same payloads without chain, guards, ids or signature."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, payload TEXT)")
        connection.executemany("INSERT INTO entry VALUES (?, ?)", enumerate(payloads, 1))


def plain_digests(payloads: list[str]) -> None:
    for payload in payloads:
        hashlib.sha256(payload.encode()).hexdigest()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        batch = facts()
        checkpoints = Checkpoints.create(home / "checkpoints")
        store = SqliteStore.create(home / "r.sqlite", lambda: datetime.now(UTC), checkpoints=checkpoints)
        ours = seconds(lambda: store.append(batch))
        payloads = [canonical(fact) for fact in batch]
        plain = seconds(lambda: plain_rows(home / "plain.sqlite", payloads))
        print(f"append {N:,} facts: {ours:.2f} s, {ours / plain:.1f} times bare rows in one transaction")
        ours = seconds(lambda: store.record())
        models = seconds(lambda: [KINDS["lab"].model_validate_json(text) for text in payloads])
        print(f"record of {N:,} facts: {ours:.2f} s, {models / ours:.1f} times faster than one model each")
        entries = list(store.entries())
        slow = seconds(lambda: record_of(entries))
        print(f"tables from models in memory: {slow:.2f} s")
        ours = seconds(lambda: verify(store, checkpoints))
        plain = seconds(lambda: plain_digests(payloads))
        print(f"verify: {N / ours:,.0f} entries/s, {ours / plain:.1f} times bare SHA-256")
        one = seconds(
            lambda: [store.append([fact.model_copy(update={"id": f"x{fact.id}"})]) for fact in batch[:50]]
        )
        print(f"one fact at a time, synced to disk with its signature: {one / 50 * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
