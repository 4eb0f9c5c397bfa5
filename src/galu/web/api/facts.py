"""Facts: found, their history, and written once however often they are sent."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from galu.desk.append import MOST, Appended, append_facts
from galu.desk.data_management import standing
from galu.desk.facts import FactPage, FactShown, Sought, find_facts
from galu.desk.history import fact_history
from galu.record import KINDS
from galu.web.api.models import WRITES, Asked, FactId, IdempotencyKey, IfMatch
from galu.web.door import Visit, etag_of, needs, needs_one_of, open_to_all

router = APIRouter(tags=["facts"])


class Kind(BaseModel):
    """A kind of fact: what it tells, and its fields as JSON Schema."""

    name: str
    tells: str
    fields: dict[str, Any]


class Facts(BaseModel):
    """Facts in the order written; `next` is what `after` must be for more."""

    day: date
    facts: list[FactShown]
    next: int | None


class Filter(Asked):
    """Which facts are wanted."""

    kind: str | None = Field(default=None, max_length=100)
    subject: str | None = Field(default=None, max_length=200)
    as_of: date | None = Field(default=None, description="as known at the end of this day; today if empty")
    after: int = Field(default=0, ge=0, le=2**53, description="number of the last entry seen")
    most: int = Field(default=100, ge=1, le=1000, description="so many at most")
    standing_only: bool = Field(default=False, description="leave out what was corrected or taken back")


class StepShown(BaseModel):
    """One step of the history of a fact."""

    entry: int
    recorded: datetime
    kind: str
    fact: str
    by: str
    source: str
    values: list[tuple[str, str, str]] = Field(description="field, what it was, what it became")
    reason: str
    account: str


class HistoryShown(BaseModel):
    """Every step of a fact, what stands of it, and what rests on it."""

    subject: str
    steps: list[StepShown]
    stands: str
    rests: list[str]


class StandingShown(BaseModel):
    """Where a value stands: open, reviewed, signed, frozen or locked, and by which marks."""

    fact: str
    subject: str
    state: str
    reviewed: bool
    verified: bool
    signed: bool
    queries: list[str]
    marks: list[str]
    stale: list[str]


class WrittenShown(BaseModel):
    """A fact as the record holds it."""

    id: str
    kind: str
    seq: int
    recorded: datetime


class AppendedShown(BaseModel):
    """What became of a batch; `replayed`: it was written before, under the same key."""

    facts: list[WrittenShown]
    replayed: bool
    checked: int
    warning: str | None


Sent = Annotated[
    list[dict[str, Any]],
    Field(min_length=1, max_length=MOST, description="facts, each with its `kind` and the fields of it"),
]


@router.get("/kinds", dependencies=[open_to_all("says what galu can keep, and nothing of any trial")])
def kinds() -> list[Kind]:
    """Every kind of fact with its fields."""
    return [
        Kind(name=name, tells=(model.__doc__ or "").split("\n")[0], fields=model.model_json_schema())
        for name, model in KINDS.items()
    ]


@router.get("/trials/{trial}/facts")
def facts(visit: Annotated[Visit, needs("read")], wanted: Annotated[Filter, Query()]) -> Facts:
    """Facts that the account may see, in the order written."""
    sought = Sought(
        wanted.kind, wanted.subject, wanted.as_of, wanted.after, wanted.most, wanted.standing_only
    )
    found: FactPage = visit.does(find_facts, sought, visit.served.clock)
    return Facts(day=found.day, facts=list(found.facts), next=found.next)


@router.get("/trials/{trial}/facts/{fact}/history")
def history(visit: Annotated[Visit, needs("read-history")], fact: FactId) -> HistoryShown:
    """Who wrote, corrected, took back and signed a fact, when and why, and what rests on it."""
    found = visit.does(fact_history, fact)
    steps = [StepShown(**dataclasses.asdict(one)) for one in found.steps]
    return HistoryShown(subject=found.subject, steps=steps, stands=found.stands, rests=list(found.rests))


@router.get("/trials/{trial}/facts/{fact}/standing")
def stands(visit: Annotated[Visit, needs("read")], fact: FactId) -> StandingShown:
    """Where a value stands now."""
    return StandingShown(**dataclasses.asdict(visit.does(standing, fact)))


#: Which of them a fact is, its kind says; each is asked for when it is written.
_ENTERING = needs_one_of("enter", "measure", "judge", "correct")


@router.post(
    "/trials/{trial}/facts", status_code=201, responses={200: {"description": "Written before."}, **WRITES}
)
def append(
    visit: Annotated[Visit, _ENTERING],
    response: Response,
    idempotency_key: IdempotencyKey,
    sent: Sent,
    if_match: IfMatch = None,
) -> AppendedShown:
    """Write facts, all or nothing. The same batch under the same key is written once, whatever happens."""
    done = visit.writes(append_facts, sent, idempotency_key)
    response.headers["etag"] = etag_of(visit.served.head)
    response.status_code = 200 if done.replayed else 201
    return _shown(done)


@router.post("/trials/{trial}/facts/check")
def check(visit: Annotated[Visit, _ENTERING], idempotency_key: IdempotencyKey, sent: Sent) -> AppendedShown:
    """Say what writing them would: every fault, or none; nothing is written."""
    return _shown(visit.does(append_facts, sent, idempotency_key, True))


def _shown(done: Appended) -> AppendedShown:
    return AppendedShown(
        facts=[WrittenShown(**dataclasses.asdict(one)) for one in done.facts], replayed=done.replayed,
        checked=done.checked, warning=done.warning,
    )  # fmt: skip
