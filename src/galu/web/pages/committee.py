"""The committee's page, and its signed decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from galu.desk.decide import Statement, decide
from galu.desk.login import Shown, prove
from galu.desk.pages.committee import committee_page
from galu.finding import InputError
from galu.record.conduct import MEANINGS
from galu.web.door import Visit, came_from, hub_of, needs
from galu.web.pages.around import Page, day_asked, mark, render
from galu.web.pages.session import seen

router = APIRouter()


@router.get("/t/{trial}/committee", response_class=HTMLResponse)
def show(request: Request, visit: Annotated[Visit, needs("read-board")], as_of: str = "") -> HTMLResponse:
    """What the committee sees and decided, on a day."""
    return _page(request, visit, as_of)


def _page(
    request: Request, visit: Visit, as_of: str = "", error: InputError | None = None, status: int = 200
) -> HTMLResponse:
    found = visit.does(committee_page, day_asked(as_of))
    return render(
        Page(request, visit, found.look), "committee.html", mark("Committee"), status, shown=found,
        may_decide=visit.may("decide") and not found.look.is_past, meanings=MEANINGS, error=error,
    )  # fmt: skip


@router.post("/t/{trial}/committee", response_class=HTMLResponse)
def decided(
    request: Request,
    visit: Annotated[Visit, needs("decide", "read-board")],
    decision: Annotated[str, Form()],
    by: Annotated[str, Form(max_length=200)],
    meaning: Annotated[str, Form()],
    password: Annotated[str, Form(max_length=1024)],
    code: Annotated[str, Form(max_length=20)],
    level: Annotated[str, Form()] = "",
    comment: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Enter a decision and sign it, after showing oneself once more."""
    try:
        number = int(level) if level else None
        shown = Shown(visit.who.account, password, code.strip(), came_from(request))
        proof = prove(hub_of(request).accounts, visit.who, shown)
        said = Statement(decision, number, by.strip(), visit.who.name, meaning, comment.strip() or None)
        visit.writes(decide, said, proof=proof)
    except InputError as error:
        return _page(request, visit, error=error, status=422)
    return seen(Page(request, visit).to("/committee"))
