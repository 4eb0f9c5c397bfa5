"""``galu grade``: grade laboratory values by CTCAE."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def grade(
    source: Annotated[Path, typer.Argument(metavar="IN.csv", help="laboratory values, one a row")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="the same rows with GRADE, and WHY there is none")
    ],
    ctcae: Annotated[str, typer.Option(help="CTCAE version")] = "5.0",
    diff: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="recompute the grades of this column; write only what differs"),
    ] = None,
) -> None:
    """Grade laboratory values by CTCAE; a blank grade means the value cannot be graded."""
    from galu.desk.grade import grade_file, regrade_file

    if diff is not None:
        counts = regrade_file(source, output, diff, ctcae)
        typer.echo(", ".join(f"{name}: {count}" for name, count in counts))
        return
    done = grade_file(source, output, ctcae)
    typer.echo(f"{done.rows} rows, {done.graded} graded, written to {output}")
