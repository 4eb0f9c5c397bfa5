"""`galu export`: the files that registries take."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Results as the files that registries take."
)


@app.command()
def registry(
    folder: Annotated[Path, typer.Argument(help="a trial folder", metavar="DIR")],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder of the files", metavar="OUT")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="as it was known at the end of this day")
    ] = None,
    cutoff: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="leave out what happened after this day")
    ] = None,
) -> None:
    """Write the results for ClinicalTrials.gov: upload XML, and JSON as its API shows it."""
    from galu.desk.export import export_registry

    found = export_registry(folder, out, as_of.date() if as_of else None, cutoff.date() if cutoff else None)
    for path in found.files:
        print(path)
    if found.simulated:
        print("SIMULATED: nothing here was observed; do not upload it")
    for comment in found.comments:
        print(f"the review would say: {comment}")


@app.command()
def check(
    file: Annotated[
        Path, typer.Argument(help="a record with results, as the API gives it (JSON)", metavar="FILE")
    ],
) -> None:
    """Say what the registry's review would send back; exit code 1 where there is anything."""
    from galu.desk.export import check_registry_file

    comments = check_registry_file(file)
    for comment in comments:
        print(comment)
    if comments:
        raise typer.Exit(1)
    print("nothing amiss")
