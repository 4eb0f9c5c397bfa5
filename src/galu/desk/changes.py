"""What is new since a day: facts by kind, corrections, and what of the trial they changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.seen import sees_subject, visible
from galu.desk.status import day_of_report, mark_of
from galu.finding import InputError
from galu.record import Record
from galu.report.blocks import Mark
from galu.trial.changes import Change, derive_changes


@dataclass(frozen=True, slots=True)
class Correction:
    """A fact that corrects or takes back another, since the day."""

    fact: str
    kind: str
    subject: str
    supersedes: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new from the end of `since` to the day of the mark."""

    mark: Mark
    since: date
    facts: tuple[tuple[str, int], ...]
    corrections: tuple[Correction, ...]
    changes: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            **dataclasses.asdict(self.mark),
            "since": self.since,
            "facts": dict(self.facts),
            "corrections": [dataclasses.asdict(one) for one in self.corrections],
            "changes": [dataclasses.asdict(one) for one in self.changes],
        }


@acts("read-history")
def trial_changes(folder: Path, since: date, as_of: date | None = None) -> Changes:
    """What is new in a trial folder since the end of a day.

    Raises
    ------
    InputError
        When the record had not begun on that day, or the day is not before the one looked at.
    """
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, as_of)
    if since >= day:
        raise InputError(f"--since {since}", f"is not before {day}", "give an earlier day")
    mark = mark_of(trial, record, day)
    if "study_version" not in record.as_of(since).frames:
        begun = record.facts("study_version")["recorded"][0].date()
        raise InputError(f"--since {since}", "the record had not begun", f"give a day from {begun} on")
    before = trial.state(since)
    after = trial.state(day)
    fresh, sees = _fresh(visible(record, trial.sight), since, day), sees_subject(trial.sight, record)
    return Changes(
        mark,
        since,
        tuple((kind, frame.height) for kind, frame in sorted(fresh.items())),
        tuple(_corrections(fresh)),
        tuple(one for one in derive_changes(before, after) if sees(one.subject)),
    )


def _fresh(record: Record, since: date, day: date) -> dict[str, pl.DataFrame]:
    """Facts that became known after the end of one day and by the end of another, by kind."""
    known = {kind: set(frame["seq"]) for kind, frame in record.as_of(since).frames.items()}
    found = {
        kind: frame.filter(~pl.col("seq").is_in(list(known.get(kind, ()))))
        for kind, frame in record.as_of(day).frames.items()
    }
    return {kind: frame for kind, frame in found.items() if frame.height}


def _corrections(fresh: dict[str, pl.DataFrame]) -> Iterator[Correction]:
    for kind, frame in fresh.items():
        for row in frame.filter(pl.col("supersedes").is_not_null()).sort("seq").iter_rows(named=True):
            words = (row["subject"] or "", row["supersedes"], row["by"] or "", row["reason"] or "")
            yield Correction(row["id"], kind, *words)
