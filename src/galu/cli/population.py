"""`galu population`: a population fit of concentration curves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def population(
    path: Annotated[Path, typer.Argument(metavar="IN.csv", help="Columns subject, time [h], conc, and cens")],
    method: Annotated[str, typer.Option(help="foce, laplace (with M3) or bayes (extra)")] = "foce",
    covariate: Annotated[str | None, typer.Option(help="Column that shifts the slow rate")] = None,
    reference: Annotated[float, typer.Option(help="Its reference value")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Fit a bi-exponential decline to all subjects at once."""
    from galu.desk.population import fit

    found = fit(path, method, covariate, reference)
    if as_json:
        print(json.dumps(found))
        return
    print(f"{found['method']}, {found['subjects']} subjects {found.get('reason', '')}".rstrip())
    for name, value in found["estimate"].items():
        error = found["standard_error"][name]
        print(f"  {name:<12} {value:10.4f}" + ("" if error is None else f" ± {error:.4f}"))
