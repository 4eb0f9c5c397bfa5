"""Accounts, their grants, sessions and one-time tokens; each change is an entry of the log of access.

Of a secret only its hash is kept: a session or a one-time token is 32 random bytes, so SHA-256 serves (a
password needs argon2, which `galu.desk` computes). The seed of a one-time code must be kept as it is; the
file is readable by its owner alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select, update

from galu.access import Grant
from galu.files import sync
from galu.finding import InputError
from galu.record.identifiers import looks
from galu.store.access_log import AccessLog
from galu.store.accounts_schema import (
    ACCOUNT,
    ATTEMPT,
    BOUND,
    GRANT,
    PASSKEY,
    SESSION,
    TOKEN,
    is_address,
    open_accounts_engine,
)
from galu.store.checkpoints import Checkpoints
from galu.store.entering import moment_of, stamp

Clock = Callable[[], datetime]
Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account; `login` is never given to another, and stands in the facts it writes."""

    login: str
    name: str
    disabled: bool
    password: str | None
    totp: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """An account that came in: how, when, when it was last seen; `ended` where it is over."""

    login: str
    way: str
    begun: datetime
    seen: datetime
    ended: bool


@dataclass(frozen=True, slots=True)
class Passkey:
    """A credential of WebAuthn; `uses` is the counter its authenticator showed last."""

    id: str
    login: str
    public_key: bytes
    uses: int


def hash_of(secret: str) -> str:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()


