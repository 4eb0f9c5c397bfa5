"""Where a trial folder says its record is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final

#: The record itself, where it is kept in the folder.
RECORD: Final = "record.sqlite"
#: The name of the server, where it is kept on one. It outweighs a file that is left beside it.
SERVER: Final = "server.json"


def holds_record(folder: Path) -> bool:
    """Whether a folder is a trial folder: it holds a record, or says on which server one is kept."""
    return (folder / RECORD).is_file() or (folder / SERVER).is_file()
