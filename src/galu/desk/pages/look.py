"""A look at a trial on a day: its state, and what of it whoever looks may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from galu.access import Action, may
from galu.access.roles import ROLES, in_force
from galu.desk.admission import sites_of
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts
from galu.desk.seen import sees_subject, visible
from galu.desk.status import day_of_report, mark_of
from galu.finding import NotThereError
from galu.record import Record
from galu.report.blocks import Mark
from galu.trial.state import TrialState


@dataclass(frozen=True, slots=True)
class Look:
    """The state of a day with the mark of every output.

    `everything` is the whole record, `record` what of it was known on the day and may be seen, `latest` the
    newest day there is, `sites` the site of each subject that is seen.
    """

    trial: TrialFolder
    mark: Mark
    state: TrialState
    everything: Record
    record: Record
    latest: date
    sites: Mapping[str, str]

    @property
    def day(self) -> date:
        """The day looked at."""
        return self.mark.as_of

    @property
    def is_past(self) -> bool:
        """Whether more is known by now."""
        return self.day < self.latest

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of whoever looks, as granted today; every one where the trial has no accounts."""
        who = self.trial.who
        if who is None:
            return ROLES
        held = in_force(who.grants(self.trial.id), self.trial.today)
        return tuple(role for role in ROLES if any(one.role == role for one in held))

    def sees(self, subject: str | None) -> bool:
        """Whether a subject is seen."""
        return sees_subject(self.trial.sight, self.everything)(subject)

    def may(self, action: Action, subject: str | None = None) -> bool:
        """Whether whoever looks may do something with open data of a subject, today."""
        who = self.trial.who
        if who is None:
            return True
        site = sites_of(self.everything).get(subject or "")
        return bool(may(who.grants(self.trial.id), action, site, "open", self.trial.today).value)

    def require(self, subject: str) -> None:
        """Refuse a subject that is not there or not seen; both with one sentence.

        Raises
        ------
        NotThereError
            When it is so.
        """
        if subject not in {one.id for one in self.state.subjects} or not self.sees(subject):
            raise NotThereError(f"subject {subject!r}", "is not there", "choose one of the subjects")


def look(folder: Path, as_of: date | None = None) -> Look:
    """A look at a trial; called by a use case, whose action opens it.

    Raises
    ------
    InputError
        When the folder is no trial, or its record had not begun on that day.
    """
    trial = open_trial(folder)
    everything = trial.record
    latest = day_of_report(everything, None)
    day = day_of_report(everything, as_of)
    mark = mark_of(trial, everything, day)
    known = everything.as_of(day)
    seen = sees_subject(trial.sight, everything)
    sites = {name: site for name, site in sites_of(known).items() if seen(name)}
    return Look(trial, mark, trial.state(day), everything, visible(known, trial.sight), latest, sites)


@acts("read-board")
def look_around(folder: Path, as_of: date | None = None) -> Look:
    """A look at a trial, for what stands around every page."""
    return look(folder, as_of)


@acts("compute")
def derive_board_today(trial: TrialFolder) -> TrialState:
    """The state that pages of today show, with its board; of a simulated record that of its last day."""
    return trial.state(day_of_report(trial.record, None, trial.clock))


@acts("compute")
def prepare(trial: TrialFolder) -> None:
    """Derive beforehand what the pages of today ask for; of a record that grew only what is new."""
    state = derive_board_today(trial)
    _ = (state.agenda, state.eligibility, state.expected, state.data, state.deviations, state.efficacy)
    _ = state.absorbed_doses
