"""A PostgreSQL server: how it is named without a password, reached, and what its complaints mean."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from galu.files import write_private
from galu.finding import InputError, OutOfReachError
from galu.store.places import SERVER

#: Where the tables lie, unless the address names another: one for each trial.
SCHEMA: Final = "galu"
_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_DRIVER: Final = "postgresql+psycopg"
#: What hinders and says nothing of the record, by the first letters of its SQLSTATE: connections, rights,
#: resources and disks, locks, what an operator does, what the system beneath refuses.
_PASSING: Final = ("08", "28", "3D", "25", "42501", "53", "55", "57", "58")
#: How a session behaves: a commit is on the disk when it returns, and nobody waits for ever.
_SETTINGS: Final = (
    "SET client_encoding TO 'UTF8'",
    "SET default_transaction_isolation TO 'read committed'",
    "SET lock_timeout TO '30s'",
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local')",
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a record lies on a server: address, database, user and schema, never a password."""

    url: URL
    schema: str = SCHEMA

    def __str__(self) -> str:
        url = self.url.set(drivername="postgresql")
        named = url if self.schema == SCHEMA else url.update_query_dict({"schema": self.schema})
        return named.render_as_string()

    def as_role(self, role: str) -> Server:
        """The same place, entered as another role."""
        query = {name: value for name, value in self.url.query.items() if name != "user"}
        return Server(self.url.set(username=role, query=query), self.schema)

    def is_place_of(self, other: Server) -> bool:
        """Whether both name one place, whoever enters it."""
        return self.as_role("galu") == other.as_role("galu")


def server_named(address: str) -> Server:
    """The place that an address names, such as ``postgresql://galu@db.example.org/trials?schema=first``.

    Raises
    ------
    InputError
        When it is none, or holds a password.
    """
    shown = re.sub(r"(://[^:@/]*:|password=)[^@&]*", r"\1…", address)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in ("postgresql", "postgres", _DRIVER):
        raise InputError(
            shown, "is no address of a PostgreSQL server", "write postgresql://role@host/database"
        )
    if url.password is not None or "password" in url.query:
        remedy = "leave it out, and keep it in ~/.pgpass, a service file or PGPASSWORD"
        raise InputError(shown, "holds a password, which would be kept in the open", remedy)
    schema = url.query.get("schema", SCHEMA)
    if not isinstance(schema, str) or not _SCHEMA.fullmatch(schema) or schema.startswith("pg_"):
        raise InputError(shown, f"{schema!r} is no name of a schema", "write small letters, digits and _")
    rest = url.difference_update_query(["schema"]).set(drivername=_DRIVER)
    return Server(rest, schema)


def server_of(folder: Path) -> Server | None:
    """The server on which a trial folder says its record is kept; None where it is in the folder.

    Raises
    ------
    InputError
        When the file that says it is none.
    """
    path = folder / SERVER
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return server_named(found["record"])
    except FileNotFoundError:
        return None
    except PermissionError:
        raise OutOfReachError(str(path), "may not be read", "ask whoever owns it") from None
    except (OSError, ValueError, TypeError, KeyError):
        remedy = 'write {"record": "postgresql://role@host/database"}'
        raise InputError(str(path), "does not say on which server the record is", remedy) from None


def write_server(folder: Path, server: Server) -> None:
    """Say in a trial folder that its record is on a server: from now on it is read and written there."""
    write_private(folder / SERVER, json.dumps({"record": str(server)}, indent=1).encode())


def open_server(server: Server) -> Engine:
    """Connections to a server, none of them opened yet.

    Raises
    ------
    InputError
        When the driver is not installed.
    """
    try:
        engine = create_engine(server.url, pool_pre_ping=True, connect_args={"application_name": "galu"})
    except ModuleNotFoundError:
        raise OutOfReachError(
            str(server), "the driver of PostgreSQL is not installed", "install galu[postgresql]"
        ) from None

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.autocommit = True
        for setting in (*_SETTINGS, f'SET search_path TO "{server.schema}", pg_temp'):
            connection.execute(setting)
        connection.autocommit = False

    return engine


class in_a_sentence:  # noqa: N801  # reads as a phrase where it is used
    """Turns the server's own complaints into one sentence."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, UnicodeDecodeError):
            raise _damaged(self._place, "holds bytes that are no text") from error
        plain = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(error, DBAPIError) and not type(error).__module__.startswith("psycopg"):
            return
        state = getattr(plain, "sqlstate", None)
        told = " ".join(str(plain).split("\n")[0].split()) or type(plain).__name__
        if state is None or state.startswith(_PASSING):
            raise OutOfReachError(
                self._place, f"the server refuses ({told})", "see to it and try again"
            ) from error
        if state in ("42P01", "3F000"):
            raise InputError(
                self._place, "no record is there", "name its database and schema, or restore a backup"
            ) from error
        raise _damaged(self._place, told) from error


def _damaged(place: str, told: str) -> InputError:
    return InputError(place, f"the database is damaged or no record ({told})", "restore it from a backup")
