"""`galu design`: decision tables, the next patient, operating characteristics."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Dose-escalation designs: tables, decisions, operating characteristics.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="rolling-six, 3+3, boin, crm … or table:FILE")]
Switch = Annotated[list[str], typer.Option("--switch", help="A convention of the design: name=value")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def _show(answer: dict[str, Any], as_json: bool) -> None:
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


@app.command()
def table(
    name: Name,
    switch: Switch = [],  # noqa: B006 - typer copies it
    above_closed: Annotated[bool, typer.Option("--above-closed", help="The level above is closed")] = False,
    target: Annotated[float | None, typer.Option(help="Target DLT rate")] = None,
    n: Annotated[int | None, typer.Option("--n", help="Largest number at a level")] = None,
    as_json: Json = False,
) -> None:
    """Print the decision table of a design."""
    from galu.desk import design

    switches = design.read_switches(switch)
    switches |= {key: value for key, value in {"target": target, "largest": n}.items() if value is not None}
    _show(design.table(name, switches, above_closed), as_json)


@app.command(name="next")
def next_(
    name: Name,
    levels: Annotated[int, typer.Option(help="Number of planned levels")],
    outcomes: Annotated[str, typer.Option(help='Patients so far, as in "1NNP 2NT"')] = "",
    switch: Switch = [],  # noqa: B006 - typer copies it
    top_rule: Annotated[str | None, typer.Option(help="six-complete, table or 3-of-3")] = None,
    target: Annotated[float | None, typer.Option(help="Target DLT rate")] = None,
    prior: Annotated[str | None, typer.Option(help="Skeleton, as in 0.1,0.3")] = None,
    followup: Annotated[str | None, typer.Option(help="Days of follow-up of each patient")] = None,
    window_days: Annotated[float | None, typer.Option(help="DLT window [days]")] = None,
    as_json: Json = False,
) -> None:
    """Say what happens to the next patient, and why."""
    from galu.desk import design

    switches = design.read_switches(switch)
    asked = {"top_level_rule": top_rule, "target": target, "prior": design.read_numbers("--prior", prior)}
    switches |= {key: value for key, value in asked.items() if value is not None}
    patients = design.read_outcomes(outcomes, design.read_numbers("--followup", followup), window_days)
    _show(design.next_decision(name, switches, patients, levels), as_json)
