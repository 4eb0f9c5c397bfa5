"""What changes, as it changes: server-sent events (one stream for each tab)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from galu.finding import InputError
from galu.web.door import Visit, needs, visitor_of

router = APIRouter(tags=["state"])
#: So often a stream that is silent shows that it lives, and whether its visitor may still listen [s].
_BEATS_EVERY_S: Final = 15.0


class Grown(BaseModel):
    """The record of a trial has a new end."""

    seq: int
    digest: str


@router.get("/trials/{trial}/events", response_class=EventSourceResponse)
async def events(
    request: Request, visit: Annotated[Visit, needs("read-board")]
) -> AsyncIterator[ServerSentEvent]:
    """An event `record` whenever the record has grown: ask anew for whatever is shown."""
    head = await run_in_threadpool(lambda: visit.served.head)
    yield ServerSentEvent(data=Grown(seq=head.seq, digest=head.digest), event="begin", retry=1000)
    async for grown in visit.hub.heads(visit.served.name, _BEATS_EVERY_S):
        # Whoever was closed out meanwhile is told nothing more.
        try:
            await run_in_threadpool(visitor_of, request)
        except InputError:
            return
        if grown is None:
            yield ServerSentEvent(comment="still here")
        else:
            yield ServerSentEvent(
                data=Grown(seq=grown.seq, digest=grown.digest), event="record", id=str(grown.seq)
            )
