"""Overviews: sections of the report, with their figures, on a day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from galu.desk.pages.results import result_picture, results
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, day_asked, mark, render

router = APIRouter()
_TITLES = {
    "safety": mark("Safety"),
    "exposure": mark("Exposure"),
    "dosimetry": mark("Dosimetry"),
    "pharmacokinetics": mark("Pharmacokinetics"),
    "efficacy": mark("Efficacy"),
}


@router.get("/t/{trial}/results/{name}", response_class=HTMLResponse)
def show(
    request: Request, visit: Annotated[Visit, needs("read-report")], name: str, as_of: str = ""
) -> HTMLResponse:
    """One page of results."""
    found = visit.does(results, name, day_asked(as_of))
    return render(Page(request, visit, found.look), "results.html", _TITLES[name], found=found)


@router.get("/t/{trial}/results/{name}/{picture}.svg")
def figure(
    visit: Annotated[Visit, needs("read-report")], name: str, picture: str, as_of: str = ""
) -> Response:
    """One figure; as an image it keeps its own styles."""
    found = visit.does(result_picture, name, picture, day_asked(as_of))
    # A figure styles itself; it is an image, and runs nothing.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    headers = {"content-security-policy": policy}
    return Response(found, media_type="image/svg+xml", headers=headers)
