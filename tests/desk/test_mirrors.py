"""Signed heads on the web, and the key that a user met first."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from galu.desk.custody import take_custody
from galu.desk.folder import create_trial, open_trial
from galu.desk.noted import noted_key
from galu.desk.record import verify_record
from galu.finding import InputError, OutOfReachError
from galu.record.people import Consent
from galu.store import Custody
from galu.store.mirrors import Web, place_named
from support import ROOT, run

STUDY = ROOT / "studies" / "nct07310355"


def consent(name: str) -> Consent:
    return Consent(id=f"c-{name}", subject=name, on="2026-02-01")


class Server(ThreadingHTTPServer):
    """Keeps what is PUT, in memory; can be slow, closed, or send elsewhere."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.heard: list[tuple[str, str, str | None]] = []
        self.refuses, self.token = 0, ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/heads/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self, code: int, content: bytes = b"") -> None:
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(("PUT", self.path, self.headers.get("Authorization")))
        if self.server.refuses:
            self._answer(self.server.refuses)
        elif self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._answer(401)
        else:
            self.server.files[self.path.rpartition("/")[2]] = content
            self._answer(204)

    def do_GET(self) -> None:
        found = self.server.files.get(self.path.rpartition("/")[2])
        if self.server.refuses:
            self._answer(self.server.refuses)
        else:
            self._answer(404 if found is None else 200, found or b"")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def made(folder: Path, server: Server) -> Path:
    create_trial(STUDY, folder, "observed", custody=Custody(mirror=Web(server.url))).store.close()
    return folder


def test_every_batch_is_on_the_web_when_it_is_acknowledged(tmp_path: Path, server: Server) -> None:
    trial = open_trial(made(tmp_path / "trial", server))
    for n in range(3):
        trial.store.append([consent(f"P{n}")])
        newest = trial.checkpoints.newest()
        assert newest is not None and newest.seq == 2 + n
        assert json.loads(server.files["newest.json"])["seq"] == 2 + n
    days = {path.name for path in (trial.path / "checkpoints").glob("2*.json")}
    assert set(server.files) == {"key.pub", "newest.json", *days}
    assert trial.warning() is None and verify_record(trial.path).witnesses == 2


def test_a_tail_cut_with_its_heads_is_seen_against_the_web(tmp_path: Path, server: Server) -> None:
    """Whoever puts the whole folder back to yesterday cannot name the day that is gone."""
    folder = made(tmp_path / "trial", server)
    open_trial(folder).store.close()
    shutil.copytree(folder, tmp_path / "old")
    open_trial(folder).store.append([consent("P1")])
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "old", folder)
    found = verify_record(folder)
    assert found.fault is not None and "the last 1 entries are missing" in found.fault
    (folder / "checkpoints" / "custody.json").unlink()
    assert run("record", "verify", folder) == 0, "nothing inside tells that something is missing"
    assert run("record", "verify", folder, "--against", server.url) == 1


@pytest.mark.parametrize("refuses", [500, 403, 302])
def test_a_mirror_that_refuses_stops_nothing_is_told_and_catches_up(
    tmp_path: Path, server: Server, refuses: int
) -> None:
    trial = open_trial(made(tmp_path / "trial", server))
    server.refuses = refuses
    began = time.monotonic()
    for n in range(20):
        trial.store.append([consent(f"P{n}")])
    assert time.monotonic() - began < 20, "a mirror that does not answer is not waited for each time"
    assert len(server.heard) < 10
    assert "lacks 1 of the newest heads" in str(trial.warning())
    with pytest.raises(OutOfReachError, match="cannot be reached"):
        verify_record(trial.path)
    server.refuses = 0
    open_trial(trial.path).store.append([consent("late")])
    assert trial.warning() is None and verify_record(trial.path).fault is None
    assert json.loads(server.files["newest.json"])["seq"] == 22


def test_a_server_that_hangs_holds_a_writer_for_a_moment_only(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = open_trial(made(tmp_path / "trial", server))
    monkeypatch.setattr("galu.store.mirrors._PATIENCE_S", 0.2)
    monkeypatch.setattr(Handler, "do_PUT", lambda _: time.sleep(2.0))
    began = time.monotonic()
    trial.store.append([consent("P1")])
    trial.store.append([consent("P2")])
    assert time.monotonic() - began < 2.0
    assert "lacks 1 of the newest heads" in str(trial.warning())


def test_a_token_goes_to_the_mirror_and_nowhere_else(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.token = "s3cret"
    folder = tmp_path / "trial"
    create_trial(STUDY, folder, "observed").store.close()
    with pytest.raises(InputError, match="no mirror was begun"):
        take_custody(folder, None, Web(server.url))
    monkeypatch.setenv("GALU_MIRROR_TOKEN", "s3cret")
    assert run("record", "custody", folder, "--mirror", server.url) == 0
    open_trial(folder).store.append([consent("P1")])
    assert {heard[2] for heard in server.heard[1:]} == {"Bearer s3cret"}
    assert all(b"s3cret" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://example.org/heads", "is not encrypted"),
        ("https://me:secret@example.org/heads", "holds a password"),
        ("ftp://example.org/heads", "takes files"),
        ("https:///heads", "takes files"),
        ("https://example.org/heads?x=1", "takes files"),
        ("file:///etc", "takes files"),
    ],
)
def test_an_address_that_would_not_do_is_one_sentence(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as told:
        place_named(text)
    assert "secret" not in str(told.value)


def test_a_record_signed_anew_is_seen_by_the_key_that_was_met_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = create_trial(STUDY, tmp_path / "trial", "observed")
    key = trial.checkpoints.public_key()
    assert noted_key(tmp_path / "trial") == key
    other = create_trial(STUDY, tmp_path / "other", "observed")
    shutil.rmtree(tmp_path / "trial")
    shutil.copytree(tmp_path / "other", tmp_path / "trial")
    assert run("record", "verify", tmp_path / "trial") == 1
    assert f"not with the one noted, {key}" in capsys.readouterr().err
    assert run("record", "verify", tmp_path / "trial", "--key", other.checkpoints.public_key()) == 0
    assert run("record", "verify", tmp_path / "trial") == 0, "replaced on purpose, and noted anew"
    assert "as this user met it first" in capsys.readouterr().out


def test_a_copy_from_elsewhere_is_noted_when_it_is_verified_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_trial(STUDY, tmp_path / "trial", "observed")
    shutil.copytree(tmp_path / "trial", tmp_path / "copy")
    assert noted_key(tmp_path / "copy") is None
    assert run("record", "verify", tmp_path / "copy") == 0
    assert "noted now for this user" in capsys.readouterr().out
    assert noted_key(tmp_path / "copy") == noted_key(tmp_path / "trial")


def test_a_trial_made_anew_in_its_place_is_noted_anew(tmp_path: Path) -> None:
    for _ in range(2):
        create_trial(STUDY, tmp_path / "trial", "simulated").store.close()
        assert run("record", "verify", tmp_path / "trial") == 0
        shutil.rmtree(tmp_path / "trial")


def test_a_user_without_a_folder_for_notes_is_not_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    create_trial(STUDY, tmp_path / "trial", "observed")
    assert verify_record(tmp_path / "trial").fault is None
