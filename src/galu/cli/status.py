"""`galu status`: the board in the terminal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from galu.desk.status import Status
    from galu.report.blocks import Card, Lane, Table

_STYLES = {"none": "green", "dlt": "bold red", "pending": "yellow", "replaced": "dim", "free": "dim"}
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"],
    help="the trial as it was known at the end of this day")
]  # fmt: skip


def status(
    folder: Annotated[Path, typer.Argument(help="a trial folder", metavar="DIR")],
    as_of: Day = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Where the trial stands: levels and slots, windows, what is due, what may happen next and why."""
    from galu.desk.status import trial_status

    found = trial_status(folder, as_of.date() if as_of else None)
    if as_json:
        import json

        print(json.dumps(found.as_json(), default=str, indent=1, ensure_ascii=False))
        return
    from galu.cli.terminal import console

    _show(console(), found)


def _show(console: Console, found: Status) -> None:
    from rich.markup import escape

    from galu.report.board import decision_rows, due_table, signed_table

    mark, board = found.mark, found.board
    if mark.banner:
        console.rule(f"[bold red]{mark.banner}[/]", style="red")
    console.print(f"[bold]{escape(mark.study)}[/]  {escape(mark.title)}")
    console.print(
        f"[dim]as of {mark.as_of} · record entry {mark.seq}, {mark.digest[:12]} · study "
        f"{mark.study_hash[:12]}[/]"
    )
    for sentence in found.unread:
        console.print(f"[bold red]left out, because it cannot be read:[/] {escape(sentence)}")
    if found.warning:
        console.print(f"[bold red]warning:[/] {escape(found.warning)}")
    for lane in found.lanes:
        _lane(console, lane)
    names = ", ".join(board.screening)
    console.print(f"\n[bold]Screening[/] ({len(board.screening)}) {escape(names)}")
    if board.unplaced:
        said = "no consent, slot or dose: mistyped?"
        console.print(f"[bold red]Unknown subjects[/] {escape(', '.join(board.unplaced))} ({said})")
    console.print("\n[bold]What may happen next[/]")
    for name, value in decision_rows(board):
        console.print(f"  [dim]{name:<20}[/] {escape(value)}")
    for table in (signed_table(board), due_table(found.agenda, board.day)):
        _table(console, table)
    if mark.banner:
        console.rule(f"[bold red]{mark.banner}[/]", style="red")


def _lane(console: Console, lane: Lane) -> None:
    from rich.columns import Columns

    console.print(f"\n[bold]{lane.title}[/]  [dim]{lane.tally}[/]")
    taken = [card for card in lane.cards if card.state != "free"]
    if taken:
        console.print(Columns([_panel(card) for card in taken], padding=(0, 0)))
    free = len(lane.cards) - len(taken)
    if free:
        console.print(f"  [dim]{free} of {len(lane.cards)} slots free[/]")


def _panel(card: Card) -> RenderableType:
    from rich.markup import escape
    from rich.panel import Panel

    style = _STYLES[card.state]
    lines = [f"[{style}]{card.word}[/]", card.window, f"[dim]{escape(card.rule)}[/]"]
    return Panel("\n".join(lines), title=escape(card.subject), width=26)


def _table(console: Console, table: Table) -> None:
    from rich.markup import escape
    from rich.table import Table as Grid

    if not table.rows:
        console.print(f"\n[bold]{table.caption}[/] [dim]none[/]")
        return
    grid = Grid(*table.columns, title=table.caption, title_justify="left", title_style="bold", box=None)
    for row in table.shown:
        style = "red" if "overdue" in row or any(cell.startswith("stale") for cell in row) else ""
        grid.add_row(*(escape(cell) for cell in row), style=style)
    console.print()
    console.print(grid)
