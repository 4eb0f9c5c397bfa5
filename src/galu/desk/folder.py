"""A trial folder: ``study.yaml``, ``record.sqlite``, ``checkpoints/`` and, once amended, ``versions/``.

Where the record lies on a server, ``server.json`` names it in the place of ``record.sqlite``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from galu.desk.clock import utc_now
from galu.desk.identity import mirror_token, passphrase
from galu.desk.noted import new_trial
from galu.desk.places import CHECKPOINTS, RECORD, STUDY, VERSIONS, holds_record
from galu.desk.study import study_file
from galu.files import write_private
from galu.finding import InputError
from galu.protocol import Study, parse_study, study_hash
from galu.protocol.dictionaries import NOTE, dictionary_note
from galu.protocol.versions import Version, amended
from galu.protocol.words import LocalWords
from galu.record import Record
from galu.record.conduct import StudyVersion
from galu.record.versions import VersionRow, version_rows
from galu.store import Checkpoints, Custody, SqliteStore, SqlStore, open_store
from galu.store.sql import Clock

Origin = Literal["observed", "imported", "simulated"]

#: Clocks of one site may differ by so much without a word.
SKEW_ALLOWED: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class TrialFolder:
    """A trial: its study, and the store that keeps its record."""

    path: Path
    study: Study
    store: SqlStore
    checkpoints: Checkpoints
    clock: Clock = utc_now

    @property
    def record(self) -> Record:
        """The record as it stands now; a stamp later than the present is that of a clock that ran ahead."""
        record = self.store.record()
        return record if record.origin == "simulated" else record.known_by(self.clock())

    def skew(self) -> str | None:
        """What is wrong with the clock, as a sentence: the record ends later than the present."""
        now, written = self.clock(), self.store.record()
        last = written.last_recorded
        if written.origin == "simulated" or last is None or last - now <= SKEW_ALLOWED:
            return None
        zone = ZoneInfo(written.zone)
        return (
            f"the clock says {now.astimezone(zone):%Y-%m-%d %H:%M}, the last entry was stamped "
            f"{last.astimezone(zone):%Y-%m-%d %H:%M}: one of them is wrong; new entries keep the later time"
        )

    def warning(self) -> str | None:
        """What whoever writes or looks should know of clock and mirror, as a sentence."""
        found = [one for one in (self.skew(), self.checkpoints.mirror_fault()) if one]
        return "; ".join(found) or None

    def study_on(self, day: date) -> Study:
        """The version in force at the end of a day, as the record knew it then, with those before it.

        Raises
        ------
        InputError
            When the file of an earlier version is missing, or is not the one that the record names.
        """
        known = self.record.as_of(day)
        return amended((self._version(row) for row in version_rows(known)), day)

    def _version(self, row: VersionRow) -> Version:
        study = self.study
        if row.study_hash != version_rows(self.record)[-1].study_hash:
            path = version_file(self.path, row.study_hash)
            text, study = read_study(path)
            if study_hash(text) != row.study_hash:
                raise InputError(
                    str(path),
                    "is not the version of the study that the record names: it was altered",
                    "restore the trial from a backup",
                )
        return Version(study, row.seq, row.since, row.sites, row.reconsent, row.form)


def version_file(folder: Path, digest: str) -> Path:
    """Where a trial folder keeps the study file with this SHA-256."""
    return folder / VERSIONS / f"{digest[:16]}.yaml"


def create_trial(
    study: Path,
    folder: Path,
    origin: Origin,
    recorded: datetime | None = None,
    clock: Clock = utc_now,
    custody: Custody | None = None,
) -> TrialFolder:
    """Make a trial folder whose first fact names the study.

    Parameters
    ----------
    study
        A study file, or a folder that holds `study.yaml`.
    folder
        A new or empty folder.
    origin
        Where the facts come from; it labels every output.
    recorded
        When the record begins, for a simulated or imported one; by default now.
    custody
        Where the key lies and where heads are mirrored, if elsewhere.

    Raises
    ------
    InputError
        When the study does not load or the folder holds something; nothing is left behind.
    """
    with new_trial(folder) as part:
        begin_trial(study, part, origin, recorded, clock, custody).store.close()
    return open_trial(folder, clock)


def begin_trial(
    study: Path,
    folder: Path,
    origin: Origin,
    recorded: datetime | None = None,
    clock: Clock = utc_now,
    custody: Custody | None = None,
) -> TrialFolder:
    """Fill an empty folder that nobody else sees yet; see `create_trial`."""
    source = study_file(study)
    text, loaded = read_study(source)
    write_private(folder / STUDY, text)
    keep_dictionary_note(loaded.vocabulary, text, folder)
    checkpoints = Checkpoints.create(folder / CHECKPOINTS, custody, passphrase(), mirror_token())
    try:
        store = SqliteStore.create(folder / RECORD, clock, loaded.zone, checkpoints)
        begins = (recorded or clock()).astimezone(ZoneInfo(loaded.zone))
        first = StudyVersion(
            id="study-1",
            on=begins.isoformat(timespec="seconds"),
            study=loaded.identity.nct_id.value or source.stem,
            study_hash=study_hash(text),
            origin=origin,
            zone=loaded.zone,
        )
        store.append([first], None if recorded is None else [recorded])
    except BaseException:
        if custody and custody.key:
            custody.key.unlink(missing_ok=True)  # made a moment ago, and nothing was signed with it
        raise
    return TrialFolder(folder, loaded, store, checkpoints, clock)


def keep_dictionary_note(words: LocalWords | None, study: bytes, folder: Path) -> None:
    """Note in a trial folder which dictionary a study file uses; nothing where it uses none."""
    note = dictionary_note(words, study, folder)
    if note is not None:
        write_private(folder / NOTE, note)


def start_of(study: Path, day: date) -> datetime:
    """First moment of a day in the study's zone."""
    _, loaded = read_study(study_file(study))
    return datetime.combine(day, time(), ZoneInfo(loaded.zone))


