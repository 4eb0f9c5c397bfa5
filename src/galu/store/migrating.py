"""What the owner of a database does for a record: make its tables, and give a role what it needs, no more."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from galu.finding import InputError, OutOfReachError
from galu.store.server import Server, in_a_sentence, open_server
from galu.store.server_schema import REVISION, REVISIONS

#: The oldest server that is tried [major version].
_OLDEST: Final = 15
_ROLE: Final = text(
    "SELECT rolsuper OR rolname = current_user OR pg_has_role(rolname, current_user, 'MEMBER') AS may_more "
    "FROM pg_roles WHERE rolname = :role"
)


def prepare_server(owner: Server, role: str) -> None:
    """Make or renew the tables of a record, and let a role read and append.

    Parameters
    ----------
    owner
        The place, entered as the role that is to own the tables.
    role
        The role as which galu works from then on; it exists, and may log in.

    Raises
    ------
    InputError
        When the server is too old or not in UTF-8, or the role is none, or may more than it should.
    """
    engine = open_server(owner)
    try:
        with in_a_sentence(str(owner)), engine.begin() as connection:
            _require_fit(owner, connection)
            _require_humble(owner, connection, role)
            quoted, named = f'"{owner.schema}"', engine.dialect.identifier_preparer.quote_identifier(role)
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
            _upgrade(connection, owner)
            for grant in (
                f"REVOKE ALL ON ALL TABLES IN SCHEMA {quoted} FROM PUBLIC, {named}",
                f"GRANT USAGE ON SCHEMA {quoted} TO {named}",
                f"GRANT SELECT, INSERT ON {quoted}.entry TO {named}",
                f"GRANT SELECT ON {quoted}.{REVISIONS} TO {named}",
            ):
                connection.exec_driver_sql(grant.replace("%", "%%"))
    finally:
        engine.dispose()


def _upgrade(connection: Connection, owner: Server) -> None:
    try:
        from alembic import command
        from alembic.config import Config
    except ModuleNotFoundError:
        raise OutOfReachError(
            str(owner), "Alembic, which makes the tables, is not installed", "install galu[postgresql]"
        ) from None
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes.update(connection=connection, schema=owner.schema)
    command.upgrade(config, REVISION)


def _require_fit(server: Server, connection: Connection) -> None:
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    if version < _OLDEST:
        raise InputError(str(server), f"is PostgreSQL {version}", f"use {_OLDEST} or later")
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise InputError(str(server), f"keeps text in {encoding}", "make the database with encoding UTF8")


def _require_humble(server: Server, connection: Connection, role: str) -> None:
    row = connection.execute(_ROLE, {"role": role}).one_or_none()
    if row is None:
        raise InputError("--role", f"the server knows no role {role!r}", "make it with CREATE ROLE … LOGIN")
    if row.may_more:
        raise InputError(
            "--role",
            f"{role!r} may change what is written: it is the owner of the tables or stands above it",
            "name a role of its own, which only reads and appends",
        )
