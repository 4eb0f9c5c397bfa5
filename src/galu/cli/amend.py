"""`galu amend`: a new version of the study comes into force."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from galu.trial.impact import Impact
    from galu.trial.reread import Reread


def amend(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")],
    study: Annotated[Path, typer.Argument(help="the amended study.yaml")],
    reason: Annotated[str, typer.Option(help="what the amendment is, as its title page says")] = "",
    by: Annotated[str, typer.Option(help="who brings it into force")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="only list what it does to everybody's visits; writes nothing")
    ] = False,
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

    told = _Told(
        reason, by, effective.date() if effective else None, tuple(at or ()), reconsent, form, changes_level
    )
    take_in(Intake((study,), folder, check), partial(_amend, folder, study, told, check))


class _Told(NamedTuple):
    """The options, as they cross to the process that reads the file."""

    reason: str
    by: str
    effective: date | None
    at: tuple[str, ...]
    reconsent: bool
    form: str | None
    changes_level: bool


def _amend(folder: Path, study: Path, told: _Told, check: bool) -> None:
    from galu.desk.amend import Begins, amend_trial, check_amendment, read_sites
    from galu.record.versions import version_rows

    begins = Begins(told.effective, read_sites(told.at), told.reconsent, told.form, told.changes_level)
    if check:
        _tell(*check_amendment(folder, study, begins=begins))
        return
    trial, changes = amend_trial(folder, study, told.reason, told.by, begins=begins)
    print(f"{folder}: amendment in force, {len(changes)} stated elements changed")
    for change in changes:
        print(f"  {change}")
    print(f"in force {version_rows(trial.record)[-1].in_words}")


def _tell(impact: Impact, reread: tuple[Reread, ...], changes: tuple[str, ...]) -> None:
    print(f"{len(changes)} stated elements would change")
    for change in changes:
        print(f"  {change}")
    print(", ".join(f"{count} {name}" for name, count in impact.counts()))
    for one in impact.affected:
        place = f"{one.subject}  {one.visit} of {one.planned}  {one.procedure}"
        print(f"  {one.effect:<9} {place}: {one.why}")
    for signature in impact.signatures:
        print(f"  signature {signature.fact.id} of {signature.fact.signer} stays over what was shown")
    for word in reread:
        was, comes = (one or "not known" for one in (word.was, word.comes))
        print(f"  {word.kind} {word.written!r} in {word.facts} facts: {was} → {comes}")
    if reread:
        print("facts that are there keep the reading of their time; only what was not known is taught")
    print("nothing was written")
