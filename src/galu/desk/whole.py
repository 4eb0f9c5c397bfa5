"""A whole trial as files: every fact, every version of the study, and what lies beside the record.

An export that is imported into a new folder gives the same record, entry by entry, on any machine. What was
observed is labelled as imported there; what was simulated stays labelled as simulated, wherever it goes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from galu.desk.folder import TrialFolder, read_study, version_file
from galu.desk.identity import passphrase
from galu.desk.noted import new_trial
from galu.desk.places import CHECKPOINTS, RECORD, STUDY, VERSIONS
from galu.desk.set_aside import SET_ASIDE
from galu.exchange.facts_csv import FactFiles
from galu.files import make_private, write_private
from galu.finding import InputError, ManyFaultsError
from galu.protocol import Study, study_hash
from galu.protocol.dictionaries import NOTE
from galu.record import Entry, Fact, Record, record_of
from galu.record.conduct import StudyVersion
from galu.record.versions import version_rows
from galu.store import Checkpoints, SqliteStore
from galu.store.sql import Clock
from galu.trial.admission import Fault, check_admission

#: Files of a trial folder that are not in the record, and go with it.
_BESIDE: Final = (NOTE, SET_ASIDE)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of an export, oldest first, with the text of each."""

    facts: tuple[StudyVersion, ...]
    texts: tuple[bytes, ...]
    studies: tuple[Study, ...]

    @property
    def simulated(self) -> bool:
        """Whether the facts are labelled as simulated."""
        return any(one.origin == "simulated" for one in self.facts)


def write_beside(trial: TrialFolder, out: Path) -> None:
    """Write the versions of the study, and what lies beside the record, into an export."""
    make_private(out / VERSIONS)
    for row in version_rows(trial.record):
        path = version_file(trial.path, row.study_hash)
        kept = path if path.is_file() else trial.path / STUDY
        write_private(version_file(out, row.study_hash), kept.read_bytes())
    write_private(out / STUDY, (trial.path / STUDY).read_bytes())
    for name in _BESIDE:
        if (trial.path / name).is_file():
            write_private(out / name, (trial.path / name).read_bytes())


def is_export(source: Path) -> bool:
    """Whether a folder holds a whole trial."""
    return (source / f"{StudyVersion.kind}.csv").is_file()


def read_versions(source: Path, files: FactFiles) -> Versions:
    """The versions that the facts of an export name.

    Raises
    ------
    InputError
        When the file of one is missing, or is not the one named.
    """
    facts = tuple(fact for fact in files.facts if isinstance(fact, StudyVersion))
    read = tuple(_version(source, fact) for fact in facts)
    return Versions(facts, tuple(text for text, _ in read), tuple(study for _, study in read))


def _version(source: Path, fact: StudyVersion) -> tuple[bytes, Study]:
    path = version_file(source, fact.study_hash)
    if not path.is_file():
        path = source / STUDY
    if not path.is_file():
        place = str(version_file(source, fact.study_hash))
        raise InputError(
            place, "the study file is missing", "export the trial again with `galu record export`"
        )
    text, study = read_study(path)
    if study_hash(text) != fact.study_hash:
        raise InputError(
            str(path), f"is not the study that {fact.id!r} names: it was altered", "export the trial again"
        )
    return text, study


def require_label(found: Versions, record: Record, place: str) -> None:
    """Simulated facts enter no record of people.

    Raises
    ------
    InputError
        When they would.
    """
    others = any(kind != StudyVersion.kind for kind in record.frames)
    if found.simulated and record.origin != "simulated" and (others or record.origin == "observed"):
        raise InputError(
            place,
            "is a simulated trial, and would lose that label",
            "import it into a new folder, or one made with `galu init --origin simulated`",
        )


def label(found: Versions, record: Record) -> StudyVersion | None:
    """What says of a folder made for imported facts that these are simulated; None where it is said."""
    if not found.simulated or record.origin == "simulated":
        return None
    first = found.facts[0]
    taken = {one.id for one in found.facts} | {f"study-{n}" for n in range(record.free_number("study"))}
    name = next(f"study-{n}" for n in itertools.count(1) if f"study-{n}" not in taken)
    return first.model_copy(update={"id": name, "origin": "simulated", "source": "label of the import"})


def keep_versions(found: Versions, folder: Path) -> None:
    """Keep the files of every version in a trial folder; the study file is replaced last, by who calls."""
    if len(found.texts) > 1:
        make_private(folder / VERSIONS)
        for fact, text in zip(found.facts, found.texts, strict=True):
            write_private(version_file(folder, fact.study_hash), text)


def copy_beside(source: Path, folder: Path) -> None:
    """Copy what lies beside the record; what is there already stays."""
    for name in _BESIDE:
        if (source / name).is_file() and not (folder / name).exists():
            write_private(folder / name, (source / name).read_bytes())


def admissible(
    studies: Iterable[Study], record: Record, facts: Sequence[Fact], now: datetime
) -> tuple[Fault, ...]:
    """Why facts of a whole trial may not enter: what no version of the study allows.

    A word that is not known was kept when it was collected, and is kept again.
    """
    left: tuple[Fault, ...] | None = None
    for study in reversed(tuple(studies)):
        found = tuple(one for one in check_admission(study, record, facts, now) if not one.word)
        seen = {(one.fact, one.column) for one in found}
        left = found if left is None else tuple(one for one in left if (one.fact, one.column) in seen)
        if not left:
            return ()
    return left or ()


def import_whole(
    folder: Path, source: Path, files: FactFiles, dry_run: bool, clock: Clock
) -> tuple[Fact, ...]:
    """Make a trial folder of an export: the same entries, the same order, the same times.

    Raises
    ------
    InputError
        When the folder holds something, or the export is not whole.
    ManyFaultsError
        Naming file, row and column of every fact that cannot be.
    """
    found, recorded = read_versions(source, files), files.recorded
    if recorded is None or not isinstance(files.facts[0], StudyVersion):
        raise InputError(
            str(source),
            "is no export of a whole trial: its times, or its first study version, are not there",
            "make a folder with `galu init`, and import the facts into it",
        )
    first = files.facts[0]
    origin = "simulated" if found.simulated else "imported"
    facts = (first.model_copy(update={"origin": origin}), *files.facts[1:])
    begun = record_of([Entry(1, recorded[0], facts[0])], first.zone)
    rest = [fact for fact in facts[1:] if not isinstance(fact, StudyVersion)]
    faults = admissible(found.studies, begun, rest, clock())
    if faults:
        raise ManyFaultsError(placed(faults, files.places))
    if dry_run:
        return facts
    with new_trial(folder) as part:
        write_private(part / STUDY, found.texts[-1])
        keep_versions(found, part)
        copy_beside(source, part)
        checkpoints = Checkpoints.create(part / CHECKPOINTS, None, passphrase())
        store = SqliteStore.create(part / RECORD, clock, first.zone, checkpoints)
        store.append(facts, list(recorded))
        store.close()
    return facts


def placed(faults: Iterable[Fault], places: Mapping[str, str]) -> list[InputError]:
    """Faults with the place of each in its file."""
    return [InputError(f"{places[one.fact]}, column {one.column}", one.fault, one.remedy) for one in faults]
