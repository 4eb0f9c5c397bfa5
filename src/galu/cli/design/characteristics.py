"""`galu design oc`."""

from __future__ import annotations

from typing import Annotated

import typer

from galu.cli.design.group import Cluster, Json, Name, Out, Switch, Workers, app, show_with_page


@app.command()
def oc(
    name: Name,
    truth: Annotated[str, typer.Option(help="DLT probability per level, as in 0.10,0.30")],
    replicates: Annotated[int, typer.Option(help="Number of trials")] = 10000,
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
    arrivals: Annotated[str | None, typer.Option(help="Given arrival days, as in 0,12,30")] = None,
    expansion: Annotated[int | None, typer.Option(help="Patients of the whole trial with expansion")] = None,
    backfill: Annotated[
        int | None, typer.Option(help="Arrivals of a suspension fill levels below, up to so many there")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed")] = 1,
    switch: Switch = [],  # noqa: B006 - typer copies it
    target: Annotated[float | None, typer.Option(help="Target DLT rate")] = None,
    prior: Annotated[str | None, typer.Option(help="Skeleton, as in 0.1,0.3")] = None,
    n: Annotated[int | None, typer.Option("--n", help="Patients in all")] = None,
    cohort_size: Annotated[int | None, typer.Option(help="Patients of a cohort")] = None,
    calendar: Annotated[
        bool, typer.Option(help="Without it a design by cohorts is simulated as to levels and outcomes only")
    ] = True,
    workers: Workers = 1,
    cluster: Cluster = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Simulate operating characteristics in calendar time."""
    from galu.desk import design
    from galu.escalation.calendar import Conditions
    from galu.escalation.expansion import ExpansionPlan

    if suspended not in ("lost", "queue"):
        raise typer.BadParameter("use lost or queue", param_hint="--suspended")
    queue = suspended == "queue"
    given = design.read_numbers("--arrivals", arrivals) or ()
    lives = (dlt_time, inevaluable, screening_days, screen_failure, given)
    rule = design.backfill_rule(backfill, target)
    conditions = Conditions(window_days, gap_days, queue, *lives, late_share=dlt_late_share, backfill=rule)
    levels = design.read_numbers("--truth", truth) or ()
    asked = {
        "target": target,
        "prior": design.read_numbers("--prior", prior),
        "largest": n,
        "cohort_size": cohort_size,
    }
    switches = design.with_options(design.read_switches(switch), asked)
    crew = design.Crew(workers, cluster)
    runs = (replicates, seed)
    if calendar and expansion is not None:
        scene = (levels, conditions, ExpansionPlan(expansion))
        answer = design.characteristics_with_expansion(name, scene, runs, switches, crew)
    elif calendar:
        answer = design.characteristics(name, levels, conditions, runs, switches, crew)
    elif conditions.inevaluable or conditions.screen_failure or given or expansion or rule:
        hint = "--inevaluable, --screen-failure, --arrivals, --expansion, --backfill"
        raise typer.BadParameter("needs the calendar", param_hint=hint)
    else:
        answer = design.characteristics_by_cohorts(name, levels, runs, switches, crew)
    told = {"design": name, "truth": levels, "replicates": replicates, "seed": seed}
    show_with_page("oc", answer, told | {"expansion_to": expansion}, (out, as_json))
