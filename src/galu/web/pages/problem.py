"""A refusal as a page: what is wrong, and what to do."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from galu.web.pages.around import Page, mark, render
from galu.web.problems import Problem

_TITLES: Final = {
    403: mark("You may not do this"),
    404: mark("It is not there"),
    409: mark("Somebody was faster"),
    500: mark("galu failed"),
    503: mark("It cannot be reached now"),
}


def problem_page(request: Request, problem: Problem) -> Response:
    """The page of a problem; who has not come in is led to the door, and back afterwards."""
    is_part = request.headers.get("hx-request") == "true"
    if problem.status == 401 and request.method == "GET" and not is_part:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?{urlencode({'next': here})}", 303)
    title = _TITLES.get(problem.status, mark("This cannot be done"))
    return render(Page(request), "problem.html", title, problem.status, problem=problem)
