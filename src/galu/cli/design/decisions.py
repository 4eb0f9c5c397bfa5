"""`galu design table`, `next`, `boundaries`."""

from __future__ import annotations

from typing import Annotated

import typer

from galu.cli.design.group import Json, Name, Switch, app, show


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
    show(design.table(name, switches, above_closed), as_json)


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
    show(design.next_decision(name, switches, patients, levels), as_json)


@app.command()
def boundaries(
    name: Name,
    target: Annotated[float, typer.Option(help="Target DLT rate")] = 0.25,
    n: Annotated[int, typer.Option("--n", help="Largest number of patients")] = 30,
    as_json: Json = False,
) -> None:
    """Print the boundaries of an interval design."""
    from galu.desk import design

    show(design.boundaries(name, target, n), as_json)
