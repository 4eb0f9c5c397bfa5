"""The page of one fact, and the audit trail."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from galu.desk.data_management import standing
from galu.desk.history import fact_history
from galu.desk.pages.audit import Wanted, audit_trail
from galu.desk.pages.look import look_around
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, day_asked, kind_in_words, mark, render

router = APIRouter()


@router.get("/t/{trial}/facts/{fact:path}", response_class=HTMLResponse)
def show(
    request: Request, visit: Annotated[Visit, needs("read-history", "read-board")], fact: str
) -> HTMLResponse:
    """Who wrote it, when and why, before and after, and what rests on it."""
    history = visit.does(fact_history, fact)
    found = visit.does(look_around)
    subject = history.subject
    words = ", ".join(after for name, _, after in history.steps[0].values if name != "on" and after)[:60]
    return render(
        Page(request, visit, found), "fact.html", fact, fact=fact, history=history,
        kind=kind_in_words(history.steps[0].kind), words=words, standing=visit.does(standing, fact),
        may_correct=found.may("correct", subject), may_ask=found.may("ask", subject), kinds=kind_in_words,
    )  # fmt: skip


@router.get("/t/{trial}/audit", response_class=HTMLResponse)
def audit(
    request: Request,
    visit: Annotated[Visit, needs("read-history")],
    as_of: str = "",
    words: str = "",
    subject: str = "",
    kind: str = "",
    by: str = "",
    first: str = "",
    last: str = "",
    changed: str = "",
) -> HTMLResponse:
    """Every entry that is seen, by what the address asks for."""
    ends: tuple[date | None, date | None] = day_asked(first, "from"), day_asked(last, "to")
    wanted = Wanted(words, subject, kind, by, *ends, bool(changed))
    trail = visit.does(audit_trail, wanted, day_asked(as_of))
    return render(
        Page(request, visit, trail.look), "audit.html", mark("Audit trail"), trail=trail, asked=wanted
    )
