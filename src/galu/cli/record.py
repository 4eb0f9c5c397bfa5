"""`galu record`: import, verify, export, kinds."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The record of a trial.")
TrialPath = Annotated[Path, typer.Argument(help="trial folder")]


class Format(StrEnum):
    """What an import reads."""

    CSV = "csv"
    SDTM = "sdtm"


@app.command("import")
def import_(
    folder: TrialPath,
    source: Annotated[Path, typer.Argument(help="a CSV of facts, a folder of them, or SDTM domains")],
    form: Annotated[Format, typer.Option("--format", help="what SOURCE holds")] = Format.CSV,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, write nothing")] = False,
) -> None:
    """Add facts, all or nothing; a dry run shows what would be added."""
    from galu.desk.record import import_csv, import_sdtm

    if form is Format.SDTM:
        imported, _ = import_sdtm(folder, source, dry_run)
    else:
        imported = import_csv(folder, source, dry_run)
    for kind, count in imported.counts:
        print(f"{kind:<22} {count:>8}")
    for sentence in imported.set_aside:
        typer.echo(f"set aside: {sentence}", err=True)
    if imported.passed_over:
        print(f"{imported.passed_over} study version passed over: it is the one in force")
    print(f"{imported.total} facts {'written' if imported.written else 'would be written; nothing was'}")


@app.command()
def verify(folder: TrialPath) -> None:
    """Check that the record is what was written, up to the signed head."""
    from galu.desk.record import verify_record

    found = verify_record(folder)
    if found.fault is not None:
        typer.echo(f"galu: {folder}: {found.fault}.", err=True)
        raise typer.Exit(1)
    print(f"{folder}: {found.entries} entries hold together, {found.heads} signed heads agree")
    print(f"signed with key {found.public_key}")


@app.command()
def export(
    folder: TrialPath,
    out: Annotated[Path, typer.Option("-o", help="a new folder; one CSV per kind")],
) -> None:
    """Write every fact, corrections included, as one CSV per kind."""
    from galu.desk.record import export_record

    paths = export_record(folder, out)
    print(f"{len(paths)} files written to {out}")


@app.command()
def kinds() -> None:
    """Print the reference of every kind of fact: columns, types, meanings."""
    from galu.exchange.facts_reference import facts_reference

    print(facts_reference(), end="")
