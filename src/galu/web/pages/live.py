"""The stream that tells an open page of a changed record; what changed the page asks for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from galu.web.door import Visit, needs

router = APIRouter()
#: So often a stream says that it is alive, or a proxy would end it [s].
_ALIVE_EVERY_S: Final = 15.0


@router.get("/t/{trial}/events", response_class=EventSourceResponse)
async def events(visit: Annotated[Visit, needs("read-board")]) -> AsyncIterator[ServerSentEvent]:
    """One event `record` for each change, with the number of the newest entry."""
    yield ServerSentEvent(comment="open", retry=1000)
    async for head in visit.hub.heads(visit.served.name, _ALIVE_EVERY_S):
        if head is None:
            yield ServerSentEvent(comment="alive")
        else:
            yield ServerSentEvent(raw_data=str(head.seq), event="record")
