"""The first page: what is overdue, due and blocked, what is asked, what is new, by the role of who looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from galu.desk.identity import acts
from galu.desk.page_words import Said, say
from galu.desk.pages.look import Look, look
from galu.report.board import standing_of
from galu.trial.data_state import Asked
from galu.trial.worklist import Task, derive_worklist

#: What each role looks at first; who has several reads them in the order of the roles.
ORDER: Final = {
    "coordinator": ("overdue", "due", "blocked", "queries", "committee", "fresh"),
    "investigator": ("blocked", "overdue", "due", "queries", "committee", "fresh"),
    "monitor": ("queries", "fresh", "overdue", "blocked", "due", "committee"),
    "medical-monitor": ("blocked", "committee", "queries", "fresh", "overdue", "due"),
    "physicist": ("due", "overdue", "blocked", "queries", "fresh", "committee"),
    "statistician": ("committee", "fresh", "overdue", "queries", "blocked", "due"),
    "data-manager": ("queries", "overdue", "fresh", "blocked", "due", "committee"),
    "auditor": ("fresh", "queries", "committee", "overdue", "blocked", "due"),
    "committee": ("committee", "blocked", "fresh", "overdue", "due", "queries"),
}
_WEEK: Final = timedelta(days=7)
#: So many of the newest entries are shown.
_FRESH: Final = 12


@dataclass(frozen=True, slots=True)
class Fresh:
    """A fact that became known lately."""

    fact: str
    kind: str
    subject: str
    on: str
    recorded: datetime
    by: str
    corrects: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the committee meets for next: open windows, and decisions that do not stand."""

    answer: str
    pending: tuple[str, ...]
    next_window: date | None
    unsound: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Home:
    """The lists of a day; `order` says in which order whoever looks wants them."""

    look: Look
    order: tuple[str, ...]
    overdue: tuple[Task, ...]
    due: tuple[Task, ...]
    blocked: tuple[Task, ...]
    queries: tuple[Asked, ...]
    fresh: tuple[Fresh, ...]
    meeting: Meeting

    @property
    def answer(self) -> Said:
        """The day in a sentence."""
        if not (self.overdue or self.due or self.blocked):
            return say("Nothing is overdue, nothing is due this week, and nothing waits.")
        return say(
            "%(overdue)s overdue, %(due)s due within a week, %(blocked)s waiting for something.",
            overdue=len(self.overdue), due=len(self.due), blocked=len(self.blocked),
        )  # fmt: skip


@acts("read-board")
def home(folder: Path, as_of: date | None = None, site: str | None = None) -> Home:
    """The first page of whoever looks, of one site where it is named.

    Raises
    ------
    InputError
        When the folder is no trial, or its record had not begun on that day.
    """
    seen = look(folder, as_of)
    tasks = [
        one
        for one in derive_worklist(seen.state)
        if seen.sees(one.subject) and (site is None or seen.sites.get(one.subject) == site)
    ]
    return Home(
        seen,
        next((ORDER[role] for role in seen.roles if role in ORDER), ORDER["coordinator"]),
        tuple(sorted(_late(tasks, seen.day), key=lambda one: one.until or date.max)),
        tuple(sorted(_soon(tasks, seen.day), key=lambda one: one.until or date.max)),
        tuple(one for one in tasks if one.group in ("held", "to be judged", "screening")),
        tuple(_asked(seen, site)),
        tuple(_fresh(seen)),
        _meeting(seen),
    )


def _late(tasks: Iterable[Task], day: date) -> Iterator[Task]:
    for one in tasks:
        if one.group == "overdue" or (
            one.group in ("due", "dose proposed") and one.until is not None and one.until < day
        ):
            yield one


def _soon(tasks: Iterable[Task], day: date) -> Iterator[Task]:
    for one in tasks:
        if one.group in ("due", "dose proposed") and (one.until is None or day <= one.until <= day + _WEEK):
            yield one


def _asked(seen: Look, site: str | None) -> Iterator[Asked]:
    """Queries that wait for whoever looks: answers of a site, decisions on answers of who checks."""
    checks = not {"coordinator", "investigator", "physicist"} & set(seen.roles)
    for one in seen.state.data.queries:
        waits = one.state == "answered" or (one.state == "open" and not checks)
        if waits and seen.sees(one.subject) and (site is None or seen.sites.get(one.subject) == site):
            yield one


def _fresh(seen: Look) -> Iterator[Fresh]:
    zone = ZoneInfo(seen.record.zone)
    columns = ("seq", "id", "subject", "on", "recorded", "by", "supersedes")
    newest = sorted(
        (
            (row, kind)
            for kind, frame in seen.record.frames.items()
            for row in frame.select(columns).tail(_FRESH).iter_rows(named=True)
        ),
        key=lambda one: -one[0]["seq"],
    )
    for row, kind in newest[:_FRESH]:
        yield Fresh(
            row["id"], kind, row["subject"] or "", row["on"], row["recorded"].astimezone(zone),
            row["by"] or "", row["supersedes"] is not None,
        )  # fmt: skip


def _meeting(seen: Look) -> Meeting:
    board = seen.state.board
    pending = tuple(one for one in board.slots if one.outcome == "P" and one.phase == "escalation")
    ends = [one.window_ends for one in pending if one.window_ends and one.window_ends >= seen.day]
    unsound = tuple((one.fact, standing_of(one)) for one in board.decisions if standing_of(one))
    return Meeting(board.next_step, tuple(one.subject for one in pending), min(ends, default=None), unsound)
