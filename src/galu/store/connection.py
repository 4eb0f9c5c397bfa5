"""The database file of a record: how it is opened, and what its complaints mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from galu.finding import InputError, OutOfReachError
from galu.store.schema import PRAGMAS

#: What hinders and says nothing of the record: SQLite's names of such errors begin so.
_PASSING: Final = tuple(
    f"SQLITE_{name}" for name in ("BUSY", "LOCKED", "CANTOPEN", "READONLY", "FULL", "IOERR", "PERM", "NOMEM")
)


def open_engine(path: Path, read_only: bool, kept: bool = False) -> Engine:
    """Connections to a database file, which exists; closed after each use, or kept for the next."""
    query = {"mode": "rw", "uri": "true"}  # a record that is gone is not replaced by an empty file
    if read_only:
        if path.with_name(f"{path.name}-wal").is_file() and path.with_name(f"{path.name}-wal").stat().st_size:
            remedy = "copy the folder to where you may write"
            raise OutOfReachError(str(path), "its last entries wait in a file that may only be read", remedy)
        query = {"mode": "ro", "immutable": "1", "uri": "true"}
    # Made of parts: in the text of a URL, ? and % of a folder's name would mean something else.
    place = URL.create("sqlite", database=path.absolute().as_uri(), query=query)
    engine = create_engine(
        place, poolclass=QueuePool if kept else NullPool, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # The driver's own implicit BEGIN is deferred; two such writers cannot both go on.
        connection.isolation_level = None
        for pragma in () if read_only else PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


class in_a_sentence:  # noqa: N801  # reads as a phrase where it is used
    """Turns the database's own complaints into one sentence."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        plain = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(plain, sqlite3.DatabaseError):
            return
        name = getattr(plain, "sqlite_errorname", "")
        if isinstance(plain, sqlite3.OperationalError) and name.startswith(_PASSING):
            raise OutOfReachError(
                str(self._path), f"the database refuses ({plain})", "free it and try again"
            ) from error
        raise InputError(
            str(self._path), f"the database is damaged or no record ({plain})", "restore it from a backup"
        ) from error
