"""Use case: where the record of a trial is kept. It moves whole, or stays where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts
from galu.desk.places import RECORD, SERVER, holds_record
from galu.files import sync
from galu.finding import InputError
from galu.store import SqliteStore, SqlStore, verify
from galu.store.sql import Clock

if TYPE_CHECKING:
    from galu.store.server import Server

#: The place that is the trial folder itself.
IN_THE_FOLDER: Final = "sqlite"
#: What SQLite puts beside a file while it is open.
_BESIDE: Final = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the record is kept now: entries, digest of the last, and the place in words."""

    entries: int
    digest: str
    place: str


@acts("custody")
def move_record(folder: Path, to: str, role: str | None = None, clock: Clock = utc_now) -> Moved:
    """Move a record to a server, or back into its folder; who writes meanwhile waits, and opens it anew.

    The copy is checked against the signed heads before the folder names it; until then the record is
    where it was. A copy that was cut off is taken up where it stopped.

    Parameters
    ----------
    folder
        A trial folder.
    to
        ``sqlite``, or the address of a server, entered as the role that is to own the tables.
    role
        The role as which galu works from then on; it may only read and append.

    Raises
    ------
    InputError
        When the place cannot be used or holds another record; nothing was moved.
    """
    if to == IN_THE_FOLDER:
        return _into_the_folder(open_trial(folder, clock))
    from galu.store.migrating import prepare_server
    from galu.store.server import server_named, server_of, write_server

    owner, before = server_named(to), server_of(folder)
    if role is None:
        raise InputError(
            "--role",
            "says as whom galu works on the server",
            "name a role that is not the owner of its tables",
        )
    if before is not None and not before.is_place_of(owner):
        raise InputError(str(owner), "the record is on another server", "move it back to sqlite first")
    if not holds_record(folder):
        raise InputError(str(folder), "is no trial folder", "give a folder made by `galu init`")
    # What is there already may lie in tables of an earlier galu, which are renewed before it opens.
    prepare_server(owner, role)
    if before is not None:
        write_server(folder, owner.as_role(role))
        trial = open_trial(folder, clock)
        return _checked(trial, trial.store)
    return _onto_a_server(open_trial(folder, clock), owner.as_role(role))


def _onto_a_server(trial: TrialFolder, place: Server) -> Moved:
    from galu.store.postgresql import PostgresStore
    from galu.store.server import write_server

    target = PostgresStore(place, trial.clock, trial.store.zone)
    with trial.store.still():
        target.take(trial.store.rows())
        moved = _checked(trial, target)
        write_server(trial.path, place)
    trial.store.close()
    target.close()
    _remove(trial.path / RECORD)
    return moved


def _into_the_folder(trial: TrialFolder) -> Moved:
    if isinstance(trial.store, SqliteStore):
        raise InputError(str(trial.path), "the record is in the folder already", "nothing was moved")
    part = trial.path / f".{RECORD}.part"
    _remove(part)
    with trial.store.still():
        target = SqliteStore.create(part, trial.clock, trial.store.zone)
        target.take(trial.store.rows())
        moved = _checked(trial, target)
        target.close()
        _remove(trial.path / RECORD)  # one that was left beside the name of the server
        part.rename(trial.path / RECORD)
        sync(trial.path)
        (trial.path / SERVER).unlink()
        sync(trial.path)
    return Moved(moved.entries, moved.digest, str(trial.path / RECORD))


def _checked(trial: TrialFolder, target: SqlStore) -> Moved:
    head = target.head()
    whole = head == trial.store.head()
    fault = verify(target, trial.checkpoints).fault if whole else "it is not the whole record"
    if fault is not None:
        raise InputError(target.place, fault, "the record stays where it was")
    return Moved(head.seq, head.digest, target.place)


def _remove(path: Path) -> None:
    for ending in _BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)
