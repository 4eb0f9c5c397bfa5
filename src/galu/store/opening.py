"""The record of a trial folder, wherever it is kept."""

from __future__ import annotations

from pathlib import Path

from galu.store.checkpoints import Checkpoints
from galu.store.places import RECORD, SERVER
from galu.store.sql import Clock, SqlStore
from galu.store.sqlite import SqliteStore


def open_store(
    folder: Path, clock: Clock, zone: str = "UTC", checkpoints: Checkpoints | None = None
) -> SqlStore:
    """Open the record of a trial folder: on the server that the folder names, or in the folder itself.

    Raises
    ------
    InputError
        When no record is there.
    """
    if (folder / SERVER).exists():
        from galu.store.postgresql import PostgresStore
        from galu.store.server import server_of

        server = server_of(folder)
        if server is not None:
            return PostgresStore(server, clock, zone, checkpoints, folder)
    return SqliteStore(folder / RECORD, clock, zone, checkpoints, folder)
