"""`galu binomial`: an exact proportion."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def binomial(
    x: Annotated[int, typer.Argument(help="Responders")],
    n: Annotated[int, typer.Argument(help="Patients")],
    level: Annotated[float, typer.Option(help="Confidence level")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Proportion of X among N with its exact (Clopper–Pearson) interval."""
    from galu.desk.survival import exact_binomial

    answer = exact_binomial(x, n, level)
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        typer.echo(f"{x}/{n} = {answer['estimate']:.4f} ({answer['lower']:.4f} to {answer['upper']:.4f})")
