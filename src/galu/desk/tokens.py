"""Tokens for programs: a part of what an account may do, at some sites, until a day; they sign nothing.

A token never reaches further than its account does at the moment it is used: what was taken back from the
account is taken back from the token. Closing the account, or setting its password anew, ends every token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from galu.access import ROLES, Grant
from galu.desk.identity import Identity, acts
from galu.finding import InputError, NobodyError, NotThereError
from galu.store import Accounts

PURPOSE: Final = "api"
#: The longest that a token serves.
LONGEST: Final = timedelta(days=366)
_LABEL: Final = 80


@dataclass(frozen=True, slots=True)
class TokenScope:
    """What a token is for: a label, roles of one trial, its sites (None: all of the account's), its end."""

    label: str
    trial: str
    roles: tuple[str, ...]
    sites: tuple[str, ...] | None
    expires: datetime


@dataclass(frozen=True, slots=True)
class TokenShown:
    """A token as a list shows it: by a name that is not its secret."""

    name: str
    scope: TokenScope
    ended: bool


@acts("compute")
def issue_token(accounts: Accounts, who: Identity, scope: TokenScope) -> str:
    """A new token; gives its secret, which is not kept.

    Raises
    ------
    InputError
        When the account has not one of the roles there, the end is past or too far, or it has no label.
    """
    if not scope.label.strip() or len(scope.label) > _LABEL:
        raise InputError("label", "says not what the token is for", f"name the program (up to {_LABEL})")
    held = {grant.role for grant in who.grants(scope.trial)}
    wrong = [role for role in scope.roles if role not in ROLES or role not in held]
    if wrong or not scope.roles:
        named = ", ".join(wrong) or "no role"
        raise InputError("roles", f"{named}: none of yours in that trial", "name roles that you have there")
    if scope.sites is not None and not all(site.strip() for site in scope.sites):
        raise InputError("sites", "a site has no name", "name it as demographics do")
    lasts = scope.expires - accounts.clock()
    if not timedelta() < lasts <= LONGEST:
        raise InputError("expires", "is past, or too far", f"give a moment within {LONGEST.days} days")
    told = {
        "label": scope.label, "trial": scope.trial, "roles": sorted(set(scope.roles)),
        "sites": None if scope.sites is None else sorted(set(scope.sites)),
    }  # fmt: skip
    secret = accounts.issue(who.account, PURPOSE, lasts, json.dumps(told, ensure_ascii=False))
    accounts.note("token-issued", who.account, who.account, **told)
    return secret


@acts("compute")
def tokens_of(accounts: Accounts, who: Identity) -> tuple[TokenShown, ...]:
    """Tokens of an account, the newest last."""
    return tuple(
        TokenShown(name, _scope(json.loads(content), expires), ended)
        for name, content, expires, ended in accounts.issued(who.account, PURPOSE)
    )


def _scope(told: dict[str, object], expires: datetime) -> TokenScope:
    sites = told["sites"]
    return TokenScope(
        str(told["label"]), str(told["trial"]), _texts(told["roles"]),
        None if sites is None else _texts(sites), expires,
    )  # fmt: skip


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


@acts("compute")
def end_token(accounts: Accounts, who: Identity, name: str) -> None:
    """End a token of one's own at once.

    Raises
    ------
    NotThereError
        When the account has none of this name.
    """
    if not accounts.end_issued(who.account, PURPOSE, name):
        raise NotThereError(f"token {name!r}", "is not there", "choose one of your list")
    accounts.note("token-ended", who.account, who.account, token=name)


@acts("compute")
def identity_of_token(accounts: Accounts, secret: str) -> Identity:
    """Who bears a token, with the part of his grants that it reaches.

    Raises
    ------
    NobodyError
        When it does not serve, or its account was closed.
    """
    found = accounts.look(secret, PURPOSE)
    account = accounts.account(found[0]) if found else None
    if found is None or account is None or account.disabled:
        raise NobodyError("token", "does not serve, or not any more", "make another one")
    scope = _scope(json.loads(found[1]), accounts.clock())
    granted = tuple(
        (scope.trial, within(grant, scope.sites))
        for trial, grant in accounts.grants(account.login)
        if trial in (None, scope.trial) and grant.role in scope.roles
    )
    return Identity(account.login, account.name, granted)


def within(grant: Grant, sites: tuple[str, ...] | None) -> Grant:
    """A grant, bounded by sites as well."""
    if sites is None:
        return grant
    bound = frozenset(sites)
    return replace(grant, sites=bound if grant.sites is None else grant.sites & bound)