class Accounts:
    """Accounts in one database.

    Parameters
    ----------
    place
        A file, or the address of a PostgreSQL server.
    clock, random
        Give the present moment, with its zone, and so many random bytes.
    create
        Make it where it is not there.
    """

    def __init__(self, place: str, clock: Clock, random: Random, create: bool = False) -> None:
        self.place = place
        self.clock = clock
        self.random = random
        fresh = create and not is_address(place) and not Path(place).exists()
        self._engine = open_accounts_engine(place, create)
        self.log = AccessLog(self._engine, self._heads(fresh))

    def _heads(self, fresh: bool) -> Checkpoints | None:
        """Signed heads of the log, beside the file of the accounts; none for a server."""
        if is_address(self.place):
            return None
        folder = Path(f"{self.place}.heads")
        if fresh:
            Checkpoints.create(folder)
            sync(folder.parent)
        return Checkpoints(folder)

    @contextmanager
    def _change(self, kind: str, login: str, by: str, **told: Any) -> Iterator[Connection]:
        """A transaction whose entry in the log is written last, with it or not at all."""
        with self._engine.begin() as connection:
            yield connection
            self.log.add(connection, self.clock(), kind, account=login, by=by, **told)
        self.log.settle()

    def note(self, kind: str, login: str, by: str, **told: Any) -> None:
        """Write an entry into the log that changes nothing else."""
        with self._change(kind, login, by, **told):
            pass

    def secret(self) -> str:
        """A new random secret, 256 bits, as text."""
        return self.random(32).hex()

    # --- accounts

    def add(self, login: str, name: str, by: str) -> None:
        """A new account without a password, which nobody can use yet.

        Raises
        ------
        InputError
            When the login is taken, or looks like one that is.
        """
        with self._change("added", login, by, name=name) as connection:
            taken = connection.execute(select(ACCOUNT.c.login).where(ACCOUNT.c.looks == looks(login)))
            known = taken.scalar_one_or_none()
            if known is not None:
                raise InputError(f"account {login!r}", f"is taken ({known})", "choose another login")
            connection.execute(
                ACCOUNT.insert().values(
                    login=login, looks=looks(login), name=name, created=stamp(self.clock()),
                    disabled=False, totp_last=0,
                )
            )  # fmt: skip

    def account(self, login: str) -> Account | None:
        """The account with this login, however it is typed."""
        with self._engine.begin() as connection:
            row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.looks == looks(login))).one_or_none()
        return None if row is None else _account(row)

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by login."""
        with self._engine.begin() as connection:
            return tuple(map(_account, connection.execute(select(ACCOUNT).order_by(ACCOUNT.c.login))))

    def set_password(self, login: str, password: str, by: str) -> None:
        """Keep another hash; every session of the account ends."""
        with self._change("password-changed", login, by) as connection:
            self._set(connection, login, password=password)
            self._end_all(connection, login)

    def forget_password(self, login: str, by: str) -> None:
        """Leave an account without a password; every session of it ends."""
        with self._change("password-forgotten", login, by) as connection:
            self._set(connection, login, password=None)
            self._end_all(connection, login)

    def rehash(self, login: str, password: str) -> None:
        """Keep a stronger hash of the same password."""
        with self._engine.begin() as connection:
            self._set(connection, login, password=password)

    def set_totp(self, login: str, seed: str | None, by: str) -> None:
        """Keep the seed of one-time codes, or forget it."""
        with self._change("totp-set" if seed else "totp-removed", login, by) as connection:
            self._set(connection, login, totp=seed)

    def use_totp(self, login: str, step: int) -> bool:
        """Whether the code of a time step was not used yet; from now on it, and earlier ones, are."""
        with self._engine.begin() as connection:
            fresh = (ACCOUNT.c.login == login) & (ACCOUNT.c.totp_last < step)
            return connection.execute(update(ACCOUNT).where(fresh).values(totp_last=step)).rowcount == 1

    def disable(self, login: str, disabled: bool, by: str) -> None:
        """Close an account, or open it again; closing ends its sessions and what could open it."""
        with self._change("disabled" if disabled else "enabled", login, by) as connection:
            self._set(connection, login, disabled=disabled)
            if disabled:
                self._end_all(connection, login)

    def _set(self, connection: Connection, login: str, **values: Any) -> None:
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.login == login).values(**values))

    # --- grants

    def grant(self, login: str, trial: str | None, grant: Grant, by: str) -> str:
        """Give a role; gives the id of the grant."""
        name = f"grant-{self.random(6).hex()}"
        told = {"trial": trial, "grant": name, "what": grant.in_words}
        with self._change("granted", login, by, **told) as connection:
            sites = None if grant.sites is None else json.dumps(sorted(grant.sites), ensure_ascii=False)
            until = grant.until.isoformat() if grant.until else None
            row = (name, login, trial, grant.role, sites, grant.since.isoformat(), until, None)
            connection.execute(GRANT.insert().values(dict(zip(GRANT.c.keys(), row, strict=True))))
        return name

    def revoke(self, grant: str, by: str) -> str:
        """Take a grant back at once; gives the login it was of.

        Raises
        ------
        InputError
            When there is none, or it was taken back already.
        """
        with self._engine.begin() as connection:
            found = connection.execute(select(GRANT).where(GRANT.c.id == grant)).one_or_none()
        if found is None or found.revoked:
            raise InputError(f"grant {grant!r}", "is not in force", "`galu user list` names those that are")
        with self._change("revoked", found.login, by, grant=grant, role=found.role) as connection:
            connection.execute(update(GRANT).where(GRANT.c.id == grant).values(revoked=stamp(self.clock())))
        return str(found.login)

    def grants(self, login: str) -> tuple[tuple[str | None, Grant], ...]:
        """Grants that were not taken back, each with the trial it is of."""
        with self._engine.begin() as connection:
            mine = (GRANT.c.login == login) & GRANT.c.revoked.is_(None)
            return tuple(map(_grant, connection.execute(select(GRANT).where(mine).order_by(GRANT.c.id))))

    # --- passkeys and other issuers

    def add_passkey(self, passkey: Passkey, label: str, by: str) -> None:
        """Keep the public half of a credential."""
        with self._change("passkey-added", passkey.login, by, label=label) as connection:
            row = (passkey.id, passkey.login, passkey.public_key, passkey.uses, label)
            connection.execute(PASSKEY.insert().values(dict(zip(PASSKEY.c.keys(), row, strict=True))))

    def passkeys(self, login: str) -> tuple[Passkey, ...]:
        """Credentials of an account."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(PASSKEY).where(PASSKEY.c.login == login))
            return tuple(Passkey(row.id, row.login, row.public_key, row.uses) for row in rows)

    def passkey(self, name: str) -> Passkey | None:
        """The credential with this id."""
        with self._engine.begin() as connection:
            row = connection.execute(select(PASSKEY).where(PASSKEY.c.id == name)).one_or_none()
        return None if row is None else Passkey(row.id, row.login, row.public_key, row.uses)

    def used_passkey(self, name: str, uses: int) -> None:
        """Keep the counter that an authenticator showed."""
        with self._engine.begin() as connection:
            connection.execute(update(PASSKEY).where(PASSKEY.c.id == name).values(uses=uses))

    def bind(self, issuer: str, subject: str, login: str, by: str) -> None:
        """Let an account come in through another issuer, by the subject it is there.

        Raises
        ------
        InputError
            When that subject is bound already.
        """
        issuer = issuer.rstrip("/")
        known = self.bound(issuer, subject)
        if known is not None:
            raise InputError(f"{subject!r} at {issuer}", f"is {known} already", "give the other subject")
        with self._change("bound", login, by, issuer=issuer, subject=subject) as connection:
            connection.execute(BOUND.insert().values(issuer=issuer, subject=subject, login=login))

    def bound(self, issuer: str, subject: str) -> str | None:
        """Login of the account that a subject of an issuer is."""
        with self._engine.begin() as connection:
            mine = (BOUND.c.issuer == issuer.rstrip("/")) & (BOUND.c.subject == subject)
            return connection.execute(select(BOUND.c.login).where(mine)).scalar_one_or_none()

    # --- sessions

    def begin_session(self, login: str, way: str, by_means: str, came_from: str) -> str:
        """A new session; gives the secret that its bearer shows, which is not kept."""
        secret, now = self.secret(), stamp(self.clock())
        with self._change("logged-in", login, login, way=way, means=by_means, came_from=came_from) as on:
            row = (hash_of(secret), login, way, now, now, None)
            on.execute(SESSION.insert().values(dict(zip(SESSION.c.keys(), row, strict=True))))
        return secret

    def session(self, secret: str) -> Session | None:
        """The session of a bearer."""
        with self._engine.begin() as connection:
            mine = SESSION.c.hash == hash_of(secret)
            row = connection.execute(select(SESSION).where(mine)).one_or_none()
        if row is None:
            return None
        begun, seen = moment_of(row.begun), moment_of(row.seen)
        return Session(row.login, row.way, begun, seen, row.ended is not None)

    def saw(self, secret: str) -> None:
        """The bearer was there just now."""
        with self._engine.begin() as connection:
            mine = SESSION.c.hash == hash_of(secret)
            connection.execute(update(SESSION).where(mine).values(seen=stamp(self.clock())))

    def end_session(self, secret: str, why: str) -> None:
        """End a session; one that is over already, or never was, stays so without a word."""
        found = self.session(secret)
        if found is None or found.ended:
            return
        with self._change("logged-out", found.login, found.login, why=why) as connection:
            mine = SESSION.c.hash == hash_of(secret)
            connection.execute(update(SESSION).where(mine).values(ended=stamp(self.clock())))

    def end_sessions(self, login: str, by: str) -> None:
        """End every session of an account, and whatever could open one."""
        with self._change("sessions-ended", login, by) as connection:
            self._end_all(connection, login)

    def _end_all(self, connection: Connection, login: str) -> None:
        now = stamp(self.clock())
        open_ = (SESSION.c.login == login) & SESSION.c.ended.is_(None)
        connection.execute(update(SESSION).where(open_).values(ended=now))
        unused = (TOKEN.c.login == login) & TOKEN.c.used.is_(None)
        connection.execute(update(TOKEN).where(unused).values(used=now))

    # --- one-time tokens

    def issue(self, login: str, purpose: str, lasts: timedelta, content: str = "") -> str:
        """A secret that serves once, for one purpose, for a while."""
        secret, now = self.secret(), self.clock()
        with self._engine.begin() as connection:
            row = (hash_of(secret), login, purpose, content, stamp(now + lasts), None)
            connection.execute(TOKEN.insert().values(dict(zip(TOKEN.c.keys(), row, strict=True))))
        return secret

    def look(self, secret: str, purpose: str) -> tuple[str, str] | None:
        """Login and content of a token that still serves; it goes on to serve."""
        with self._engine.begin() as connection:
            return self._token(connection, secret, purpose)

    def issued(self, login: str, purpose: str) -> tuple[tuple[str, str, datetime, bool], ...]:
        """Tokens of an account for a purpose: a name of each, its content, its end, whether it is over."""
        with self._engine.begin() as connection:
            mine = (TOKEN.c.login == login) & (TOKEN.c.purpose == purpose)
            rows = connection.execute(select(TOKEN).where(mine).order_by(TOKEN.c.expires, TOKEN.c.hash))
            now = stamp(self.clock())
            return tuple(
                (row.hash[:16], row.content, moment_of(row.expires), bool(row.used) or row.expires <= now)
                for row in rows
            )

    def end_issued(self, login: str, purpose: str, name: str) -> bool:
        """End a token by its name; whether there was one."""
        with self._engine.begin() as connection:
            mine = (TOKEN.c.login == login) & (TOKEN.c.purpose == purpose) & TOKEN.c.used.is_(None)
            named = mine & (TOKEN.c.hash.startswith(name, autoescape=True))
            ended = update(TOKEN).where(named).values(used=stamp(self.clock()))
            return len(name) == 16 and connection.execute(ended).rowcount == 1

    def take(self, secret: str, purpose: str) -> tuple[str, str] | None:
        """Login and content of a token that serves now, for the last time; None where it does not."""
        with self._engine.begin() as connection:
            found = self._token(connection, secret, purpose)
            if found is not None:
                unused = (TOKEN.c.hash == hash_of(secret)) & TOKEN.c.used.is_(None)
                taken = update(TOKEN).where(unused).values(used=stamp(self.clock()))
                if connection.execute(taken).rowcount != 1:  # another took it at the same moment
                    return None
        return found

    def _token(self, connection: Connection, secret: str, purpose: str) -> tuple[str, str] | None:
        row = connection.execute(select(TOKEN).where(TOKEN.c.hash == hash_of(secret))).one_or_none()
        if row is None or row.purpose != purpose or row.used or row.expires <= stamp(self.clock()):
            return None
        return row.login, row.content

    # --- failed attempts

    def failures(self, login: str) -> tuple[int, datetime | None]:
        """Failed attempts in a row for a login, known or not, and when the last was."""
        with self._engine.begin() as connection:
            row = connection.execute(select(ATTEMPT).where(ATTEMPT.c.looks == looks(login))).one_or_none()
        return (0, None) if row is None else (row.failures, moment_of(row.last))

    def failed(self, login: str, came_from: str, why: str) -> None:
        """One more attempt failed; the log tells it, of a login that nobody has as well."""
        with self._change("refused", login, "", came_from=came_from, why=why) as connection:
            mine = select(ATTEMPT.c.failures).where(ATTEMPT.c.looks == looks(login))
            count = connection.execute(mine).scalar_one_or_none() or 0
            connection.execute(ATTEMPT.delete().where(ATTEMPT.c.looks == looks(login)))
            connection.execute(
                ATTEMPT.insert().values(looks=looks(login), failures=count + 1, last=stamp(self.clock()))
            )

    def forgive(self, login: str) -> None:
        """Forget failed attempts."""
        with self._engine.begin() as connection:
            connection.execute(ATTEMPT.delete().where(ATTEMPT.c.looks == looks(login)))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _account(row: Row[Any]) -> Account:
    return Account(row.login, row.name, bool(row.disabled), row.password, row.totp)


def _grant(row: Row[Any]) -> tuple[str | None, Grant]:
    sites = None if row.sites is None else frozenset(json.loads(row.sites))
    until = date.fromisoformat(row.until) if row.until else None
    return row.trial, Grant(row.role, sites, date.fromisoformat(row.since), until, row.id)
