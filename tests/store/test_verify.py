"""The verifier sees what was changed, lost, added or forged, and names the first fault."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from galu.finding import InputError
from galu.record.people import Ecog
from galu.record.seal import GENESIS, Head, digest_of
from galu.store import Checkpoints, SqliteStore, verify

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
COLUMNS = "seq, recorded, kind, payload, previous, digest"


def ecog(n: int) -> Ecog:
    return Ecog(id=f"e{n}", subject="S1", on="2026-01-05", score=n % 5)


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints.create(tmp_path / "checkpoints")


@pytest.fixture
def store(tmp_path: Path, checkpoints: Checkpoints) -> SqliteStore:
    store = SqliteStore.create(tmp_path / "record.sqlite", lambda: NOW, checkpoints=checkpoints)
    for start in (1, 5, 9):
        store.append([ecog(n) for n in range(start, start + 4)])
    return store


def tamper(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """Change a record as somebody with a database tool would, and put the guards back."""
    with closing(sqlite3.connect(path)) as base, base as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        change(connection)
        for _, sql in guards:
            connection.execute(sql)


def rechain(connection: sqlite3.Connection) -> None:
    """Make the chain hold again over whatever the rows now say."""
    previous = GENESIS
    for seq, recorded, kind, payload, *_ in connection.execute(f"SELECT {COLUMNS} FROM entry").fetchall():
        digest = digest_of(previous, seq, recorded, kind, payload)
        connection.execute("UPDATE entry SET previous=?, digest=? WHERE seq=?", (previous, digest, seq))
        previous = digest


def change_payload(connection: sqlite3.Connection) -> None:
    connection.execute(
        """UPDATE entry SET payload = replace(payload, '"score":2', '"score":0') WHERE seq = 7"""
    )


def swap(connection: sqlite3.Connection) -> None:
    rows = connection.execute(f"SELECT {COLUMNS} FROM entry WHERE seq IN (3, 4)").fetchall()
    connection.execute("DELETE FROM entry WHERE seq IN (3, 4)")
    (_, *third), (_, *fourth) = rows
    insert = f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
    connection.executemany(insert, [(3, *fourth), (4, *third)])


def add(connection: sqlite3.Connection) -> None:
    seq, recorded, kind, payload, _, last = connection.execute(
        f"SELECT {COLUMNS} FROM entry ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    payload = payload.replace('"e12"', '"forged"')
    row = (seq + 1, recorded, kind, payload, last, digest_of(last, seq + 1, recorded, kind, payload))
    connection.execute(f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)


def then_rechain(change: Callable[[sqlite3.Connection], object]) -> Callable[[sqlite3.Connection], object]:
    def both(connection: sqlite3.Connection) -> None:
        change(connection)
        rechain(connection)

    return both


@pytest.mark.parametrize(
    "change",
    [
        add,
        then_rechain(change_payload),
        lambda c: c.execute("DELETE FROM entry WHERE seq > 10"),
        lambda c: c.execute("DELETE FROM entry"),
    ],
)
def test_nothing_is_written_onto_a_forged_end(
    store: SqliteStore, checkpoints: Checkpoints, change: Callable[[sqlite3.Connection], object]
) -> None:
    """The next head would vouch for what was forged, and the verifier would be content again."""
    tamper(store.path, change)
    before = store.path.read_bytes()
    with pytest.raises(InputError, match="galu record verify"):
        store.append([ecog(20)])
    assert store.path.read_bytes() == before
    assert verify(store, checkpoints).fault is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (change_payload, "entry 7 was changed after it was written"),
        (then_rechain(change_payload), "entry 12 is not the one signed at 2026-01-05"),
        (swap, "entry 3 does not follow entry 2"),
        (then_rechain(swap), "entry 12 is not the one signed"),
        (lambda c: c.execute("DELETE FROM entry WHERE seq = 6"), "entry 6 is missing (found 7)"),
        (lambda c: c.execute("DELETE FROM entry WHERE seq > 10"), "the last 2 entries are missing"),
        (lambda c: c.execute("DELETE FROM entry"), "the last 12 entries are missing"),
        (add, "entries 13 to 13 carry no signed head"),
        (
            then_rechain(lambda c: c.execute("UPDATE entry SET recorded = '2025' WHERE seq = 5")),
            "entry 5 was recorded before entry 4",
        ),
        (lambda c: c.execute("DROP INDEX entry_id"), "the guards of the database were changed"),
    ],
)
def test_a_tampered_record_is_seen(
    store: SqliteStore, checkpoints: Checkpoints, change: Callable[[sqlite3.Connection], object], says: str
) -> None:
    assert verify(store, checkpoints).fault is None
    tamper(store.path, change)
    assert says in str(verify(store, checkpoints).fault)


def test_a_flipped_byte_is_seen_wherever_it_changes_the_record(
    store: SqliteStore, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    good, rows = store.path.read_bytes(), list(store.rows())
    draw, seen = random.Random(7), 0
    for n in range(60):
        at = draw.randrange(len(good))
        path = tmp_path / f"flipped{n}.sqlite"
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << draw.randrange(8)]) + good[at + 1 :])
        flipped = SqliteStore(path, lambda: NOW)
        fault = verify(flipped, checkpoints).fault
        seen += fault is not None
        assert fault is not None or list(flipped.rows()) == rows
    assert seen > 5


def test_a_batch_lost_with_its_write_ahead_log_is_seen(
    tmp_path: Path, store: SqliteStore, checkpoints: Checkpoints
) -> None:
    old = store.path.read_bytes()
    store.append([ecog(13)])
    copy = tmp_path / "restored.sqlite"
    copy.write_bytes(old)
    assert "the last 1 entries are missing" in str(verify(SqliteStore(copy, lambda: NOW), checkpoints).fault)


def forge(checkpoints: Checkpoints, **changes: object) -> None:
    (name, checkpoint), *_ = checkpoints.signed()
    (checkpoints.folder / name).write_text(json.dumps({**asdict(checkpoint), **changes}), encoding="utf-8")


def test_a_forged_checkpoint_is_seen(store: SqliteStore, checkpoints: Checkpoints, tmp_path: Path) -> None:
    tamper(store.path, lambda c: c.execute("DELETE FROM entry WHERE seq > 10"))
    head = store.head()
    forge(checkpoints, seq=head.seq, digest=head.digest)
    assert "carries a false signature" in str(verify(store, checkpoints).fault)

    other = Checkpoints.create(tmp_path / "other")
    other.prepare(head, "2026-01-05T08:00:00.000000Z")
    other.settle(head)
    ((name, checkpoint),) = other.signed()
    forge(checkpoints, **asdict(checkpoint))
    assert f"{name} was signed with another key" in str(verify(store, checkpoints).fault)

    forge(checkpoints, seq="10")
    assert "is no checkpoint" in str(verify(store, checkpoints).fault)
    (checkpoints.folder / name).write_text("[]")
    assert "is no checkpoint" in str(verify(store, checkpoints).fault)
    (checkpoints.folder / name).unlink()
    assert "entries 1 to 10 carry no signed head" in str(verify(store, checkpoints).fault)
    (checkpoints.folder / "key.pub").unlink()
    assert "key of the signed heads is missing" in str(verify(store, checkpoints).fault)


def test_a_checkpoint_moved_to_another_day_is_seen(store: SqliteStore, checkpoints: Checkpoints) -> None:
    ((name, _),) = checkpoints.signed()
    os.rename(checkpoints.folder / name, checkpoints.folder / "2026-01-09.json")
    assert "2026-01-09.json is out of place" in str(verify(store, checkpoints).fault)


def test_each_day_keeps_its_head(tmp_path: Path, checkpoints: Checkpoints) -> None:
    days = iter([NOW, NOW.replace(day=6), NOW.replace(day=6, hour=9)])
    store = SqliteStore.create(tmp_path / "r.sqlite", lambda: next(days), checkpoints=checkpoints)
    for n in range(3):
        store.append([ecog(n)])
    assert [(name, c.seq) for name, c in checkpoints.signed()] == [
        ("2026-01-05.json", 1),
        ("2026-01-06.json", 3),
    ]


def test_a_crash_between_commit_and_its_checkpoint_is_no_fault(
    store: SqliteStore, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(store, "_settle", lambda: None)
        store.append([ecog(13)])
    assert checkpoints.pending() is not None
    assert verify(store, checkpoints).fault is None
    store.append([ecog(14)])
    assert checkpoints.pending() is None
    assert verify(store, checkpoints).fault is None


def test_a_head_signed_for_a_batch_that_never_committed_is_dropped(
    store: SqliteStore, checkpoints: Checkpoints
) -> None:
    checkpoints.prepare(Head(99, "f" * 64), "2026-01-05T08:00:00.000000Z")
    assert verify(store, checkpoints).fault is None
    store.append([ecog(13)])
    assert checkpoints.pending() is None
    assert [c.seq for _, c in checkpoints.signed()] == [13]


def test_a_record_in_use_is_verified_and_read_without_a_false_alarm(
    store: SqliteStore, checkpoints: Checkpoints
) -> None:
    """Heads are signed and moved while others compare them: no moment of that passes for damage."""
    done = threading.Event()
    coming = itertools.count(100)

    def write() -> None:
        while not done.is_set():
            store.append([ecog(next(coming))])

    def look() -> list[str | None]:
        reader = SqliteStore(store.path, lambda: NOW, checkpoints=checkpoints)
        faults = [verify(reader, checkpoints).fault for _ in range(20)]
        reader.record()
        return faults

    with ThreadPoolExecutor(3) as many:
        writing = many.submit(write)
        try:
            looks = [many.submit(look) for _ in range(2)]
            faults = [fault for one in looks for fault in one.result()]
        finally:
            done.set()
        writing.result()
    assert faults == [None] * 40


WRITER = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from galu.finding import InputError
from galu.record.people import Ecog
from galu.store import Checkpoints, SqliteStore
folder, run = Path(sys.argv[1]), sys.argv[2]
checkpoints = Checkpoints(folder / "checkpoints")
store = SqliteStore(folder / "record.sqlite", lambda: datetime.now(UTC), checkpoints=checkpoints)
for n in itertools.count():
    store.append([Ecog(id=f"{run}-{n}-{i}", subject="S1", on="2026-01-05", score=0) for i in range(3)])
    print(n, flush=True)
"""


def test_a_killed_writer_loses_nothing_it_acknowledged(
    store: SqliteStore, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    for run in range(3):
        before = store.head().seq
        command = [sys.executable, "-c", WRITER, str(tmp_path), f"run{run}"]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(4)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
        writer.wait()
        written = store.head().seq - before
        assert written % 3 == 0
        assert written // 3 - len([line for line in acknowledged if line.strip()]) in (0, 1)
        assert verify(store, checkpoints).fault is None
