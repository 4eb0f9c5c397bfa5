"""`galu response`: RECIST 1.1, PSA and PCWG3 responses from CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Responses: RECIST 1.1, PSA, PCWG3.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(help="CSV file")]
Target = Annotated[Path, typer.Option("-o", "--output", help="CSV file to write")]
Subjects = Annotated[
    Path | None, typer.Option(help="CSV of all subjects (USUBJID, TRTSDT): those without data are MISSING")
]


@app.command()
def recist(source: Source, output: Target) -> None:
    """Responses from lesion measurements, or recompute and diff from sums with collected responses."""
    from galu.desk.response import derive_recist, write_rows

    write_rows(output, derive_recist(source))


@app.command()
def psa(source: Source, output: Target, subjects: Subjects = None) -> None:
    """PSA50 and PSA90, unconfirmed and confirmed, and PSA progression."""
    from galu.desk.response import derive_psa, write_rows

    write_rows(output, derive_psa(source, subjects))


@app.command()
def pcwg3(source: Source, output: Target, subjects: Subjects = None) -> None:
    """Combined soft-tissue and bone response and best overall response."""
    from galu.desk.response import derive_pcwg3, write_rows

    write_rows(output, derive_pcwg3(source, subjects))
