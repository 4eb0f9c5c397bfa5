"""Data management: queries with their steps, review, comparison with the source, freeze, lock, notes.

Annotations are values here, not texts: those of the routes made in a loop name what they declare.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from galu.access import Action
from galu.desk.data_management import Scope, add_note, mark_data, raise_query, run_rules, step_query
from galu.web.api.models import WRITES, Asked, FactId, IfMatch, Text
from galu.web.door import Visit, needs

router = APIRouter(tags=["data management"], responses=WRITES)


class About(Asked):
    """What data are meant: one fact, or a subject, or a visit of it (with its planned day, if repeated)."""

    about: str | None = Field(default=None, max_length=400)
    subject: str | None = Field(default=None, max_length=200)
    visit: str | None = Field(default=None, max_length=200)
    planned: date | None = None

    @property
    def scope(self) -> Scope:
        """The same for the desk."""
        return Scope(self.about, self.subject, self.visit, self.planned)


class Question(About):
    """A query."""

    text: Text
    column: str | None = Field(default=None, max_length=100)


class Answer(Asked):
    """What is said with a step of a query."""

    text: str | None = Field(default=None, max_length=1024)


class Marking(About):
    """What is marked, and why."""

    comment: str | None = Field(default=None, max_length=1024)


class Note(Asked):
    """A note."""

    text: Text


class Made(BaseModel):
    """Id of the fact that was written."""

    id: str


class Ids(BaseModel):
    """Ids of the facts that were written."""

    ids: list[str]


QueryId = Annotated[str, Path(max_length=400)]


@router.post("/trials/{trial}/queries", status_code=201)
def ask(visit: Annotated[Visit, needs("ask")], asked: Question, if_match: IfMatch = None) -> Made:
    """Ask about a fact, a visit or a subject."""
    done = visit.writes(
        raise_query, asked.scope, asked.text, visit.who.name, asked.column, visit.served.clock
    )
    return Made(id=done)


@router.post("/trials/{trial}/queries/rules", status_code=201)
def rules(visit: Annotated[Visit, needs("ask")], if_match: IfMatch = None) -> Ids:
    """Raise what the rules ask and nobody asked yet; reopen what changed since it was closed."""
    return Ids(ids=list(visit.writes(run_rules, visit.served.clock)))


#: Step of a query, what it is in the words of the access table, and how it is called in an address.
_STEPS: tuple[tuple[str, Action, str], ...] = (
    ("answered", "answer", "answer"),
    ("closed", "close", "close"),
    ("reopened", "ask", "reopen"),
)
#: The same of a mark.
_MARKS: tuple[tuple[str, Action, str], ...] = (
    ("reviewed", "review", "review"),
    ("verified", "verify-source", "verify-source"),
    ("frozen", "freeze", "freeze"),
    ("unfrozen", "unfreeze", "unfreeze"),
    ("locked", "lock", "lock"),
    ("unlocked", "unlock", "unlock"),
)


def _stepping(step: str, action: Action) -> Callable[..., Any]:
    declared = needs(action)

    def take(
        visit: Annotated[Visit, declared], query: QueryId, said: Answer, if_match: IfMatch = None
    ) -> Made:
        return Made(id=visit.writes(step_query, query, step, visit.who.name, said.text, visit.served.clock))

    return take


def _marking(step: str, action: Action) -> Callable[..., Any]:
    declared = needs(action)

    def mark(visit: Annotated[Visit, declared], meant: Marking, if_match: IfMatch = None) -> Made:
        done = visit.writes(mark_data, step, meant.scope, visit.who.name, meant.comment, visit.served.clock)
        return Made(id=done)

    return mark


def _add(path: str, name: str, route: Callable[..., Any], says: str) -> None:
    router.add_api_route(
        path, route, methods=["POST"], status_code=201, name=name, summary=says, response_model=Made,
        operation_id=name,
    )  # fmt: skip


for _step, _action, _word in _STEPS:
    _add(f"/trials/{{trial}}/queries/{{query}}/{_word}", f"query-{_word}", _stepping(_step, _action),
         f"{_word.capitalize()} a query.")  # fmt: skip
for _step, _action, _word in _MARKS:
    _add(f"/trials/{{trial}}/marks/{_word}", f"mark-{_word}", _marking(_step, _action),
         f"{_word.capitalize()} data of a fact, a visit or a subject.")  # fmt: skip


@router.post("/trials/{trial}/facts/{fact}/notes", status_code=201)
def note(visit: Annotated[Visit, needs("note")], fact: FactId, said: Note, if_match: IfMatch = None) -> Made:
    """Add a note to a fact, whatever its state."""
    return Made(id=visit.writes(add_note, fact, said.text, visit.who.name, visit.served.clock))
