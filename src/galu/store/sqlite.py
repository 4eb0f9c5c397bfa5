"""The record in one SQLite file: the writer holds the file, triggers guard the table."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from galu.finding import InputError
from galu.store.checkpoints import Checkpoints
from galu.store.connection import in_a_sentence, open_engine
from galu.store.entering import Row
from galu.store.places import SERVER
from galu.store.schema import SCHEMA
from galu.store.sql import ROWS, Clock, SqlStore, moved

_INSERT: Final = (
    "INSERT INTO entry (seq, recorded, kind, payload, previous, digest) VALUES (?, ?, ?, ?, ?, ?)"
)


class SqliteStore(SqlStore):
    """A record in one SQLite file.

    Parameters
    ----------
    path
        The database, which exists (`create` makes a new one).
    clock, zone, checkpoints
        See `SqlStore`.
    folder
        The trial folder whose record it is, as long as that names no other place; None for a file alone.
    """

    named = text("SELECT id, kind, payload FROM entry WHERE id IN (SELECT value FROM json_each(:ids))")
    # A correction comes after what it corrects: only the entries since need a look.
    corrected = text(
        "SELECT json_extract(payload, '$.supersedes') AS target, id FROM entry WHERE seq > "
        "(SELECT min(seq) FROM entry WHERE id IN (SELECT value FROM json_each(:ids))) "
        "AND json_extract(payload, '$.supersedes') IN (SELECT value FROM json_each(:ids)) ORDER BY seq"
    )

    def __init__(
        self,
        path: Path,
        clock: Clock,
        zone: str = "UTC",
        checkpoints: Checkpoints | None = None,
        folder: Path | None = None,
    ) -> None:
        if not path.is_file():
            raise InputError(str(path), "no record is here", "make one with `galu init`")
        read_only = not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        super().__init__(str(path), open_engine(path, read_only), clock, zone, checkpoints)
        self.path = path
        self.read_only = read_only
        self._folder = folder

    @classmethod
    def create(
        cls, path: Path, clock: Clock, zone: str = "UTC", checkpoints: Checkpoints | None = None
    ) -> SqliteStore:
        """A new, empty record; an existing file is never touched."""
        try:
            path.touch(mode=0o600, exist_ok=False)
            path.chmod(0o600)  # the files that SQLite puts beside it take the same mode
        except FileExistsError:
            raise InputError(str(path), "exists already", "name a new folder") from None
        store = cls(path, clock, zone, checkpoints)
        with store._immediate() as connection:
            for statement in SCHEMA:
                connection.exec_driver_sql(statement)
        return store

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep the file open: whoever closes it last merges its log, which costs as much as three commits."""
        plain = self._engine
        self._engine = open_engine(self.path, self.read_only, kept=True)
        try:
            yield
        finally:
            kept, self._engine = self._engine, plain
            kept.dispose()

    def _immediate(self) -> contextlib.AbstractContextManager[Connection]:
        return self._engine.execution_options(begin="BEGIN IMMEDIATE").begin()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._in_a_sentence(), self._immediate() as connection:
            self._require_here()
            yield connection

    def _in_a_sentence(self) -> contextlib.AbstractContextManager[None]:
        return in_a_sentence(self.path)

    def _require_here(self) -> None:
        if self._folder is not None and (self._folder / SERVER).exists():
            raise moved(self.place)

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        connection.exec_driver_sql(_INSERT, list(rows))

    def _stream(self, connection: Connection, after: int) -> Any:
        return connection.connection.cursor().execute(ROWS.format("?"), (after,))

    def _ids(self, ids: Iterable[str]) -> str:
        return json.dumps(sorted(ids))

    def guards_fault(self, connection: Connection) -> str | None:
        """What is wrong with the guards that galu put into the database."""
        schema = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return (
            "the guards of the database were changed" if sorted(schema.scalars()) != sorted(SCHEMA) else None
        )

    def integrity(self) -> str | None:
        """What SQLite itself finds wrong with the file, or with the guards galu put there."""
        with self._reading() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            if found != "ok":
                return f"the database file is damaged ({found})"
            return self.guards_fault(connection)
