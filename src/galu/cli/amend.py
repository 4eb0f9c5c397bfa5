"""`galu amend`: a new version of the study comes into force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def amend(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")],
    study: Annotated[Path, typer.Argument(help="the amended study.yaml")],
    reason: Annotated[str, typer.Option(help="what the amendment is, as its title page says")],
    by: Annotated[str, typer.Option(help="who brings it into force")],
) -> None:
    """Bring an amended study file into force; earlier days keep the version of their time."""
    from galu.desk.amend import amend_trial

    _, changes = amend_trial(folder, study, reason, by)
    print(f"{folder}: amendment in force, {len(changes)} stated elements changed")
    for change in changes:
        print(f"  {change}")
