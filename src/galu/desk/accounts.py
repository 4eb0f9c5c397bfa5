"""Use cases of accounts: the first administrator, invitations, grants, resets, the log of access.

Several trials may share one place of accounts. Whoever administers one of them has no power over an account
that another trial has granted something, unless he administers that one too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from galu.access import ROLES, Grant, may, password_fault
from galu.desk.admission import admitted
from galu.desk.clock import utc_now
from galu.desk.credentials import hash_password, is_password, new_seed, step_of_code
from galu.desk.folder import TrialFolder, opened
from galu.desk.identity import Identity, acts
from galu.desk.login import RefusedError, require_patience
from galu.desk.places import accounts_of, name_accounts
from galu.finding import InputError
from galu.record.identifiers import plain_identifier
from galu.store import Account, Accounts
from galu.store.access_log import AccessEntry
from galu.vocabulary.persons import is_named

#: How long an invitation serves.
INVITED_FOR: Final = timedelta(hours=24)
#: Who acts where nobody has an account yet: whoever owns the files.
CONSOLE: Final = "console"
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class World:
    """What comes from outside: the present moment, and random bytes."""

    clock: Callable[[], datetime] = utc_now
    random: Callable[[int], bytes] = os.urandom


WORLD: Final = World()


@dataclass(frozen=True, slots=True)
class Invitation:
    """A secret that sets the password of an account, once, until it expires."""

    login: str
    token: str
    expires: datetime
    place: str


@dataclass(frozen=True, slots=True)
class Member:
    """An account as a trial knows it, with what it was granted there."""

    account: Account
    grants: tuple[Grant, ...]
    passkeys: int


@contextmanager
def accounts_at(place: str, world: World = WORLD) -> Iterator[Accounts]:
    """The accounts kept at a place, let go of at the end."""
    accounts = Accounts(place, world.clock, world.random)
    try:
        yield accounts
    finally:
        accounts.close()


@acts("manage-accounts")
def add_user(folder: Path, login: str, name: str, at: str | None = None, world: World = WORLD) -> Invitation:
    """Add an account to a trial; the first one becomes its administrator, on the console alone.

    Parameters
    ----------
    login
        What is typed, and stands in every fact; it is never given to another.
    name
        The person's full name, as it is to stand beside signatures.
    at
        For the first account: a file or URL for the accounts, by default `accounts.sqlite` beside the trial.

    Raises
    ------
    InputError
        When the login cannot be or is taken, or nobody is named.
    """
    _require_person(login, name)
    trial = opened(folder, world.clock)
    if accounts_of(folder) is None:
        return _first(trial, login, name, at, world)
    if at is not None:
        raise InputError("--accounts", "this trial has accounts already", "leave it out")
    with _administered(trial, world) as (accounts, who):
        accounts.add(login, name, who.account)
        return _invited(accounts, login)


def _require_person(login: str, name: str) -> None:
    try:
        plain_identifier(login)
    except ValueError as error:
        raise InputError("LOGIN", str(error), "use letters, figures and points") from None
    if not login or len(login) > _LONGEST or any(one.isspace() for one in login) or login == CONSOLE:
        raise InputError("LOGIN", f"{login!r} is no login", f"use up to {_LONGEST} signs without blanks")
    if not is_named(name):
        raise InputError("--name", f"{name!r} names nobody", "give the person's full name")


def _first(trial: TrialFolder, login: str, name: str, at: str | None, world: World) -> Invitation:
    place = at or str(trial.path.absolute().parent / "accounts.sqlite")
    accounts = Accounts(
        place if "://" in place else str(Path(place).absolute()), world.clock, world.random, True
    )
    try:
        known = accounts.account(login)
        if known is None:
            accounts.add(login, name, CONSOLE)
        elif known.name != name:
            raise InputError(f"account {login!r}", f"is that of {known.name}", "choose another login")
        accounts.grant(login, trial.id, Grant("administrator", None, trial.today), CONSOLE)
        invited = _invited(accounts, login)
        name_accounts(trial.path, accounts.place)
        return invited
    finally:
        accounts.close()


def _invited(accounts: Accounts, login: str) -> Invitation:
    token = accounts.issue(login, "password", INVITED_FOR)
    return Invitation(login, token, accounts.clock() + INVITED_FOR, accounts.place)


@contextmanager
def _administered(trial: TrialFolder, world: World) -> Iterator[tuple[Accounts, Identity]]:
    """The accounts of a trial, and who acts, who may do what the use case does."""
    place = accounts_of(trial.path)
    if place is None:
        remedy = "add its first administrator with `galu user add`"
        raise InputError(str(trial.path), "this trial has no accounts", remedy)
    who = admitted(trial.path, trial.id, trial.today)
    assert who is not None  # it has accounts
    with accounts_at(place, world) as accounts:
        yield accounts, who


def _member(accounts: Accounts, login: str) -> Account:
    account = accounts.account(login)
    if account is None:
        raise InputError(f"account {login!r}", "is not there", "`galu user list` names them")
    return account


def _require_power(accounts: Accounts, who: Identity, login: str, day: date) -> None:
    """Refuse power over an account that a trial of somebody else has granted something."""
    for name, _ in accounts.grants(login):
        if not may(who.grants(name or ""), "manage-accounts", None, "open", day).value:
            raise InputError(
                f"account {login!r}", "has roles in a trial that you do not administer",
                "ask an administrator of that trial too",
            )  # fmt: skip


@acts("compute")
def set_password(accounts: Accounts, token: str, password: str) -> str:
    """Set the password of an account that was invited; gives its login.

    Raises
    ------
    InputError
        When the token does not serve any more, or the password is refused: then the token goes on to serve.
    """
    found = accounts.look(token, "password")
    if found is None:
        raise InputError("the link", "was used or is too old", "ask for a new one")
    _require_good(accounts, found[0], password)
    if accounts.take(token, "password") is None:
        raise InputError("the link", "was used or is too old", "ask for a new one")
    accounts.set_password(found[0], hash_password(password), found[0])
    accounts.forgive(found[0])
    return found[0]


@acts("compute")
def change_password(accounts: Accounts, who: Identity, old: str, new: str) -> None:
    """Set another password; every session ends.

    Raises
    ------
    InputError
        When the old one is wrong, or the new one is refused.
    """
    account = _member(accounts, who.account)
    require_patience(accounts, account.login)
    if not is_password(account.password, old):
        accounts.failed(account.login, "", "password to change it")
        raise RefusedError
    _require_good(accounts, account.login, new)
    accounts.set_password(account.login, hash_password(new), account.login)


def _require_good(accounts: Accounts, login: str, password: str) -> None:
    account = _member(accounts, login)
    fault = password_fault(password, (account.login, account.name, "galu"))
    if fault is not None:
        raise InputError("the new password", fault.removeprefix("the password "), "choose another")


@acts("compute")
def begin_totp(accounts: Accounts, who: Identity) -> tuple[str, str]:
    """A new seed for an authenticator, and the ticket that its first code needs."""
    seed = new_seed(accounts.random(20))
    return seed, accounts.issue(who.account, "totp", timedelta(minutes=15), seed)


@acts("compute")
def confirm_totp(accounts: Accounts, who: Identity, ticket: str, code: str) -> None:
    """Keep the seed once a code shows that the authenticator has it.

    Raises
    ------
    InputError
        When the code is not one of it.
    """
    found = accounts.look(ticket, "totp")
    step = step_of_code(found[1], code, accounts.clock()) if found and found[0] == who.account else None
    if found is None or step is None or accounts.take(ticket, "totp") is None:
        raise InputError("the code", "is not one of this authenticator", "compare the clocks, and try again")
    accounts.set_totp(who.account, found[1], who.account)
    accounts.use_totp(who.account, step)


@acts("manage-accounts")
def grant_role(folder: Path, login: str, grant: Grant, world: World = WORLD) -> str:
    """Grant a role in a trial; gives the id of the grant.

    Raises
    ------
    InputError
        When there is no such role or account, or it would end before it begins.
    """
    if grant.role not in ROLES:
        raise InputError("ROLE", f"{grant.role!r} is no role", f"use one of {', '.join(ROLES)}")
    if grant.until is not None and grant.until < grant.since:
        raise InputError("--until", f"{grant.until} is before {grant.since}", "give a later day")
    if grant.sites is not None and not all(site.strip() for site in grant.sites):
        raise InputError("--site", "a site has no name", "name it as demographics do")
    trial = opened(folder, world.clock)
    with _administered(trial, world) as (accounts, who):
        return accounts.grant(_member(accounts, login).login, trial.id, grant, who.account)


@acts("manage-accounts")
def revoke_role(folder: Path, grant: str, world: World = WORLD) -> str:
    """Take a grant of this trial back at once; gives the login it was of.

    Raises
    ------
    InputError
        When it is none in force, or the last administrator would be gone.
    """
    trial = opened(folder, world.clock)
    with _administered(trial, world) as (accounts, who):
        members = _members(accounts, trial)
        held = {one.id: (member, one) for member in members for one in member.grants}
        if grant not in held:
            raise InputError(f"grant {grant!r}", "is none of this trial", "`galu user list` names them")
        left = [
            one
            for name, (member, one) in held.items()
            if name != grant and one.role == "administrator" and one.sites is None
            and one.holds_on(trial.today) and not member.account.disabled
        ]  # fmt: skip
        if held[grant][1].role == "administrator" and not left:
            raise InputError(
                f"grant {grant!r}", "is that of the last administrator", "grant it to another before"
            )
        return accounts.revoke(grant, who.account)


@acts("manage-accounts")
def reset_user(folder: Path, login: str, world: World = WORLD) -> Invitation:
    """Forget password and authenticator of an account, end its sessions, and invite it anew.

    Raises
    ------
    InputError
        When there is no such account, or another trial has a say in it.
    """
    trial = opened(folder, world.clock)
    with _administered(trial, world) as (accounts, who):
        account = _member(accounts, login)
        _require_power(accounts, who, account.login, trial.today)
        return _reset(accounts, account.login, who.account)


@acts("manage-accounts")
def reset_on_console(folder: Path, login: str, world: World = WORLD) -> Invitation:
    """The same by whoever owns the files of the accounts, where every administrator is locked out."""
    place = accounts_of(folder)
    if place is None or "://" in place or os.stat(place).st_uid != os.getuid():
        raise InputError("--console", "is for the owner of the accounts' file", "ask an administrator")
    with accounts_at(place, world) as accounts:
        return _reset(accounts, _member(accounts, login).login, CONSOLE)


def _reset(accounts: Accounts, login: str, by: str) -> Invitation:
    accounts.set_totp(login, None, by)
    accounts.forget_password(login, by)
    return _invited(accounts, login)


@acts("manage-accounts")
def disable_user(folder: Path, login: str, disabled: bool = True, world: World = WORLD) -> None:
    """Close an account at once, or open it again.

    Raises
    ------
    InputError
        When there is no such account, it is one's own, or another trial has a say in it.
    """
    trial = opened(folder, world.clock)
    with _administered(trial, world) as (accounts, who):
        account = _member(accounts, login)
        if account.login == who.account:
            raise InputError(f"account {login!r}", "is your own", "ask another administrator")
        _require_power(accounts, who, account.login, trial.today)
        accounts.disable(account.login, disabled, who.account)


@acts("manage-accounts")
def bind_user(folder: Path, login: str, issuer: str, subject: str, world: World = WORLD) -> None:
    """Let an account come in through an issuer of OpenID Connect, as the subject it is there."""
    trial = opened(folder, world.clock)
    with _administered(trial, world) as (accounts, who):
        account = _member(accounts, login)
        _require_power(accounts, who, account.login, trial.today)
        accounts.bind(issuer, subject, account.login, who.account)


@acts("manage-accounts")
def list_users(folder: Path, world: World = WORLD) -> tuple[Member, ...]:
    """Accounts with roles in the trial, and those that have none anywhere yet."""
    trial = opened(folder, world.clock)
    with _administered(trial, world) as (accounts, _):
        return _members(accounts, trial)


def _members(accounts: Accounts, trial: TrialFolder) -> tuple[Member, ...]:
    found = []
    for account in accounts.accounts():
        granted = accounts.grants(account.login)
        own = tuple(grant for name, grant in granted if name in (None, trial.id))
        if own or not granted:
            found.append(Member(account, own, len(accounts.passkeys(account.login))))
    return tuple(found)


@acts("read-access-log")
def access_log(folder: Path, world: World = WORLD) -> tuple[tuple[AccessEntry, ...], str | None]:
    """What the log of access tells of the accounts of this trial, and where it does not hold together."""
    trial = opened(folder, world.clock)
    with _administered(trial, world) as (accounts, _):
        entries = tuple(accounts.log.entries())
        here = {
            one.account
            for one in entries
            if one.told.get("trial") in (None, trial.id) and one.kind == "granted"
        }
        elsewhere = {one.account for one in entries if one.kind == "granted"} - here
        own = (one for one in entries if one.told.get("trial", trial.id) in (None, trial.id))
        return tuple(one for one in own if one.account not in elsewhere), accounts.log.fault()
