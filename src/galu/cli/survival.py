"""`galu survival`: Kaplan–Meier from a CSV file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Survival: Kaplan–Meier, log-rank, restricted mean.", no_args_is_help=True)


@app.callback()
def survival() -> None:
    """Survival: Kaplan–Meier, log-rank, restricted mean."""


@app.command()
def km(
    source: Annotated[Path, typer.Argument(help="CSV file")],
    time: Annotated[str, typer.Option(help="Column of times")] = "time",
    event: Annotated[str, typer.Option(help="Column of status, 1 = event")] = "event",
    by: Annotated[str | None, typer.Option(help="Column of groups")] = None,
    ci: Annotated[str, typer.Option(help="log, log-log or plain")] = "log",
    tau: Annotated[float | None, typer.Option(help="End of the restricted mean")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Quantiles, points, follow-up (reverse Kaplan–Meier), restricted mean and log-rank."""
    from galu.desk.survival import kaplan_meier_of_file

    answer = kaplan_meier_of_file(source, (time, event, by), ci, tau)
    if as_json:
        typer.echo(json.dumps(answer))
        return
    for group in answer["groups"]:
        typer.echo(f"group {group['group'] or 'all'}: n {group['n']}, events {group['events']} ({ci})")
        for row in group["quantiles"]:
            shown = [
                "not reached" if row[key] is None else f"{row[key]:g}"
                for key in ("estimate", "lower", "upper")
            ]
            typer.echo(f"  {row['prob']:.0%}: {shown[0]} ({shown[1]} to {shown[2]})")
        mean = group["rmst"]
        if "reason" in mean:
            typer.echo(f"  restricted mean to {mean['tau']:g} not known: {mean['reason']}")
    if answer["logrank"]:
        typer.echo("log-rank: " + ", ".join(f"{key} {value}" for key, value in answer["logrank"].items()))
