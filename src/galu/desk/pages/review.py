"""Queries, and where the data of each subject and visit stand: what to review, compare, freeze and lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from galu.desk.identity import acts
from galu.desk.pages.look import Look, look
from galu.finding import NotThereError
from galu.record.review import Query, QueryStep
from galu.trial.admission_data import OF_STEP
from galu.trial.data_state import STEPS, Asked


@dataclass(frozen=True, slots=True)
class Queries:
    """Queries that fit what is asked for."""

    look: Look
    rows: tuple[Asked, ...]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One step of a query: who said what, when."""

    step: str
    by: str
    recorded: datetime
    text: str
    fact: str


@dataclass(frozen=True, slots=True)
class QueryPage:
    """One query with all that was said, and the steps that whoever looks may take."""

    look: Look
    query: Asked
    said: tuple[Said, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A subject, or one of its visits: state of its data, what of the plan is there, open queries."""

    subject: str
    visit: str
    planned: date | None
    state: str
    counts: tuple[tuple[str, int], ...]
    queries: int


@dataclass(frozen=True, slots=True)
class Review:
    """Lines of the page; of one subject its visits."""

    look: Look
    lines: tuple[Reviewed, ...]


@acts("read-board")
def queries(folder: Path, as_of: date | None = None) -> Queries:
    """Every query that is seen, the newest first.

    Raises
    ------
    InputError
        When the record had not begun on that day.
    """
    seen = look(folder, as_of)
    rows = tuple(one for one in reversed(seen.state.data.queries) if seen.sees(one.subject))
    return Queries(seen, rows, tuple(sorted(set(seen.sites.values()))))


@acts("read-board")
def query_page(folder: Path, query: str, as_of: date | None = None) -> QueryPage:
    """One query.

    Raises
    ------
    NotThereError
        When there is none, or it is not seen.
    """
    seen = look(folder, as_of)
    found = next((one for one in seen.state.data.queries if one.query == query), None)
    if found is None or not seen.sees(found.subject):
        raise NotThereError(f"query {query!r}", "is not there", "choose one of the list")
    steps = tuple(
        step
        for step, (states, _) in STEPS.items()
        if found.state in states and seen.may(OF_STEP[step], found.subject or None)
    )
    return QueryPage(seen, found, tuple(_said(seen, found)), steps)


def _said(seen: Look, query: Asked) -> Iterator[Said]:
    zone, record = ZoneInfo(seen.record.zone), seen.state.record
    for row in record.rows(Query):
        if row.root == query.query:
            yield Said("raised", row.fact.by, row.recorded.astimezone(zone), row.fact.text, row.id)
    for step in sorted(record.rows(QueryStep), key=lambda one: one.seq):
        if record.root(step.fact.query) == query.query:
            moment = step.recorded.astimezone(zone)
            yield Said(step.fact.step, step.fact.by, moment, step.fact.text or "", step.id)


@acts("read-board")
def review(folder: Path, as_of: date | None = None, subject: str | None = None) -> Review:
    """Where the data stand: of every subject that is seen, or of the visits of one.

    Raises
    ------
    InputError
        When the record had not begun on that day, or the subject is not there.
    """
    seen = look(folder, as_of)
    if subject is not None:
        seen.require(subject)
        return Review(seen, tuple(_visits(seen, subject)))
    return Review(seen, tuple(_subjects(seen)))


def _subjects(seen: Look) -> Iterator[Reviewed]:
    data, asked = seen.state.data, _asked(seen)
    counts: dict[str, Counter[str]] = {}
    for one in seen.state.expected:
        counts.setdefault(one.subject, Counter())[one.state] += 1
    for person in seen.state.subjects:
        if seen.sees(person.id):
            own = tuple(sorted(counts.get(person.id, Counter()).items()))
            yield Reviewed(person.id, "", None, data.of_subject(person.id), own, asked[person.id])


def _visits(seen: Look, subject: str) -> Iterator[Reviewed]:
    data = seen.state.data
    groups: dict[tuple[str, date | None], Counter[str]] = {}
    for one in seen.state.expected:
        if one.subject == subject and one.planned is not None:
            groups.setdefault((one.visit, one.planned), Counter())[one.state] += 1
    asked = Counter(
        (one.visit, one.planned) for one in data.queries if one.subject == subject and one.state != "closed"
    )
    for (visit, planned), counts in sorted(groups.items(), key=lambda one: one[0][1] or date.min):
        state = data.of_visit(subject, visit, planned)
        number = asked[visit, planned.isoformat() if planned else None]
        yield Reviewed(subject, visit, planned, state, tuple(sorted(counts.items())), number)


def _asked(seen: Look) -> Counter[str]:
    return Counter(one.subject for one in seen.state.data.queries if one.state != "closed")
