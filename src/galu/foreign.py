"""Files that others made: looked at before they are read, so that none costs more than it may.

Only plain files are read: a pipe or a device may never end. A limit of size, of a line and of columns comes
before the reader, which would hold the line in memory before it could refuse it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from galu.finding import InputError

#: What one file, a document that people write, one line, the header and a folder may have.
MAX_BYTES: Final = 512 * 2**20
MAX_DOCUMENT_BYTES: Final = 2 * 2**20
MAX_LINE_BYTES: Final = 4 * 2**20
MAX_COLUMNS: Final = 5_000
MAX_ROWS: Final = 5_000_000
MAX_FILES: Final = 2_000
_SIGNS: Final = b",;\t|"
_BLOCK: Final = 2**20
_KINDS: Final = (
    (stat.S_ISFIFO, "a pipe"), (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"), (stat.S_ISDIR, "a folder"),
)  # fmt: skip


def require_plain(path: Path, largest: int = MAX_BYTES) -> None:
    """Refuse what is no plain file, or is too large; one that is not there is left to its reader.

    Raises
    ------
    InputError
        Saying what it is.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(found.st_mode):
        what = next((name for test, name in _KINDS if test(found.st_mode)), "no plain file")
        raise InputError(str(path), f"is {what}", "give a plain file")
    if found.st_size > largest:
        raise InputError(str(path), f"is larger than {largest // 2**20} MiB", "split the file")


def require_lines(path: Path) -> None:
    """Refuse a text that is no plain file, or has a line, a header or a number of lines that is too long.

    Raises
    ------
    InputError
        Naming the line.
    """
    require_plain(path)
    try:
        with path.open("rb") as file:
            _examine(path, file.fileno())
    except (OSError, ValueError):
        return  # the reader says so in its own words


def _examine(path: Path, file: int) -> None:
    line, carried, first = 1, 0, True
    while block := os.read(file, _BLOCK):
        if first:
            head = block.split(b"\n", 1)[0]
            columns = 1 + max(head.count(sign) for sign in _SIGNS)
            if columns > MAX_COLUMNS:
                fault = f"has more than {MAX_COLUMNS:,} columns"
                raise InputError(f"{path}, line 1", fault, "leave out columns that are not needed")
            first = False
        end = block.find(b"\n")
        carried += len(block) if end < 0 else end
        if carried > MAX_LINE_BYTES:
            fault = f"is longer than {MAX_LINE_BYTES // 2**20} MiB"
            raise InputError(f"{path}, line {line}", fault, "give a text with a line for each row")
        if end >= 0:
            line += block.count(b"\n")
            carried = len(block) - block.rfind(b"\n") - 1
        if line > MAX_ROWS + 1:
            raise InputError(str(path), f"has more than {MAX_ROWS:,} rows", "split the file")


def require_folder(folder: Path) -> None:
    """Refuse a folder with too many files, or a link in it that leads out of it.

    Raises
    ------
    InputError
        Naming the link.
    """
    home = folder.resolve()
    for count, entry in enumerate(os.scandir(folder), start=1):
        if count > MAX_FILES:
            raise InputError(str(folder), f"holds more than {MAX_FILES:,} files", "give fewer")
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(home):
            raise InputError(
                entry.path, "is a link that leads out of its folder", "put the file itself there"
            )
