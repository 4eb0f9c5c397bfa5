"""Criteria by patients."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from galu.desk.pages.screening import screening
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, day_asked, mark, render

router = APIRouter()


@router.get("/t/{trial}/screening", response_class=HTMLResponse)
def show(
    request: Request,
    visit: Annotated[Visit, needs("read")],
    as_of: str = "",
    cell: str = "",
    everybody: str = "",
) -> HTMLResponse:
    """The matrix of a day; `cell` opens one as ``SUBJECT:CRITERION``."""
    subject, _, criterion = cell.rpartition(":")
    wanted = (subject, criterion) if cell else None
    found = visit.does(screening, day_asked(as_of), wanted, bool(everybody))
    may_judge = visit.may("judge") and not found.look.is_past
    return render(
        Page(request, visit, found.look), "screening.html", mark("Screening"),
        shown=found, everybody=bool(everybody), may_judge=may_judge,
    )  # fmt: skip
