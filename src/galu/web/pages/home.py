"""The first page of a trial."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from galu.desk.pages.home import home
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, day_asked, mark, render

router = APIRouter()


@router.get("/t/{trial}/", response_class=HTMLResponse)
def show(
    request: Request, visit: Annotated[Visit, needs("read-board")], as_of: str = "", site: str = ""
) -> HTMLResponse:
    """What is to be done, by the role of who looks."""
    found = visit.does(home, day_asked(as_of), site or None)
    return render(Page(request, visit, found.look), "home.html", mark("Today"), home=found)
