"""`galu report`: the tables and listings of a study report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[Path, typer.Argument(help="a trial folder", metavar="DIR")],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder of the set", metavar="OUT")],
    formats: Annotated[
        str,
        typer.Option("--format", help="some of html, pdf, docx, rtf, separated by commas", metavar="LIST"),
    ] = "html",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="number of a table or listing, such as 14.3.1.2; repeat"),
    ] = None,
    shells: Annotated[bool, typer.Option("--shells", help="the tables without any number")] = False,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="as it was known at the end of this day")
    ] = None,
    cutoff: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="leave out what happened after this day")
    ] = None,
) -> None:
    """Write the tables and listings of sections 14 and 16, each number with the facts that it rests on."""
    from galu.cli.terminal import console
    from galu.desk.report_set import FORMATS, Wanted, report_set
    from galu.finding import InputError

    asked = [one.strip() for one in formats.split(",") if one.strip()]
    unknown = [one for one in asked if one not in FORMATS]
    if unknown or not asked:
        fault = f"{unknown[0]!r} is no format" if unknown else "names no format"
        raise InputError("--format", fault, f"give some of {', '.join(FORMATS)}")
    chosen = tuple(one for one in FORMATS if one in asked)
    days = (as_of.date() if as_of else None, cutoff.date() if cutoff else None)
    with console(stderr=True).status("galu report") as progress:
        written = report_set(
            folder,
            out,
            Wanted(chosen, tuple(only or ()), shells),
            days,
            lambda what: progress.update(f"galu report: {what}"),
        )
    for path in written:
        if path.parent == out or path.name == "index.html":
            print(path)
