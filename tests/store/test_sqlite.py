"""The store writes all or nothing, never changes what it wrote, and stamps its own time."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from galu.finding import InputError
from galu.record import Fact
from galu.record.conduct import Retraction, StudyVersion
from galu.record.people import Consent, Ecog
from galu.store import Checkpoints, SqliteStore, verify

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def version(origin: str = "observed") -> StudyVersion:
    return StudyVersion.model_validate(
        {"id": "study-1", "on": "2026-01-05", "study": "T", "study_hash": "0" * 64, "origin": origin}
    )


def ecog(name: str, score: int = 0, **more: str) -> Ecog:
    return Ecog.model_validate({"id": name, "subject": "S1", "on": "2026-01-05", "score": score, **more})


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


def test_what_was_written_is_read_back_as_facts_and_as_tables(store: SqliteStore) -> None:
    facts = [Consent(id="c", subject="S1", on="2026-01-05T09:30:00+08:00"), ecog("e", by="Dr Łi, “night”")]
    written = store.append(facts)
    assert [entry.fact for entry in written] == facts
    assert [entry.fact for entry in store.entries()][1:] == facts
    assert store.record().facts("ecog")["by"].to_list() == ["Dr Łi, “night”"]
    assert store.head().seq == 3


def test_record_grows_with_the_store(store: SqliteStore) -> None:
    first = store.record()
    store.append([ecog("e1"), ecog("e2")])
    assert first.facts("ecog").height == 0
    assert store.record().facts("ecog")["id"].to_list() == ["e1", "e2"]
    store.append([ecog("e3")])
    assert store.record().facts("ecog")["id"].to_list() == ["e1", "e2", "e3"]


def test_recorded_never_decreases_when_the_clock_does(store: SqliteStore, clock: Clock) -> None:
    store.append([ecog("e1")])
    clock.now = START - timedelta(hours=1)
    (late,) = store.append([ecog("e2")])
    assert late.recorded == START


@pytest.mark.parametrize(
    ("fact", "fault"),
    [
        (ecog("study-1"), "in the record already"),
        (ecog("e2", supersedes="nothing", reason="typo"), "no earlier fact"),
        (ecog("e2", supersedes="study-1", reason="typo"), "cannot be taken back"),
        (ecog("e1"), "in the record already"),
    ],
)
def test_a_refused_fact_takes_its_whole_batch_along(store: SqliteStore, fact: Fact, fault: str) -> None:
    before = store.head()
    with pytest.raises(InputError, match=fault):
        store.append([ecog("e1"), fact])
    assert store.head() == before


def test_a_retraction_may_name_any_kind(store: SqliteStore) -> None:
    store.append([ecog("e1")])
    store.append([Retraction(id="r", on="2026-01-06", supersedes="e1", reason="wrong subject")])
    assert store.record().facts("ecog").height == 0


def test_own_times_are_refused_where_facts_are_observed(store: SqliteStore) -> None:
    with pytest.raises(InputError, match="only a simulated or freshly imported"):
        store.append([ecog("e1")], [START])


def test_own_times_of_an_import_only_while_it_is_fresh(tmp_path: Path, clock: Clock) -> None:
    store = SqliteStore.create(tmp_path / "imported.sqlite", clock)
    past = START - timedelta(days=400)
    store.append([version("imported")], [past])
    store.append([ecog("e1"), ecog("e2")], [past, past + timedelta(days=1)])
    assert store.record().as_of(past).facts("ecog").height == 1
    with pytest.raises(InputError, match="freshly"):
        store.append([ecog("e3")], [START])


def test_own_times_of_a_simulation_must_rise(tmp_path: Path, clock: Clock) -> None:
    store = SqliteStore.create(tmp_path / "simulated.sqlite", clock)
    store.append([version("simulated")], [START])
    with pytest.raises(InputError, match="before"):
        store.append([ecog("e1")], [START - timedelta(seconds=1)])
    with pytest.raises(InputError, match="1 times for 2 facts"):
        store.append([ecog("e1"), ecog("e2")], [START])
    store.append([ecog("e1")], [START])
    store.append([ecog("e2")], [START + timedelta(days=1)])


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
