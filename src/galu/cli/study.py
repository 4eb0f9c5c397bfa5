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


@app.command()
def schema() -> None:
    """Print the JSON Schema of the study file, for editors that complete and check YAML."""
    import json

    from galu.exchange.study_schema import study_schema

    print(json.dumps(study_schema(), indent=2, ensure_ascii=False))


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="registry page text, or JSON of the registry")],
    out: Annotated[Path | None, typer.Option("-o", help="write the skeleton here")] = None,
    number: Annotated[
        str | None, typer.Option("--id", help="the record's number, where the file holds several")
    ] = None,
) -> None:
    """Turn a registry record into a study skeleton."""
    from galu.desk.registry import import_registry

    imported = import_registry(source, out, number)
    print(imported.yaml if out is None else f"written to {out}")
    for name in imported.missing:
        typer.echo(f"not in the source: {name}", err=True)
    for name in imported.unread:
        typer.echo(f"could not be read: {name}", err=True)
    for note in imported.partly:
        typer.echo(f"not enough for the section: {note}", err=True)
    for name in imported.kept:
        typer.echo(f"no part of a protocol, left out: {name}", err=True)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="the earlier version of a registry record")],
    new: Annotated[Path, typer.Argument(help="the later version")],
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Tell what changed between two versions of a registry record."""
    import json
    from dataclasses import asdict

    from galu.desk.registry import compare_registry

    earlier, later, changes = compare_registry(old, new)
    if as_json:
        print(json.dumps([asdict(one) for one in changes], ensure_ascii=False, indent=1))
        return
    dates = (one.last_update or "an unknown day" for one in (earlier, later))
    print(f"{later.nct_id} from {' to '.join(dates)}: {len(changes)} change{'s' * (len(changes) != 1)}")
    for one in changes:
        if one.before is not None and one.after is not None:
            print(f"changed  {one.place}: {one.before} → {one.after}")
        else:
            print(f"{'added' if one.before is None else 'removed':8} {one.place}: {one.after or one.before}")
