"""`galu response`: RECIST 1.1, PSA and PCWG3 responses from CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from galu.trial.lesions import Agreement

app = typer.Typer(help="Responses: RECIST 1.1, PSA, PCWG3.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(help="CSV file")]
Target = Annotated[Path, typer.Option("-o", "--output", help="CSV file to write")]
Subjects = Annotated[
    Path | None, typer.Option(help="CSV of all subjects (USUBJID, TRTSDT): those without data are MISSING")
]
Beside = Annotated[
    list[Path] | None, typer.Option("--beside", help="SDTM only: TU, and RS to compare with; repeat it")
]
Starts = Annotated[
    Path | None,
    typer.Option("--subjects", help="CSV of first doses (USUBJID, TRTSDT), if no column has them"),
]


@app.command()
def recist(source: Source, output: Target, beside: Beside = None, subjects: Starts = None) -> None:
    """Responses from lesion measurements or raw SDTM TR; or recompute and diff from sums of diameters."""
    from galu.desk.recist import derive_recist
    from galu.desk.rows import write_rows

    found = derive_recist(source, beside or (), subjects)
    write_rows(output, found.header, found.rows)
    typer.echo(f"{len(found.rows)} visits written to {output}")
    if found.missed is not None:
        typer.echo(f"{found.missed} collected target responses miss a progression")
    for note in found.notes:
        typer.echo(note)
    for pair in found.agreement:
        typer.echo(_agreement(pair))


def _agreement(pair: Agreement) -> str:
    kappa = "kappa unknown" if pair.kappa != pair.kappa else f"kappa {pair.kappa:.2f}"
    return f"{pair.readers[0]} and {pair.readers[1]}: {pair.n} visits, {pair.agreement:.1%} agree, {kappa}"


@app.command()
def psa(
    source: Source,
    output: Target,
    subjects: Subjects = None,
    confirm_days: Annotated[int, typer.Option(help="Least days to the confirming value")] = 21,
) -> None:
    """PSA50 and PSA90, unconfirmed and confirmed, and PSA progression."""
    from galu.desk.response import PSA_HEADER, derive_psa
    from galu.desk.rows import write_rows
    from galu.efficacy.psa import PsaRule

    write_rows(output, PSA_HEADER, derive_psa(source, subjects, PsaRule(confirm_days=confirm_days)))


@app.command()
def pcwg3(
    source: Source,
    output: Target,
    subjects: Subjects = None,
    confirm_days: Annotated[int, typer.Option(help="Least days to the confirming visit")] = 28,
    sd_minimum_days: Annotated[int, typer.Option(help="Least days of stable disease")] = 42,
) -> None:
    """Combined soft-tissue and bone response and best overall response."""
    from galu.desk.response import HEADER, derive_pcwg3
    from galu.desk.rows import write_rows
    from galu.efficacy.best import BestResponseRule

    rule = BestResponseRule(confirm_days=confirm_days, sd_minimum_days=sd_minimum_days)
    write_rows(output, HEADER, derive_pcwg3(source, subjects, rule))
