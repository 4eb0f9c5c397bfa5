"""Who keeps the key, where heads are mirrored, and what a check against them finds."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from galu.desk import folder as folder_module
from galu.desk.amend import amend_trial
from galu.desk.backup import backup_trial, restore_trial
from galu.desk.custody import take_custody
from galu.desk.folder import create_trial, open_trial
from galu.desk.new_folder import new_folder
from galu.desk.record import verify_record
from galu.finding import InputError, OutOfReachError
from galu.record.people import Consent
from galu.store import Custody
from support import ROOT, run

STUDY = ROOT / "studies" / "nct07310355"


def consent(name: str) -> Consent:
    return Consent(id=f"c-{name}", subject=name, on="2026-02-01")


def made(folder: Path, custody: Custody | None = None) -> Path:
    trial = create_trial(STUDY, folder, "observed", custody=custody)
    trial.store.append([consent("P1")])
    return folder


def cut(trial: Path, name: str) -> None:
    """Take the last entry away together with its signed head, as if it had never been."""
    with sqlite3.connect(trial / "record.sqlite") as database:
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for guard, _ in guards:
            database.execute(f"DROP TRIGGER {guard}")
        database.execute("DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)")
        for _, sql in guards:
            database.execute(sql)
    (trial / "checkpoints" / name).write_text((trial / "kept.json").read_text())
    (trial / "kept.json").unlink()


def test_a_tail_cut_with_its_head_is_seen_only_against_heads_kept_elsewhere(tmp_path: Path) -> None:
    mirror = tmp_path / "elsewhere"
    trial = made(tmp_path / "trial", Custody(mirror=mirror))
    head = next((trial / "checkpoints").glob("2*.json")).name
    shutil.copy(trial / "checkpoints" / head, trial / "kept.json")
    open_trial(trial).store.append([consent("P2")])
    assert run("record", "verify", trial) == 0
    cut(trial, head)
    copy = tmp_path / "copy"
    shutil.copytree(trial, copy)
    (copy / "checkpoints" / "custody.json").unlink()
    assert run("record", "verify", copy) == 0, "nothing inside tells that something is missing"
    assert run("record", "verify", copy, "--against", mirror) == 1
    assert run("record", "verify", trial) == 1, "the mirror is compared without being named"


def test_a_record_signed_anew_with_another_key_is_seen_by_the_key_that_was_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trial, other = made(tmp_path / "trial"), made(tmp_path / "other")
    noted = open_trial(trial).checkpoints.public_key()
    (tmp_path / "noted.txt").write_text(f"{noted}\n")
    assert run("record", "verify", trial, "--key", noted) == 0
    assert run("record", "verify", trial, "--key", tmp_path / "noted.txt") == 0
    assert run("record", "verify", other, "--key", noted) == 1
    assert "not with the one noted" in capsys.readouterr().err


def test_what_cannot_be_checked_is_told_apart_from_what_is_damaged(tmp_path: Path) -> None:
    trial = made(tmp_path / "trial")
    assert run("record", "verify", tmp_path / "nowhere") == 2
    assert run("record", "verify", trial, "--against", tmp_path) == 2
    with sqlite3.connect(trial / "record.sqlite") as database:
        database.execute("DROP TRIGGER entry_never_deleted")
    assert run("record", "verify", trial) == 1


def test_a_mirror_out_of_reach_stops_nothing_is_told_and_catches_up(tmp_path: Path) -> None:
    mirror = tmp_path / "mount" / "heads"
    trial = made(tmp_path / "trial", Custody(mirror=mirror))
    shutil.rmtree(tmp_path / "mount")
    (tmp_path / "mount").write_text("not connected")
    opened = open_trial(trial)
    opened.store.append([consent("P2")])
    assert "cannot be reached" in str(opened.warning())
    with pytest.raises(OutOfReachError):
        verify_record(trial)
    (tmp_path / "mount").unlink()
    opened.store.append([consent("P3")])
    assert opened.warning() is None
    assert verify_record(trial).witnesses == 1


def test_a_key_is_kept_elsewhere_and_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALU_PASSPHRASE", "correct horse")
    key = tmp_path / "safe" / "galu.pem"
    key.parent.mkdir()
    trial = made(tmp_path / "trial", Custody(key=key))
    assert not (trial / "checkpoints" / "key.pem").exists()
    assert b"ENCRYPTED" in key.read_bytes()
    for passphrase in ("", "wrong"):
        monkeypatch.setenv("GALU_PASSPHRASE", passphrase)
        opened = open_trial(trial)
        with pytest.raises(InputError, match="nothing was written"):
            opened.store.append([consent("P2")])
        assert verify_record(trial).fault is None, "to check and to show needs no key"
    monkeypatch.setenv("GALU_PASSPHRASE", "correct horse")
    open_trial(trial).store.append([consent("P2")])
    assert verify_record(trial).entries == 3


def test_a_key_moves_and_is_never_lost(tmp_path: Path) -> None:
    trial = made(tmp_path / "trial")
    with pytest.raises(InputError, match="lies in the trial folder"):
        take_custody(trial, trial / "key", None)
    (tmp_path / "taken").write_text("something")
    with pytest.raises(InputError, match="is there already"):
        take_custody(trial, tmp_path / "taken", None)
    with pytest.raises(InputError, match="no mirror was begun"):
        take_custody(trial, None, tmp_path / "taken" / "mirror")
    open_trial(trial).store.append([consent("P2")])
    taken = take_custody(trial, tmp_path / "key.pem", tmp_path / "mirror")
    assert taken == Custody(tmp_path / "key.pem", tmp_path / "mirror")
    assert not (trial / "checkpoints" / "key.pem").exists()
    open_trial(trial).store.append([consent("P3")])
    assert verify_record(trial).fault is None


def test_only_the_owner_reads_a_trial_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        trial = made(tmp_path / "trial", Custody(mirror=tmp_path / "mirror"))
        changed = tmp_path / "amended.yaml"
        changed.write_text((trial / "study.yaml").read_text() + "\n# amended\n")
        amend_trial(trial, changed, "a note", "Sponsor")
    finally:
        os.umask(before)
    for path in (trial, *trial.rglob("*"), *(tmp_path / "mirror").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("writable", [True, False])
def test_an_amendment_that_was_cut_off_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    trial = made(tmp_path / "trial")
    old = (trial / "study.yaml").read_bytes()
    changed = tmp_path / "amended.yaml"
    changed.write_bytes(old.replace(b"window_days: {value: 42,", b"window_days: {value: 35,"))
    amend_trial(trial, changed, "longer", "Sponsor")
    (trial / "study.yaml").write_bytes(old)
    if not writable:
        monkeypatch.setattr(folder_module.os, "access", lambda *_: False)
    assert open_trial(trial).study.safety.dlt.window_days.value == 35
    assert ((trial / "study.yaml").read_bytes() == changed.read_bytes()) is writable
    (trial / "study.yaml").write_bytes(old.replace(b"42", b"41"))
    with pytest.raises(InputError, match="is not the study in force"):
        open_trial(trial)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "new"
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = tmp_path / f".new.{int(gone.stdout)}.part"
    left.mkdir()
    (left / "half").write_text("half")
    with pytest.raises(ZeroDivisionError), new_folder(place) as part:
        (part / "file").write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == [], "neither a half folder nor what a killed process left"
    with new_folder(place) as part:
        (part / "file").write_text("whole")
        assert not place.exists()
    assert (place / "file").read_text() == "whole"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become nobody")
def test_a_copy_that_may_only_be_read_is_verified_shown_and_exported(tmp_path: Path) -> None:
    trial = made(tmp_path / "trial")
    open_trial(trial).store.close()
    for path in (trial, *trial.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_mode & 0o005 != 0o005:
            path.chmod(path.stat().st_mode | 0o005)
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from galu.desk.record import verify_record\n"
        "from galu.desk.folder import open_trial\n"
        "from galu.desk.status import trial_status\n"
        "from galu.record.people import Consent\n"
        f"trial = Path({str(trial)!r})\n"
        "trial_status(trial)  # whatever is loaded late is loaded now: nobody may not read it\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "assert verify_record(trial).fault is None\n"
        "assert trial_status(trial).board.screening == ('P1',)\n"
        "assert len(list(open_trial(trial).store.entries())) == 2\n"
        "open_trial(trial).store.append([Consent(id='c', subject='P9', on='2026-02-01')])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "may only be read here" in told.stderr.splitlines()[-1], told.stderr


def test_a_backup_comes_back_and_goes_on(tmp_path: Path) -> None:
    trial = made(tmp_path / "trial")
    kept = backup_trial(trial, tmp_path / "kept.zip")
    assert kept.with_key and kept.entries == 2
    assert stat.S_IMODE((tmp_path / "kept.zip").stat().st_mode) == 0o600
    with pytest.raises(InputError, match="exists already"):
        backup_trial(trial, tmp_path / "kept.zip")
    assert restore_trial(tmp_path / "kept.zip", tmp_path / "back") == kept
    open_trial(tmp_path / "back").store.append([consent("P2")])
    assert verify_record(tmp_path / "back").entries == 3
    with pytest.raises(InputError, match="not an empty folder"):
        restore_trial(tmp_path / "kept.zip", trial)


def test_a_backup_taken_while_somebody_writes_comes_back(tmp_path: Path) -> None:
    """Entries and signed heads are of one moment, whatever is written in between."""
    trial = made(tmp_path / "trial")
    code = (
        "import sys; from pathlib import Path\n"
        "from galu.desk.folder import open_trial\n"
        "from galu.record.people import Consent\n"
        "store = open_trial(Path(sys.argv[1])).store\n"
        "for n in range(150):\n"
        "    store.append([Consent(id=f'w-{n}', subject=f'W{n}', on='2026-02-01')])\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, trial])
    taken = []
    while writer.poll() is None or len(taken) < 3:
        place = tmp_path / f"{len(taken)}.zip"
        taken.append((place, backup_trial(trial, place)))
    assert writer.returncode == 0
    for number, (place, kept) in enumerate(taken[:40]):
        assert restore_trial(place, tmp_path / f"back-{number}") == kept
    assert len({kept.entries for _, kept in taken}) > 2, "somebody wrote in between"


@pytest.mark.parametrize("change", ["truncate", "row", "escape", "missing", "text"])
def test_an_altered_backup_restores_nothing(tmp_path: Path, change: str) -> None:
    import hashlib
    import zipfile

    trial, source = made(tmp_path / "trial"), tmp_path / "kept.zip"
    backup_trial(trial, source)
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    if change == "row":
        files["record.sqlite"] = files["record.sqlite"].replace(b"2026-02-01", b"2026-02-02")
    if change == "escape":
        files["../../outside"] = b"x"
    if change == "missing":
        del files["study.yaml"]
    manifest = {
        name: hashlib.sha256(text).hexdigest() for name, text in files.items() if name != "backup.json"
    }
    files["backup.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(source, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    if change == "truncate":
        source.write_bytes(source.read_bytes()[:-30])
    if change == "text":
        source.write_text("no archive")
    with pytest.raises(InputError, match=r"nothing was restored"):
        restore_trial(source, tmp_path / "back")
    assert not (tmp_path / "back").exists() and not (tmp_path.parent / "outside").exists()
