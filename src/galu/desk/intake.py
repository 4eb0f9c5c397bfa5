"""Use case around every import: look at the files, read them in a child with limits, note what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from galu.desk.clock import utc_now
from galu.desk.confined import LimitError, can_fork, confined, limits_for, size_of
from galu.desk.identity import who_acts
from galu.desk.places import accounts_of, holds_record
from galu.finding import InputError, NobodyError, OutOfReachError, OvertakenError
from galu.foreign import require_folder, require_plain

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Intake:
    """Files that somebody brings, and the trial that they are for, None where they are for none yet.

    A `dry_run` is refused without an entry: nothing was to be written.
    """

    sources: tuple[Path, ...]
    trial: Path | None = None
    dry_run: bool = False


def take_in(intake: Intake, work: Callable[[], R]) -> R:
    """Do what reads the files; of what is refused one entry of the trial's log of refusals is left.

    Under a server `work` is a `functools.partial` of a use case, because it goes to a fresh process.

    Raises
    ------
    InputError
        As `work` raised it, or when a file is none, is too large, or ran into a limit.
    """
    into = intake.trial if intake.trial is not None and holds_record(intake.trial) else None
    place = accounts_of(into) if into is not None else None
    who = who_acts(place) if place is not None and not can_fork() else None
    accounts: list[str] = []
    try:
        limits = limits_for(size_of(intake.sources))
        what = ", ".join(map(str, intake.sources[:3]))
        return confined(partial(_looked_at, intake, into, work), what, limits, who, accounts.append)
    except LimitError as error:
        # Whatever else was refused, the child noted.
        if into is not None and not intake.dry_run and (accounts or place is None):
            _note(intake, into, accounts[0] if accounts else None, error)
        raise


def _looked_at(intake: Intake, into: Path | None, work: Callable[[], R]) -> R:
    """Ask who acts before anything is read: a child that is ended in the middle cannot say it any more."""
    place = accounts_of(into) if into is not None else None
    account = who_acts(place).account if place is not None else None
    try:
        for source in intake.sources:
            require_folder(source) if source.is_dir() else require_plain(source)
        return work()
    except (NobodyError, OutOfReachError, OvertakenError):
        raise  # what lies with the record, not with the files
    except InputError as error:
        if into is not None and not intake.dry_run:
            _note(intake, into, account, error)
        raise


def _note(intake: Intake, into: Path, account: str | None, error: InputError) -> None:
    from galu.desk.refusals import note_refusal

    note_refusal(into, utc_now(), account, intake.sources, error)
