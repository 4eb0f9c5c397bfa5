"""`galu query` and `galu lock`: questions about the data, and what was done with them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from galu.desk.data_management import Scope

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Queries about the data of a trial.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")]
By = Annotated[str, typer.Option(help="who does it")]
About = Annotated[str | None, typer.Option(help="id of the fact that is meant")]
Subject = Annotated[str | None, typer.Option(help="the subject that is meant")]
Visit = Annotated[str | None, typer.Option(help="the visit of the subject")]
Planned = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="planned day of a repeated visit")
]  # fmt: skip


def _scope(about: str | None, subject: str | None, visit: str | None, planned: datetime | None) -> Scope:
    from galu.desk.data_management import Scope

    return Scope(about, subject, visit, planned.date() if planned else None)


@app.command("list")
def list_(
    folder: Folder,
    subject: Subject = None,
    every: Annotated[bool, typer.Option("--all", help="closed ones too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, with what is expected")] = False,
) -> None:
    """Queries with their state, and how much of what the plan expects is entered."""
    from galu.desk.data_management import data_overview

    found = data_overview(folder, None, subject)
    if as_json:
        print(json.dumps(found.as_json(), default=str, indent=1, ensure_ascii=False))
        return
    for one in found.queries:
        if every or one.state != "closed":
            place = one.about or " ".join(part for part in (one.visit, one.planned) if part) or "whole"
            print(f"{one.query}  {one.state}  {one.subject or 'trial'}  {place}: {one.text}")
    print("; ".join(f"{count} {state}" for state, count in found.counts()) or "nothing is expected")


@app.command()
def ask(
    folder: Folder,
    text: Annotated[str, typer.Argument(help="the question")],
    by: By,
    about: About = None,
    subject: Subject = None,
    visit: Visit = None,
    planned: Planned = None,
) -> None:
    """Raise a query about a fact, a visit or a subject."""
    from galu.desk.data_management import raise_query

    print(raise_query(folder, _scope(about, subject, visit, planned), text, by))


@app.command()
def step(
    folder: Folder,
    query: Annotated[str, typer.Argument(help="id of the query")],
    what: Annotated[str, typer.Argument(metavar="STEP", help="answered, closed or reopened")],
    by: By,
    text: Annotated[str | None, typer.Option(help="the answer, or why")] = None,
) -> None:
    """Answer, close or reopen a query."""
    from galu.desk.data_management import step_query

    print(step_query(folder, query, what, by, text))


@app.command()
def rules(folder: Folder) -> None:
    """Raise what the rules ask; a second run raises nothing that a person closed."""
    from galu.desk.data_management import run_rules

    written = run_rules(folder)
    for one in written:
        print(one)
    print(f"{len(written)} facts written")


def lock(
    folder: Folder,
    step: Annotated[
        str, typer.Argument(help="reviewed, verified, frozen, unfrozen, locked, unlocked or note")
    ],
    by: By,
    about: About = None,
    subject: Subject = None,
    visit: Visit = None,
    planned: Planned = None,
    comment: Annotated[str | None, typer.Option(help="why, or the text of the note")] = None,
) -> None:
    """Mark a fact, a visit or a subject as reviewed, verified, frozen or locked; open it; add a note."""
    from galu.desk.data_management import add_note, mark_data

    if step == "note":
        print(add_note(folder, about or "", comment or "", by))
    else:
        print(mark_data(folder, step, _scope(about, subject, visit, planned), by, comment))
