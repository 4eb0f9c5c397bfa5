"""A folder that appears whole or not at all: made beside its place, and moved into it when it is done."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from galu.files import make_private, sync
from galu.finding import InputError


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Gives the folder to fill; it takes its place at the end, and is removed where something fails.

    What a killed process left beside the place is removed by the next that makes a folder there.

    Raises
    ------
    InputError
        When the place is no empty folder or cannot be written.
    """
    place = folder.resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InputError(str(folder), "is not an empty folder", "name a new folder; nothing is overwritten")
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        _remove_left(place)
        make_private(part)
    except OSError as error:
        raise InputError(str(folder), f"cannot be made ({error.strerror})", "name another folder") from None
    try:
        yield part
        if place.exists():
            place.rmdir()
        os.rename(part, place)
        sync(place.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _remove_left(place: Path) -> None:
    left = re.compile(rf"\.{re.escape(place.name)}\.(\d+)\.part")
    for path in place.parent.glob(".*.part") if place.parent.is_dir() else ():
        found = left.fullmatch(path.name)
        if found and not _is_running(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()
