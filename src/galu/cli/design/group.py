"""What the `galu design` commands share: the group, its usual options and how answers print."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Dose-escalation designs: tables, decisions, operating characteristics.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="rolling-six, 3+3, boin, crm … or table:FILE")]
Switch = Annotated[list[str], typer.Option("--switch", help="A convention of the design: name=value")]
Workers = Annotated[int, typer.Option(help="Threads of this machine")]
Cluster = Annotated[str | None, typer.Option(help="Address of a Dask scheduler")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def show(answer: dict[str, Any], as_json: bool) -> None:
    """Print an answer as JSON, or as lines with tables."""
    if as_json:
        typer.echo(json.dumps(answer, indent=1))
        return
    for key, value in answer.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            typer.echo("  ".join(str(column) for column in value[0]))
            for row in value:
                typer.echo("  ".join(str(cell) for cell in row.values()))
        else:
            typer.echo(f"{key}: {value}")
