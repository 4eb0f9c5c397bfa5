"""The record on a PostgreSQL server: an advisory lock lets one writer in at a time, for each record.

galu works as a role that may select and insert, and refuses to work as one that may more.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from galu.finding import InputError, OutOfReachError
from galu.store.checkpoints import Checkpoints
from galu.store.entering import Row
from galu.store.server import Server, in_a_sentence, open_server, server_of
from galu.store.server_schema import CONSTRAINTS, REVISION, REVISIONS, TRIGGERS, function_bodies
from galu.store.sql import ROWS, Clock, SqlStore, moved

_COPY: Final = "COPY entry (seq, recorded, kind, payload, previous, digest, id, supersedes) FROM STDIN"
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:key)")
_RIGHTS: Final = text(
    "SELECT has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE') "
    "OR has_table_privilege(c.oid, 'TRUNCATE') OR has_table_privilege(c.oid, 'TRIGGER') "
    "OR pg_has_role(c.relowner, 'MEMBER') AS may_more, "
    "current_setting('fsync') = 'on' AS is_safe FROM pg_class c WHERE c.oid = to_regclass('entry')"
)
_TRIGGERS: Final = text(
    "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass('entry') AND NOT tgisinternal "
    "AND tgenabled = 'A' AND tgqual IS NULL ORDER BY tgname"
)
_CONSTRAINTS: Final = text(
    "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass('entry') AND convalidated "
    "AND contype IN ('c', 'p', 'u') ORDER BY conname"
)
_FUNCTIONS: Final = text(
    "SELECT p.proname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE t.tgrelid = to_regclass('entry') AND NOT t.tgisinternal"
)


class PostgresStore(SqlStore):
    """A record on a PostgreSQL server.

    Parameters
    ----------
    server
        Where it lies, entered as the role that reads and appends.
    clock, zone, checkpoints
        See `SqlStore`.
    folder
        The trial folder that says so; None for a record that no folder names.
    """

    named = text("SELECT id, kind, payload FROM entry WHERE id = ANY(:ids)")
    corrected = text("SELECT supersedes AS target, id FROM entry WHERE supersedes = ANY(:ids) ORDER BY seq")

    def __init__(
        self,
        server: Server,
        clock: Clock,
        zone: str = "UTC",
        checkpoints: Checkpoints | None = None,
        folder: Path | None = None,
    ) -> None:
        super().__init__(str(server), open_server(server), clock, zone, checkpoints)
        self.server = server
        self._folder = folder
        self._is_fit = False
        key = hashlib.sha256(f"galu record {server.schema}".encode()).digest()[:8]
        self._key = int.from_bytes(key, "big", signed=True)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with super()._reading() as connection:
            self._require_fit(connection)
            yield connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._reading() as connection:
            # A statement after this one sees whatever the writer before has committed.
            connection.execute(_LOCK, {"key": self._key})
            self._require_here()
            yield connection

    def _in_a_sentence(self) -> contextlib.AbstractContextManager[None]:
        return in_a_sentence(self.place)

    def _require_here(self) -> None:
        if self._folder is not None and server_of(self._folder) != self.server:
            raise moved(self.place)

    def _require_fit(self, connection: Connection) -> None:
        """Refuse tables of another galu, a role that may more than append, a server that may lose commits."""
        if self._is_fit:
            return
        rights = connection.execute(_RIGHTS).one_or_none()
        if rights is None:
            raise InputError(
                self.place, "no record is there", "name its database and schema, or restore a backup"
            )
        if rights.may_more:
            raise OutOfReachError(
                self.place,
                "this role may change what is written",
                "work as a role that only reads and appends (`galu record move --role`)",
            )
        if not rights.is_safe:
            raise OutOfReachError(
                self.place, "the server may lose what it has acknowledged (fsync is off)", "turn fsync on"
            )
        found = connection.exec_driver_sql(f"SELECT version_num FROM {REVISIONS}").scalar_one()
        if found != REVISION:
            raise OutOfReachError(
                self.place,
                f"its tables are of step {found}, this galu knows {REVISION}",
                "use the newer galu, or renew them with `galu record move` as their owner",
            )
        self._is_fit = True

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        cursor = connection.connection.cursor()
        with contextlib.closing(cursor), cursor.copy(_COPY) as copy:
            for row in rows:
                fact = json.loads(row[3])
                copy.write_row((*row, fact["id"], fact.get("supersedes")))

    def _stream(self, connection: Connection, after: int) -> Any:
        # Named: the rows stay on the server until they are fetched.
        driver: Any = connection.connection.driver_connection
        return driver.cursor("galu_rows").execute(ROWS.format("%s"), (after,))

    def _ids(self, ids: Iterable[str]) -> Any:
        return sorted(ids)

    def guards_fault(self, connection: Connection) -> str | None:
        """What is wrong with the guards that galu put into the database."""
        same = (
            connection.execute(_TRIGGERS).scalars().all() == sorted(name for name, _, _ in TRIGGERS)
            and connection.execute(_CONSTRAINTS).scalars().all() == list(CONSTRAINTS)
            and {row.proname: row.prosrc for row in connection.execute(_FUNCTIONS)}
            == function_bodies(self.server.schema)
        )
        return None if same else "the guards of the database were changed"

    def integrity(self) -> str | None:
        """What is wrong with the guards; the server checks its own files, and the chain every entry."""
        with self._reading() as connection:
            return self.guards_fault(connection)
