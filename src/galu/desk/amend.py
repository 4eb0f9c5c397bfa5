"""An amendment: a new study file comes into force, as a fact; the earlier one stays readable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, keep_dictionary_note, open_trial, read_study, version_file
from galu.desk.identity import acts
from galu.desk.places import STUDY, VERSIONS
from galu.desk.status import day_of_report
from galu.desk.study import study_file
from galu.files import make_private, write_private
from galu.finding import InputError, ManyFaultsError
from galu.protocol import Study, study_hash
from galu.protocol.differences import differences
from galu.record.conduct import StudyVersion
from galu.record.people import Demographics
from galu.record.versions import sites_as_text, version_rows
from galu.record.when import FIRST_YEAR, LAST_YEAR
from galu.store.sql import Clock
from galu.trial.amendable import Terms, refusals, steps_since
from galu.trial.impact import Impact, derive_impact
from galu.trial.reread import Reread, derive_reread
from galu.trial.state import derive_state


@dataclass(frozen=True, slots=True)
class Begins:
    """When and for whom an amendment comes into force, as it was asked for.

    `on` is the first day, by default today; `sites` names those where it is another. With `reconsent`
    those in the trial are judged by it once they consented again, on `form` where one is named;
    `changes_level` says that the activity of a level at which somebody was treated is meant to change.
    """

    on: date | None = None
    sites: tuple[tuple[str, date], ...] = ()
    reconsent: bool = False
    form: str | None = None
    changes_level: bool = False


_TODAY: Final = Begins()


@acts("amend")
def amend_trial(
    folder: Path, study: Path, reason: str, by: str, clock: Clock = utc_now, begins: Begins = _TODAY
) -> tuple[TrialFolder, tuple[str, ...]]:
    """Bring a new study file into force; gives the trial and every value that is another now.

    It acts forward: states of earlier days, and what was judged before, keep the version of their time. Both
    files are kept before the fact is written, and the study file is replaced last: whatever breaks in
    between, the next opening finishes it.

    Raises
    ------
    InputError
        When the file does not load, is in force already, or changes the zone in which days are counted;
        when reason or name is missing, or the day cannot be.
    ManyFaultsError
        When it cannot be true of those in the trial.
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
    terms = _terms(trial, begins)
    seen = trial.store.seen
    _require_possible(trial, loaded, study, terms)
    keep_dictionary_note(loaded.vocabulary, text, folder)
    make_private(folder / VERSIONS)
    for kept in (current, text):
        write_private(version_file(folder, study_hash(kept)), kept)
    record = trial.record
    versions = record.facts("study_version")
    trial.write(
        [
            StudyVersion(
                id=f"study-{record.free_number('study')}",
                on=clock().isoformat(timespec="seconds"),
                by=by,
                study=str(versions["study"][0]),
                study_hash=study_hash(text),
                origin=record.origin,
                zone=loaded.zone,
                amendment=reason,
                effective=terms.since.isoformat(),
                site_days=sites_as_text(terms.sites),
                reconsent=terms.reconsent or None,
                consent_form=terms.form,
            )
        ],
        after=seen,
    )
    write_private(folder / STUDY, text)
    return open_trial(folder, clock), tuple(map(str, differences(trial.study, loaded)))


@acts("amend")
def check_amendment(
    folder: Path, study: Path, clock: Clock = utc_now, begins: Begins = _TODAY
) -> tuple[Impact, tuple[Reread, ...], tuple[str, ...]]:
    """What an amended study file would do to everybody's visits and words, and every value that is another.

    Nothing is written. It is compared as if everybody came under it at once.

    Raises
    ------
    ManyFaultsError
        When it cannot be true of those in the trial, as bringing it into force would.
    """
    trial = open_trial(folder, clock)
    _, loaded = read_study(study_file(study))
    _require_possible(trial, loaded, study, _terms(trial, begins))
    record, day = trial.record, day_of_report(trial.record, None, clock)
    before = derive_state(trial.study_on(day), record, day)
    found = derive_impact(before, derive_state(loaded, record, day))
    reread = derive_reread(trial.study, loaded, record)
    return found, reread, tuple(map(str, differences(trial.study, loaded)))


def _terms(trial: TrialFolder, begins: Begins) -> Terms:
    """When and for whom it is in force; a day before today only where nothing was done since.

    Raises
    ------
    InputError
        When a day lies outside what a trial can know, or before that of the version before.
    """
    record = trial.record
    today = _today(trial)
    terms = Terms(
        begins.on or today, begins.sites, begins.reconsent or bool(begins.form), begins.form,
        begins.changes_level,
    )  # fmt: skip
    last = version_rows(record)[-1]
    for option, day in (("--effective", terms.since), *(("--at", day) for _, day in terms.sites)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise InputError(option, f"{day} lies outside {FIRST_YEAR} to {LAST_YEAR}", "correct the year")
        if last.amendment and day < last.since:
            raise InputError(
                option,
                f"{day} is before the version before comes into force ({last.since})",
                f"give {last.since} or a later day",
            )
    doubled = [name for name, _ in terms.sites if [one for one, _ in terms.sites].count(name) > 1]
    if doubled:
        raise InputError("--at", f"{doubled[0]!r} has two days", "give each site one day")
    if min((terms.since, *(day for _, day in terms.sites))) < today:
        _require_nothing_done(trial, terms)
    return terms


def _today(trial: TrialFolder) -> date:
    """Today, or the day of the last entry where that is later."""
    record, zone = trial.record, ZoneInfo(trial.study.zone)
    now, last = trial.clock(), record.last_recorded
    return max(now, last or now).astimezone(zone).date()


def _require_nothing_done(trial: TrialFolder, terms: Terms) -> None:
    """Refuse a day in the past since which somebody was judged: what was judged stays."""
    record, day = trial.record, day_of_report(trial.record, None, trial.clock)
    sites = {row.subject: row.fact.site for row in record.rows(Demographics) if row.fact.site}
    subjects = derive_state(trial.study_on(day), record, day).subjects
    done = next(steps_since(subjects, sites, terms), None)
    if done is not None:
        raise InputError(
            "--effective", f"{terms.since} has passed, and {done}: what was judged stays",
            f"give a later day, up to today ({_today(trial)}) or after it",
        )  # fmt: skip


def _require_possible(trial: TrialFolder, loaded: Study, study: Path, terms: Terms) -> None:
    record, day = trial.record, day_of_report(trial.record, None, trial.clock)
    state = derive_state(trial.study_on(day), record, day)
    found = tuple(refusals(trial.study, loaded, record, state.subjects, terms))
    if found:
        raise ManyFaultsError(
            [
                InputError(
                    one.key if one.key.startswith("--") else f"{study}, key {one.key}", one.fault, one.remedy
                )
                for one in found
            ]
        )


def read_sites(words: Iterable[str]) -> tuple[tuple[str, date], ...]:
    """Sites with their days, as ``Wuhan=2026-03-01``.

    Raises
    ------
    InputError
        When a word is no site with a day.
    """
    found = []
    for word in words:
        name, _, day = word.rpartition("=")
        try:
            found.append((name.strip(), date.fromisoformat(day.strip())))
        except ValueError:
            found.append(("", date.min))
        if not found[-1][0] or ";" in name or "=" in name:
            raise InputError("--at", f"{word!r} is no site with a day", "write it as Wuhan=2026-03-01")
    return tuple(found)
