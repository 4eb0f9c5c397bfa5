"""A record moves to a server and back: whole, checked, or it stays where it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from galu.desk import move as move_module
from galu.desk.backup import backup_trial, restore_trial
from galu.desk.folder import create_trial, open_trial
from galu.desk.move import move_record
from galu.desk.record import verify_record
from galu.finding import InputError, OutOfReachError
from galu.record.people import Consent
from galu.record.seal import Head
from galu.store import Verification
from servers import APP, OWNER, Cluster, shared_cluster
from support import ROOT, csv, run

STUDY = ROOT / "studies" / "nct07310355"


def consent(name: str, **more: str) -> Consent:
    return Consent.model_validate({"id": f"c-{name}", "subject": name, "on": "2026-02-01", **more})


@pytest.fixture
def cluster() -> Cluster:
    return shared_cluster()


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """Facts whose texts a database that does not keep bytes would change."""
    made = create_trial(STUDY, tmp_path / "trial", "observed")
    texts = ("Dr Łi, “night”", "e\u0301 is not é", "zero\x00zero", "{} \\ '' $$ \t", "1e400 0.10", "😀")
    made.store.append([consent(f"P{n}", by=text) for n, text in enumerate(texts)])
    made.store.append([consent("P0b", supersedes="c-P0", reason="signed a day later").model_copy(
        update={"subject": "P0"})])  # fmt: skip
    return tmp_path / "trial"


def new_schema() -> str:
    return f"moved_{os.urandom(6).hex()}"


def state(trial: Path) -> tuple[Head, list[tuple[int, str, str, str, str, str]]]:
    store = open_trial(trial).store
    found = store.head(), list(store.rows())
    store.close()
    return found


def test_a_record_goes_to_a_server_and_back_byte_for_byte(
    trial: Path, tmp_path: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    before, schema = state(trial), new_schema()
    assert run("record", "move", trial, cluster.address(OWNER, schema), "--role", APP) == 0
    assert f"{before[0].seq} entries hold together, head {before[0].digest}" in capsys.readouterr().out
    assert state(trial) == before
    assert not list(trial.glob("record.sqlite*")), "there is one record, not two"
    named = json.loads((trial / "server.json").read_text())["record"]
    assert named.startswith(f"postgresql://{APP}@") and (trial / "server.json").stat().st_mode & 0o077 == 0

    open_trial(trial).store.append([consent("P8")])
    source = csv(tmp_path / "facts", "consent", "id,subject,on", "c1,S1,2024-01-05")
    for words in (
        ("record", "import", trial, source),
        ("status", trial),
        ("decide", trial, "suspend", "--by", "Committee", "--signer", "Dr Chair"),
        ("record", "verify", trial),
        ("record", "export", trial, "-o", tmp_path / "out"),
        ("eligibility", STUDY, trial),
        ("run", trial, "-o", tmp_path / "report"),
    ):
        assert run(*words) == 0, words
    after = state(trial)
    assert after[0].seq == before[0].seq + 4

    assert run("record", "move", trial, "sqlite") == 0
    assert state(trial) == after
    assert not (trial / "server.json").exists()
    open_trial(trial).store.append([consent("P9")])
    assert verify_record(trial).fault is None


def test_a_move_is_taken_up_again_where_the_server_holds_a_beginning(trial: Path, cluster: Cluster) -> None:
    address = cluster.address(OWNER, new_schema())
    move_record(trial, address, APP)
    move_record(trial, "sqlite")
    open_trial(trial).store.append([consent("P8")])
    assert move_record(trial, address, APP).entries == 9
    assert move_record(trial, address, APP).entries == 9, "where it is already its tables are renewed"


def test_a_server_that_holds_another_record_is_left_alone(
    trial: Path, tmp_path: Path, cluster: Cluster
) -> None:
    address = cluster.address(OWNER, new_schema())
    other = create_trial(STUDY, tmp_path / "other", "simulated")
    other.store.append([consent("X")])
    move_record(tmp_path / "other", address, APP)
    before = state(tmp_path / "other")
    with pytest.raises(InputError, match="holds another record"):
        move_record(trial, address, APP)
    assert state(tmp_path / "other") == before
    assert (trial / "record.sqlite").is_file() and not (trial / "server.json").exists()
    with pytest.raises(InputError, match="on another server"):
        move_record(tmp_path / "other", cluster.address(OWNER, new_schema()), APP)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("breaks", ["take", "verify", "switch"])
def test_a_move_that_breaks_off_leaves_the_record_where_it_was(
    trial: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, back: bool, breaks: str
) -> None:
    address = cluster.address(OWNER, new_schema())
    if back:
        move_record(trial, address, APP)
    before = state(trial)
    place, role = ("sqlite", None) if back else (address, APP)
    with monkeypatch.context() as patched:
        if breaks == "take":
            rows = move_module.SqlStore.rows

            def cut(store: move_module.SqlStore, after: int = 0):  # type: ignore[no-untyped-def]
                for row in rows(store, after):
                    if row[0] == 5:
                        raise KeyboardInterrupt
                    yield row

            opened = open_trial(trial)
            patched.setattr(move_module.SqlStore, "rows", cut)
            patched.setattr(move_module, "open_trial", lambda *_: opened)
        elif breaks == "verify":
            patched.setattr(move_module, "verify", lambda *_: Verification("it was changed on its way"))
        elif back:
            patched.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        else:
            patched.setattr("galu.store.server.write_private", lambda *_: (_ for _ in ()).throw(OSError))
        with pytest.raises((KeyboardInterrupt, InputError, OSError)):
            move_record(trial, place, role)
    assert state(trial) == before
    open_trial(trial).store.append([consent("P8")])
    move_record(trial, place, role)
    assert verify_record(trial).entries == before[0].seq + 1


def test_whoever_had_it_open_does_not_write_to_the_old_place(trial: Path, cluster: Cluster) -> None:
    old = open_trial(trial)
    move_record(trial, cluster.address(OWNER, new_schema()), APP)
    on_the_server = open_trial(trial)
    for write in (lambda: old.store.append([consent("P8")]), lambda: old.record):
        with pytest.raises(OutOfReachError, match=r"moved to another place|unable to open"):
            write()
    assert not (trial / "record.sqlite").exists()
    move_record(trial, "sqlite")
    for write in (lambda: on_the_server.store.append([consent("P8")]), lambda: on_the_server.record):
        with pytest.raises(OutOfReachError, match="moved to another place"):
            write()
    assert verify_record(trial).entries == 8


def test_who_writes_while_it_moves_loses_nothing(trial: Path, cluster: Cluster) -> None:
    code = (
        "import sys, itertools; from pathlib import Path\n"
        "from galu.desk.folder import open_trial\n"
        "from galu.finding import OutOfReachError\n"
        "from galu.record.people import Consent\n"
        "for n in range(6):\n"
        "    while True:\n"
        "        try:\n"
        "            open_trial(Path(sys.argv[1])).store.append(\n"
        "                [Consent(id=f'{sys.argv[2]}-{n}', subject=f'W{n}', on='2026-02-01')])\n"
        "            break\n"
        "        except OutOfReachError:\n"
        "            pass\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, trial, name]) for name in ("a", "b")]
    address, moves = cluster.address(OWNER, new_schema()), 0
    while any(one.poll() is None for one in running) or moves < 2:
        move_record(trial, "sqlite" if moves % 2 else address, None if moves % 2 else APP)
        moves += 1
    assert [one.returncode for one in running] == [0, 0]
    found = verify_record(trial)
    assert (found.fault, found.entries) == (None, 8 + 12)


def test_a_backup_of_a_record_on_a_server_comes_back_without_it(
    trial: Path, tmp_path: Path, cluster: Cluster
) -> None:
    move_record(trial, cluster.address(OWNER, new_schema()), APP)
    before = state(trial)
    kept = backup_trial(trial, tmp_path / "kept.zip")
    assert restore_trial(tmp_path / "kept.zip", tmp_path / "back") == kept
    assert state(tmp_path / "back") == before
    open_trial(tmp_path / "back").store.append([consent("P8")])
    assert verify_record(tmp_path / "back").fault is None


@pytest.mark.parametrize(
    ("address", "role", "says"),
    [
        ("mysql://a@b/c", APP, "is no address"),
        ("postgresql://", None, "says as whom"),
        ("nonsense", APP, "is no address"),
        ("postgresql://a:secret@b/c", APP, "holds a password"),
        ("postgresql://a@b/c?password=secret", APP, "holds a password"),
        ("postgresql://a@b/c?schema=x;drop", APP, "no name of a schema"),
        ("{owner}", "nobody_knows", "knows no role 'nobody_knows'"),
        ("{owner}", OWNER, "may change what is written"),
        ("{owner}", "postgres", "may change what is written"),
        ("{app}", APP, "may change what is written|permission denied"),
        ("postgresql://galu_owner@/nowhere?host={home}", APP, "the server refuses"),
        ("postgresql://galu_owner@/trials?host=/nowhere", APP, "the server refuses"),
    ],
)
def test_what_is_wrong_with_the_place_is_one_sentence(
    trial: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str], address: str, role: str, says: str
) -> None:
    schema = new_schema()
    filled = address.replace("{owner}", cluster.address(OWNER, schema)).replace(
        "{app}", cluster.address(APP, schema)
    ).replace("{home}", str(cluster.home))  # fmt: skip
    words = ["record", "move", trial, filled] + (["--role", role] if role else [])
    assert run(*words) == 2
    said = capsys.readouterr().err
    assert any(one in said for one in says.split("|")) and said.count("\n") == 1
    assert "secret" not in said
    assert open_trial(trial).store.head().seq == 8


def test_a_server_that_is_gone_says_nothing_of_the_record(
    trial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = {"record": f"postgresql://{APP}@/trials?host=/nowhere"}
    (trial / "server.json").write_text(json.dumps(named))
    for words in (("status", trial), ("record", "verify", trial), ("record", "move", trial, "sqlite")):
        assert run(*words) == 2
        said = capsys.readouterr().err
        assert "the server refuses" in said and said.count("\n") == 1
    (trial / "server.json").unlink()
    assert verify_record(trial).fault is None


def test_an_import_in_a_process_of_its_own_reaches_the_server(
    trial: Path, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_record(trial, cluster.address(OWNER, new_schema()), APP)
    monkeypatch.delenv("GALU_CONFINED")
    source = csv(tmp_path / "facts", "consent", "id,subject,on", "c1,S1,2024-01-05")
    assert run("record", "import", trial, source) == 0
    assert verify_record(trial).entries == 9


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"record": 5}', '{"record": "sqlite://x"}'])
def test_a_file_that_names_no_server_is_one_sentence(
    trial: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (trial / "server.json").write_text(content)
    for words in (("status", trial), ("record", "verify", trial)):
        assert run(*words) in (1, 2)
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and "Traceback" not in said
