"""`galu worklist`, `galu changes`, `galu history`: a coordinator's questions of a working day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from galu.report.blocks import Mark

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")]
Json = Annotated[bool, typer.Option("--json", help="as JSON")]
Day = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="as known at the end of this day")
]  # fmt: skip


def worklist(
    folder: Folder,
    as_of: Day = None,
    site: Annotated[str | None, typer.Option(help="one site only, as demographics name it")] = None,
    as_json: Json = False,
) -> None:
    """What is to be done: doses proposed or held and why, to be judged, overdue, due, lacking."""
    from galu.desk.worklist import trial_worklist
    from galu.trial.worklist import GROUPS

    found = trial_worklist(folder, as_of.date() if as_of else None, site)
    if as_json:
        _print_json(found.as_json())
        return
    _head(found.mark, found.warning)
    for group in GROUPS:
        rows = [
            (found.sites.get(one.subject, ""), one.subject, one.what, one.until or "", one.why)
            for one in found.tasks
            if one.group == group
        ]
        _grid(f"{group.capitalize()} ({len(rows)})", ("site", "subject", "what", "until", "why"), rows)


def changes(
    folder: Folder,
    since: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="what was known at the end of this day is not new")
    ],
    as_of: Day = None,
    as_json: Json = False,
) -> None:
    """What is new since a day: facts, corrections, and what of the trial reads otherwise now."""
    from galu.desk.changes import trial_changes

    found = trial_changes(folder, since.date(), as_of.date() if as_of else None)
    if as_json:
        _print_json(found.as_json())
        return
    _head(found.mark)
    read = [(one.what, one.subject, one.before, one.after, one.why) for one in found.changes]
    _grid(f"Reads otherwise ({len(read)})", ("what", "subject", "before", "now", "why"), read)
    corrected = [
        (one.kind, one.subject, one.supersedes, one.fact, one.by, one.reason) for one in found.corrections
    ]
    columns = ("kind", "subject", "corrects", "by fact", "who", "why")
    _grid(f"Corrected or taken back ({len(corrected)})", columns, corrected)
    _grid(f"New facts since {found.since}", ("kind", "facts"), found.facts)


def history(
    folder: Folder,
    fact: Annotated[str, typer.Argument(metavar="FACT", help="id of a fact, or of a correction of it")],
    as_json: Json = False,
) -> None:
    """The history of a fact: who wrote, corrected and signed it, and what rests on it."""
    from galu.desk.history import fact_history

    found = fact_history(folder, fact)
    if as_json:
        _print_json(found.as_json())
        return
    _head(found.mark)
    rows = []
    for one in found.steps:
        said = "; ".join(
            f"{name}: {before} → {after or 'nothing'}" if before else f"{name}: {after}"
            for name, before, after in one.values
        )
        when = f"{one.recorded:%Y-%m-%d %H:%M}"
        rows.append((one.entry, when, f"{one.kind} {one.fact}", one.by, said, one.reason))
    _grid(f"History{f' of {found.subject}' if found.subject else ''}",
          ("entry", "recorded", "fact", "who", "says", "why"), rows)  # fmt: skip
    _grid("What rests on it", ("",), [(one,) for one in found.rests])
    if not found.stands:
        typer.echo("Nothing of it stands: it was taken back.")


def _print_json(values: dict[str, Any]) -> None:
    import json

    print(json.dumps(values, default=str, indent=1, ensure_ascii=False))


def _head(mark: Mark, warning: str | None = None) -> None:
    from rich.markup import escape

    from galu.cli.terminal import console

    out = console()
    if mark.banner:
        out.rule(f"[bold red]{mark.banner}[/]", style="red")
    out.print(f"[bold]{escape(mark.study)}[/]  [dim]as of {mark.as_of} · entry {mark.seq}[/]")
    if warning:
        out.print(f"[bold red]warning:[/] {escape(warning)}")


def _grid(title: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from galu.cli.terminal import console

    found = list(rows)
    out = console()
    out.print(f"\n[bold]{escape(title)}[/]" + ("" if found else " [dim]none[/]"))
    if found:
        grid = Table(*columns, box=None, header_style="dim")
        for row in found:
            grid.add_row(*(escape(str(cell)) for cell in row))
        out.print(grid)
