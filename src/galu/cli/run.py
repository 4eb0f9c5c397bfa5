"""`galu run`: the report of a trial folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def run(
    folder: Annotated[Path, typer.Argument(help="a trial folder", metavar="DIR")],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder of the report", metavar="OUT")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="as it was known at the end of this day")
    ] = None,
    cutoff: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="leave out what happened after this day")
    ] = None,
) -> None:
    """Write the report: one page without network, findings as JSON, tables as CSV, figures as PNG."""
    from galu.cli.terminal import console
    from galu.desk.run import run_trial

    with console(stderr=True).status("galu run") as progress:
        page = run_trial(
            folder,
            out,
            as_of.date() if as_of else None,
            cutoff.date() if cutoff else None,
            lambda what: progress.update(f"galu run: {what}"),
        )
    print(page)
