"""A clock that a test sets, and the facts that tests of the store write."""

from __future__ import annotations

from datetime import UTC, datetime

from galu.record.conduct import StudyVersion
from galu.record.people import Ecog

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def version(origin: str = "observed") -> StudyVersion:
    return StudyVersion.model_validate(
        {"id": "study-1", "on": "2026-01-05", "study": "T", "study_hash": "0" * 64, "origin": origin}
    )


def ecog(name: str, score: int = 0, **more: str) -> Ecog:
    return Ecog.model_validate({"id": name, "subject": "S1", "on": "2026-01-05", "score": score, **more})
