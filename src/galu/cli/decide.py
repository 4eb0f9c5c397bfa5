"""`galu decide` and `galu review`: what the safety committee signs, and what it reads before."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")]


def decide(
    folder: Folder,
    decision: Annotated[str, typer.Argument(help="rp2d, open-level, close-level, suspend, resume, stop, …")],
    by: Annotated[str, typer.Option(help="who decides, such as the committee")],
    signer: Annotated[str, typer.Option(help="who signs")],
    level: Annotated[int | None, typer.Option(help="the level it names, from 1")] = None,
    meaning: Annotated[str, typer.Option(help="what the signature means")] = "Approved",
    comment: Annotated[str | None, typer.Option(help="why")] = None,
) -> None:
    """Enter a signed decision; the record keeps what it rests on."""
    from galu.cli.sign import proof_for
    from galu.desk.decide import Statement, decide

    made, board, warnings = decide(
        folder, Statement(decision, level, by, signer, meaning, comment), proof=proof_for(folder)
    )
    print(f"{made.id}: {made.decision}{f', level {made.level}' if made.level else ''}, signed by {signer}")
    print(f"it rests on {len(made.rests_on)} facts; {board.next_step}")
    for sentence in warnings:
        typer.echo(f"galu: warning: {sentence.rstrip('.')}.", err=True)


def review(
    folder: Folder,
    out: Annotated[Path, typer.Option("-o", help="the page to write")],
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="day")] = None,
    cohorts: Annotated[int, typer.Option(min=1, max=3, help="cohorts that the pathways look ahead")] = 1,
) -> None:
    """Write the cohort-review page: tallies, slots, pathways, exposure, late toxicity."""
    from galu.desk.review import write_review

    print(write_review(folder, out, as_of.date() if as_of else None, cohorts))