def open_trial(folder: Path, clock: Clock = utc_now) -> TrialFolder:
    """Open a trial folder; its study file must be the one in force.

    Raises
    ------
    InputError
        When the folder is no trial, or `study.yaml` is not the version that the record names.
    """
    if not holds_record(folder):
        raise InputError(str(folder), "is no trial folder", "make one with `galu init STUDY -o DIR`")
    text, study = read_study(folder / STUDY)
    checkpoints = Checkpoints(folder / CHECKPOINTS, passphrase(), mirror_token())
    store = open_store(folder, clock, study.zone, checkpoints)
    versions = store.record().facts("study_version").sort("seq")
    if versions.height == 0:
        raise InputError(store.place, "the record names no study", "make a new folder with `galu init`")
    named, found = versions["study_hash"].to_list(), study_hash(text)
    if found != named[-1]:
        study = _finished_amendment(folder, found, named)
    return TrialFolder(folder, study, store, checkpoints, clock)


def _finished_amendment(folder: Path, found: str, named: list[str]) -> Study:
    """The study that an amendment which was cut off had kept, put into force.

    Raises
    ------
    InputError
        When the file of the folder is not the version before, or the new one was not kept.
    """
    wanted = named[-1]
    kept = version_file(folder, wanted)
    if found == named[-2:][0] and kept.is_file():
        text, study = read_study(kept)
        if study_hash(text) == wanted:
            if os.access(folder, os.W_OK):
                write_private(folder / STUDY, text)
            return study
    raise InputError(
        str(folder / STUDY),
        f"is not the study in force (its SHA-256 begins {found[:12]}, the record names {wanted[:12]})",
        f"put back the file that the record names ({VERSIONS}/ keeps amended ones), or use `galu amend`",
    )


def read_study(path: Path) -> tuple[bytes, Study]:
    """Bytes and content of a study file."""
    try:
        text = path.read_bytes()
        return text, parse_study(text.decode("utf-8"), str(path))
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read ({error.strerror})", "give the path of a study.yaml"
        ) from None
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save it as UTF-8") from None
