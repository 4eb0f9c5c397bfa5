"""Where a trial stands on a day: the board, with the mark that every output carries."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from galu import __version__
from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts
from galu.desk.seen import sees_subject
from galu.finding import InputError
from galu.record import Record
from galu.record.versions import version_on
from galu.report.blocks import Lane, Mark
from galu.report.board import lanes_of
from galu.store.sql import Clock
from galu.trial.board import Board, Due


@dataclass(frozen=True, slots=True)
class Status:
    """The board of a trial with its lanes, what is to be done, and what it is shown without.

    `unread` are facts inside that no rule can read; `warning` says what is wrong with clock or mirror.
    """

    mark: Mark
    board: Board
    lanes: tuple[Lane, ...]
    agenda: tuple[Due, ...]
    unread: tuple[str, ...] = ()
    warning: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        board = dataclasses.asdict(self.board)
        board["tallies"] = [
            {"level": level, **dataclasses.asdict(tally)} for level, tally in self.board.tallies
        ]
        board["due"] = [
            {**dataclasses.asdict(one), "overdue": one.overdue(self.board.day)} for one in self.agenda
        ]
        return {**dataclasses.asdict(self.mark), **board, "unread": self.unread, "warning": self.warning}


def day_of_report(record: Record, as_of: date | None, clock: Clock = utc_now) -> date:
    """The day asked for; else today, or the day of the last fact where the record is not observed.

    Raises
    ------
    InputError
        When the day asked for is still to come: nothing is known of it, and no window closes early.
    """
    zone, last = ZoneInfo(record.zone), record.last_recorded
    today = clock().astimezone(zone).date()
    ends = today if record.origin == "observed" or last is None else last.astimezone(zone).date()
    if as_of is not None and as_of > max(today, ends):
        raise InputError(
            f"--as-of {as_of}", "lies in the future", f"give a day up to {max(today, ends)}, or leave it out"
        )
    return ends if as_of is None else as_of


def mark_of(trial: TrialFolder, record: Record, as_of: date, cutoff: date | None = None) -> Mark:
    """Mark of what is known at the end of `as_of`.

    Raises
    ------
    InputError
        When the record knows nothing yet on that day.
    """
    known = record.as_of(as_of)
    versions = known.facts("study_version").sort("seq")
    if versions.height == 0:
        first = record.facts("study_version").sort("seq")["recorded"][0].astimezone(ZoneInfo(record.zone))
        raise InputError(f"--as-of {as_of}", "the record had not begun", f"give a day from {first.date()} on")
    seq = max(int(frame["seq"].max()) for frame in known.frames.values())  # type: ignore[arg-type]
    digest = next(trial.store.rows(seq - 1))[5]
    identity = trial.study.identity
    return Mark(
        title=identity.title.value or "Study without a title",
        study=identity.nct_id.value or _own_number(trial) or str(versions["study"][-1]),
        as_of=as_of,
        cutoff=cutoff,
        origin=known.origin,
        seq=seq,
        digest=digest,
        study_hash=version_on(known, as_of).study_hash,
        last_recorded=known.last_recorded,
        version=__version__,
    )


def _own_number(trial: TrialFolder) -> str | None:
    """The sponsor's number of the study."""
    stated = trial.study.identity.org_study_id
    return None if stated is None else stated.value


@acts("read-board")
def trial_status(folder: Path, as_of: date | None = None) -> Status:
    """The board of a trial folder at the end of a day.

    Raises
    ------
    InputError
        When the folder is no trial, or its record had not begun on that day.
    """
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, as_of)
    mark = mark_of(trial, record, day)
    study = trial.study_on(day)
    state = trial.state(day)
    sees = sees_subject(trial.sight, record)
    return Status(
        mark,
        state.board,
        lanes_of(study, state.board),
        tuple(one for one in state.agenda if sees(one.subject)),
        tuple(map(str, record.unread)),
        trial.warning(),
    )
