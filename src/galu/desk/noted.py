"""Which key a trial was signed with when this user first met it, as `ssh` notes the keys of hosts.

Whoever writes another record into the place of a trial, and signs it with a key of his own, leaves a folder
that holds together. The note is kept apart from it, in the user's own folder.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from galu.desk.identity import state_folder
from galu.desk.new_folder import new_folder
from galu.desk.places import CHECKPOINTS
from galu.files import make_private, write_private
from galu.store import Checkpoints

_NOTES: Final = "known-keys.json"


def noted_key(folder: Path) -> str | None:
    """The key that was noted for a trial folder, in hexadecimal; None where none was."""
    return _notes().get(str(folder.resolve()))


def note_key(folder: Path, key: str) -> None:
    """Note the key of a trial folder; where the user's folder cannot be written, nothing is noted."""
    notes = {place: noted for place, noted in _notes().items() if Path(place).is_dir()}
    if notes.get(str(folder.resolve())) == key:
        return
    notes[str(folder.resolve())] = key
    with contextlib.suppress(OSError):
        make_private(state_folder())
        write_private(state_folder() / _NOTES, json.dumps(notes, indent=1).encode())


@contextlib.contextmanager
def new_trial(folder: Path) -> Iterator[Path]:
    """Gives a new trial folder to fill, and notes its key when it takes its place; see `new_folder`."""
    with new_folder(folder) as part:
        yield part
    note_key(folder, Checkpoints(folder / CHECKPOINTS).public_key())


def _notes() -> dict[str, str]:
    try:
        found = json.loads((state_folder() / _NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
