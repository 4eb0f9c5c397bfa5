"""`galu record`: import, verify, export, kinds."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from galu.finding import InputError

if TYPE_CHECKING:
    from galu.desk.intake import Intake
    from galu.exchange.sdtm import SdtmReport

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The record of a trial.")
_SHOWN = 20
TrialPath = Annotated[Path, typer.Argument(help="trial folder")]


class Format(StrEnum):
    """What an import reads."""

    CSV = "csv"
    SDTM = "sdtm"


@app.command("import")
def import_(
    folder: TrialPath,
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE…", help="a CSV of facts or a folder of them; SDTM files or folders"),
    ],
    form: Annotated[Format, typer.Option("--format", help="what SOURCE holds")] = Format.CSV,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, write nothing")] = False,
    report_to: Annotated[
        Path | None, typer.Option("--report", help="write what became of every SDTM row here, as JSON")
    ] = None,
    dialect: Annotated[
        str,
        typer.Option(
            help="how CSVs are written: words joined by +, such as semicolon+decimal-comma+DD.MM.YYYY; "
            "german and french are usual ones; decimal-point says that no point groups thousands"
        ),
    ] = "comma",
    encoding: Annotated[
        str | None, typer.Option(help="of SDTM texts, such as cp1252; guessed for each file by default")
    ] = None,
) -> None:
    """Add facts, all or nothing; a dry run shows what would be added."""
    from galu.desk.intake import Intake, take_in

    if form is Format.CSV and len(sources) > 1:
        raise InputError(str(sources[1]), "is a second source", "put the CSVs of facts in one folder")
    brought = Intake(tuple(sources), folder, dry_run)
    take_in(brought, partial(_import, brought, form, report_to, dialect, encoding))


def _import(
    brought: Intake, form: Format, report_to: Path | None, dialect: str, encoding: str | None
) -> None:
    """Import and tell; in the child, so that only it loads what reads files."""
    from galu.desk.record import import_csv, import_sdtm, write_report

    folder, sources, dry_run = brought.trial or Path(), brought.sources, brought.dry_run

    if form is Format.SDTM:
        imported, report = import_sdtm(folder, sources, dry_run, encoding)
        print(report.as_text())
        _warn_of(report)
        if report_to is not None:
            write_report(report_to, report, imported)
    else:
        from galu.exchange.dialect import dialect_named

        imported = import_csv(folder, sources[0], dry_run, dialect_named(dialect))
    for kind, count in imported.counts:
        print(f"{kind:<22} {count:>8}")
    for sentence in imported.set_aside[:_SHOWN]:
        typer.echo(f"set aside: {sentence}", err=True)
    if len(imported.set_aside) > _SHOWN:
        typer.echo(f"set aside: {len(imported.set_aside) - _SHOWN} more, all in --report FILE", err=True)
    for sentence in imported.unknown[:_SHOWN]:
        typer.echo(f"not known: {sentence}", err=True)
    if len(imported.unknown) > _SHOWN:
        typer.echo(f"not known: {len(imported.unknown) - _SHOWN} more, all in --report FILE", err=True)
    if imported.passed_over:
        print(f"{imported.passed_over} study version passed over: it is the one in force")
    if imported.known:
        print(f"{imported.known} known already: the record holds them word for word")
    if imported.warning:
        typer.echo(f"galu: warning: {imported.warning}.", err=True)
    print(f"{imported.total} facts {'written' if imported.written else 'would be written; nothing was'}")


def _warn_of(report: SdtmReport) -> None:
    """Say that rows are missing or not whole: nobody reads a long page for it."""
    rows = {(name, row) for name, row, _ in report.aside}
    for name, row, why in report.aside[:_SHOWN]:
        typer.echo(f"set aside: {name}, row {row}: {why}", err=True)
    if len(report.aside) > _SHOWN:
        typer.echo(f"set aside: {len(report.aside) - _SHOWN} more", err=True)
    if rows:
        word = "row was" if len(rows) == 1 else "rows were"
        where = "--report FILE and the report of the trial list them"
        typer.echo(f"warning: {len(rows)} {word} set aside or read only in part; {where}", err=True)
    left = [name for name, why in report.unread if why.startswith("belongs to another set")]
    if left:
        typer.echo(f"warning: not read, as another set: {', '.join(left)}", err=True)


@app.command()
def verify(
    folder: TrialPath,
    key: Annotated[
        str | None, typer.Option(help="the public key noted when the trial began, or a file that holds it")
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(help="a folder or address of signed heads kept elsewhere; may be repeated"),
    ] = None,
) -> None:
    """Check that the record is what was written, up to the signed head; exit code 1 where it is not.

    Without --key, the key is that which this user met first; on another machine a record written and signed
    anew with another key is not noticed. Without heads kept elsewhere, last entries that were cut together
    with their head are not. What cannot be checked now, such as a locked file, ends with exit code 2.
    """
    from galu.desk.noted import noted_key
    from galu.desk.record import verify_record
    from galu.store.mirrors import place_named

    noted = noted_key(folder)
    found = verify_record(folder, key, [place_named(place) for place in against or ()])
    if found.fault is not None:
        typer.echo(f"galu: {folder}: {found.fault}.", err=True)
        raise typer.Exit(1)
    print(f"{folder}: {found.entries} entries hold together, {found.heads} signed heads agree")
    if found.witnesses:
        print(f"{found.witnesses} heads kept elsewhere agree")
    told = "as noted" if key else "as this user met it first" if noted else "noted now for this user"
    print(f"signed with key {found.public_key}, {told}")


@app.command()
def move(
    folder: TrialPath,
    to: Annotated[
        str, typer.Argument(metavar="PLACE", help="postgresql://owner@host/database[?schema=…], or sqlite")
    ],
    role: Annotated[
        str | None,
        typer.Option(help="on a server: the role that galu works as, which only reads and appends"),
    ] = None,
) -> None:
    """Move the record to a PostgreSQL server, or back into the folder, and verify it there."""
    from galu.desk.move import move_record

    moved = move_record(folder, to, role)
    print(f"{moved.place}: {moved.entries} entries hold together, head {moved.digest}")


@app.command()
def custody(
    folder: TrialPath,
    key: Annotated[Path | None, typer.Option(help="move the key that signs to this new file")] = None,
    mirror: Annotated[
        str | None, typer.Option(help="copy signed heads to this folder or https:// address from now on")
    ] = None,
) -> None:
    """Move the key out of the trial folder, lock it (GALU_PASSPHRASE), mirror the signed heads."""
    from galu.desk.custody import take_custody
    from galu.store.mirrors import place_named

    taken = take_custody(folder, key, place_named(mirror) if mirror else None)
    print(f"key: {taken.key or 'in the trial folder'}")
    print(f"mirror of the signed heads: {taken.mirror or 'none'}")


@app.command()
def backup(
    folder: TrialPath,
    out: Annotated[Path, typer.Option("-o", help="a new file, such as trial.zip")],
) -> None:
    """Write the whole trial into one file: study, record, signed heads and, if it lies there, the key."""
    from galu.desk.backup import backup_trial

    kept = backup_trial(folder, out)
    print(f"{out}: {kept.entries} entries, head {kept.digest}")
    print("the key is in it: keep it safe" if kept.with_key else "the key lies elsewhere and is not in it")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="a file of `galu record backup`")],
    out: Annotated[Path, typer.Option("-o", help="a new folder for the trial")],
) -> None:
    """Unpack a backup into a new trial folder, checked before it appears."""
    from galu.desk.intake import Intake, take_in

    take_in(Intake((source,)), partial(_restore, source, out))


def _restore(source: Path, out: Path) -> None:
    from galu.desk.backup import restore_trial

    kept = restore_trial(source, out)
    print(f"{out}: {kept.entries} entries hold together, head {kept.digest}")


@app.command()
def refused(folder: TrialPath) -> None:
    """List refused imports: when, by whom, which file, why; exit code 1 where the list was changed."""
    from galu.desk.refusals import read_refusals

    entries, fault = read_refusals(folder)
    for one in entries:
        print(f"{one.seq:>5}  {one.recorded}  {one.by}  {one.place}: {one.why}")
        for file in one.files:
            print(f"       {file.name}  {file.size} bytes  sha256 {file.sha256 or 'not computed'}")
        if one.more_files or one.faults > 1:
            print(f"       {one.faults} faults; {one.more_files} more files")
    if fault is not None:
        typer.echo(f"galu: {folder}: the list of refused imports: {fault}.", err=True)
        raise typer.Exit(1)
    print(f"{len(entries)} refused imports; the list holds together")


@app.command()
def export(
    folder: TrialPath,
    out: Annotated[Path, typer.Option("-o", help="a new folder; one CSV per kind")],
) -> None:
    """Write every fact, corrections included, as one CSV per kind."""
    from galu.desk.record import export_record

    paths, left_out = export_record(folder, out)
    print(f"{len(paths)} files written to {out}")
    for what in left_out:
        typer.echo(f"galu: warning: {what} cannot be read any more and was left out.", err=True)


@app.command("template")
def template_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="a kind of fact, or all")],
    out: Annotated[Path, typer.Option("-o", help="folder for the CSV")],
    study: Annotated[
        Path | None, typer.Option("--study", help="study.yaml or a folder that holds it: names its agent")
    ] = None,
) -> None:
    """Write a CSV to begin with: the columns of a kind, and an example row to write over."""
    from galu.desk.record import write_templates

    for path in write_templates(kind, out, study):
        print(path)


@app.command()
def kinds() -> None:
    """Print the reference of every kind of fact: columns, types, meanings."""
    from galu.exchange.facts_reference import facts_reference

    print(facts_reference(), end="")
