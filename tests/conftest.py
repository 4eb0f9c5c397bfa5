"""Settings of every test: none of them is timed, speed belongs to the benchmarks."""

import os

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Imports run in the test's own process, where their output can be read; tests/cli/test_confined.py lifts it.
os.environ.setdefault("GALU_CONFINED", "1")
