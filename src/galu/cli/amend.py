"""`galu amend`: a new version of the study comes into force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def amend(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")],
    study: Annotated[Path, typer.Argument(help="the amended study.yaml")],
    reason: Annotated[str, typer.Option(help="what the amendment is, as its title page says")],
    by: Annotated[str, typer.Option(help="who brings it into force")],
    effective: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="first day on which it is in force; by default today"),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="SITE=DAY", help="a site at which that is another day; may be repeated"),
    ] = None,
    reconsent: Annotated[
        bool, typer.Option("--reconsent", help="those in the trial come under it once they consented again")
    ] = False,
    form: Annotated[
        str | None, typer.Option(help="form_version of the consent that is meant (with --reconsent)")
    ] = None,
    changes_level: Annotated[
        bool,
        typer.Option("--changes-level", help="the activity of a level with patients is meant to change"),
    ] = False,
) -> None:
    """Bring an amended study file into force from a day on; what was judged before stays as it was."""
    from galu.desk.intake import Intake, take_in

    def work() -> None:
        from galu.desk.amend import Begins, amend_trial, read_sites
        from galu.record.versions import version_rows

        begins = Begins(
            effective.date() if effective else None, read_sites(at or ()), reconsent, form, changes_level
        )
        trial, changes = amend_trial(folder, study, reason, by, begins=begins)
        print(f"{folder}: amendment in force, {len(changes)} stated elements changed")
        for change in changes:
            print(f"  {change}")
        print(f"in force {version_rows(trial.record)[-1].in_words}")

    take_in(Intake((study,), folder), work)
