"""A trial folder: ``study.yaml``, ``record.sqlite``, ``checkpoints/`` and, once amended, ``versions/``.

Where the record lies on a server, ``server.json`` names it in the place of ``record.sqlite``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from galu.access import Sight
from galu.desk.admission import admitted, require_allowed, require_no_accounts, seen_by, written_by
from galu.desk.clock import utc_now
from galu.desk.identity import Identity, mirror_token, passphrase
from galu.desk.kept import Kept, kept_at
from galu.desk.noted import new_trial
from galu.desk.places import CHECKPOINTS, RECORD, STUDY, VERSIONS, holds_record
from galu.desk.study import study_file
from galu.files import write_private
from galu.finding import InputError
from galu.foreign import MAX_DOCUMENT_BYTES, require_plain
from galu.protocol import Study, parse_study, study_hash
from galu.protocol.dictionaries import NOTE, Stamp, dictionary_note, dictionary_stamp
from galu.protocol.versions import Version, amended
from galu.protocol.words import LocalWords
from galu.record import Entry, Fact, Record
from galu.record.conduct import StudyVersion
from galu.record.rows import F
from galu.record.seal import Head
from galu.record.versions import VersionRow, version_rows
from galu.store import Checkpoints, Custody, SqliteStore, SqlStore, open_store
from galu.store.sql import Clock
from galu.trial.state import TrialState, derive_state

Origin = Literal["observed", "imported", "simulated"]

#: Clocks of one site may differ by so much without a word.
SKEW_ALLOWED: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class TrialFolder:
    """A trial: its study, the store that keeps its record, and who opened it.

    `who` is None for a trial without accounts; `kept` is there while a process keeps the trial open.
    """

    path: Path
    study: Study
    store: SqlStore
    checkpoints: Checkpoints
    clock: Clock = utc_now
    who: Identity | None = None
    kept: Kept | None = None

    @property
    def id(self) -> str:
        """What names the trial wherever its folder lies: how the digest of its first entry begins."""
        return trial_id(self.store) if self.kept is None else self.kept.trial

    @property
    def today(self) -> date:
        """The present day in the zone of the trial."""
        return self.clock().astimezone(ZoneInfo(self.study.zone)).date()

    @property
    def sight(self) -> Sight:
        """What whoever opened it may see."""
        return seen_by(self.who, self.id, self.today)

    def stamped(self, fact: F) -> F:
        """A fact as it will be written: with the account of whoever opened the trial."""
        return written_by(self.who, fact)

    def write(
        self,
        facts: Iterable[Fact],
        recorded: Sequence[datetime] | None = None,
        after: Head | None = None,
    ) -> tuple[Entry, ...]:
        """Write a batch through the account that opened the trial; see `galu.record.store.Store.append`.

        Raises
        ------
        InputError
            When the account may not write one of the facts, or the store refuses it.
        """
        batch = self._allowed(facts, recorded)
        if self.kept is not None:
            after = self.kept.require_expected(after)
        return self.store.append(batch, recorded, after=after)

    def check(self, facts: Iterable[Fact], recorded: Sequence[datetime] | None = None) -> None:
        """Refuse whatever `write` would refuse; nothing is written."""
        self.store.check(self._allowed(facts, recorded), recorded)

    def require_allowed(self, batch: Sequence[Fact]) -> None:
        """Refuse facts that the account may not write.

        Raises
        ------
        InputError
            Naming the first one and why not.
        """
        if self.who is None:
            require_no_accounts(self.path, self.record)
        else:
            require_allowed(self.who, self.id, batch, self.record, self.today)

    def _allowed(self, facts: Iterable[Fact], recorded: Sequence[datetime] | None) -> tuple[Fact, ...]:
        # Who brings times of its own, as a whole trial does, brings its own accounts as well.
        batch = tuple(facts if recorded is not None else map(self.stamped, facts))
        self.require_allowed(batch)
        return batch

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

    def state(self, day: date, cutoff: date | None = None) -> TrialState:
        """The trial as known at the end of a day; derived once while the trial is kept open.

        Raises
        ------
        InputError
            As `study_on`.
        """
        record = self.record
        if self.kept is None:
            return derive_state(self.study_on(day, record), record, day, cutoff)
        return self.kept.state((self.store.seen, day, cutoff), record, lambda: self.study_on(day, record))

    def study_on(self, day: date, record: Record | None = None) -> Study:
        """The version in force at the end of a day, as the record knew it then, with those before it.

        Raises
        ------
        InputError
            When the file of an earlier version is missing, or is not the one that the record names.
        """
        whole = self.record if record is None else record
        known = whole.as_of(day)
        if StudyVersion.kind not in known.frames:
            begun = whole.facts(StudyVersion.kind)["recorded"].min()
            remedy = f"give a day from {begun.astimezone(ZoneInfo(whole.zone)).date()} on"  # type: ignore[union-attr]
            raise InputError(f"--as-of {day}", "the record had not begun", remedy)
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


def trial_id(store: SqlStore) -> str:
    """What names a trial wherever its folder lies."""
    return next(iter(store.rows()))[5][:16]


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
    return opened(folder, clock)


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
        When the folder is no trial, `study.yaml` is not the version that the record names, or whoever acts
        may not do what is being done.
    """
    trial = opened(folder, clock)
    who = admitted(folder, trial.id, trial.today)
    return replace(trial, who=who)


def opened(folder: Path, clock: Clock = utc_now) -> TrialFolder:
    """The same for what asks nobody: making a folder, or naming its first account."""
    if not holds_record(folder):
        raise InputError(str(folder), "is no trial folder", "make one with `galu init STUDY -o DIR`")
    text, study = read_study(folder / STUDY)
    kept = kept_at(folder)
    if kept is None:
        checkpoints = Checkpoints(folder / CHECKPOINTS, passphrase(), mirror_token())
        store = open_store(folder, clock, study.zone, checkpoints)
    else:
        store, checkpoints = kept.store, kept.checkpoints
    versions = store.record().facts("study_version").sort("seq")
    if versions.height == 0:
        raise InputError(store.place, "the record names no study", "make a new folder with `galu init`")
    named, found = versions["study_hash"].to_list(), study_hash(text)
    if found != named[-1]:
        study = _finished_amendment(folder, found, named)
    return TrialFolder(folder, study, store, checkpoints, clock, None, kept)


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
    require_plain(path, MAX_DOCUMENT_BYTES)
    try:
        text = path.read_bytes()
        return text, _current(text, str(path))
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read ({error.strerror})", "give the path of a study.yaml"
        ) from None
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save it as UTF-8") from None


def _current(text: bytes, place: str) -> Study:
    """A study as parsed before, unless the dictionary that it names was touched since."""
    study, seen = _parsed(text, place)
    if seen != dictionary_stamp(study.vocabulary):
        _parsed.cache_clear()
        study, _ = _parsed(text, place)
    return study


@lru_cache(maxsize=16)
def _parsed(text: bytes, place: str) -> tuple[Study, Stamp]:
    """A study is frozen, and what keeps a trial open asks for it again and again."""
    study = parse_study(text.decode("utf-8"), place)
    return study, dictionary_stamp(study.vocabulary)
