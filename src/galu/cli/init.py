"""`galu init`: a new trial folder."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Origin(StrEnum):
    """Where the facts of the record come from."""

    OBSERVED = "observed"
    IMPORTED = "imported"
    SIMULATED = "simulated"


def init(
    study: Annotated[Path, typer.Argument(help="study.yaml or a folder that holds it")],
    out: Annotated[Path, typer.Option("-o", help="a new folder for the trial")],
    origin: Annotated[Origin, typer.Option(help="labels every output of the trial")] = Origin.OBSERVED,
    begins: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="first day of a record that brings its own times"),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="new file for the key that signs, outside the folder")
    ] = None,
    mirror: Annotated[
        str | None, typer.Option(help="folder or https:// address to which signed heads are copied")
    ] = None,
) -> None:
    """Make a trial folder: the study, an empty record, the key that signs it (locked by GALU_PASSPHRASE)."""
    from galu.cli.readiness import print_readiness
    from galu.desk.folder import create_trial, start_of
    from galu.protocol.readiness import needs
    from galu.store import Custody
    from galu.store.mirrors import place_named

    begun = start_of(study, begins.date()) if begins else None
    trial = create_trial(
        study, out, origin.value, begun, custody=Custody(key, place_named(mirror) if mirror else None)
    )
    print(f"{out}: {trial.study.identity.nct_id.value or 'study'}, its first fact names the study")
    print(f"the record is signed with key {trial.checkpoints.public_key()}; note it elsewhere")
    print_readiness(needs(trial.study))
