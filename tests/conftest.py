"""Settings of every test: none of them is timed, speed belongs to the benchmarks."""

import os
import tempfile

import pytest
from argon2 import PasswordHasher
from hypothesis import settings

from galu.desk import credentials
from galu.store import Accounts
from people import SetClock, counted_bytes

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Imports run in the test's own process, where their output can be read; tests/cli/test_confined.py lifts it.
os.environ.setdefault("GALU_CONFINED", "1")

# Notes of keys that a user met belong to no test's user; the folder goes with the process.
_NOTES = tempfile.TemporaryDirectory(prefix="galu-notes-")
os.environ["XDG_STATE_HOME"] = _NOTES.name


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def quick_hashes(monkeypatch):
    """argon2 with next to no memory: what is tested is who is let in, not how hard a hash is."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(credentials, "hasher", lambda: quick)


@pytest.fixture
def accounts(tmp_path, clock, quick_hashes):
    found = Accounts(str(tmp_path / "accounts.sqlite"), clock, counted_bytes(), create=True)
    yield found
    found.close()
