"""`galu design exact`."""

from __future__ import annotations

from typing import Annotated

import typer

from galu.cli.design.group import Json, Name, Out, Switch, app, show_with_page


@app.command()
def exact(
    name: Name,
    truth: Annotated[str, typer.Option(help="DLT probability per level, as in 0.10,0.30")],
    limit: Annotated[str | None, typer.Option(help="Accrual of a table: slow, or fast (rolling six)")] = None,
    variant: Annotated[str | None, typer.Option(help="Variant of 3+3")] = None,
    target: Annotated[float | None, typer.Option(help="Target DLT rate")] = None,
    prior: Annotated[str | None, typer.Option(help="Skeleton of CRM, as in 0.1,0.3")] = None,
    cohorts: Annotated[int | None, typer.Option(help="Number of cohorts (10)")] = None,
    cohort_size: Annotated[int | None, typer.Option(help="Patients of a cohort (3)")] = None,
    select: Annotated[str, typer.Option(help="Declared at the end: own rule, or the next level")] = "own",
    skips: Annotated[bool, typer.Option("--skips", help="CRM may skip untried levels")] = False,
    switch: Switch = [],  # noqa: B006 - typer copies it
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Compute operating characteristics exactly."""
    from galu.desk import design

    asked = {"variant": variant, "target": target, "prior": design.read_numbers("--prior", prior)}
    switches = design.with_options(design.read_switches(switch), asked)
    plan = design.ExactPlan(limit, cohorts, cohort_size, select, skips)
    levels = design.read_numbers("--truth", truth) or ()
    answer = design.exact(name, levels, plan, switches)
    told = {"design": name, "truth": levels, "limit": limit, "cohorts": cohorts, "cohort_size": cohort_size}
    told |= {"select": select, "skips": skips}
    show_with_page("exact", answer, told, (out, as_json))
