"""Coming in, the first password, going out, the language, and the trials one may open."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from galu.desk.accounts import begin_totp, confirm_totp, set_password
from galu.desk.credentials import seed_address
from galu.desk.login import RefusedError, Shown, TooManyError
from galu.finding import InputError, NobodyError
from galu.web.door import (
    Visitor,
    came_from,
    front_of,
    hub_of,
    known,
    let_in,
    let_out,
    open_to_all,
    set_session,
    visitor_of,
)
from galu.web.hub import of_trial
from galu.web.pages.around import LANGUAGE, Page, mark, render
from galu.web.words import LANGUAGES

router = APIRouter()
_YEAR_S: Final = 365 * 24 * 3600


def own_path(text: str) -> str:
    """A path of galu to go to; `/` for anything else, so that no link leads away.

    >>> own_path("/t/x/board?as_of=2026-01-31"), own_path("//evil.example"), own_path("https://evil.example")
    ('/t/x/board?as_of=2026-01-31', '/', '/')
    """
    clean = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if clean and text.isprintable() and "\\" not in text else "/"


def seen(path: str) -> Response:
    """Go on to a page with a look at it, whatever was sent before."""
    return RedirectResponse(path, 303)


@router.get("/", response_class=HTMLResponse, dependencies=[open_to_all("shows the trials of who came in")])
def trials(request: Request) -> Response:
    """The trials that whoever asks may open; the only one at once."""
    hub = hub_of(request)
    try:
        visitor = visitor_of(request)
    except InputError:
        return seen("/login")
    granted = visitor.who.granted
    own = [one for one in hub.trials.values() if of_trial(granted, one.id)]
    if len(own) == 1:
        return seen(f"/t/{own[0].name}/")
    return render(Page(request), "trials.html", mark("Trials"), trials=own, who=visitor.who.name)


@router.get("/login", response_class=HTMLResponse, dependencies=[open_to_all("the door")])
def door(request: Request, next: str = "/") -> Response:
    """The form to come in, and how to become the first user where nobody is."""
    hub = hub_of(request)
    empty = [one for one in hub.trials.values() if not one.has_accounts]
    return render(
        Page(request), "login.html", mark("Log in"), next=own_path(next), errors=(), login="",
        empty=empty if len(empty) == len(hub.trials) else [],
    )  # fmt: skip


@router.post("/login", response_class=HTMLResponse, dependencies=[open_to_all("who comes in is nobody yet")])
def come_in(
    request: Request,
    login: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1024)],
    code: Annotated[str, Form(max_length=20)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Come in with login and password, and the code of an authenticator where there is one."""
    try:
        secret = let_in(request, Shown(login, password, code.strip(), came_from(request)))
    except (RefusedError, TooManyError) as refused:
        status = 429 if isinstance(refused, TooManyError) else 401
        return render(
            Page(request), "login.html", mark("Log in"), status,
            next=own_path(next), errors=(str(refused),), login=login, empty=[],
        )  # fmt: skip
    answer = seen(own_path(next))
    set_session(request, answer, secret)
    return answer


@router.post("/logout", dependencies=[open_to_all("ends the session that is brought")])
def go_out(request: Request) -> Response:
    """End the session at once."""
    answer = seen("/login")
    let_out(request, answer)
    return answer


@router.get(
    "/invitation/{token}", response_class=HTMLResponse, dependencies=[open_to_all("the link shows it")]
)
def invited(request: Request, token: str) -> Response:
    """The form that sets the password of an account that was invited."""
    return render(Page(request), "invitation.html", mark("Your password"), token=token, errors=())


@router.post(
    "/invitation/{token}", response_class=HTMLResponse, dependencies=[open_to_all("the link shows it")]
)
def choose(
    request: Request,
    token: str,
    password: Annotated[str, Form(max_length=1024)],
    again: Annotated[str, Form(max_length=1024)],
) -> Response:
    """Set it, and come in."""
    try:
        if password != again:
            raise InputError("the two passwords", "differ", "type the same twice")
        login = set_password(hub_of(request).accounts, token, password)
    except NobodyError:
        raise
    except InputError as error:
        return render(
            Page(request), "invitation.html", mark("Your password"), 422, token=token, errors=(str(error),)
        )
    answer = seen("/")
    set_session(request, answer, let_in(request, Shown(login, password, "", came_from(request))))
    return answer


@router.post("/language", dependencies=[open_to_all("a language is no secret")])
def choose_language(
    request: Request, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    """Keep the language for the next visits."""
    answer = seen(own_path(back))
    if language in LANGUAGES:
        answer.set_cookie(
            LANGUAGE, language, max_age=_YEAR_S, path="/", secure=front_of(request).secure, httponly=True,
            samesite="lax",
        )  # fmt: skip
    return answer


@router.get("/account", response_class=HTMLResponse)
def account(request: Request, visitor: Annotated[Visitor, known()]) -> Response:
    """A seed for an authenticator; it counts once its first code came back."""
    seed, ticket = begin_totp(hub_of(request).accounts, visitor.who)
    return _account(request, visitor, seed, ticket)


def _account(
    request: Request,
    visitor: Visitor,
    seed: str,
    ticket: str,
    errors: tuple[str, ...] = (),
    done: bool = False,
) -> Response:
    return render(
        Page(request), "account.html", mark("Your account"), 422 if errors else 200, name=visitor.who.name,
        seed=seed, ticket=ticket, address=seed_address(seed, visitor.who.account), csrf=visitor.csrf,
        errors=errors, done=done,
    )  # fmt: skip


@router.post("/account", response_class=HTMLResponse)
def keep_authenticator(
    request: Request,
    visitor: Annotated[Visitor, known()],
    ticket: Annotated[str, Form(max_length=200)],
    seed: Annotated[str, Form(max_length=200)],
    code: Annotated[str, Form(max_length=20)],
) -> Response:
    """Keep the authenticator whose code this is."""
    try:
        confirm_totp(hub_of(request).accounts, visitor.who, ticket, code.strip())
    except InputError as error:
        return _account(request, visitor, seed, ticket, (str(error),))
    return _account(request, visitor, seed, ticket, done=True)
