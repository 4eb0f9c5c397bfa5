"""Entry: forms opened, kept, checked and sent; corrections. What is asked and refused is the desk's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from galu.desk.forms.correct import Correction, open_correction, send_correction
from galu.desk.forms.drafts import drop_draft, keep_draft
from galu.desk.forms.write import Form, Where, kinds_to_write, open_form, send_form
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, kind_in_words, mark, render

router = APIRouter()
#: Pages of forms that have an address of their own.
_TITLES = {
    "new": mark("New subject"),
    "visit": mark("Visit"),
    "dose": mark("Dosing worksheet"),
    "event": mark("Adverse event"),
}
_OWN = frozenset({"csrf", "step"})


async def typed(request: Request) -> dict[str, str]:
    """What a form sends, as text."""
    sent: FormData = await request.form()
    return {name: value for name, value in sent.items() if isinstance(value, str) and name not in _OWN}


async def step_of(request: Request) -> str:
    """Which button sent a form."""
    found = (await request.form()).get("step")
    return found if isinstance(found, str) else "write"


Typed = Annotated[dict[str, str], Depends(typed)]
Step = Annotated[str, Depends(step_of)]


def _where(request: Request, form: str, subject: str = "") -> Where:
    asked = {name: value for name, value in request.query_params.items() if name not in ("as_of", "written")}
    return Where(form, subject, asked)


@router.get("/t/{trial}/subjects/new", response_class=HTMLResponse)
def newcomer(request: Request, visit: Annotated[Visit, needs("enter")]) -> HTMLResponse:
    """The form of a new subject."""
    return _shown(request, visit, _where(request, "new"), visit.does(open_form, Where("new")))


@router.post("/t/{trial}/subjects/new", response_class=HTMLResponse)
def newcomer_sent(
    request: Request, visit: Annotated[Visit, needs("enter")], values: Typed, step: Step
) -> Response:
    """Write a new subject."""
    return _sent(request, visit, Where("new"), values, step)


@router.get("/t/{trial}/subjects/{subject}/enter/any", response_class=HTMLResponse)
def kinds(request: Request, visit: Annotated[Visit, needs("read")], subject: str) -> HTMLResponse:
    """Every kind of fact that has a form."""
    found, written = visit.does(kinds_to_write)
    page = Page(request, visit, found)
    return render(page, "kinds.html", mark("Something else"), subject=subject,
                  kinds=[(one, page.say(kind_in_words(one))) for one in written])  # fmt: skip


@router.get("/t/{trial}/subjects/{subject}/enter/{form}", response_class=HTMLResponse)
def opened(request: Request, visit: Annotated[Visit, needs("read")], subject: str, form: str) -> HTMLResponse:
    """A form of a subject; what is written is asked for fact by fact."""
    where = _where(request, form, subject)
    return _shown(request, visit, where, visit.does(open_form, where))


@router.post("/t/{trial}/subjects/{subject}/enter/{form}", response_class=HTMLResponse)
def sent(
    request: Request,
    visit: Annotated[Visit, needs("read")],
    subject: str,
    form: str,
    values: Typed,
    step: Step,
) -> Response:
    """Check or write a form of a subject."""
    return _sent(request, visit, _where(request, form, subject), values, step)


def _sent(request: Request, visit: Visit, where: Where, values: Mapping[str, str], step: str) -> Response:
    page = Page(request, visit)
    subject = where.subject or values.get("subject", "").strip()
    if step == "discard":
        visit.does(drop_draft, where.name)
        return RedirectResponse(page.here, 303)
    done = (visit.does if step == "check" else visit.writes)(send_form, where, values, step != "check")
    if done.written:
        return RedirectResponse(page.to(f"/subjects/{subject}", written=len(done.written)), 303)
    status = 422 if done.faults else 409 if done.others else 200
    return _shown(request, visit, where, done, status, values)


def _shown(
    request: Request, visit: Visit, where: Where, form: Form, status: int = 200,
    values: Mapping[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    page = Page(request, visit, form.look)
    title = _TITLES.get(where.form, kind_in_words(where.form))
    return render(
        page, "entry.html", title, status, form=form, sheet=form.sheet, where=where,
        typed=values or {}, is_answer=values is not None, kinds=kind_in_words,
        draft_address=page.to("/drafts", form=where.name),
    )  # fmt: skip


@router.post("/t/{trial}/drafts", status_code=204)
def keep(visit: Annotated[Visit, needs("read")], values: Typed, form: str) -> Response:
    """Keep what is typed into a form."""
    visit.does(keep_draft, form, values)
    return Response(status_code=204)


@router.get("/t/{trial}/facts/{fact}/correct", response_class=HTMLResponse)
def correct(request: Request, visit: Annotated[Visit, needs("correct")], fact: str) -> HTMLResponse:
    """The form that corrects a fact."""
    return _correction(request, visit, visit.does(open_correction, fact))


@router.post("/t/{trial}/facts/{fact}/correct", response_class=HTMLResponse)
def corrected(
    request: Request, visit: Annotated[Visit, needs("correct")], fact: str, values: Typed, step: Step
) -> Response:
    """Show before and after, or write the correction."""
    done = (visit.does if step == "check" else visit.writes)(send_correction, fact, values, step != "check")
    if done.written:
        return RedirectResponse(Page(request, visit).to(f"/facts/{done.written}"), 303)
    return _correction(request, visit, done, 422 if done.faults else 200, step)


def _correction(
    request: Request, visit: Visit, done: Correction, status: int = 200, step: str = ""
) -> HTMLResponse:
    page = Page(request, visit, done.look)
    return render(
        page, "correct.html", mark("Correction"), status, form=done, checked=step == "check",
        kind=kind_in_words(done.kind),
    )  # fmt: skip
