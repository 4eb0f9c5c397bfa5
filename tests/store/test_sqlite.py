"""What SQLite adds to the port: guards in the database, a file that is cut off in the middle or is none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from galu.finding import InputError
from galu.store import Checkpoints, SqliteStore, verify
from store_facts import Clock, ecog, version


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints.create(tmp_path / "checkpoints")


@pytest.fixture
def store(tmp_path: Path, clock: Clock, checkpoints: Checkpoints) -> SqliteStore:
    store = SqliteStore.create(tmp_path / "record.sqlite", clock, "Asia/Shanghai", checkpoints)
    store.append([version()])
    return store


INTO = "INTO entry (seq, recorded, kind, payload, previous, digest) SELECT"
NEW = """'{"id":"x"}'"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET payload = '{}' WHERE seq = 1",
        "DELETE FROM entry WHERE seq = 2",
        f"INSERT OR REPLACE {INTO} seq, recorded, kind, payload, previous, digest FROM entry WHERE seq = 1",
        f"INSERT OR REPLACE {INTO} 3, recorded, kind, payload, digest, digest FROM entry WHERE seq = 2",
        f"INSERT {INTO} 4, recorded, kind, {NEW}, digest, digest FROM entry WHERE seq = 2",
        f"INSERT {INTO} 3, recorded, kind, {NEW}, previous, digest FROM entry WHERE seq = 2",
        f"INSERT {INTO} 3, '2020', kind, {NEW}, digest, digest FROM entry WHERE seq = 2",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_written(store: SqliteStore, statement: str) -> None:
    """On a plain connection, without the pragmas that galu sets."""
    store.append([ecog("e1")])
    before = list(store.rows())
    with sqlite3.connect(store.path) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    assert list(store.rows()) == before


def test_a_batch_cut_off_in_the_middle_leaves_nothing(
    store: SqliteStore, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(store.rows())

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "prepare", fails)
    with pytest.raises(KeyboardInterrupt):
        store.append([ecog(f"e{i}") for i in range(500)])
    monkeypatch.undo()
    assert list(store.rows()) == before
    assert verify(store, checkpoints).fault is None
    store.append([ecog("e1")])
    assert verify(store, checkpoints).fault is None


def test_no_record_is_a_sentence(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(InputError, match="galu init"):
        SqliteStore(tmp_path / "none.sqlite", clock)
    (tmp_path / "text.sqlite").write_text("no database, but long enough to be looked at as one " * 30)
    with pytest.raises(InputError, match="damaged or no record"):
        SqliteStore(tmp_path / "text.sqlite", clock).head()
