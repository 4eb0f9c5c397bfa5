"""Settings of every test: none of them is timed, speed belongs to the benchmarks."""

import os
import tempfile

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Imports run in the test's own process, where their output can be read; tests/cli/test_confined.py lifts it.
os.environ.setdefault("GALU_CONFINED", "1")

# Notes of keys that a user met belong to no test's user; the folder goes with the process.
_NOTES = tempfile.TemporaryDirectory(prefix="galu-notes-")
os.environ["XDG_STATE_HOME"] = _NOTES.name
