"""Who acts, what unlocks the key that signs, and where this user keeps notes, enter here.

A shell says who acts by `acting_as`; a use case says by `acts` what it does. Opening a trial that has
accounts asks for both, so that neither a shell nor a use case that forgets its part opens one.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from galu.access import Action, Grant
from galu.finding import NobodyError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Identity:
    """An account that has shown who it is.

    `granted` pairs each grant with the trial it is of, None for every trial. `proofs` are the ways in which
    it has shown itself a moment ago, as a signature needs them; empty for a session that only goes on.
    """

    account: str
    name: str
    granted: tuple[tuple[str | None, Grant], ...] = ()
    proofs: tuple[str, ...] = ()

    def grants(self, trial: str) -> tuple[Grant, ...]:
        """What it was granted in a trial."""
        return tuple(grant for name, grant in self.granted if name in (None, trial))


#: Given the place of the accounts, gives who acts; raises InputError where nobody has shown who he is.
Who = Callable[[str], Identity]

_ACTING: Final[ContextVar[Who | None]] = ContextVar("galu_acting", default=None)
_ACTION: Final[ContextVar[Action | None]] = ContextVar("galu_action", default=None)


@contextmanager
def acting_as(who: Who) -> Iterator[None]:
    """What is done inside is done by this account."""
    token = _ACTING.set(who)
    try:
        yield
    finally:
        _ACTING.reset(token)


@contextmanager
def telling(say: Callable[[str], None]) -> Iterator[None]:
    """Inside, `say` is told the account that acts as soon as it has shown itself."""
    who = _ACTING.get()
    if who is None:
        yield
        return

    def tells(accounts: str) -> Identity:
        found = who(accounts)
        say(found.account)
        return found

    with acting_as(tells):
        yield


def who_acts(accounts: str) -> Identity:
    """The account that acts, of the accounts kept at a place.

    Raises
    ------
    InputError
        When nobody has shown who he is.
    """
    who = _ACTING.get()
    if who is None:
        raise NobodyError("galu", "this trial has accounts, and nobody has said who acts", "set GALU_ACCOUNT")
    return who(accounts)


def acts(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare what a use case does; a trial that it opens is opened for that."""

    def declared(use_case: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(use_case)
        def within(*args: P.args, **kwargs: P.kwargs) -> R:
            token = _ACTION.set(action)
            try:
                return use_case(*args, **kwargs)
            finally:
                _ACTION.reset(token)

        within.action = action  # type: ignore[attr-defined]
        return within

    return declared


def action_of(use_case: Callable[..., object]) -> Action | None:
    """What a use case declares; None where it declares nothing."""
    return getattr(use_case, "action", None)


def current_action() -> Action:
    """What is being done.

    Raises
    ------
    LookupError
        When a use case opens a trial and declares nothing: a fault of galu.
    """
    action = _ACTION.get()
    if action is None:
        raise LookupError("a use case that opens a trial must declare its action (galu.desk.identity.acts)")
    return action


def passphrase() -> str | None:
    """What unlocks the key, of the environment (`GALU_PASSPHRASE`); a new key is locked with it."""
    return os.environ.get("GALU_PASSPHRASE") or None


def mirror_token() -> str | None:
    """What opens a mirror on the web, of the environment (`GALU_MIRROR_TOKEN`); sent as a bearer token."""
    return os.environ.get("GALU_MIRROR_TOKEN") or None


def state_folder() -> Path:
    """Where this user's notes lie (`XDG_STATE_HOME`, else ``~/.local/state``)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "galu"
