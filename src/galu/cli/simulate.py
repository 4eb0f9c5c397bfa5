"""`galu simulate`: a simulated trial as a trial folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.status import Status

    from galu.trial.board import Board


def simulate(
    study: Annotated[Path, typer.Argument(help="study.yaml or a folder that holds it", metavar="STUDY")],
    scenario: Annotated[Path, typer.Argument(help="the simulated truth", metavar="SCENARIO")],
    out: Annotated[Path, typer.Option("-o", "--out", help="a new folder for the trial", metavar="DIR")],
    seed: Annotated[int, typer.Option(help="the same seed gives the same trial", min=0)] = 1,
) -> None:
    """Write the record of a SIMULATED trial: nothing in it was observed."""
    from galu.cli.terminal import console
    from galu.desk.simulate import simulate_into

    with console(stderr=True).status("galu simulate") as progress:
        done = simulate_into(study, scenario, seed, out, _shown(progress))
    print(f"{out}: SIMULATED trial, seed {seed}, {done.first} to {done.last}")
    print(f"{done.subjects} subjects consented, {done.dosed} dosed, {done.facts} facts")
    print(f"the record is signed with key {done.public_key}; note it elsewhere")


def _shown(progress: Status) -> Callable[[datetime, Board], None]:
    def watch(moment: datetime, board: Board) -> None:
        progress.update(f"SIMULATED {moment:%Y-%m-%d}: {board.phase}, {board.dosed} of {board.target} dosed")

    return watch
