"""`galu user`: accounts of a trial, their roles, and the log of access."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from galu.finding import InputError

if TYPE_CHECKING:
    from galu.desk.accounts import Invitation

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Accounts of a trial.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder")]
Login = Annotated[str, typer.Argument(metavar="LOGIN", help="an account")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@app.command()
def add(
    folder: Folder,
    login: Login,
    name: Annotated[str, typer.Option(help="the person's full name, as it stands beside signatures")],
    accounts: Annotated[
        str | None,
        typer.Option(
            help="first account only: where to keep accounts, a file (accounts.sqlite beside DIR) or a server"
        ),
    ] = None,
) -> None:
    """Add an account; the first becomes administrator. Prints what sets its password, once, for 24 hours."""
    from galu.desk.accounts import add_user

    _print_invitation(add_user(folder, login, name, accounts))


def _print_invitation(invited: Invitation) -> None:
    print(f"{invited.login}: invited; accounts are kept in {invited.place}")
    print(f"the password is set with this, once, until {invited.expires:%Y-%m-%d %H:%M} UTC:")
    print(f"  /invitation/{invited.token}")
    print("in the browser, or at a terminal: galu user password DIR LOGIN --token")


@app.command("list")
def list_(folder: Folder) -> None:
    """Print the accounts of a trial with their roles."""
    from galu.desk.accounts import list_users

    for one in list_users(folder):
        account = one.account
        state = [
            "disabled" if account.disabled else "" if account.password else "no password yet",
            "authenticator" if account.totp else "",
            f"{one.passkeys} passkeys" if one.passkeys else "",
        ]
        print(f"{account.login}  {account.name}  {', '.join(filter(None, state))}".rstrip())
        for grant in one.grants:
            print(f"  {grant.id}  {grant.in_words}")


@app.command()
def grant(
    folder: Folder,
    login: Login,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="`galu user roles` tells what each may do")],
    site: Annotated[list[str] | None, typer.Option(help="a site, as demographics name it; repeat it")] = None,
    every_site: Annotated[bool, typer.Option("--every-site", help="those that join later too")] = False,
    since: Day = None,
    until: Day = None,
) -> None:
    """Grant a role, at sites or at every site, from a day (today) to a day (none)."""
    from galu.access import Grant
    from galu.desk.accounts import grant_role
    from galu.desk.clock import utc_now

    if bool(site) == every_site:
        raise InputError("galu user grant", "says not where", "give --site or --every-site, one of both")
    begins: date = since.date() if since else utc_now().date()
    sites = None if every_site else frozenset(site or ())
    given = Grant(role, sites, begins, until.date() if until else None)  # type: ignore[arg-type]
    print(f"{grant_role(folder, login, given)}  {login}: {given.in_words}")


@app.command()
def revoke(
    folder: Folder,
    name: Annotated[str, typer.Argument(metavar="GRANT", help="as `galu user list` names it")],
) -> None:
    """Take a grant back, at once."""
    from galu.desk.accounts import revoke_role

    print(f"{name}: taken back from {revoke_role(folder, name)}")


@app.command()
def reset(
    folder: Folder,
    login: Login,
    console: Annotated[
        bool, typer.Option("--console", help="as owner of the accounts' file; the log says so")
    ] = False,
) -> None:
    """Forget password and authenticator of an account, end its sessions, and invite it anew."""
    from galu.desk.accounts import reset_on_console, reset_user

    _print_invitation((reset_on_console if console else reset_user)(folder, login))


@app.command()
def disable(
    folder: Folder,
    login: Login,
    undo: Annotated[bool, typer.Option("--undo", help="open it again")] = False,
) -> None:
    """Close an account at once."""
    from galu.desk.accounts import disable_user

    disable_user(folder, login, not undo)
    print(f"{login}: {'open again' if undo else 'closed, its sessions are over'}")


@app.command()
def bind(
    folder: Folder,
    login: Login,
    issuer: Annotated[str, typer.Argument(help="address of an OpenID Connect issuer")],
    subject: Annotated[str, typer.Argument(help="`sub` of the person there")],
) -> None:
    """Let an account come in through another issuer."""
    from galu.desk.accounts import bind_user

    bind_user(folder, login, issuer, subject)
    print(f"{login}: may come in as {subject!r} of {issuer}")


@app.command()
def password(
    folder: Folder,
    login: Login,
    token: Annotated[
        bool, typer.Option("--token", help="ask for an invitation, not the old password")
    ] = False,
) -> None:
    """Set the password of an account, asked for without being shown."""
    from galu.cli.account import secret
    from galu.desk.accounts import accounts_at, change_password, set_password
    from galu.desk.identity import Identity

    with accounts_at(_place(folder)) as accounts:
        first = secret("invitation" if token else "old password").rsplit("/", 1)[-1]
        new = secret("new password")
        if secret("new password again") != new:
            raise InputError("the new password", "was typed in two ways", "begin again")
        if token:
            login = set_password(accounts, first, new)
        else:
            change_password(accounts, Identity(login, ""), first, new)
    print(f"{login}: password set")


@app.command()
def totp(folder: Folder) -> None:
    """Set up an authenticator for your account (GALU_ACCOUNT): shows its seed, asks for its first code."""
    from galu.cli.account import secret, terminal_identity
    from galu.desk.accounts import accounts_at, begin_totp, confirm_totp
    from galu.desk.credentials import seed_address

    place = _place(folder)
    who = terminal_identity(place)
    with accounts_at(place) as accounts:
        seed, ticket = begin_totp(accounts, who)
        print(f"seed: {seed}\n{seed_address(seed, who.account)}", flush=True)
        confirm_totp(accounts, who, ticket, secret("first code"))
    print(f"{who.account}: each login and signature asks for a code now")


@app.command()
def token(folder: Folder) -> None:
    """Print a token for GALU_TOKEN, good for seven days, eight hours idle; it signs nothing."""
    from galu.cli.account import account_named, shown_by
    from galu.desk.accounts import accounts_at
    from galu.desk.login import log_in

    with accounts_at(_place(folder)) as accounts:
        print(log_in(accounts, shown_by(account_named()), "terminal"))


@app.command()
def log(
    folder: Folder,
    verify: Annotated[
        bool, typer.Option("--verify", help="only check it; exit code 1 where it fails")
    ] = False,
) -> None:
    """Print the log of access: who came in, was refused, was granted what."""
    from galu.desk.accounts import access_log

    entries, fault = access_log(folder)
    for one in () if verify else entries:
        told = ", ".join(f"{name} {value}" for name, value in one.told.items() if value)
        print(f"{one.seq:>5}  {one.recorded[:19]}Z  {one.kind:<18} {one.account}  by {one.by or '-'}  {told}")
    if fault is not None:
        typer.echo(f"galu: {folder}: the log of access: {fault}.", err=True)
        raise typer.Exit(1)
    print(f"the log of access holds together: {len(entries)} entries of this trial")


@app.command()
def roles() -> None:
    """Print what each role may do, with data in which state."""
    from galu.access import PURPOSES, access_reference

    print("# Access\n\nMade by `galu user roles > docs/reference/access.md`.\n")
    print("\n".join(f"- **{role}** {purpose}" for role, purpose in PURPOSES.items()))
    print(f"\n## Actions and states of the data\n\n{access_reference()}", end="")


def _place(folder: Path) -> str:
    from galu.desk.places import accounts_of

    place = accounts_of(folder)
    if place is None:
        raise InputError(str(folder), "this trial has no accounts", "add the first with `galu user add`")
    return place
