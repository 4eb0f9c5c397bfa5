"""`galu design simon`: two-stage designs."""

from __future__ import annotations

from typing import Annotated

import typer

from galu.cli.design.group import Json, Out, app, show_with_page


@app.command()
def simon(
    p0: Annotated[float, typer.Option("--p0", help="Uninteresting response rate")],
    p1: Annotated[float, typer.Option("--p1", help="Desired response rate")],
    alpha: Annotated[float, typer.Option(help="Type I error")] = 0.05,
    beta: Annotated[float, typer.Option(help="Type II error")] = 0.2,
    largest: Annotated[int | None, typer.Option(help="Patients up to which is searched")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Search Simon's two-stage designs."""
    from galu.desk import design

    asked = {"p0": p0, "p1": p1, "alpha": alpha, "beta": beta, "largest": largest}
    show_with_page("simon", design.simon(p0, p1, alpha, beta, largest), asked, (out, as_json))
