"""Queries, review and lock: what is asked, answered and marked."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from galu.desk.data_management import MARKS, Scope, mark_data, raise_query, run_rules, step_query
from galu.desk.pages.look import look_around
from galu.desk.pages.review import queries, query_page, review
from galu.finding import InputError
from galu.trial.admission_data import OF_MARK
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, day_asked, mark, render
from galu.web.pages.session import seen

router = APIRouter()
Text = Annotated[str, Form(max_length=1024)]


@router.get("/t/{trial}/queries", response_class=HTMLResponse)
def listed(
    request: Request,
    visit: Annotated[Visit, needs("read-board")],
    as_of: str = "",
    state: str = "waiting",
    subject: str = "",
    site: str = "",
) -> HTMLResponse:
    """Queries by what the address asks for; those that wait where it says nothing."""
    found = visit.does(queries, day_asked(as_of))
    rows = [
        one
        for one in found.rows
        if (not subject or one.subject == subject)
        and (not site or found.look.sites.get(one.subject) == site)
        and (state == "all" or one.state == state or (state == "waiting" and one.state != "closed"))
    ]
    return render(
        Page(request, visit, found.look), "queries.html", mark("Queries"), rows=rows, found=found,
        state=state, subject=subject, site=site,
        may_ask=visit.may("ask") and not found.look.is_past,
    )  # fmt: skip


@router.post("/t/{trial}/queries/rules")
def rules(request: Request, visit: Annotated[Visit, needs("ask")]) -> Response:
    """Raise what the rules ask and nobody asked yet."""
    visit.writes(run_rules)
    return seen(Page(request, visit).to("/queries"))


@router.get("/t/{trial}/queries/new", response_class=HTMLResponse)
def asking(
    request: Request, visit: Annotated[Visit, needs("ask", "read-board")], about: str = "", subject: str = ""
) -> HTMLResponse:
    """The form that asks about a fact, or about a subject."""
    page = Page(request, visit, visit.does(look_around))
    return render(page, "ask.html", mark("Ask"), about=about, subject=subject, text="", error=None)


@router.post("/t/{trial}/queries/new", response_class=HTMLResponse)
def asked(
    request: Request,
    visit: Annotated[Visit, needs("ask", "read-board")],
    text: Text,
    about: Annotated[str, Form()] = "",
    subject: Annotated[str, Form()] = "",
) -> Response:
    """Raise a query."""
    try:
        name = visit.writes(raise_query, Scope(about or None, subject or None), text, visit.who.name)
    except InputError as error:
        page = Page(request, visit, visit.does(look_around))
        return render(
            page, "ask.html", mark("Ask"), 422, about=about, subject=subject, text=text, error=error
        )
    return seen(Page(request, visit).to(f"/queries/{name}"))


@router.get("/t/{trial}/queries/{query}", response_class=HTMLResponse)
def show(
    request: Request, visit: Annotated[Visit, needs("read-board")], query: str, as_of: str = ""
) -> HTMLResponse:
    """One query with what was said."""
    return _query(request, visit, query, as_of)


def _query(
    request: Request,
    visit: Visit,
    query: str,
    as_of: str = "",
    text: str = "",
    error: InputError | None = None,
) -> HTMLResponse:
    found = visit.does(query_page, query, day_asked(as_of))
    return render(
        Page(request, visit, found.look), "query.html", query, 422 if error else 200, found=found, text=text,
        error=error,
    )  # fmt: skip


# Answering, closing and reopening are for different roles: the desk asks when the step is written.
@router.post("/t/{trial}/queries/{query}", response_class=HTMLResponse)
def stepped(
    request: Request,
    visit: Annotated[Visit, needs("read-board", "read")],
    query: str,
    step: Annotated[str, Form()],
    text: Text = "",
) -> Response:
    """Answer, close or reopen a query."""
    try:
        visit.writes(step_query, query, step, visit.who.name, text.strip() or None)
    except InputError as error:
        return _query(request, visit, query, text=text, error=error)
    return seen(Page(request, visit).to(f"/queries/{query}"))


@router.get("/t/{trial}/review", response_class=HTMLResponse)
def reviewing(
    request: Request, visit: Annotated[Visit, needs("read-board")], as_of: str = ""
) -> HTMLResponse:
    """Where the data of every subject stand."""
    return _review(request, visit, None, as_of)


@router.get("/t/{trial}/review/{subject}", response_class=HTMLResponse)
def reviewing_one(
    request: Request, visit: Annotated[Visit, needs("read", "read-board")], subject: str, as_of: str = ""
) -> HTMLResponse:
    """Where the data of one subject stand, visit by visit."""
    return _review(request, visit, subject, as_of)


def _review(
    request: Request, visit: Visit, subject: str | None, as_of: str = "", error: InputError | None = None
) -> HTMLResponse:
    found = visit.does(review, day_asked(as_of), subject)
    may = tuple(step for step in MARKS if visit.may(OF_MARK[step]) and not found.look.is_past)
    return render(
        Page(request, visit, found.look), "review.html", mark("Review and lock"), 422 if error else 200,
        found=found, subject=subject, marks=may, error=error,
    )  # fmt: skip


@router.post("/t/{trial}/review/{subject}", response_class=HTMLResponse)
def marked(
    request: Request,
    visit: Annotated[Visit, needs("read", "read-board")],
    subject: str,
    step: Annotated[str, Form()],
    name: Annotated[str, Form()] = "",
    planned: Annotated[str, Form()] = "",
    comment: Text = "",
) -> Response:
    """Mark a subject, or a visit of it, as reviewed, compared, frozen or locked, or open it again."""
    try:
        day = date.fromisoformat(planned) if planned else None
        scope = Scope(None, subject, name or None, day)
        visit.writes(mark_data, step, scope, visit.who.name, comment.strip() or None)
    except InputError as error:
        return _review(request, visit, subject, error=error)
    return seen(Page(request, visit).to(f"/review/{subject}"))
