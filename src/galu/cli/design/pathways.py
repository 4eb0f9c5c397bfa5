"""`galu design pathways` and `review`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from galu.cli.design.group import Json, Name, Out, Switch, app


@app.command()
def pathways(
    name: Name,
    outcomes: Annotated[str, typer.Option(help='Patients so far, as in "1NNP 2NT"')] = "",
    cohorts: Annotated[int, typer.Option(help="Cohorts to look ahead")] = 2,
    cohort_size: Annotated[int | None, typer.Option(help="Patients of a cohort")] = None,
    levels: Annotated[int | None, typer.Option(help="Number of planned levels")] = None,
    switch: Switch = [],  # noqa: B006 - typer copies it
    top_rule: Annotated[str | None, typer.Option(help="six-complete, table or 3-of-3")] = None,
    target: Annotated[float | None, typer.Option(help="Target DLT rate")] = None,
    prior: Annotated[str | None, typer.Option(help="Skeleton, as in 0.1,0.3")] = None,
    followup: Annotated[str | None, typer.Option(help="Days of follow-up of each patient")] = None,
    window_days: Annotated[float | None, typer.Option(help="DLT window [days]")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Show what each possible result of the coming cohorts would lead to."""
    from galu.desk import design

    asked = {"top_level_rule": top_rule, "target": target, "prior": design.read_numbers("--prior", prior)}
    switches = design.with_options(design.read_switches(switch), asked)
    patients = design.read_outcomes(outcomes, design.read_numbers("--followup", followup), window_days)
    answer = design.pathways(name, switches, patients, levels, (cohorts, cohort_size))
    if out is not None:
        told = {"design": name, "outcomes": patients, **dict(list(answer.items())[1:4]), **switches}
        typer.echo(f"written: {design.write_page('pathways', answer, told, out)}", err=as_json)
    if as_json:
        typer.echo(json.dumps(answer, indent=1))
        return
    typer.echo(f"{name}, {answer['levels']} levels, cohorts of {answer['cohort_size']}")
    typer.echo(f"{answer['outcomes'] or 'nobody yet'} → {_decision(answer)}: {answer['reason']}")
    for line in _lines(answer["then"], ""):
        typer.echo(line)


@app.command()
def review(
    name: Name,
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write")],
    outcomes: Annotated[str, typer.Option(help='Patients so far, as in "1NNP 2NT"')] = "",
    levels: Annotated[int | None, typer.Option(help="Number of planned levels")] = None,
    study: Annotated[str, typer.Option(help="Name of the study")] = "unnamed study",
    day: Annotated[str | None, typer.Option(help="Day of the review, as YYYY-MM-DD")] = None,
    switch: Switch = [],  # noqa: B006 - typer copies it
) -> None:
    """Write what the safety committee reads before it decides on the next cohort."""
    from galu.desk import design

    switches, patients = design.read_switches(switch), design.read_outcomes(outcomes, None, None)
    typer.echo(f"written: {design.write_review(name, switches, patients, levels, (study, day, out))}")


def _decision(node: dict[str, Any]) -> str:
    level = node["level"]
    return node["decision"] if level is None else f"{node['decision']} (level {level})"


def _lines(nodes: list[dict[str, Any]], margin: str) -> Iterator[str]:
    for node in nodes:
        last = node is nodes[-1]
        parts = (f"{r['dlts']} DLT of {r['patients']} at level {r['level']}" for r in node["results"])
        what = ", ".join(parts) + (" (pending now)" if node["was_pending"] else "")
        yield f"{margin}{'└─' if last else '├─'} {what} → {_decision(node)}"
        yield from _lines(node["then"], margin + ("   " if last else "│  "))
