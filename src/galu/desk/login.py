"""Coming in, going on, going out, and showing oneself once more before a signature.

Whatever is wrong with a login, the answer is the same sentence after the same time. A secret is made at each
coming in, so that none brought along from before serves; only its hash is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from galu.desk.credentials import hash_password, is_password, is_weaker, step_of_code
from galu.desk.identity import Identity, acts
from galu.finding import InputError, NobodyError
from galu.store import Account, Accounts

#: NIST SP 800-63B (rev. 4) 2.2.3 and ASVS 5.0 7.3: idle and absolute limits of a session, by its way.
IDLE: Final = {"browser": timedelta(minutes=30), "terminal": timedelta(hours=8)}
WHOLE: Final = {"browser": timedelta(hours=12), "terminal": timedelta(days=7)}
#: How fresh a proof must be when something is signed with it.
PROOF_LASTS: Final = timedelta(minutes=3)
#: After so many failures in a row each further one makes the next attempt wait twice as long.
_FREE_ATTEMPTS: Final = 5
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody types to show who he is; `code` is that of an authenticator, empty without one."""

    login: str
    password: str
    code: str = ""
    came_from: str = ""


class RefusedError(InputError):
    """Nobody was let in; it does not say why."""

    def __init__(self) -> None:
        super().__init__("galu", "login, password or code is wrong", "try again, or ask for a new link")


class TooManyError(InputError):
    """Attempts must wait; so for logins that nobody has."""

    def __init__(self, left: timedelta) -> None:
        minutes = max(1, round(left.total_seconds() / 60))
        super().__init__("galu", "too many attempts failed", f"try again in {minutes} min")


@acts("compute")
def log_in(accounts: Accounts, shown: Shown, way: str = "browser", before: str | None = None) -> str:
    """Let an account in; gives the secret of its new session.

    Parameters
    ----------
    way
        `browser` or `terminal`, which sets the limits of the session.
    before
        Secret of a session that the same bearer had, which ends.

    Raises
    ------
    InputError
        When what was shown is wrong, or attempts must wait.
    """
    account, means = _checked(accounts, shown)
    if before:
        accounts.end_session(before, "logged in anew")
    return accounts.begin_session(account.login, way, means, shown.came_from)


def _checked(accounts: Accounts, shown: Shown) -> tuple[Account, str]:
    """The account that was shown, and by what."""
    require_patience(accounts, shown.login)
    account = accounts.account(shown.login) if len(shown.login) <= _LONGEST_LOGIN else None
    usable = account is not None and not account.disabled
    right = is_password(account.password if account else None, shown.password[:1024]) and usable
    if account is None or not right or not _is_code(accounts, account, shown.code):
        accounts.failed(shown.login[:_LONGEST_LOGIN], shown.came_from[:200], "password or code")
        raise RefusedError
    accounts.forgive(account.login)
    if account.password and is_weaker(account.password):
        accounts.rehash(account.login, hash_password(shown.password))
    return account, "password+totp" if account.totp else "password"


_LONGEST_LOGIN: Final = 64


def require_patience(accounts: Accounts, login: str) -> None:
    """Refuse an attempt that comes too soon after failed ones."""
    count, last = accounts.failures(login[:_LONGEST_LOGIN])
    if last is None or count < _FREE_ATTEMPTS:
        return
    doubled = min(count - _FREE_ATTEMPTS, 10)
    left = last + min(_FIRST_WAIT * 2**doubled, _LONGEST_WAIT) - accounts.clock()
    if left > timedelta():
        raise TooManyError(left)


def _is_code(accounts: Accounts, account: Account, code: str) -> bool:
    if account.totp is None:
        return True
    step = step_of_code(account.totp, code, accounts.clock())
    return step is not None and accounts.use_totp(account.login, step)


@acts("compute")
def identity_of(accounts: Accounts, secret: str) -> Identity:
    """Who bears a session that still holds; the moment counts as his last.

    Raises
    ------
    InputError
        When the session is over, was idle or lasted too long, or its account was disabled.
    """
    session, now = accounts.session(secret), accounts.clock()
    if session is None or session.ended:
        raise _over()
    if _is_idle(session.seen, now, session.way) or now - session.begun > WHOLE[session.way]:
        accounts.end_session(secret, "timeout")
        raise _over()
    account = accounts.account(session.login)
    if account is None or account.disabled:
        raise _over()
    accounts.saw(secret)
    return Identity(account.login, account.name, accounts.grants(account.login))


def _is_idle(seen: datetime, now: datetime, way: str) -> bool:
    return now - seen > IDLE[way]


def _over() -> NobodyError:
    return NobodyError("galu", "the session is over", "log in again")


@acts("compute")
def log_out(accounts: Accounts, secret: str) -> None:
    """End a session at once."""
    accounts.end_session(secret, "asked for")


@acts("compute")
def prove(accounts: Accounts, who: Identity, shown: Shown) -> str:
    """Show oneself once more; gives a secret with which one thing can be signed within minutes.

    Raises
    ------
    InputError
        When what was shown is wrong, or has no code: a signature needs two things (21 CFR 11.200(a)(1)).
    """
    if shown.login != who.account:
        raise RefusedError
    account, means = _checked(accounts, shown)
    if means != "password+totp":
        raise InputError(
            f"account {account.login}",
            "has no authenticator, and a signature needs a code or a passkey",
            "set one up with `galu user totp`",
        )
    return issue_proof(accounts, account.login, means)


@acts("compute")
def require_again(accounts: Accounts, who: Identity, shown: Shown) -> None:
    """Refuse whoever does not show himself again, before what lets him in is changed (ASVS 5.0, 7.5.1).

    Raises
    ------
    InputError
        When what was shown is wrong, or attempts must wait.
    """
    if shown.login != who.account:
        raise RefusedError
    _checked(accounts, shown)


def issue_proof(accounts: Accounts, login: str, means: str) -> str:
    """A secret that says how somebody showed himself a moment ago; it serves once."""
    return accounts.issue(login, "proof", PROOF_LASTS, means)


def take_proof(accounts: Accounts, who: Identity, proof: str) -> str:
    """How somebody showed himself a moment ago; the proof is used up.

    Raises
    ------
    InputError
        When the proof is another's, was used, or is too old.
    """
    found = accounts.take(proof, "proof")
    if found is None or found[0] != who.account:
        remedy = "show password and code, or the passkey, once more"
        raise NobodyError("signature", "who signs has not shown himself a moment ago", remedy)
    return found[1]
