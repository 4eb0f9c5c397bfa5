"""`galu study`: check, show, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The study file.")
StudyPath = Annotated[Path, typer.Argument(help="study.yaml or a folder that holds it")]


@app.command()
def check(study: StudyPath) -> None:
    """Load a study file strictly, and say what it lacks to run; errors name file, line and key."""
    from galu.cli.readiness import print_readiness
    from galu.desk.study import study_cautions, study_elements, study_needs

    found = study_elements(study)
    assumed = sum(element.source == "assumed" for element in found)
    print(f"{study}: {len(found)} elements, {len(found) - assumed} known, {assumed} assumed")
    for said in study_cautions(study):
        print(f"caution: {said}")
    print_readiness(study_needs(study))


@app.command()
def show(
    study: StudyPath,
    assumed: Annotated[bool, typer.Option("--assumed", help="only what is assumed")] = False,
) -> None:
    """List what is known and what is assumed."""
    from rich.table import Table

    from galu.cli.terminal import console
    from galu.desk.study import study_elements

    table = Table("element", "value", "source", "why", show_lines=False)
    for element in study_elements(study):
        if not assumed or element.source == "assumed":
            table.add_row(element.place, element.value[:160], element.source, element.why)
    console().print(table)


@app.command()
def keys() -> None:
    """Print the reference of the study file: sections, keys, types, units, defaults, meanings."""
    from galu.exchange.study_reference import study_reference

    print(study_reference(), end="")


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="registry page text or API v2 JSON")],
    out: Annotated[Path | None, typer.Option("-o", help="write the skeleton here")] = None,
) -> None:
    """Turn a registry record into a study skeleton."""
    from galu.desk.registry import import_registry

    imported = import_registry(source, out)
    print(imported.yaml if out is None else f"written to {out}")
    for name in imported.missing:
        typer.echo(f"not in the source: {name}", err=True)
    for name in imported.unread:
        typer.echo(f"could not be read: {name}", err=True)
    for note in imported.partly:
        typer.echo(f"not enough for the section: {note}", err=True)
