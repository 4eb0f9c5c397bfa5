"""Imports as jobs, with their progress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Request, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from galu.finding import NotThereError
from galu.web.door import Visit, jobs_of, needs
from galu.web.jobs import Job, StepState, Wish, kept_files

router = APIRouter(tags=["imports"])
#: How often a stream looks [s].
_LOOKS_EVERY_S: Final = 0.2
_IMPORTS: Final = needs("import")


class StepShown(BaseModel):
    """A step of a job."""

    name: str
    state: StepState
    told: str


class FaultShown(BaseModel):
    """One thing that is wrong in the files."""

    place: str
    fault: str
    remedy: str


class JobShown(BaseModel):
    """An import; its state is that of its worst step, and nothing is written unless all of it is."""

    id: str
    state: StepState
    begun: datetime
    files: list[str]
    dry_run: bool
    steps: list[StepShown]
    faults: list[FaultShown]
    counts: dict[str, int]
    known: int


JobId = Annotated[str, Path(max_length=64)]


def _shown(job: Job) -> JobShown:
    return JobShown(
        id=job.id, state=job.state, begun=job.begun, files=list(job.files), dry_run=job.wish.dry_run,
        steps=[StepShown(name=one.name, state=one.state, told=one.told) for one in job.steps],
        faults=[FaultShown(place=a, fault=b, remedy=c) for a, b, c in job.faults],
        counts=job.counts, known=job.known,
    )  # fmt: skip


@router.post("/trials/{trial}/imports", status_code=202)
def begin(
    request: Request,
    visit: Annotated[Visit, _IMPORTS],
    files: list[UploadFile],
    format: Annotated[Literal["csv", "sdtm"], Form()] = "csv",
    dialect: Annotated[str, Form(max_length=100)] = "comma",
    dry_run: Annotated[bool, Form(description="check everything, write nothing")] = False,
) -> JobShown:
    """Import files in a process of their own; the answer names the job to ask for."""
    folder = kept_files([(one.filename or "", one.file.read()) for one in files])
    place = (visit.served.name, visit.served.folder)
    wish = Wish(format, dialect, dry_run)
    return _shown(jobs_of(request).begin(visit.who, place, folder, wish, visit.hub.accounts))


@router.get("/trials/{trial}/imports")
def jobs(request: Request, visit: Annotated[Visit, _IMPORTS]) -> list[JobShown]:
    """Imports of the account, the newest first."""
    return [_shown(one) for one in jobs_of(request).of(visit.who.account, visit.served.name)]


def _job(request: Request, visit: Visit, name: str) -> Job:
    own = jobs_of(request).of(visit.who.account, visit.served.name)
    found = next((one for one in own if one.id == name), None)
    if found is None:
        raise NotThereError(f"import {name!r}", "is not there", "choose one of your list")
    return found


def own_job(request: Request, visit: Annotated[Visit, _IMPORTS], job: JobId) -> Job:
    """An import of the account; refused before anything of a stream is sent."""
    return _job(request, visit, job)


@router.get("/trials/{trial}/imports/{job}")
def one_job(found: Annotated[Job, Depends(own_job)]) -> JobShown:
    """Where an import is."""
    return _shown(found)


@router.get("/trials/{trial}/imports/{job}/events", response_class=EventSourceResponse)
async def progress(
    request: Request, visit: Annotated[Visit, _IMPORTS], found: Annotated[Job, Depends(own_job)]
) -> AsyncIterator[ServerSentEvent]:
    """An event `job` with each change of an import, until it is over."""
    seen = -1
    while not visit.hub.is_closing:
        now = _job(request, visit, found.id)
        if now.version != seen:
            seen = now.version
            yield ServerSentEvent(data=_shown(now), event="job", id=str(seen))
        if now.over:
            return
        await asyncio.sleep(_LOOKS_EVERY_S)
