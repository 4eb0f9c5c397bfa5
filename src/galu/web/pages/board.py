"""The board, and what would follow if a pending patient were settled."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from galu.desk.pages.board import board_page
from galu.finding import InputError
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, day_asked, mark, render

router = APIRouter()


@router.get("/t/{trial}/board", response_class=HTMLResponse)
def show(
    request: Request,
    visit: Annotated[Visit, needs("read-board")],
    as_of: str = "",
    turned: Annotated[tuple[str, ...], Query()] = (),
) -> HTMLResponse:
    """The board on a day; `turned` names pending subjects as ``SUBJECT:T`` or ``SUBJECT:N``."""
    flips = dict(map(_flip, turned))
    found = visit.does(board_page, day_asked(as_of), flips)
    page = Page(request, visit, found.look)

    def turn(subject: str, to: str) -> str:
        after = {name: one for name, one in {**flips, subject: to}.items() if one}
        asked = [("turned", f"{name}:{one}") for name, one in sorted(after.items())]
        asked += [("as_of", found.look.day.isoformat())] if found.look.is_past else []
        return f"{page.path}?{urlencode(asked)}" if asked else page.path

    return render(page, "board.html", mark("Board"), shown=found, board=found.board, turn=turn)


def _flip(text: str) -> tuple[str, str]:
    subject, _, to = text.rpartition(":")
    if not subject:
        raise InputError(f"turned={text}", "names no subject and outcome", "choose on the board")
    return subject, to
