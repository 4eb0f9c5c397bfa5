"""`galu nca`: non-compartmental analysis of a table of samples."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class RouteName(StrEnum):
    """Route of administration."""

    bolus = "bolus"
    infusion = "infusion"
    extravascular = "extravascular"


class MethodName(StrEnum):
    """Trapezoidal rule."""

    linear = "linear"
    linup_logdown = "linup-logdown"
    linlog = "linlog"


class StateName(StrEnum):
    """Decay state of the concentrations in the file."""

    measured = "measured"
    corrected = "corrected"


def nca(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="IN.csv",
            help="Columns subject, time [h], conc; optional matrix, cycle, dose, dose_unit, conc_unit, "
            "duration [h], lloq, sigma, count_time [h], intact_fraction; of urine volume, volume_unit, "
            "duration [h]. A column overrides the option of its name",
        ),
    ],
    route: Annotated[RouteName, typer.Option(help="How the dose was given")],
    method: Annotated[MethodName, typer.Option(help="Trapezoidal rule")] = MethodName.linup_logdown,
    dose: Annotated[float | None, typer.Option(help="Dose, where the file has no column dose")] = None,
    dose_unit: Annotated[str, typer.Option(help="Unit of the dose")] = "",
    conc_unit: Annotated[str, typer.Option(help="Unit of the concentrations")] = "",
    duration: Annotated[float, typer.Option(help="Length of the infusion [h]")] = 0.0,
    blq: Annotated[
        str | None, typer.Option(help="keep, drop, lloq/2, a number, or first:A,middle:A,last:A")
    ] = None,
    nuclide: Annotated[str | None, typer.Option(help="Concentrations are activity of this nuclide")] = None,
    decay_state: Annotated[StateName, typer.Option(help="Decay state in the file")] = StateName.measured,
    interval: Annotated[list[str], typer.Option("--interval", help="Partial AUC from START:END [h]")] = [],  # noqa: B006 - typer copies it
    tau: Annotated[float | None, typer.Option(help="Dosing interval of several doses in a row [h]")] = None,
    lambda_z_window: Annotated[str | None, typer.Option(help="All samples in START:END [h] make λz")] = None,
    lambda_z_times: Annotated[str | None, typer.Option(help="The samples at T1,T2,… [h] make λz")] = None,
    lambda_z_max_points: Annotated[int | None, typer.Option(min=3, help="At most so many make λz")] = None,
    lambda_z_not_before: Annotated[float, typer.Option(help="λz begins at this time or later [h]")] = 0.0,
    percent_injected: Annotated[bool, typer.Option(help="Report %IA per volume")] = False,
    specific_activity: Annotated[
        str | None, typer.Option(help="Report the corrected state as substance, such as '40 MBq/nmol'")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Analyse each profile of IN.csv; with a nuclide, both decay states are reported."""
    from galu.desk import nca as desk
    from galu.desk.nca_answers import json_of, text_of
    from galu.desk.nca_table import NcaOptions
    from galu.pharmacokinetics import DecayState, Method, Route, TerminalRule

    window = None if lambda_z_window is None else desk.read_interval(lambda_z_window, "--lambda-z-window")
    times = () if lambda_z_times is None else desk.read_times(lambda_z_times, "--lambda-z-times")
    options = NcaOptions(
        method=Method(method.value),
        route=Route(route.value),
        dose=dose,
        dose_unit=dose_unit,
        conc_unit=conc_unit,
        duration_h=duration,
        blq=blq,
        nuclide=nuclide,
        decay_state=DecayState(decay_state.value),
        intervals=tuple(desk.read_interval(text, "--interval") for text in interval),
        terminal=TerminalRule(window, times, lambda_z_max_points, lambda_z_not_before),
        tau_h=tau,
        specific_activity=None
        if specific_activity is None
        else desk.read_specific_activity(specific_activity),
        percent_injected=percent_injected,
    )
    answers = desk.analyse(path, options)
    for sentence in answers.left_out:
        typer.echo(f"left out: {sentence}", err=True)
    for text in json_of(answers) if as_json else text_of(answers):
        typer.echo(text, nl=not as_json)
    if as_json:
        typer.echo()
