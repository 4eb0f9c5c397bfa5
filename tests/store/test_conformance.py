"""Every keeper of facts behaves alike: all or nothing, never changed, its own time, the same chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from galu.finding import InputError, OvertakenError
from galu.record import Fact
from galu.record.conduct import Retraction
from galu.record.people import Consent
from galu.record.seal import GENESIS, Head
from galu.record.store import Store
from galu.store import MemoryStore, PostgresStore, SqliteStore
from servers import shared_cluster
from store_facts import START, Clock, ecog, version

ZONE = "Asia/Shanghai"
Make = Callable[[str], Store]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def on_a_server(clock: Clock) -> PostgresStore:
    return PostgresStore(shared_cluster().place(), clock, ZONE)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Make:
    """Makes an empty store of one kind."""
    if request.param == "memory":
        return lambda _: MemoryStore(clock, ZONE)
    if request.param == "postgresql":
        return lambda _: on_a_server(clock)
    return lambda name: SqliteStore.create(tmp_path / f"{name}.sqlite", clock, ZONE)


@pytest.fixture
def store(make: Make) -> Store:
    store = make("record")
    store.append([version()])
    return store


def test_what_was_written_is_read_back_as_facts_and_as_tables(store: Store) -> None:
    facts = [Consent(id="c", subject="S1", on="2026-01-05T09:30:00+08:00"), ecog("e", by="Dr Łi, “night”")]
    written = store.append(facts)
    assert [entry.fact for entry in written] == facts
    assert [entry.fact for entry in store.entries()][1:] == facts
    assert store.record().facts("ecog")["by"].to_list() == ["Dr Łi, “night”"]
    assert store.head().seq == 3


def test_record_grows_with_the_store(store: Store) -> None:
    first = store.record()
    store.append([ecog("e1"), ecog("e2")])
    assert first.facts("ecog").height == 0
    assert store.record().facts("ecog")["id"].to_list() == ["e1", "e2"]
    store.append([ecog("e3")])
    assert store.record().facts("ecog")["id"].to_list() == ["e1", "e2", "e3"]


def test_recorded_never_decreases_when_the_clock_does(store: Store, clock: Clock) -> None:
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
def test_a_refused_fact_takes_its_whole_batch_along(store: Store, fact: Fact, fault: str) -> None:
    before = store.head()
    with pytest.raises(InputError, match=fault):
        store.append([ecog("e1"), fact])
    assert store.head() == before


def test_a_retraction_may_name_any_kind(store: Store) -> None:
    store.append([ecog("e1")])
    store.append([Retraction(id="r", on="2026-01-06", supersedes="e1", reason="wrong subject")])
    assert store.record().facts("ecog").height == 0


@pytest.mark.parametrize(
    ("fact", "fault"),
    [
        (ecog("e3", 3, supersedes="e1", reason="again"), "'e2' replaced already"),
        (Retraction(id="r", on="2026-01-06", supersedes="e1", reason="wrong"), "'e2' replaced already"),
    ],
)
def test_what_was_replaced_is_not_replaced_again(store: Store, fact: Fact, fault: str) -> None:
    store.append([ecog("e1")])
    store.append([ecog("e2", 1, supersedes="e1", reason="typo")])
    with pytest.raises(InputError, match=fault):
        store.append([fact])
    with pytest.raises(InputError, match="'n1' replaced already"):
        store.append(
            [ecog("n0"), ecog("n1", supersedes="n0", reason="a"), ecog("n2", supersedes="n0", reason="b")]
        )
    store.append([ecog("e3", 3, supersedes="e2", reason="again")])
    assert store.record().facts("ecog")["score"].to_list() == [3]


def test_a_retraction_is_not_taken_back(store: Store) -> None:
    store.append([ecog("e1"), Retraction(id="r", on="2026-01-06", supersedes="e1", reason="wrong")])
    with pytest.raises(InputError, match="write the fact anew"):
        store.append([Retraction(id="r2", on="2026-01-07", supersedes="r", reason="was right")])


def test_own_times_are_refused_where_facts_are_observed(store: Store) -> None:
    with pytest.raises(InputError, match="only a simulated or freshly imported"):
        store.append([ecog("e1")], [START])


def test_own_times_of_an_import_only_while_it_is_fresh(make: Make) -> None:
    store = make("imported")
    past = START - timedelta(days=400)
    store.append([version("imported")], [past])
    store.append([ecog("e1"), ecog("e2")], [past, past + timedelta(days=1)])
    assert store.record().as_of(past).facts("ecog").height == 1
    with pytest.raises(InputError, match="freshly"):
        store.append([ecog("e3")], [START])


def test_own_times_of_a_simulation_must_rise(make: Make) -> None:
    store = make("simulated")
    store.append([version("simulated")], [START])
    with pytest.raises(InputError, match="before"):
        store.append([ecog("e1")], [START - timedelta(seconds=1)])
    with pytest.raises(InputError, match="1 times for 2 facts"):
        store.append([ecog("e1"), ecog("e2")], [START])
    store.append([ecog("e1")], [START])
    store.append([ecog("e2")], [START + timedelta(days=1)])


def test_an_empty_store_begins_with_the_genesis(make: Make) -> None:
    store = make("empty")
    assert store.head() == Head(0, GENESIS)
    assert len(store.record()) == 0 and store.append([]) == ()


def test_what_was_concluded_is_written_only_after_what_it_rests_on(store: Store) -> None:
    seen = store.head()
    store.append([ecog("e1")], after=seen)
    with pytest.raises(OvertakenError, match="somebody wrote entry 2"):
        store.append([ecog("e2")], after=seen)
    assert [entry.fact.id for entry in store.entries()] == ["study-1", "e1"]


def test_what_a_check_refuses_an_append_would(store: Store) -> None:
    with pytest.raises(InputError, match="in the record already"):
        store.check([ecog("study-1")])
    store.check([ecog("e1")])
    assert store.head().seq == 1, "a check writes nothing"


def test_the_same_facts_give_the_same_chain_wherever_they_are_kept(tmp_path: Path, clock: Clock) -> None:
    stores: list[Store] = [
        MemoryStore(clock, ZONE),
        SqliteStore.create(tmp_path / "same.sqlite", clock, ZONE),
        on_a_server(clock),
    ]
    for store in stores:
        store.append([version()])
        store.append([Consent(id="c", subject="S1", on="2026-01-05T09:30:00+08:00", by="Dr Łi")])
        store.append([ecog("e1"), ecog("e2", 1, supersedes="e1", reason="typo")])
    first, *others = stores
    for other in others:
        assert other.head() == first.head()
        assert list(other.entries()) == list(first.entries())
        ours, theirs = first.record(), other.record()
        assert ours.frames.keys() == theirs.frames.keys()
        assert all(ours.facts(kind).equals(theirs.facts(kind)) for kind in ours.frames)
