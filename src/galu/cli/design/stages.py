"""`galu design simon`: two-stage designs."""

from __future__ import annotations

from typing import Annotated

import typer

from galu.cli.design.group import Json, app, show


@app.command()
def simon(
    p0: Annotated[float, typer.Option("--p0", help="Uninteresting response rate")],
    p1: Annotated[float, typer.Option("--p1", help="Desired response rate")],
    alpha: Annotated[float, typer.Option(help="Type I error")] = 0.05,
    beta: Annotated[float, typer.Option(help="Type II error")] = 0.2,
    largest: Annotated[int | None, typer.Option(help="Patients up to which is searched")] = None,
    as_json: Json = False,
) -> None:
    """Search Simon's two-stage designs."""
    from galu.desk import design

    show(design.simon(p0, p1, alpha, beta, largest), as_json)
