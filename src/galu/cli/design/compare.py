"""`galu design compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from galu.cli.design.group import Cluster, Json, Workers, app, show
from galu.finding import InputError


@app.command()
def compare(
    names: Annotated[list[str], typer.Argument(help="Designs: NAME or NAME@switch=value;switch=value")],
    truth: Annotated[
        list[str], typer.Option(help="DLT probability per level, as in 0.10,0.30; several: one table of all")
    ],
    replicates: Annotated[int, typer.Option(help="Number of trials of each design")] = 10000,
    window_days: Annotated[float, typer.Option(help="DLT window [days]")] = 42.0,
    gap_days: Annotated[float, typer.Option(help="Mean gap between arrivals [days]")] = 10.0,
    suspended: Annotated[str, typer.Option(help="Arrivals during suspension: lost or queue")] = "lost",
    dlt_time: Annotated[
        str, typer.Option(help="uniform, early, late, end, weibull or conditionally-late")
    ] = "uniform",
    dlt_late_share: Annotated[
        float | None, typer.Option(help="Share of DLTs in the second half of the window")
    ] = None,
    inevaluable: Annotated[float, typer.Option(help="Probability of an inevaluable patient")] = 0.0,
    screening_days: Annotated[float, typer.Option(help="Consent to dosing [days]")] = 0.0,
    screen_failure: Annotated[float, typer.Option(help="Probability of screening failure")] = 0.0,
    backfill: Annotated[
        int | None, typer.Option(help="Arrivals of a suspension fill levels below, up to so many there")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed")] = 1,
    target: Annotated[float | None, typer.Option(help="Target DLT rate")] = None,
    prior: Annotated[str | None, typer.Option(help="Skeleton, as in 0.1,0.3")] = None,
    workers: Workers = 1,
    cluster: Cluster = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Page (.html), or folder of the report")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare designs on the same simulated patients."""
    from galu.desk import design
    from galu.escalation.calendar import Conditions

    if suspended not in ("lost", "queue"):
        raise typer.BadParameter("use lost or queue", param_hint="--suspended")
    lives = (dlt_time, inevaluable, screening_days, screen_failure)
    queue = suspended == "queue"
    rule = design.backfill_rule(backfill, target)
    conditions = Conditions(window_days, gap_days, queue, *lives, late_share=dlt_late_share, backfill=rule)
    asked = {"target": target, "prior": design.read_numbers("--prior", prior)}
    shared = {key: value for key, value in asked.items() if value is not None}
    truths = [design.read_numbers("--truth", text) or () for text in truth]
    scene = design.Scene(truths[0], conditions, (replicates, seed), design.Crew(workers, cluster))
    page = out is not None and out.suffix.lower() == ".html"
    if len(truths) > 1 or page:
        if out is not None and not page:
            raise InputError("-o", "several truths are one page", "give a file, as in page.html")
        table = design.compare_truths(names, shared, truths, scene)
        show(table if as_json else _summary(table), as_json)
        if out is not None:
            typer.echo(f"written: {design.write_truths(table, out)}", err=as_json)
        return
    answer = design.compare(names, shared, scene)
    written = () if out is None else design.write_comparison(answer, out)
    if as_json:
        typer.echo(json.dumps(answer, indent=1))
        return
    _print(answer)
    for path in written:
        typer.echo(f"written: {path}")


def _summary(answer: dict[str, Any]) -> dict[str, Any]:
    """The table without what is known to the JSON and the page alone."""
    rows = [{**row, "right_level": row["right_level"] or "none"} for row in answer["table"]]
    return {"target": answer["target"], "right_dose": answer["right_dose"], "by truth and design": rows}


def _print(answer: dict[str, Any]) -> None:
    levels = [f"level {i}" for i in range(1, len(answer["truth"]) + 1)]
    width = max(len(row["design"]) for row in answer["designs"])
    typer.echo(_line("".ljust(width), ["none", *levels, "patients", "DLTs", "days"]))
    for row in answer["designs"]:
        chances = [f"{p:.4f}" for p in (row["select"]["none"], *row["select"]["levels"])]
        means = (row["expected_n"], row["expected_dlts"], row["duration_days"]["mean"])
        typer.echo(_line(row["design"].ljust(width), [*chances, *(f"{mean:.2f}" for mean in means)]))


def _line(name: str, cells: list[str]) -> str:
    return "  ".join([name, *(f"{cell:>8}" for cell in cells)])
