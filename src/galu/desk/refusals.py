"""The log of what imports refused: who, when, which file, and why; never what stood in it.

A file beside the record, because what was refused is to leave nothing in the record itself. Each line is
bound to all before it as an entry of the record is (`galu.record.seal`): a line that was changed, left out or
put in shows. That last lines were cut off does not show: no signed head is kept of this log.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from galu.desk.identity import acts
from galu.desk.places import REFUSED
from galu.files import sync
from galu.finding import InputError, ManyFaultsError
from galu.foreign import MAX_BYTES
from galu.record.seal import GENESIS, Head, Links, digest_of

_KIND: Final = "refused"
#: So many files of a folder are named; a sentence is cut at so many letters.
_NAMED: Final = 20
_LONGEST: Final = 300
#: What an error quotes or gives in brackets may be the content of the file.
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\([^)]*\)|'.*|\".*|`.*")


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A file that was refused; `sha256` is empty where it is no plain file, or too large to be read."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One import that was refused: `by` is the account, or the user of the machine where there is none."""

    seq: int
    recorded: str
    by: str
    files: tuple[ForeignFile, ...]
    more_files: int
    place: str
    why: str
    faults: int


def note_refusal(
    folder: Path, moment: datetime, account: str | None, sources: Sequence[Path], error: InputError
) -> None:
    """Add one line to the log of a trial folder; on the disk when this returns."""
    paths = [found for source in sources for found in _files(source)]
    told = {
        "by": account or f"{getpass.getuser()} on this machine",
        "files": [asdict(_described(path)) for path in paths[:_NAMED]],
        "more_files": max(0, len(paths) - _NAMED),
        "place": error.place[:_LONGEST],
        "why": _QUOTED.sub("…", error.fault)[:_LONGEST],
        "faults": len(error.errors) if isinstance(error, ManyFaultsError) else 1,
    }
    payload = json.dumps(told, sort_keys=True, separators=(",", ":"))
    _append(folder / REFUSED, moment.isoformat(timespec="seconds"), payload)


def _append(path: Path, moment: str, payload: str) -> None:
    """Bind a line to the last one and write it, while nobody else does."""
    import fcntl

    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        head, last = _end(file.read())
        recorded = max(moment, last)  # a clock that went back does not break the order
        digest = digest_of(head.digest, head.seq + 1, recorded, _KIND, payload)
        row = [head.seq + 1, recorded, _KIND, payload, head.digest, digest]
        file.write(json.dumps(row).encode("ascii") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync(path.parent)


def _end(content: bytes) -> tuple[Head, str]:
    """Last line that can be read; what was written before is judged by whoever reads the log."""
    for line in reversed(content.splitlines()):
        try:
            seq, recorded, _, _, _, digest = json.loads(line)
            return Head(int(seq), str(digest)), str(recorded)
        except (ValueError, TypeError):
            continue
    return Head(0, GENESIS), ""


@acts("read-access-log")
def read_refusals(folder: Path) -> tuple[tuple[Refusal, ...], str | None]:
    """Every refused import of a trial, oldest first, and where the log does not hold together."""
    from galu.desk.folder import open_trial

    open_trial(folder).store.close()
    path = folder / REFUSED
    if not path.is_file():
        return (), None
    rows: list[tuple[int, str, str, str, str, str]] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            seq, recorded, kind, payload, previous, digest = json.loads(line)
            told = json.loads(payload)
            files = [ForeignFile(**one) for one in told.pop("files")]
            Refusal(seq, recorded, files=tuple(files), **told)
        except (ValueError, TypeError, KeyError):
            return tuple(map(_refusal, rows)), f"line {number} cannot be read"
        rows.append((seq, recorded, kind, payload, previous, digest))
    return tuple(map(_refusal, rows)), Links().fault(rows)


def _refusal(row: tuple[int, str, str, str, str, str]) -> Refusal:
    told = json.loads(row[3])
    files = tuple(ForeignFile(**one) for one in told.pop("files"))
    return Refusal(row[0], row[1], files=files, **told)


def _files(source: Path) -> Iterable[Path]:
    return sorted(source.iterdir()) if source.is_dir() else (source,)


def _described(path: Path) -> ForeignFile:
    try:
        size = path.stat().st_size
    except OSError:
        return ForeignFile(path.name, 0, "")
    if not path.is_file() or size > MAX_BYTES:
        return ForeignFile(path.name, size, "")
    try:
        with path.open("rb") as file:
            return ForeignFile(path.name, size, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError:
        return ForeignFile(path.name, size, "")
