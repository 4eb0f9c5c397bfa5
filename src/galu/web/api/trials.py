"""Where a trial stands: board, worklist, changes, subjects; as of any day."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from galu.desk.changes import trial_changes
from galu.desk.data_management import data_overview
from galu.desk.status import Status, trial_status
from galu.desk.subjects import SubjectLine, subject_lines, subject_whole
from galu.desk.worklist import trial_worklist
from galu.report.blocks import Mark
from galu.web.api.models import AsOf, SubjectId
from galu.web.door import Visit, Visitor, hub_of, known, needs
from galu.web.hub import of_trial

router = APIRouter(tags=["state"])


class TrialShown(BaseModel):
    """A trial that the account has a role in."""

    name: str
    title: str


class Whole(BaseModel):
    """Answer with the mark that every output of galu carries."""

    mark: Mark
    warning: str | None = None


class Summary(Whole):
    """Where a trial stands, in numbers."""

    today: date
    zone: str
    phase: str
    dosed: int
    target: int | None
    may_enrol: bool
    held: bool
    next_step: str
    facts: dict[str, int]


class BoardShown(Whole):
    """The board: slots by level, the decision with the rule that gave it, and what is due."""

    board: dict[str, Any]
    lanes: list[dict[str, Any]]
    agenda: list[dict[str, Any]]
    unread: list[str]


class TaskShown(BaseModel):
    """One line of the worklist."""

    group: str
    subject: str
    what: str
    until: date | None
    why: str
    facts: list[str]
    site: str | None


class WorklistShown(Whole):
    """What is to be done."""

    tasks: list[TaskShown]


class CorrectionShown(BaseModel):
    """A fact that corrects or takes back another."""

    fact: str
    kind: str
    subject: str
    supersedes: str
    by: str
    reason: str


class ChangesShown(Whole):
    """What is new since the end of a day."""

    since: date
    facts: dict[str, int]
    corrections: list[CorrectionShown]
    changes: list[dict[str, Any]]


class SubjectsShown(Whole):
    """Subjects that the account may see."""

    subjects: list[SubjectLine]


class SubjectShown(Whole):
    """All that is derived of one subject."""

    subject: dict[str, Any]


class DataShown(Whole):
    """Queries, what is expected, and where the data of each subject stand."""

    queries: list[dict[str, Any]]
    expected: list[dict[str, Any]]
    subjects: list[dict[str, Any]]


class HeadShown(BaseModel):
    """The newest entry of a record."""

    seq: int
    digest: str
    recorded: datetime | None


@router.get("/trials")
def trials(request: Request, visitor: Annotated[Visitor, known()]) -> list[TrialShown]:
    """Trials that the account has a role in."""
    served = hub_of(request).trials.values()
    return [
        TrialShown(name=one.name, title=one.title)
        for one in served
        if of_trial(visitor.who.granted, one.id) and one.has_accounts
    ]


@router.get("/trials/{trial}")
def summary(visit: Annotated[Visit, needs("read-board")], as_of: AsOf = None) -> Summary:
    """Where the trial stands."""
    found = visit.does(trial_status, as_of)
    state, board = visit.state(as_of), found.board
    return Summary(
        mark=found.mark, warning=found.warning, today=visit.served.today, zone=state.record.zone,
        phase=board.phase, dosed=board.dosed, target=board.target, may_enrol=board.may_enrol,
        held=board.held, next_step=board.next_step, facts=dict(state.facts),
    )  # fmt: skip


@router.get("/trials/{trial}/board")
def board(visit: Annotated[Visit, needs("read-board")], as_of: AsOf = None) -> BoardShown:
    """The board on a day; every subject stands there by its number, whoever looks."""
    found = visit.does(trial_status, as_of)
    return BoardShown(
        mark=found.mark, warning=found.warning, board=_board(found),
        lanes=[dataclasses.asdict(one) for one in found.lanes],
        agenda=[dataclasses.asdict(one) for one in found.agenda], unread=list(found.unread),
    )  # fmt: skip


def _board(found: Status) -> dict[str, Any]:
    mark = {one.name for one in dataclasses.fields(Mark)}
    told = found.as_json()
    return {name: value for name, value in told.items() if name not in mark}


@router.get("/trials/{trial}/worklist")
def worklist(
    visit: Annotated[Visit, needs("read-board")],
    as_of: AsOf = None,
    site: Annotated[str | None, Query(max_length=200)] = None,
) -> WorklistShown:
    """What is to be done on a day: doses, questions, visits, screening; of one site where it is named."""
    found = visit.does(trial_worklist, as_of, site)
    tasks = [
        TaskShown(
            group=one.group, subject=one.subject, what=one.what, until=one.until, why=one.why,
            facts=list(one.facts), site=found.sites.get(one.subject),
        )
        for one in found.tasks
    ]  # fmt: skip
    return WorklistShown(mark=found.mark, warning=found.warning, tasks=tasks)


@router.get("/trials/{trial}/changes")
def changes(
    visit: Annotated[Visit, needs("read-history")],
    since: Annotated[date, Query(description="what came after the end of this day")],
    as_of: AsOf = None,
) -> ChangesShown:
    """What is new: facts, corrections, and what of the trial they changed."""
    found = visit.does(trial_changes, since, as_of)
    return ChangesShown(
        mark=found.mark, since=found.since, facts=dict(found.facts),
        corrections=[CorrectionShown(**dataclasses.asdict(one)) for one in found.corrections],
        changes=[dataclasses.asdict(one) for one in found.changes],
    )  # fmt: skip


@router.get("/trials/{trial}/data")
def data(visit: Annotated[Visit, needs("read-board")], as_of: AsOf = None) -> DataShown:
    """Every query with its state, what the plan expects, and where the data of each subject stand."""
    found = visit.does(data_overview, as_of)
    told = found.as_json()
    return DataShown(
        mark=found.mark, queries=told["queries"], expected=told["expected"], subjects=told["subjects"]
    )


@router.get("/trials/{trial}/subjects")
def subjects(visit: Annotated[Visit, needs("read")], as_of: AsOf = None) -> SubjectsShown:
    """Subjects that the account may see, each in a line."""
    mark, lines = visit.does(subject_lines, as_of)
    return SubjectsShown(mark=mark, subjects=list(lines))


@router.get("/trials/{trial}/subjects/{subject}")
def one_subject(
    visit: Annotated[Visit, needs("read")], subject: SubjectId, as_of: AsOf = None
) -> SubjectShown:
    """All that is derived of a subject: slot, doses, criteria, proposals, tasks, visits, absorbed doses."""
    mark, whole = visit.does(subject_whole, subject, as_of)
    return SubjectShown(mark=mark, subject=whole)
