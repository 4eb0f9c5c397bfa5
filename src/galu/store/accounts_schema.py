"""Tables of accounts, sessions and the log of access, on whatever database SQLAlchemy reaches."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.pool import NullPool

from galu.finding import InputError
from galu.store.schema import PRAGMAS

TABLES: Final = MetaData()

ACCOUNT: Final = Table(
    "account",
    TABLES,
    Column("login", String, primary_key=True),
    Column("looks", String, unique=True, nullable=False),
    Column("name", String, nullable=False),
    Column("created", String, nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("password", String),
    Column("totp", String),
    Column("totp_last", Integer, nullable=False, default=0),
)
GRANT: Final = Table(
    "granted",
    TABLES,
    Column("id", String, primary_key=True),
    Column("login", String, nullable=False, index=True),
    Column("trial", String),
    Column("role", String, nullable=False),
    Column("sites", String),
    Column("since", String, nullable=False),
    Column("until", String),
    Column("revoked", String),
)
PASSKEY: Final = Table(
    "passkey",
    TABLES,
    Column("id", String, primary_key=True),
    Column("login", String, nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("label", String, nullable=False),
)
BOUND: Final = Table(
    "bound",
    TABLES,
    Column("issuer", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("login", String, nullable=False),
)
SESSION: Final = Table(
    "session",
    TABLES,
    Column("hash", String, primary_key=True),
    Column("login", String, nullable=False, index=True),
    Column("way", String, nullable=False),
    Column("begun", String, nullable=False),
    Column("seen", String, nullable=False),
    Column("ended", String),
)
TOKEN: Final = Table(
    "token",
    TABLES,
    Column("hash", String, primary_key=True),
    Column("login", String, nullable=False, index=True),
    Column("purpose", String, nullable=False),
    Column("content", String, nullable=False),
    Column("expires", String, nullable=False),
    Column("used", String),
)
ATTEMPT: Final = Table(
    "attempt",
    TABLES,
    Column("looks", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", String, nullable=False),
)
LOG: Final = Table(
    "access_log",
    TABLES,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("recorded", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("payload", String, nullable=False),
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False),
)

#: As for the record: they stand against mistakes; the chain and the signed head show the rest.
_GUARDS: Final = tuple(
    f"CREATE TRIGGER IF NOT EXISTS access_log_{name} BEFORE {verb} ON access_log {when}"
    f"BEGIN SELECT RAISE(ABORT, 'the log of access is append-only'); END"
    for name, verb, when in (
        ("never_updated", "UPDATE", ""),
        ("never_deleted", "DELETE", ""),
        (
            "follows",
            "INSERT",
            "WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM access_log) ",
        ),
    )
)


def open_accounts_engine(place: str, create: bool) -> Engine:
    """Connections to the accounts kept in a file, or under a URL of SQLAlchemy.

    Raises
    ------
    InputError
        When the file is not there, and is not to be made.
    """
    if "://" in place:
        engine = create_engine(place, pool_pre_ping=True)
        if create:
            TABLES.create_all(engine)
        return engine
    path = Path(place)
    if create and not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        path.chmod(0o600)
    if not path.is_file():
        remedy = "put them back, or correct accounts.json in the trial folder"
        raise InputError(str(path), "the accounts of the trial are not there", remedy)
    engine = _sqlite(path)
    if create:
        TABLES.create_all(engine)
        with engine.begin() as connection:
            for guard in _GUARDS:
                connection.exec_driver_sql(guard)
    return engine


def _sqlite(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path.absolute())), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Whoever changes an account also writes the log: two deferred writers could not both go on.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def hold_for_writing(connection: Connection) -> None:
    """Let one writer of the log go on at a time; SQLite's transaction does so already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7021177)")
