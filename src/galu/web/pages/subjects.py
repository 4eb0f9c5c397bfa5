"""The list of subjects, and the page of one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from galu.desk.pages.courses import Course
from galu.desk.pages.subject import SubjectPage, subject_page, subjects
from galu.trial.expected import Expected
from galu.web.door import Visit, needs
from galu.web.pages.around import Page, day_asked, mark, render
from galu.web.pages.timeline import chart_of

router = APIRouter()


@router.get("/t/{trial}/subjects", response_class=HTMLResponse)
def listed(
    request: Request,
    visit: Annotated[Visit, needs("read")],
    as_of: str = "",
    site: str = "",
    begins: str = "",
    state: str = "",
) -> HTMLResponse:
    """Everybody who is seen, filtered by the address."""
    found = visit.does(subjects, day_asked(as_of))
    lines = [
        one
        for one in found.lines
        if (not site or one.site == site)
        and one.subject.id.startswith(begins)
        and (not state or str(one.state) == state)
    ]
    return render(
        Page(request, visit, found.look), "subjects.html", mark("Subjects"),
        lines=lines, site=site, begins=begins, standing=state,
        sites=sorted(set(found.look.sites.values())),
        standings=sorted({str(one.state) for one in found.lines}),
        may_enter=visit.may("enter") and not found.look.is_past,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A planned visit with its procedures, and where it is entered."""

    name: str
    cycle: int | None
    planned: date | None
    earliest: date | None
    latest: date | None
    lines: tuple[Expected, ...]
    href: str


@dataclass(frozen=True, slots=True)
class EntryLink:
    """A form that can be opened for the subject."""

    href: str
    word: str


#: Forms beside the visits: path under the subject, and word.
_FORMS = (
    ("visit", mark("Enter a visit")),
    ("enrolment", mark("Enrol")),
    ("dose", mark("Dosing worksheet")),
    ("event", mark("Adverse event")),
    ("judgement", mark("Judgement")),
    ("any", mark("Something else")),
)


@router.get("/t/{trial}/subjects/{subject}", response_class=HTMLResponse)
def show(
    request: Request,
    visit: Annotated[Visit, needs("read")],
    subject: str,
    as_of: str = "",
    written: int | None = None,
) -> HTMLResponse:
    """The page of one subject on a day."""
    found = visit.does(subject_page, subject, day_asked(as_of))
    page = Page(request, visit, found.look)
    may_enter = not found.look.is_past and (
        found.look.may("enter", subject) or found.look.may("measure", subject)
    )
    base = f"/subjects/{subject}/enter"
    return render(
        page, "subject.html", subject, shown=found, who=found.subject, may_enter=may_enter,
        chart=chart_of(found.strips, found.look.day, found.subject.level),
        plots=[_plot(one, found.subject.level) for one in found.courses],
        open_queries=sum(one.state != "closed" for one in found.queries),
        visits=tuple(_visits(page, found)),
        written=written,
        entries=[
            EntryLink(page.to(f"{base}/{path}"), page.say(word))
            for path, word in _FORMS
            if path != "enrolment" or not found.subject.has_slot
        ],
    )  # fmt: skip


def _visits(page: Page, found: SubjectPage) -> Iterable[VisitLine]:
    groups: dict[tuple[str, int | None, date | None], list[Expected]] = {}
    for one in found.expected:
        groups.setdefault((one.visit, one.cycle, one.planned), []).append(one)
    for (name, cycle, planned), lines in sorted(groups.items(), key=lambda one: one[0][2] or date.min):
        path = f"/subjects/{found.subject.id}/enter/visit"
        yield VisitLine(
            name, cycle, planned, lines[0].earliest, lines[0].latest, tuple(lines),
            page.to(path, visit=name, planned=planned),
        )  # fmt: skip


def _plot(course: Course, level: int | None) -> str:
    """A course as the chart reads it; bands from the mildest grade on."""
    return json.dumps(
        {
            "name": course.name,
            "unit": course.unit,
            "days": [one.day.isoformat() for one in course.points],
            "values": [one.value for one in course.points],
            "bands": [
                {"grade": one.grade, "from": one.low, "to": one.high, "word": f"G{one.grade}"}
                for one in course.bands
            ],
            "marks": [{"day": day.isoformat(), "word": word} for day, word in course.doses],
            "color": f"--l{level or 1}",
        }
    )
