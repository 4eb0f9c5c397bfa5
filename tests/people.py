"""Accounts for tests: a clock that is set, randomness that repeats, quick password hashes."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, date, datetime, timedelta

import pyotp

from galu.access import Grant
from galu.desk import credentials

PASSWORD = "gravel-Otter plays 7 cellos"
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now

    def pass_(self, **time):
        self.now += timedelta(**time)


def counted_bytes(seed=0):
    """Bytes that differ at each call, and are the same in each run."""
    numbers = itertools.count()

    def random(count):
        found = b"".join(
            hashlib.sha256(f"{seed}|{next(numbers)}".encode()).digest() for _ in range(count // 32 + 1)
        )
        return found[:count]

    return random


def add_account(
    accounts, login="ilse.vermeulen", name="Dr Ilse Vermeulen", role=None, sites=None, trial=None
):
    """An account with password and authenticator; gives its seed."""
    accounts.add(login, name, "console")
    accounts.set_password(login, credentials.hash_password(PASSWORD), login)
    seed = credentials.new_seed(accounts.random(20))
    accounts.set_totp(login, seed, login)
    if role:
        bounds = None if sites is None else frozenset(sites)
        accounts.grant(login, trial, Grant(role, bounds, date(2026, 1, 1)), "console")
    return seed


def code_of(seed, clock):
    return pyotp.TOTP(seed).at(clock())
