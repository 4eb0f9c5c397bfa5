"""An amendment: a new study file comes into force, as a fact; the earlier one stays readable."""

from __future__ import annotations

from pathlib import Path

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, keep_dictionary_note, open_trial, read_study, version_file
from galu.desk.places import STUDY, VERSIONS
from galu.desk.study import study_file
from galu.files import make_private, write_private
from galu.finding import InputError
from galu.protocol import Element, elements, study_hash
from galu.record.conduct import StudyVersion
from galu.store.sqlite import Clock


def amend_trial(
    folder: Path, study: Path, reason: str, by: str, clock: Clock = utc_now
) -> tuple[TrialFolder, tuple[str, ...]]:
    """Bring a new study file into force; gives the trial and what the amendment changes.

    States of earlier days keep the version that was in force then. Both files are kept before the fact
    is written, and the study file is replaced last: whatever breaks in between, the next opening finishes it.

    Raises
    ------
    InputError
        When the file does not load, changes nothing, changes the zone in which days are counted, or
        reason or name is missing.
    """
    if not reason.strip() or not by.strip():
        raise InputError("galu amend", "reason or name is missing", "give --reason and --by")
    trial = open_trial(folder, clock)
    text, loaded = read_study(study_file(study))
    current = (folder / STUDY).read_bytes()
    if text == current:
        raise InputError(str(study), "is the study in force already", "give a changed file")
    if loaded.zone != trial.study.zone:
        raise InputError(
            str(study),
            f"counts its days in {loaded.zone}, the record in {trial.study.zone}",
            "keep the zone: past days would change",
        )
    keep_dictionary_note(loaded.vocabulary, text, folder)
    make_private(folder / VERSIONS)
    for kept in (current, text):
        write_private(version_file(folder, study_hash(kept)), kept)
    record = trial.record
    versions = record.facts("study_version")
    trial.store.append(
        [
            StudyVersion(
                id=f"study-{record.free_number('study')}",
                on=clock().isoformat(timespec="seconds"),
                by=by,
                study=str(versions["study"][0]),
                study_hash=study_hash(text),
                origin=versions["origin"][0],
                zone=loaded.zone,
                amendment=reason,
            )
        ]
    )
    write_private(folder / STUDY, text)
    before, after = tuple(elements(trial.study)), tuple(elements(loaded))
    return open_trial(folder, clock), _changes(before, after)


def _changes(before: tuple[Element, ...], after: tuple[Element, ...]) -> tuple[str, ...]:
    """Elements that were added, removed or say something else now."""
    old, new = {one.place: one for one in before}, {one.place: one for one in after}
    found = [f"{place}: removed" for place in old if place not in new]
    found += [f"{place}: added, {one.value}" for place, one in new.items() if place not in old]
    found += [
        f"{place}: {old[place].value} → {one.value}"
        for place, one in new.items()
        if place in old and old[place].value != one.value
    ]
    return tuple(found)
