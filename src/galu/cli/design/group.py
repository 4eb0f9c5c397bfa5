"""What the `galu design` commands share: the group, its usual options and how answers print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Dose-escalation designs: tables, decisions, operating characteristics.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="rolling-six, 3+3, boin, crm … or table:FILE")]
Switch = Annotated[list[str], typer.Option("--switch", help="A convention of the design: name=value")]
Workers = Annotated[int, typer.Option(help="Threads of this machine")]
Cluster = Annotated[str | None, typer.Option(help="Address of a Dask scheduler")]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="HTML page with pictures to write")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]
#: The page to write, if any, and whether to print JSON.
How = tuple[Path | None, bool]


def show(answer: dict[str, Any], as_json: bool) -> None:
    """Print an answer as JSON, or as lines with tables."""
    if as_json:
        typer.echo(json.dumps(answer, indent=1))
        return
    for line in _lines(answer, ""):
        typer.echo(line)


def show_with_page(command: str, answer: dict[str, Any], asked: dict[str, Any], how: How) -> None:
    """Write the page of an answer where one is asked for, then print the answer."""
    out, as_json = how
    if out is not None:
        from galu.desk import design

        path = design.write_page(command, answer, asked, out)
        show(answer, as_json)
        typer.echo(f"written: {path}", err=as_json)
    else:
        show(answer, as_json)


def _lines(answer: dict[str, Any], margin: str) -> Iterator[str]:
    """A line per value; what is nested stands indented below its name, rows as aligned columns."""
    for key, value in answer.items():
        if key == "histogram":
            continue  # for JSON and pictures; as text the quantiles beside it say more
        if isinstance(value, dict) and value:
            yield f"{margin}{key}:"
            yield from _lines(value, margin + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            if margin:
                yield f"{margin}{key}:"
            yield from _columns(value, margin + ("  " if margin else ""))
        else:
            yield f"{margin}{key}: {_text(value)}"


def _columns(rows: list[dict[str, Any]], margin: str) -> Iterator[str]:
    cells = [[str(key) for key in rows[0]], *([_text(cell) for cell in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield margin + "  ".join(map(str.ljust, row, widths)).rstrip()


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items()) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
