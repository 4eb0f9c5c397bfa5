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

from galu.finding import InputError, OutOfReachError
from galu.store.schema import PRAGMAS
from galu.store.server import Server, open_server, server_named

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


#: The same on PostgreSQL.
_SERVER_GUARDS: Final = (
    "CREATE OR REPLACE FUNCTION access_log_stays() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the log of access is append-only'; END $$",
    "CREATE OR REPLACE TRIGGER access_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION access_log_stays()",
)
#: Where the tables lie on a server, unless the address names another schema.
_SCHEMA: Final = "galu_accounts"


def is_address(place: str) -> bool:
    """Whether a place is a server, not a file."""
    return "://" in place


def open_accounts_engine(place: str, create: bool) -> Engine:
    """Connections to the accounts kept in a file, or on a PostgreSQL server.

    Raises
    ------
    InputError
        When the file is not there and is not to be made, or the address is none or holds a password.
    """
    if is_address(place):
        return _on_a_server(place, create)
    path = Path(place)
    if create and not path.exists():
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise InputError(place, f"cannot be made ({error.strerror})", "name another file") from None
        path.chmod(0o600)
    if not path.is_file():
        remedy = "put them back, or correct accounts.json in the trial folder"
        raise InputError(place, "the accounts of the trial are not there", remedy)
    engine = _told_plainly(_sqlite(path), place)
    if create:
        _make(engine, _GUARDS)
    return engine


def _on_a_server(place: str, create: bool) -> Engine:
    named = server_named(place)
    schema = named.schema if "schema=" in place else _SCHEMA
    server = Server(named.url, schema)
    engine = _told_plainly(open_server(server), str(server))
    if create:
        with engine.begin() as connection:
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        _make(engine, _SERVER_GUARDS)
    return engine


def _make(engine: Engine, guards: tuple[str, ...]) -> None:
    with engine.begin() as connection:
        TABLES.create_all(connection)
        for guard in guards:
            connection.exec_driver_sql(guard)


def _told_plainly(engine: Engine, place: str) -> Engine:
    """Say in a sentence what a database complains of."""

    @event.listens_for(engine, "handle_error")
    def _tell(context: Any) -> None:
        told = " ".join(str(context.original_exception).split("\n")[0].split())
        remedy = "try again; if it stays, restore the accounts from a backup"
        raise OutOfReachError(place, f"the accounts cannot be read or written ({told})", remedy)

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
