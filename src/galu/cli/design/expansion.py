"""`galu design bop2`, `two-stage`, `predictive`, `monitor`, `precision`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from galu.cli.design.group import Json, Out, app, show, show_with_page

Looks = Annotated[str | None, typer.Option(help="Numbers of patients at the looks, as in 10,20,30,40")]
Level = Annotated[float, typer.Option(help="Confidence level")]


@app.command()
def bop2(
    p0: Annotated[float, typer.Option("--p0", help="Uninteresting response rate")],
    p1: Annotated[float, typer.Option("--p1", help="Desired response rate")],
    looks: Annotated[str, typer.Option(help="Numbers of patients at the looks; the last is the end")],
    alpha: Annotated[float, typer.Option(help="Type I error")] = 0.1,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Calibrate BOP2 for a binary endpoint."""
    from galu.desk import design

    at = design.whole("--looks", design.read_numbers("--looks", looks)) or ()
    asked = {"p0": p0, "p1": p1, "alpha": alpha, "looks": at}
    show_with_page("bop2", design.bop2(p0, p1, alpha, at), asked, (out, as_json))


@app.command(name="two-stage")
def two_stage(
    r1: Annotated[int, typer.Option("--r1", help="Stop after stage 1 with at most this many responses")],
    n1: Annotated[int, typer.Option("--n1", help="Patients of stage 1")],
    n: Annotated[int, typer.Option("--n", help="Patients in all")],
    x: Annotated[int, typer.Option("--x", help="Responses in all")],
    p0: Annotated[float, typer.Option("--p0", help="Uninteresting response rate")],
    level: Level = 0.95,
    as_json: Json = False,
) -> None:
    """Infer from a finished two-stage trial: UMVUE, p value, exact interval."""
    from galu.desk import design

    show(design.two_stage((r1, n1, n), x, p0, level), as_json)


@app.command()
def predictive(
    n_max: Annotated[int, typer.Option("--n-max", help="Patients in all")],
    p0: Annotated[float, typer.Option("--p0", help="Uninteresting response rate")],
    p1: Annotated[float | None, typer.Option("--p1", help="Desired response rate")] = None,
    theta_t: Annotated[float, typer.Option(help="Success at the end: Pr(p > p0) above this")] = 0.9,
    theta_l: Annotated[float, typer.Option(help="Futile: predictive probability below this")] = 0.05,
    prior: Annotated[str, typer.Option(help="Beta prior of the response rate")] = "1,1",
    looks: Looks = None,
    responses: Annotated[int | None, typer.Option(help="Responses so far")] = None,
    n: Annotated[int | None, typer.Option("--n", help="Patients so far")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Predictive-probability monitoring of one arm (Lee & Liu)."""
    from galu.desk import design

    if (responses is None) != (n is None):
        raise typer.BadParameter("give --responses and --n together", param_hint="--n")
    at = design.whole("--looks", design.read_numbers("--looks", looks))
    beta = design.read_numbers("--prior", prior) or ()
    asked = design.Predictive(n_max, p0, p1, theta_t, theta_l, beta, at)
    seen = None if responses is None or n is None else (responses, n)
    told = {**asdict(asked), "responses": responses, "n": n}
    show_with_page("predictive", design.predictive(asked, seen), told, (out, as_json))


@app.command()
def monitor(
    looks: Annotated[str, typer.Option(help="Numbers of patients at the looks, as in 10,20,30,40")],
    limit: Annotated[float, typer.Option(help="DLT rate not to be passed")] = 0.33,
    certainty: Annotated[float, typer.Option(help="Stop when Pr(rate > limit) reaches this")] = 0.95,
    prior: Annotated[str, typer.Option(help="Beta prior of the DLT rate")] = "1,1",
    p0: Annotated[float | None, typer.Option("--p0", help="Uninteresting response rate")] = None,
    standard: Annotated[str | None, typer.Option(help="Beta distribution of the standard's rate")] = None,
    theta_l: Annotated[float, typer.Option(help="Futile: Pr(response better) below this")] = 0.05,
    response_prior: Annotated[str, typer.Option(help="Beta prior of the response rate")] = "1,1",
    truth_response: Annotated[str | None, typer.Option(help="Assumed response rates")] = None,
    truth_dlt: Annotated[str | None, typer.Option(help="Assumed DLT rates, one for each")] = None,
    odds_ratio: Annotated[float, typer.Option(help="Odds ratio of response and DLT")] = 1.0,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Toxicity stop beside futility: bounds as counts, and what they do."""
    from galu.desk import design

    at = design.whole("--looks", design.read_numbers("--looks", looks)) or ()
    asked = design.Monitor(
        limit,
        certainty,
        design.read_numbers("--prior", prior) or (),
        p0,
        theta_l,
        design.read_numbers("--response-prior", response_prior) or (),
        design.read_numbers("--standard", standard),
    )
    rates = (
        design.read_numbers("--truth-response", truth_response),
        design.read_numbers("--truth-dlt", truth_dlt),
    )
    answer = design.monitor(asked, at, design.read_truths(*rates, odds_ratio))
    show_with_page("monitor", answer, {**asdict(asked), "looks": at}, (out, as_json))


@app.command()
def precision(
    total: Annotated[int, typer.Option(help="Patients of the whole trial")] = 49,
    escalation: Annotated[str, typer.Option(help="Patients spent in escalation")] = "6,9,12",
    pooled: Annotated[int, typer.Option(help="Escalation patients analysed with the expansion")] = 0,
    rate: Annotated[str, typer.Option(help="Assumed rates")] = "0.1,0.3,0.5",
    level: Level = 0.95,
    as_json: Json = False,
) -> None:
    """Exact interval widths that the expansion can give."""
    from galu.desk import design

    spent = design.whole("--escalation", design.read_numbers("--escalation", escalation)) or ()
    rates = design.read_numbers("--rate", rate) or ()
    show(design.precision(total, spent, pooled, rates, level), as_json)
