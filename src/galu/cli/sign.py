"""`galu sign` and `galu signatures`: sign what is shown, and see which signatures still stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")]


def sign(
    folder: Folder,
    meaning: Annotated[str, typer.Option(help="Authored, Reviewed, Approved or Responsible")],
    subject: Annotated[str | None, typer.Option(help="everything of this subject")] = None,
    visit: Annotated[str | None, typer.Option(help="with --subject: of the days of this visit alone")] = None,
    fact: Annotated[list[str] | None, typer.Option(help="a single fact; repeat it")] = None,
) -> None:
    """Show what is to be signed, and sign it with your account (GALU_ACCOUNT), password and code."""
    from galu.desk.sign import Saying, ToSign, shown_to_sign, sign

    wanted = ToSign(subject, visit, tuple(fact or ()))
    shown = shown_to_sign(folder, wanted)
    print(shown.text, end="")
    made = sign(folder, wanted, Saying(meaning, shown.digest), proof_for(folder))
    print(f"{made.id}: {made.meaning}, signed by {made.signer} ({made.account}); SHA-256 {made.digest}")


def proof_for(folder: Path) -> str | None:
    """What shows once more who signs, asked for; None where a password was asked for by this very command.

    A token lets nobody sign, and a trial without accounts asks nobody.
    """
    from galu.cli.account import shown_by, terminal_identity
    from galu.desk.accounts import accounts_at
    from galu.desk.login import prove
    from galu.desk.places import accounts_of

    place = accounts_of(folder)
    who = terminal_identity(place) if place else None
    if place is None or who is None or who.proofs:
        return None
    with accounts_at(place) as accounts:
        return prove(accounts, who, shown_by(who.account))


def signatures(folder: Folder) -> None:
    """Print every signature, whether it stands, and which fact changed since."""
    from galu.desk.sign import trial_signatures
    from galu.trial.signatures import scope_of

    for one in trial_signatures(folder):
        said = one.fact
        what = said.signs or scope_of(said).in_words
        print(
            f"{said.id}  {one.recorded:%Y-%m-%d %H:%M:%S} UTC  {said.meaning}  {said.signer}"
            f"{f' ({said.account})' if said.account else ''}  {what}: {'stands' if one.stands else 'broken'}"
        )
        for change in one.changes:
            print(f"  {change}")
