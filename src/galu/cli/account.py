"""Who acts at a terminal: `GALU_ACCOUNT` with `GALU_TOKEN`, or with the password asked for."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from galu.desk.identity import Identity
from galu.finding import InputError

if TYPE_CHECKING:
    from galu.desk.login import Shown


def secret(question: str) -> str:
    """What is typed without being shown; of a pipe its next line."""
    import getpass

    if sys.stdin.isatty():
        return getpass.getpass(f"{question}: ")
    return sys.stdin.readline().rstrip("\r\n")


def shown_by(login: str) -> Shown:
    """Password and code of an account, asked for."""
    from galu.desk.login import Shown

    password = secret(f"password of {login}")
    return Shown(login, password, secret("code of the authenticator (empty without one)"), "terminal")


def account_named() -> str:
    """The account that is to act.

    Raises
    ------
    InputError
        When none is named.
    """
    login = os.environ.get("GALU_ACCOUNT", "").strip()
    if not login:
        remedy = (
            "set GALU_ACCOUNT to your login; a password is asked for, or set GALU_TOKEN (`galu user token`)"
        )
        raise InputError("galu", "this trial has accounts, and nobody has said who acts", remedy)
    return login


@cache
def terminal_identity(place: str) -> Identity:
    """Who acts, of the accounts kept at a place; asked once for each command.

    Raises
    ------
    InputError
        When nobody is named, or what he shows is wrong.
    """
    from galu.desk.accounts import accounts_at
    from galu.desk.login import identity_of, log_in, log_out

    login = account_named()
    with accounts_at(place) as accounts:
        token = os.environ.get("GALU_TOKEN", "").strip()
        if token:
            who = identity_of(accounts, token)
            if who.account != login:
                raise InputError("GALU_TOKEN", f"is not one of {login}", "set both of one account")
            return who
        session = log_in(accounts, shown_by(login), "terminal")
        who = identity_of(accounts, session)
        log_out(accounts, session)
        account = accounts.account(login)
        proofs = ("password+totp",) if account and account.totp else ()
        return replace(who, proofs=proofs)  # shown for this one command
