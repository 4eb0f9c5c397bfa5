"""Settings of every test: none of them is timed, speed belongs to the benchmarks."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
