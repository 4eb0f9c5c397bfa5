"""What PostgreSQL adds to the port: rights, guards in the server, files of a server that are damaged."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from galu.finding import InputError, OutOfReachError
from galu.record.seal import GENESIS, digest_of
from galu.store import Checkpoints, PostgresStore, verify
from galu.store.migrating import prepare_server
from galu.store.server import Server, server_named
from servers import APP, OWNER, Cluster, shared_cluster
from store_facts import Clock, ecog, version

COLUMNS = "seq, recorded, kind, payload, previous, digest, id"


@pytest.fixture
def place() -> Server:
    return shared_cluster().place()


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints.create(tmp_path / "checkpoints")


@pytest.fixture
def store(place: Server, checkpoints: Checkpoints) -> Iterator[PostgresStore]:
    store = PostgresStore(place, Clock(), checkpoints=checkpoints)
    store.append([version()])
    store.append([ecog(f"e{n}", n % 5) for n in range(1, 6)])
    yield store
    store.close()


def sql(place: Server, role: str, *statements: str) -> str:
    return shared_cluster().sql(
        f"SET search_path TO {place.schema}", *statements, role=role, database="trials"
    )


def entry(store: PostgresStore, **changes: object) -> str:
    """The values of an entry that would follow, sealed as anybody may, with something wrong about it."""
    head = store.head()
    row: dict[str, object] = {
        "seq": head.seq + 1, "recorded": "2027-01-01T00:00:00.000000Z", "kind": "ecog",
        "payload": '{"id":"x"}', "previous": head.digest, "digest": "", "id": "x", **changes,
    }  # fmt: skip
    sealed = [row[name] for name in ("previous", "seq", "recorded", "kind", "payload")]
    row["digest"] = changes.get("digest") or digest_of(*sealed)  # type: ignore[arg-type]
    return ", ".join(str(value) if isinstance(value, int) else f"$q${value}$q$" for value in row.values())


TRIGGER = "CREATE TRIGGER t BEFORE INSERT ON entry EXECUTE FUNCTION entry_never_changed()"
FUNCTION = "CREATE OR REPLACE FUNCTION entry_follows() RETURNS trigger LANGUAGE plpgsql AS "
UPSERT = (
    f"INSERT INTO entry ({COLUMNS}) SELECT {COLUMNS} FROM entry WHERE seq = 2 "
    "ON CONFLICT (seq) DO UPDATE SET payload = '{}'"
)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE entry SET payload = '{}' WHERE seq = 2", "permission denied"),
        ("DELETE FROM entry", "permission denied"),
        ("TRUNCATE entry", "permission denied"),
        ("DROP TABLE entry", "must be owner"),
        ("ALTER TABLE entry DISABLE TRIGGER ALL", "must be owner"),
        ("DROP TRIGGER entry_follows ON entry", "must be owner"),
        (TRIGGER, "permission denied"),
        (f"{FUNCTION} 'BEGIN RETURN NEW; END'", "permission denied"),
        ("CREATE TABLE other (x int)", "permission denied"),
        ("UPDATE galu_version SET version_num = '9'", "permission denied"),
        ("SET session_replication_role TO replica", "permission denied"),
        (f"SET ROLE {OWNER}", "permission denied"),
        (UPSERT, "permission denied"),
        ("COPY entry TO PROGRAM 'true'", "superuser|permission denied"),
    ],
)  # fmt: skip
def test_the_role_that_galu_works_as_may_only_read_and_append(
    store: PostgresStore, place: Server, statement: str, says: str
) -> None:
    before = list(store.rows())
    with pytest.raises(RuntimeError, match=says):
        sql(place, APP, statement)
    assert list(store.rows()) == before


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seq": 9}, "must follow the last one"),
        ({"seq": 3}, "must follow the last one"),
        ({"previous": GENESIS}, "must follow the last one"),
        ({"recorded": "2020-01-01T00:00:00.000000Z"}, "must follow the last one"),
        ({"digest": "f" * 64}, "entry_sealed"),
        ({"id": "y"}, "entry_named"),
        ({"id": "e1", "payload": '{"id":"e1"}'}, "entry_id"),
        ({"payload": '{"id":"x","reason":"r","supersedes":"e1"}'}, "entry_corrects"),
    ],
)
def test_the_server_refuses_an_entry_that_does_not_follow(
    store: PostgresStore, place: Server, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(RuntimeError, match=says):
        sql(place, APP, f"INSERT INTO entry ({COLUMNS}) VALUES ({entry(store, **changes)})")
    assert store.head().seq == 6


@pytest.mark.parametrize("statement", ["UPDATE entry SET kind = kind", "DELETE FROM entry", "TRUNCATE entry"])
@pytest.mark.parametrize("role", [OWNER, "postgres"])
def test_the_guards_stop_its_owner_too(
    store: PostgresStore, place: Server, statement: str, role: str
) -> None:
    for first in (None, "SET session_replication_role TO replica") if role == "postgres" else (None,):
        with pytest.raises(RuntimeError, match="append-only"):
            sql(place, role, *((first,) if first else ()), statement)


def test_what_the_application_wrote_past_galu_is_seen_and_not_built_upon(
    store: PostgresStore, place: Server, checkpoints: Checkpoints
) -> None:
    payload = '{"id":"x","on":"2026-01-05","score":1,"subject":"S1"}'
    sql(place, APP, f"INSERT INTO entry ({COLUMNS}) VALUES ({entry(store, payload=payload)})")
    assert "entries 7 to 7 carry no signed head" in str(verify(store, checkpoints).fault)
    with pytest.raises(InputError, match="nothing was written"):
        store.append([ecog("e9")])
    with pytest.raises(InputError, match="not the last that was signed"):
        PostgresStore(place, Clock(), checkpoints=checkpoints).record()


UNGUARDED = ("ALTER TABLE entry DISABLE TRIGGER USER", "ALTER TABLE entry DROP CONSTRAINT entry_sealed")
SEAL = (
    "encode(sha256(convert_to("
    "previous || '|' || seq || '|' || recorded || '|' || kind || '|' || payload, 'UTF8')), 'hex')"
)
GUARDED = (
    *(f"ALTER TABLE entry ENABLE ALWAYS TRIGGER {name}"
      for name in ("entry_follows", "entry_never_changed", "entry_never_emptied")),
    f"ALTER TABLE entry ADD CONSTRAINT entry_sealed CHECK (digest = {SEAL}) NOT VALID",
    "UPDATE pg_constraint SET convalidated = true WHERE conname = 'entry_sealed'",
)  # fmt: skip
RECHAIN = f"""DO $do$ DECLARE one record; last text := '{GENESIS}'; BEGIN
  FOR one IN SELECT seq FROM entry ORDER BY seq LOOP
    UPDATE entry SET previous = last WHERE seq = one.seq;
    UPDATE entry SET digest = {SEAL} WHERE seq = one.seq RETURNING digest INTO last;
  END LOOP; END $do$"""
CHANGE = """UPDATE entry SET payload = replace(payload, '"score":3', '"score":0') WHERE seq = 4"""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ((*UNGUARDED, CHANGE, *GUARDED), "entry 4 was changed after it was written"),
        ((*UNGUARDED, CHANGE, RECHAIN, *GUARDED), "entry 6 is not the one signed"),
        ((*UNGUARDED, "DELETE FROM entry WHERE seq > 4", *GUARDED), "the last 2 entries are missing"),
        ((*UNGUARDED, "DELETE FROM entry WHERE seq = 3", *GUARDED), "entry 3 is missing"),
        ((*UNGUARDED, "DELETE FROM entry", *GUARDED), "the last 6 entries are missing"),
        ((*UNGUARDED, "UPDATE entry SET recorded = '2020' WHERE seq = 5", RECHAIN, *GUARDED),
         "entry 5 was recorded before entry 4"),
        (UNGUARDED[:1], "the guards of the database were changed"),
        (UNGUARDED[1:], "the guards of the database were changed"),
        (("ALTER TABLE entry ENABLE TRIGGER entry_follows",), "the guards of the database were changed"),
        (("DROP TRIGGER entry_never_changed ON entry",), "the guards of the database were changed"),
        (("ALTER TABLE entry DROP CONSTRAINT entry_id",), "the guards of the database were changed"),
        ((f"{FUNCTION} 'BEGIN RETURN NEW; END'",), "the guards of the database were changed"),
    ],
)  # fmt: skip
def test_what_the_owner_of_the_server_changes_is_seen(
    store: PostgresStore, place: Server, checkpoints: Checkpoints, changes: tuple[str, ...], says: str
) -> None:
    """A superuser may do everything; the key that signs is not on the server."""
    assert verify(store, checkpoints).fault is None
    sql(place, "postgres", *changes)
    assert says in str(verify(store, checkpoints).fault)
    with pytest.raises(InputError, match=r"altered|nothing was written"):
        PostgresStore(place, Clock(), checkpoints=checkpoints).record()


def test_an_older_copy_put_back_is_seen(
    store: PostgresStore, place: Server, checkpoints: Checkpoints
) -> None:
    sql(place, "postgres", "CREATE TABLE copy AS SELECT * FROM entry")
    store.append([ecog("e6")])
    back = ("DELETE FROM entry", "INSERT INTO entry SELECT * FROM copy ORDER BY seq", "DROP TABLE copy")
    sql(place, "postgres", *UNGUARDED, *back, *GUARDED)
    assert "the last 1 entries are missing" in str(verify(store, checkpoints).fault)


def test_galu_does_not_work_as_a_role_that_may_change_the_past(place: Server) -> None:
    for role in (OWNER, "postgres"):
        with pytest.raises(OutOfReachError, match="may change what is written"):
            PostgresStore(place.as_role(role), Clock()).append([version()])
    sql(place, OWNER, f"GRANT UPDATE ON entry TO {APP}")
    with pytest.raises(OutOfReachError, match="may change what is written"):
        PostgresStore(place, Clock()).record()
    prepare_server(place.as_role(OWNER), APP)
    assert PostgresStore(place, Clock()).append([version()]), "who may more is put right"


def test_migrating_again_changes_no_entry_and_counts_stay(store: PostgresStore, place: Server) -> None:
    before = list(store.rows()), sql(place, OWNER, "SELECT version_num FROM galu_version")
    for _ in range(2):
        prepare_server(place.as_role(OWNER), APP)
        assert (list(store.rows()), sql(place, OWNER, "SELECT version_num FROM galu_version")) == before
    store.append([ecog("after", 1)])
    assert store.head().seq == len(before[0]) + 1


def test_tables_of_another_galu_are_told(store: PostgresStore, place: Server) -> None:
    sql(place, OWNER, "UPDATE galu_version SET version_num = '0000'")
    with pytest.raises(OutOfReachError, match="tables are of step 0000"):
        PostgresStore(place, Clock()).head()
    missing = replace(place, schema="nothing_here")
    with pytest.raises(InputError, match="no record is there"):
        PostgresStore(missing, Clock()).head()


def test_a_key_that_is_not_there_stops_writing_and_nothing_else(
    store: PostgresStore, place: Server, checkpoints: Checkpoints
) -> None:
    """Whoever stole the folder without its key, and reaches the server, reads and writes nothing."""
    (checkpoints.folder / "key.pem").unlink()
    with pytest.raises(InputError, match="nothing was written"):
        store.append([ecog("e9")])
    assert store.head().seq == 6 and verify(store, checkpoints).fault is None


@pytest.mark.parametrize(
    "address",
    ["postgresql://a@h/d", "postgresql://a@h:5433/d?schema=first_trial&sslmode=verify-full",
     "postgresql:///?service=galu", "postgresql://ł%40b@h/d%20e?host=/run/pg"],
)  # fmt: skip
def test_an_address_is_read_as_it_is_written(address: str) -> None:
    server = server_named(address)
    assert server_named(str(server)) == server
    assert server.as_role("x").url.username == "x" and server.is_place_of(server.as_role("x"))


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """A server that may be harmed."""
    made = Cluster()
    yield made
    made.remove()


def test_a_server_that_may_forget_is_not_used_or_told_to_remember(own: Cluster, tmp_path: Path) -> None:
    place = own.place()
    own.sql(f"ALTER ROLE {APP} SET synchronous_commit TO off")
    store = PostgresStore(place, Clock())
    with store._engine.begin() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    store.close()
    own.sql("ALTER SYSTEM SET fsync TO off", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.3)")
    with pytest.raises(OutOfReachError, match="fsync is off"):
        PostgresStore(place, Clock()).append([version()])
    own.sql("ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.3)")


def damaged(own: Cluster, place: Server, checkpoints: Checkpoints, change: str, seed: int) -> str | None:
    """Fault that is found when the file of the table was changed while the server slept."""
    where = f"SELECT pg_relation_filepath('{place.schema}.entry')"
    path, draw = own.data / own.sql(where, database="trials"), random.Random(seed)
    own.stop()
    good = path.read_bytes()
    bad = bytearray(good)
    if change == "torn":
        del bad[draw.randrange(len(bad)) :]
    for _ in range(3 if change == "flipped" else 0):
        bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
    path.write_bytes(bytes(bad))
    own.start()
    store = PostgresStore(place, Clock(), checkpoints=checkpoints)
    try:
        return verify(store, checkpoints).fault
    finally:
        store.close()
        own.stop()
        path.write_bytes(good)
        own.start()


@pytest.mark.parametrize("change", ["torn", "flipped"])
def test_a_damaged_file_of_the_server_is_seen_wherever_it_changes_the_record(
    own: Cluster, tmp_path: Path, change: str
) -> None:
    checkpoints, place = Checkpoints.create(tmp_path / "checkpoints"), own.place()
    store = PostgresStore(place, Clock(), checkpoints=checkpoints)
    store.append([version(), *(ecog(f"e{n}") for n in range(150))])
    good = list(store.rows())
    store.close()
    own.sql("CHECKPOINT")
    found = [damaged(own, place, checkpoints, change, seed) for seed in range(4)]
    assert sum(fault is not None for fault in found) >= 3, found
    after = PostgresStore(place, Clock(), checkpoints=checkpoints)
    assert list(after.rows()) == good and verify(after, checkpoints).fault is None
    after.close()
