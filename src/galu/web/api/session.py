"""Coming in and going out, who one is, invitations, authenticators."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from galu.desk.accounts import begin_totp, change_password, confirm_totp, set_password
from galu.desk.credentials import seed_address
from galu.desk.login import Shown, prove, require_again
from galu.web.api.models import Asked
from galu.web.door import (
    Visitor,
    came_from,
    csrf_of,
    hub_of,
    known,
    let_in,
    let_out,
    open_to_all,
    require_session,
    set_session,
)

router = APIRouter(tags=["session"])


class Credentials(Asked):
    """What somebody types to come in."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1024)
    code: str = Field(default="", max_length=20, description="of the authenticator; empty without one")


class NewSession(BaseModel):
    """A session that began; its secret is in the cookie alone."""

    account: str
    name: str
    csrf: str = Field(description="sent as X-CSRF-Token with whatever changes something")


class GrantShown(BaseModel):
    """A role in a trial, at some sites (null: every one), for some days."""

    trial: str
    role: str
    sites: list[str] | None
    since: date
    until: date | None


class Me(NewSession):
    """Who asks, and what he was granted in the trials that are served here."""

    grants: list[GrantShown]


class NewPassword(Asked):
    """A password to be kept."""

    password: str = Field(max_length=1024)


class OtherPassword(NewPassword):
    """The same in the place of an older one."""

    old: str = Field(max_length=1024)


class Login(BaseModel):
    """An account."""

    account: str


class Seed(BaseModel):
    """What an authenticator needs, and the ticket that its first code is sent with."""

    seed: str
    address: str
    ticket: str


class FirstCode(Asked):
    """The first code that an authenticator shows."""

    ticket: str = Field(max_length=200)
    code: str = Field(max_length=20)


class Again(Asked):
    """Password and code once more, to sign."""

    password: str = Field(max_length=1024)
    code: str = Field(default="", max_length=20, description="of the authenticator; empty without one")


class Proof(BaseModel):
    """Serves for one signature within three minutes."""

    proof: str


@router.get("/health", dependencies=[open_to_all("says only that the server answers")])
def health() -> dict[str, str]:
    """Whether the server answers."""
    return {"status": "ok"}


@router.post("/session", status_code=201, dependencies=[open_to_all("who comes in is nobody before")])
def begin(request: Request, response: Response, shown: Credentials) -> NewSession:
    """Come in; the cookie of the answer holds a session that is new."""
    secret = let_in(request, Shown(shown.login, shown.password, shown.code, came_from(request)))
    set_session(request, response, secret)
    who = hub_of(request).accounts.account(shown.login)
    assert who is not None  # it has just been let in
    return NewSession(account=who.login, name=who.name, csrf=csrf_of(secret))


@router.get("/session")
def me(request: Request, visitor: Annotated[Visitor, known()]) -> Me:
    """Who asks, and what he may do where."""
    names = {one.id: one.name for one in hub_of(request).trials.values()}
    grants = [
        GrantShown(
            trial=name, role=grant.role, sites=None if grant.sites is None else sorted(grant.sites),
            since=grant.since, until=grant.until,
        )
        for trial, grant in visitor.who.granted
        for name in (list(names.values()) if trial is None else [names[trial]] if trial in names else [])
    ]  # fmt: skip
    return Me(account=visitor.who.account, name=visitor.who.name, csrf=visitor.csrf, grants=grants)


@router.delete("/session", status_code=204)
def end(request: Request, response: Response, visitor: Annotated[Visitor, known()]) -> None:
    """Go out; the session is over at once."""
    require_session(visitor)
    let_out(request, response)


@router.post("/invitations/{token}", dependencies=[open_to_all("the link shows who was invited")])
def accept(request: Request, token: str, chosen: NewPassword) -> Login:
    """Set the password of an account that was invited; the link serves once."""
    return Login(account=set_password(hub_of(request).accounts, token, chosen.password))


@router.put("/session/password", status_code=204)
def password(
    request: Request, response: Response, visitor: Annotated[Visitor, known()], chosen: OtherPassword
) -> None:
    """Set another password; every session and token of the account ends."""
    require_session(visitor)
    change_password(hub_of(request).accounts, visitor.who, chosen.old, chosen.password)
    let_out(request, response)


@router.post("/session/authenticator", status_code=201)
def authenticator(request: Request, visitor: Annotated[Visitor, known()], shown: Again) -> Seed:
    """A seed for who shows his password (and code) again; its first code confirms the authenticator."""
    require_session(visitor)
    typed = Shown(visitor.who.account, shown.password, shown.code, came_from(request))
    require_again(hub_of(request).accounts, visitor.who, typed)
    seed, ticket = begin_totp(hub_of(request).accounts, visitor.who)
    return Seed(seed=seed, address=seed_address(seed, visitor.who.account), ticket=ticket)


@router.put("/session/authenticator", status_code=204)
def confirm(request: Request, visitor: Annotated[Visitor, known()], shown: FirstCode) -> None:
    """Keep the authenticator whose code this is."""
    require_session(visitor)
    confirm_totp(hub_of(request).accounts, visitor.who, shown.ticket, shown.code)


@router.post("/session/proofs", status_code=201)
def proof(request: Request, visitor: Annotated[Visitor, known()], shown: Again) -> Proof:
    """Show oneself once more, before a signature."""
    require_session(visitor)
    typed = Shown(visitor.who.account, shown.password, shown.code, came_from(request))
    return Proof(proof=prove(hub_of(request).accounts, visitor.who, typed))
