"""Where results are written: never over a file of a trial, nor over one that galu did not make.

Everything an output option names passes here. A result is written beside its place and moved into it, so
that nobody reads half of one and a full disk loses nothing. What stands there already is replaced only when
it is an earlier result of the same kind: a page or picture that names galu as its maker, a table with the
same columns, an archive or a JSON document with the same names in it.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from galu.desk.places import CHECKPOINTS, RECORD, REFUSED, SERVER, STUDY, VERSIONS, holds_record
from galu.desk.set_aside import SET_ASIDE
from galu.finding import InputError

_PNG: Final = b"\x89PNG\r\n\x1a\n"
#: Where the first chunk of a PNG (its header) ends.
_PNG_HEADER_END: Final = 33
_GENERATOR: Final = '<meta name="generator" content="galu'
_REMEDY: Final = "name another file; nothing was written"


def write_output(path: Path, content: str | bytes) -> Path:
    """Write a result, whole or not at all; gives its path.

    Raises
    ------
    InputError
        When the place belongs to a trial, holds something galu did not make, or cannot be written.
    """
    require_outside_trial(path)
    fresh = _marked(content if isinstance(content, bytes) else content.encode("utf-8"))
    try:
        kind = path.stat().st_mode if path.exists() else None
        if kind is not None and not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            path.write_bytes(fresh)  # a pipe or a device, such as /dev/stdout
            return path
        if kind is not None:
            _require_earlier_result(path, fresh)
        _replace(path.resolve(), fresh)
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})", "name another file") from None
    return path


def require_earlier_folder(out: Path, mark: str, made: str, is_of: Callable[[Path], bool]) -> None:
    """Refuse to write over a trial, or over anything that is not an earlier report and nothing else.

    Parameters
    ----------
    mark, made
        File that an earlier report has, and the words in it that say what made it.
    is_of
        Whether a path inside the folder is part of such a report.

    Raises
    ------
    InputError
        Naming what is no part of one.
    """
    require_outside_trial(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    found = out / mark
    if not out.is_dir() or not found.is_file() or made not in found.read_text(encoding="utf-8")[:200]:
        raise InputError(str(out), "holds something that is no report of galu", "name a new folder with -o")
    strange = [path for path in sorted(out.rglob("*")) if not is_of(path.relative_to(out))]
    if strange:
        fault = f"holds {strange[0].relative_to(out)}, which is no part of a report"
        raise InputError(str(out), fault, "move it elsewhere, or name a new folder with -o")


def replace_folder(out: Path, write: Callable[[Path], None]) -> None:
    """Write beside `out` and move into its place, so that no reader ever sees half a report."""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        write(fresh)
        fresh.chmod(0o755)
        old = fresh.with_name(fresh.name + "-old")
        if out.exists():
            out.rename(old)
        fresh.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def require_outside_trial(path: Path) -> None:
    """Refuse a place where a trial folder keeps its study, its record or its signed heads.

    Raises
    ------
    InputError
        When the place is one of these, by whatever name or link it is reached.
    """
    real = path.resolve()
    for home in real.parents:
        if not holds_record(home) and not (home / CHECKPOINTS / "key.pub").exists():
            continue
        first = real.relative_to(home).parts[0].casefold()
        if first.startswith((RECORD, SERVER, STUDY, f".{STUDY}", SET_ASIDE, REFUSED)) or first in (
            CHECKPOINTS,
            VERSIONS,
        ):
            raise InputError(str(path), f"belongs to the trial in {home}", _REMEDY)


def _require_earlier_result(path: Path, fresh: bytes) -> None:
    if path.is_dir():
        raise InputError(str(path), "is a folder", "name a file in it; nothing was written")
    if not os.access(path, os.W_OK):
        raise InputError(str(path), "may not be written over", _REMEDY)
    old = path.read_bytes()
    if old and not _same_kind(old, fresh):
        raise InputError(str(path), "exists already and is no earlier result of this command", _REMEDY)


def _same_kind(old: bytes, fresh: bytes) -> bool:
    """Whether an old file is of the kind of result that is to be written now."""
    for is_one, key in _KINDS:
        if is_one(fresh):
            return is_one(old) and key(old) == key(fresh)
    return False


def _page_key(content: bytes) -> object:
    return _GENERATOR.encode() in content[:4000]


def _picture_key(content: bytes) -> object:
    return b"Software\0galu" in content[:200]


def _archive_key(content: bytes) -> object:
    try:
        return sorted(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except zipfile.BadZipFile:
        return None


def _document_key(content: bytes) -> object:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    if isinstance(found, list):
        return [sorted(one) for one in found[:1] if isinstance(one, dict)]
    return sorted(found) if isinstance(found, dict) else None


def _table_key(content: bytes) -> object:
    return content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].rstrip(b"\r")


_KINDS: Final = (
    (lambda content: content.startswith(_PNG), _picture_key),
    (lambda content: content.startswith(b"PK"), _archive_key),
    (lambda content: re.match(rb"\s*<", content) is not None, _page_key),
    (lambda content: re.match(rb"\s*[\[{]", content) is not None, _document_key),
    (lambda content: True, _table_key),
)


def _marked(content: bytes) -> bytes:
    """A page or picture that says galu made it."""
    if content.startswith(_PNG) and not _picture_key(content):
        body = b"tEXtSoftware\0galu"
        chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
        return content[:_PNG_HEADER_END] + chunk + content[_PNG_HEADER_END:]
    if re.match(rb"\s*<", content) and not _page_key(content):
        mark = f'{_GENERATOR}">'.encode()
        return re.sub(rb"<meta charset=[^>]*>", lambda found: found[0] + b"\n" + mark, content, count=1)
    return content


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
