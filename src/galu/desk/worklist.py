"""The worklist of a trial folder: doses proposed or held, tasks, questions, screening; by site."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from galu.desk.admission import sites_of
from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.seen import sees_subject
from galu.desk.status import day_of_report, mark_of
from galu.finding import InputError
from galu.report.blocks import Mark
from galu.trial.worklist import Task, derive_worklist


@dataclass(frozen=True, slots=True)
class Worklist:
    """The tasks of a day with the mark that every output carries; `sites` tells where each subject is."""

    mark: Mark
    tasks: tuple[Task, ...]
    sites: dict[str, str]
    warning: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        rows = [{**dataclasses.asdict(one), "site": self.sites.get(one.subject)} for one in self.tasks]
        return {**dataclasses.asdict(self.mark), "tasks": rows, "warning": self.warning}


@acts("read-board")
def trial_worklist(folder: Path, as_of: date | None = None, site: str | None = None) -> Worklist:
    """The worklist of a trial folder on a day, of one site where it is named.

    Raises
    ------
    InputError
        When the folder is no trial, its record had not begun on that day, or nobody is at that site.
    """
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, as_of)
    mark = mark_of(trial, record, day)
    tasks = derive_worklist(trial.state(day))
    sites = sites_of(record.as_of(day))
    sees = sees_subject(trial.sight, record)
    tasks = tuple(one for one in tasks if sees(one.subject))
    sites = {name: one for name, one in sites.items() if sees(name)}
    if site is not None:
        if site not in sites.values():
            known = ", ".join(sorted(set(sites.values()))) or "none is told: state it in demographics"
            raise InputError(f"--site {site}", "nobody is there", f"name one of the sites ({known})")
        tasks = tuple(one for one in tasks if sites.get(one.subject) == site)
    return Worklist(mark, tasks, sites, trial.warning())
