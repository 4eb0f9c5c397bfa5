"""`galu design table`, `next`, `boundaries`."""

from __future__ import annotations

from typing import Annotated

import typer

from galu.cli.design.group import Json, Name, Out, Switch, app, show, show_with_page
from galu.finding import InputError


@app.command()
def table(
    name: Name,
    switch: Switch = [],  # noqa: B006 - typer copies it
    above_closed: Annotated[bool, typer.Option("--above-closed", help="The level above is closed")] = False,
    target: Annotated[float | None, typer.Option(help="Target DLT rate")] = None,
    n: Annotated[int | None, typer.Option("--n", help="Largest number at a level")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Print the decision table of a design."""
    from galu.desk import design

    switches = design.with_options(design.read_switches(switch), {"target": target, "largest": n})
    asked = {"design": name, "above_closed": above_closed}
    show_with_page("table", design.table(name, switches, above_closed), asked, (out, as_json))


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
    sentinel_days: Annotated[
        float | None, typer.Option(help="From a level's first patient to its second")
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Say what happens to the next patient, and why."""
    from galu.desk import design

    asked = {"top_level_rule": top_rule, "target": target, "prior": design.read_numbers("--prior", prior)}
    switches = design.with_options(design.read_switches(switch), asked)
    if sentinel_days is not None:
        switches["sentinel_share"] = design.read_share("--sentinel-days", sentinel_days, window_days)
    patients = design.read_outcomes(outcomes, design.read_numbers("--followup", followup), window_days)
    answer = design.next_decision(name, switches, patients, levels)
    told = {"design": name, "levels": levels, "outcomes": patients, "window_days": window_days}
    show_with_page("next", answer, told, (out, as_json))


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


@app.command()
def crm(
    prior: Annotated[str, typer.Option(help="Skeleton, as in 0.05,0.1,0.25")],
    target: Annotated[float, typer.Option(help="Target DLT rate")],
    levels: Annotated[str, typer.Option(help="Level of each patient, as in 3,4,4")] = "",
    dlts: Annotated[str, typer.Option(help="1 for each patient with a DLT, else 0")] = "",
    weights: Annotated[str | None, typer.Option(help="Final weight of each patient")] = None,
    model: Annotated[str, typer.Option(help="empiric or logistic")] = "empiric",
    method: Annotated[str, typer.Option(help="bayes or mle")] = "bayes",
    scale: Annotated[float, typer.Option(help="Prior standard deviation")] = 1.34**0.5,
    intercept: Annotated[float, typer.Option(help="Intercept of the logistic curve")] = 3.0,
    as_json: Json = False,
) -> None:
    """Fit the CRM to patients: estimate, variance, DLT probabilities, recommended level."""
    from galu.desk import design

    methods = {"bayes": design.crm, "mle": design.crm_mle}
    if method not in methods:
        raise InputError("--method", f"`{method}` is not known", "use bayes or mle")
    texts = [("--levels", levels), ("--dlts", dlts)] + ([("--weights", weights)] if weights else [])
    patients = tuple((design.read_numbers(name, text) or ()) if text else () for name, text in texts)
    numbers = {"target": target, "scale": scale, "intercept": intercept}
    skeleton = design.read_numbers("--prior", prior) or ()
    show(methods[method](model, numbers, skeleton, patients), as_json)
