"""Tokens for programs: made, listed and ended by whoever they act for, in a session."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import AwareDatetime, BaseModel, Field

from galu.desk.tokens import TokenScope, end_token, issue_token, tokens_of
from galu.web.api.models import Asked
from galu.web.door import Visitor, hub_of, known, require_session
from galu.web.hub import no_trial, of_trial

router = APIRouter(tags=["tokens"])


class NewToken(Asked):
    """What a token is to be for: roles of one trial, sites (null: all of the account's), an end."""

    label: str = Field(min_length=1, max_length=80)
    trial: str = Field(max_length=200)
    roles: list[Annotated[str, Field(max_length=40)]] = Field(min_length=1, max_length=20)
    sites: list[Annotated[str, Field(max_length=200)]] | None = Field(default=None, max_length=200)
    expires: AwareDatetime


class TokenMade(BaseModel):
    """The secret of a token, told once."""

    token: str


class TokenListed(BaseModel):
    """A token by its name, which is not its secret."""

    name: str
    label: str
    trial: str
    roles: list[str]
    sites: list[str] | None
    expires: datetime
    ended: bool


@router.get("/tokens")
def tokens(request: Request, visitor: Annotated[Visitor, known()]) -> list[TokenListed]:
    """Tokens of the account."""
    require_session(visitor)
    hub = hub_of(request)
    names = {one.id: one.name for one in hub.trials.values()}
    return [
        TokenListed(
            name=one.name, label=one.scope.label, trial=names[one.scope.trial], roles=list(one.scope.roles),
            sites=None if one.scope.sites is None else list(one.scope.sites), expires=one.scope.expires,
            ended=one.ended,
        )
        for one in tokens_of(hub.accounts, visitor.who)
        if one.scope.trial in names
    ]  # fmt: skip


@router.post("/tokens", status_code=201)
def make(request: Request, visitor: Annotated[Visitor, known()], wanted: NewToken) -> TokenMade:
    """Make a token; its secret is told in this answer alone."""
    require_session(visitor)
    hub = hub_of(request)
    served = hub.trial(wanted.trial)
    if not of_trial(visitor.who.granted, served.id):
        raise no_trial(wanted.trial)
    sites = None if wanted.sites is None else tuple(wanted.sites)
    scope = TokenScope(wanted.label, served.id, tuple(wanted.roles), sites, wanted.expires)
    return TokenMade(token=issue_token(hub.accounts, visitor.who, scope))


@router.delete("/tokens/{name}", status_code=204)
def end(
    request: Request, visitor: Annotated[Visitor, known()], name: Annotated[str, Path(max_length=100)]
) -> None:
    """End a token at once."""
    require_session(visitor)
    end_token(hub_of(request).accounts, visitor.who, name)
