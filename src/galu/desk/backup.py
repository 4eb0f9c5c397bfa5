"""Use cases: the whole trial in one file, and back."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from galu.desk.clock import utc_now
from galu.desk.folder import open_trial, opened
from galu.desk.identity import acts
from galu.desk.noted import new_trial
from galu.desk.outputs import require_outside_trial
from galu.desk.places import ACCOUNTS, CHECKPOINTS, RECORD, REFUSED, STUDY, VERSIONS
from galu.desk.set_aside import SET_ASIDE
from galu.files import make_private, write_private
from galu.finding import InputError
from galu.protocol.dictionaries import NOTE
from galu.store import Checkpoints, SqliteStore, verify
from galu.store.custody import KEY

#: In a backup: SHA-256 of every other file of it.
_MANIFEST: Final = "backup.json"
#: A backup that unpacks to more than this is none [byte].
_LARGEST: Final = 64 * 2**30


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds: entries, digest of the last one, whether the key that signs is in it."""

    entries: int
    digest: str
    with_key: bool


@acts("backup")
def backup_trial(folder: Path, out: Path) -> Kept:
    """Write a trial that holds together into a new file; who writes meanwhile waits a moment.

    The record is in it as one file, wherever it is kept.

    Raises
    ------
    InputError
        When the record was altered, or the file exists or cannot be written.
    """
    require_outside_trial(out)
    if out.exists():
        raise InputError(str(out), "exists already", "name a new file; nothing is overwritten")
    trial = open_trial(folder)
    with trial.store.still():
        files = {name: path.read_bytes() for name, path in _files(folder)}
        head = trial.store.head()
    with tempfile.TemporaryDirectory(prefix="galu-") as scratch:
        copy = SqliteStore.create(Path(scratch) / RECORD, utc_now)
        # Entries never change: those up to the head are the same, whoever writes meanwhile.
        copy.take(itertools.islice(trial.store.rows(), head.seq))
        copy.close()
        files[RECORD] = copy.path.read_bytes()
    manifest = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files[_MANIFEST] = json.dumps(manifest, indent=1).encode()
    try:
        write_private(out, _packed(files))
    except OSError as error:
        raise InputError(str(out), f"cannot be written ({error.strerror})", "name another file") from None
    return Kept(head.seq, head.digest, f"{CHECKPOINTS}/{KEY}" in files)


@acts("backup")
def restore_trial(source: Path, folder: Path) -> Kept:
    """Unpack a backup into a new folder, which appears only when its record holds together.

    Raises
    ------
    InputError
        When the file is no backup, was damaged or altered, or the folder holds something.
    """
    files = _unpacked(source)
    with new_trial(folder) as part:
        for name, content in files.items():
            path = part / name
            make_private(path.parent)
            write_private(path, content)
        store = SqliteStore(part / RECORD, utc_now)
        found = verify(store, Checkpoints(part / CHECKPOINTS))
        head = store.head()
        store.close()
        if found.fault is not None:
            raise InputError(str(source), found.fault, "take another backup; nothing was restored")
        opened(part).store.close()
    return Kept(head.seq, head.digest, f"{CHECKPOINTS}/{KEY}" in files)


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Files of a trial folder beside the record, with their names in it."""
    single = [folder / name for name in (STUDY, NOTE, SET_ASIDE, REFUSED, ACCOUNTS)]
    many = [path for name in (CHECKPOINTS, VERSIONS) for path in sorted((folder / name).glob("*"))]
    kept = [path for path in (*single, *many) if path.is_file() and path.suffix != ".part"]
    return [(path.relative_to(folder).as_posix(), path) for path in kept]


def _packed(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _unpacked(source: Path) -> dict[str, bytes]:
    """Files of a backup, each as it was packed."""
    remedy = "give a file of `galu record backup`; nothing was restored"
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(one.file_size for one in archive.infolist()) > _LARGEST:
                raise InputError(str(source), "is too large for a backup", remedy)
            files = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(files.pop(_MANIFEST))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise InputError(str(source), "is no backup of a trial", remedy) from None
    named = {STUDY, NOTE, SET_ASIDE, REFUSED, RECORD}
    for name, content in files.items():
        path = Path(name)
        inside = name in named or (len(path.parts) == 2 and path.parts[0] in (CHECKPOINTS, VERSIONS))
        if not inside or path.is_absolute() or ".." in path.parts or "\\" in name:
            raise InputError(str(source), f"holds {name!r}, which no trial has", remedy)
        if manifest.get(name) != hashlib.sha256(content).hexdigest():
            raise InputError(str(source), f"{name} is not as it was packed", remedy)
    if not {STUDY, RECORD} <= set(files) or set(manifest) != set(files):
        raise InputError(str(source), "lacks a file of the trial", remedy)
    return files
