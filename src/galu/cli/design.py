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


@app.command()
def exact(
    name: Name,
    truth: Annotated[str, typer.Option(help="DLT probability per level, as in 0.10,0.30")],
    limit: Annotated[str, typer.Option(help="Limit of accrual: slow or fast")] = "slow",
    variant: Annotated[str | None, typer.Option(help="Variant of 3+3")] = None,
    switch: Switch = [],  # noqa: B006 - typer copies it
    as_json: Json = False,
) -> None:
    """Compute operating characteristics exactly."""
    from galu.desk import design

    switches = design.read_switches(switch) | ({"variant": variant} if variant else {})
    _show(design.exact(name, design.read_numbers("--truth", truth) or (), limit, switches), as_json)


@app.command()
def oc(
    name: Name,
    truth: Annotated[str, typer.Option(help="DLT probability per level, as in 0.10,0.30")],
    replicates: Annotated[int, typer.Option(help="Number of trials")] = 10000,
    window_days: Annotated[float, typer.Option(help="DLT window [days]")] = 42.0,
    gap_days: Annotated[float, typer.Option(help="Mean gap between arrivals [days]")] = 10.0,
    suspended: Annotated[str, typer.Option(help="Arrivals during suspension: lost or queue")] = "lost",
    dlt_time: Annotated[str, typer.Option(help="uniform, early, late or end")] = "uniform",
    inevaluable: Annotated[float, typer.Option(help="Probability of an inevaluable patient")] = 0.0,
    screening_days: Annotated[float, typer.Option(help="Consent to dosing [days]")] = 0.0,
    screen_failure: Annotated[float, typer.Option(help="Probability of screening failure")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed")] = 1,
    switch: Switch = [],  # noqa: B006 - typer copies it
    as_json: Json = False,
) -> None:
    """Simulate operating characteristics in calendar time."""
    from galu.desk import design
    from galu.escalation.calendar import Conditions

    if suspended not in ("lost", "queue"):
        raise typer.BadParameter("use lost or queue", param_hint="--suspended")
    queue = suspended == "queue"
    lives = (dlt_time, inevaluable, screening_days, screen_failure)
    conditions = Conditions(window_days, gap_days, queue, *lives)
    levels = design.read_numbers("--truth", truth) or ()
    answer = design.characteristics(
        name, levels, conditions, (replicates, seed), design.read_switches(switch)
    )
    _show(answer, as_json)


@app.command()
def simon(
    p0: Annotated[float, typer.Option("--p0", help="Uninteresting response rate")],
    p1: Annotated[float, typer.Option("--p1", help="Desired response rate")],
    alpha: Annotated[float, typer.Option(help="Type I error")] = 0.05,
    beta: Annotated[float, typer.Option(help="Type II error")] = 0.2,
    as_json: Json = False,
) -> None:
    """Search Simon's two-stage designs."""
    from galu.desk import design

    _show(design.simon(p0, p1, alpha, beta), as_json)


@app.command()
def boundaries(
    name: Name,
    target: Annotated[float, typer.Option(help="Target DLT rate")] = 0.25,
    n: Annotated[int, typer.Option("--n", help="Largest number of patients")] = 30,
    as_json: Json = False,
) -> None:
    """Print the boundaries of an interval design."""
    from galu.desk import design

    _show(design.boundaries(name, target, n), as_json)
