"""A full disk, a clock that goes back, a torn file, a key that is not there: on either database."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from galu.finding import InputError, OutOfReachError
from galu.store import Checkpoints, PostgresStore, SqliteStore, SqlStore, verify
from servers import Cluster, absent, shared_cluster
from store_facts import START, Clock, ecog, version

MIB = 2**20


def on_sqlite(home: Path, clock: Clock) -> SqlStore:
    checkpoints = Checkpoints.create(home / "checkpoints")
    return SqliteStore.create(home / "record.sqlite", clock, checkpoints=checkpoints)


def on_a_server(home: Path, clock: Clock) -> SqlStore:
    checkpoints = Checkpoints.create(home / "checkpoints")
    return PostgresStore(shared_cluster().place(), clock, checkpoints=checkpoints)


Make = Callable[[Path, Clock], SqlStore]
both = pytest.mark.parametrize("make", [on_sqlite, on_a_server])


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own of 80 MiB, which a server may enter; only root can mount one."""
    place = Path(tempfile.mkdtemp(prefix="galu-disk-", dir="/tmp"))
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={80 * MIB}", "galu-test", place],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        absent("disk", "no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)
    place.rmdir()


def fill(store: SqlStore) -> tuple[int, InputError]:
    """Write until the disk refuses; how many batches were acknowledged, and what was said then."""
    for n in range(10_000):
        try:
            store.append([ecog(f"{n}-{i}", by="x" * 20_000) for i in range(20)])
        except InputError as refused:
            return n, refused
    raise AssertionError("the disk was never full")


def holds(store: SqlStore, batches: int) -> None:
    ids = {entry.fact.id for entry in store.entries()}
    assert ids == {"study-1", *(f"{n}-{i}" for n in range(batches) for i in range(20))}


def test_a_full_disk_is_said_loses_nothing_and_is_left_behind_on_sqlite(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 60 * MIB)
    store = on_sqlite(small_disk, Clock())
    store.append([version()])
    batches, said = fill(store)
    assert isinstance(said, OutOfReachError), said
    ballast.unlink()
    holds(store, batches)
    assert verify(store, Checkpoints(small_disk / "checkpoints")).fault is None
    store.append([ecog("after")])
    assert verify(store, Checkpoints(small_disk / "checkpoints")).fault is None


def test_a_full_disk_of_signed_heads_stops_writing_and_loses_nothing(
    small_disk: Path, tmp_path: Path
) -> None:
    """The record has room, its heads have none: nothing is committed that is not signed."""
    checkpoints = Checkpoints.create(small_disk / "checkpoints")
    store = SqliteStore.create(tmp_path / "record.sqlite", Clock(), checkpoints=checkpoints)
    store.append([version()])
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"x" * 4096):
            pass
    with pytest.raises(OutOfReachError, match="nothing was written"):
        store.append([ecog("e1")])
    assert store.head().seq == 1 and verify(store, checkpoints).fault is None
    (small_disk / "ballast").unlink()
    store.append([ecog("e1")])
    assert verify(store, checkpoints).fault is None


def test_a_full_disk_is_said_loses_nothing_and_is_left_behind_on_a_server(
    small_disk: Path, tmp_path: Path
) -> None:
    cluster = Cluster(small_disk)
    try:
        ballast = small_disk / "ballast"
        left = os.statvfs(small_disk)
        ballast.write_bytes(b"x" * (left.f_bavail * left.f_frsize - 16 * MIB))
        checkpoints = Checkpoints.create(tmp_path / "checkpoints")
        store = PostgresStore(cluster.place(), Clock(), checkpoints=checkpoints)
        store.append([version()])
        batches, said = fill(store)
        assert isinstance(said, OutOfReachError), said
        ballast.unlink()
        cluster.stop()  # a server whose journal found no room has gone down by itself
        cluster.start()
        holds(store, batches)
        assert verify(store, checkpoints).fault is None
        store.append([ecog("after")])
        assert verify(store, checkpoints).fault is None
        store.close()
    finally:
        cluster.remove()


@both
@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=1), timedelta(days=4000)])
def test_a_clock_that_goes_back_stops_nothing_and_forges_no_time(
    make: Make, tmp_path: Path, back: timedelta
) -> None:
    clock, checkpoints = Clock(), Checkpoints(tmp_path / "checkpoints")
    store = make(tmp_path, clock)
    store.append([version()])
    clock.now = START - back
    (late,) = store.append([ecog("e1")])
    assert late.recorded == START, "stamps never go back"
    clock.now = START + timedelta(hours=1)
    (after,) = store.append([ecog("e2")])
    assert after.recorded == clock.now, "and do not run on by themselves"
    assert verify(store, checkpoints).fault is None
    assert [head.time for _, head in checkpoints.signed()][-1][:10] == clock.now.date().isoformat()


@both
def test_a_stolen_folder_without_its_key_writes_nothing(make: Make, tmp_path: Path) -> None:
    store = make(tmp_path, Clock())
    store.append([version()])
    (tmp_path / "checkpoints" / "key.pem").unlink()
    with pytest.raises(InputError, match="nothing was written"):
        store.append([ecog("e1")])
    other = Checkpoints.create(tmp_path / "other")
    shutil.copy(other.folder / "key.pem", tmp_path / "checkpoints" / "key.pem")
    with pytest.raises(InputError, match=r"is not the key of key\.pub"):
        store.append([ecog("e1")])
    assert store.head().seq == 1 and verify(store, Checkpoints(tmp_path / "checkpoints")).fault is None


@both
def test_a_folder_that_was_put_back_does_not_go_on(make: Make, tmp_path: Path) -> None:
    """Old heads beside a newer record: what they do not vouch for is not signed over."""
    store = make(tmp_path, Clock())
    store.append([version()])
    shutil.copytree(tmp_path / "checkpoints", tmp_path / "old")
    store.append([ecog("e1")])
    shutil.rmtree(tmp_path / "checkpoints")
    shutil.copytree(tmp_path / "old", tmp_path / "checkpoints")
    assert "carry no signed head" in str(verify(store, Checkpoints(tmp_path / "checkpoints")).fault)
    with pytest.raises(InputError, match="nothing was written"):
        store.append([ecog("e2")])


def test_a_torn_file_is_seen_wherever_it_is_torn(tmp_path: Path) -> None:
    store = on_sqlite(tmp_path, Clock())
    store.append([version(), *(ecog(f"e{n}") for n in range(200))])
    store.close()
    good = (tmp_path / "record.sqlite").read_bytes()
    for part in range(1, 12):
        (tmp_path / "torn.sqlite").write_bytes(good[: len(good) * part // 12])
        torn = SqliteStore(tmp_path / "torn.sqlite", Clock())
        assert verify(torn, Checkpoints(tmp_path / "checkpoints")).fault is not None, part
