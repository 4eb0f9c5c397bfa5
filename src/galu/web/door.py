"""Who asks, and whether he may: sessions, tokens, foreign pages, and the action that each route declares.

A route says by `needs("read-board")` what it does in the words of the access table, or by
`open_to_all("reason")` that it needs nobody; a test walks all routes and fails on one that says neither.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from galu.access import TABLE, Action, may
from galu.desk.admission import require_somewhere, sites_of
from galu.desk.login import Shown, identity_of, log_in, log_out
from galu.desk.tokens import identity_of_token
from galu.finding import NobodyError, NotAllowedError, NotThereError
from galu.web.hub import Hub, no_trial, of_trial
from galu.web.jobs import Jobs
from galu.web.problems import RequestError
from galu.web.visit import Visit, Visitor, csrf_of, etag_of, expected_of

__all__ = [
    "Front", "Known", "Needs", "OpenToAll", "Visit", "Visitor", "came_from", "csrf_of", "etag_of", "front_of",
    "hub_of", "jobs_of", "known", "let_in", "let_out", "needs", "needs_one_of", "open_to_all",
    "require_own_page", "require_session", "set_session", "visitor_of",
]  # fmt: skip

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Front:
    """Where browsers meet galu: its address, and so the origins, the hosts and the cookie it goes by."""

    address: str

    @property
    def secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.address.startswith("https://")

    @property
    def host(self) -> str:
        """Its name without scheme and port."""
        return self.address.split("://", 1)[1].split("/")[0].split(":")[0]

    @property
    def origin(self) -> str:
        """As browsers name it."""
        return self.address.rstrip("/")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names under which it answers; another name is that of somebody else's page."""
        return tuple(dict.fromkeys((self.host, "localhost", "127.0.0.1")))

    @property
    def cookie(self) -> str:
        """Name of the cookie; `__Host-` keeps other hosts and paths from setting it."""
        return "__Host-galu" if self.secure else "galu"

    def is_own(self, request: Request, origin: str) -> bool:
        """Whether a page of this origin is one of galu's own."""
        return origin in (self.origin, f"{request.url.scheme}://{request.headers.get('host', '')}")


# --- coming in and going out


def front_of(request: Request) -> Front:
    """Where browsers meet this application."""
    front: Front = request.app.state.front
    return front


def hub_of(request: Request) -> Hub:
    """The trials of this application."""
    hub: Hub = request.app.state.hub
    return hub


def jobs_of(request: Request) -> Jobs:
    """The imports of this application."""
    jobs: Jobs = request.app.state.jobs
    return jobs


def came_from(request: Request) -> str:
    """The address that asks."""
    return request.client.host if request.client else ""


def let_in(request: Request, shown: Shown) -> str:
    """Log in; gives the secret of a new session, and ends the one that was brought along."""
    before = request.cookies.get(front_of(request).cookie)
    return log_in(hub_of(request).accounts, shown, "browser", before)


def set_session(request: Request, response: Response, secret: str) -> None:
    """Hand the secret of a session to the browser: scripts do not see it, other sites do not send it."""
    front = front_of(request)
    response.set_cookie(front.cookie, secret, path="/", secure=front.secure, httponly=True, samesite="strict")


def let_out(request: Request, response: Response) -> None:
    """End the session that the browser brought, and let it forget its secret."""
    front = front_of(request)
    secret = request.cookies.get(front.cookie)
    if secret:
        log_out(hub_of(request).accounts, secret)
    response.delete_cookie(front.cookie, path="/", secure=front.secure, httponly=True, samesite="strict")


# --- who asks


def visitor_of(request: Request) -> Visitor:
    """Who asks, by a session or by a token, not by both.

    Raises
    ------
    NobodyError
        When nobody does.
    """
    secret = request.cookies.get(front_of(request).cookie)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if secret and token:
        raise RequestError(400, "request", "brings a session and a token", "send one of both")
    accounts = hub_of(request).accounts
    if secret:
        return Visitor(identity_of(accounts, secret), secret, False)
    if scheme.lower() == "bearer" and token.strip():
        return Visitor(identity_of_token(accounts, token.strip()), token.strip(), True)
    raise NobodyError("galu", "nobody has come in", "log in, or send a token")


def require_own_page(request: Request) -> None:
    """Refuse what a page of somebody else makes a browser send (ASVS 5.0, 3.5).

    Raises
    ------
    RequestError
        When the browser says that it comes from elsewhere.
    """
    if request.method in _SAFE:
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    foreign = site is not None and site not in ("same-origin", "none")
    if foreign or (origin is not None and not front_of(request).is_own(request, origin)):
        raise RequestError(403, "request", "comes from a page that is not galu's", "open galu itself")


async def _require_form(request: Request, secret: str) -> None:
    """Refuse what changes something and does not come from a page of this session."""
    if request.method in _SAFE:
        return
    sent = request.headers.get("x-csrf-token")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent is None and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        found = (await request.form()).get("csrf")
        sent = found if isinstance(found, str) else None
    if sent is None or not hmac.compare_digest(sent.encode(), csrf_of(secret).encode()):
        remedy = "send X-CSRF-Token, or open the page again"
        raise RequestError(403, "request", "does not show that it comes from a page of galu", remedy)


class Needs:
    """What a route does, in the words of the access table; gives the visit, or refuses it."""

    def __init__(self, *actions: Action, any_of: bool = False) -> None:
        self.actions = actions
        self.any_of = any_of

    async def __call__(self, request: Request, response: Response) -> Visit:
        """Judge one request: who asks, from where, at which trial, and whether he may."""
        visitor = await _visitor(request)
        visit = await run_in_threadpool(self._judged, request, visitor)
        # Of before what is shown is read: who writes with it may be told too early, never too late.
        response.headers["etag"] = etag_of(await run_in_threadpool(lambda: visit.served.head))
        return visit

    def _judged(self, request: Request, visitor: Visitor) -> Visit:
        hub, name = hub_of(request), request.path_params["trial"]
        served = hub.trial(name)
        if not of_trial(visitor.who.granted, served.id) or not served.has_accounts:
            raise no_trial(name)
        self._require(lambda action: require_somewhere(visitor.who, served.id, action, served.today))
        visit = Visit(visitor, served, hub, self.actions, expected_of(request))
        subject = request.path_params.get("subject")
        if subject is not None:
            self._judge_subject(visit, subject)
        return visit

    def _judge_subject(self, visit: Visit, subject: str) -> None:
        """A subject is there for who sees it; what is done with it is asked at its site and its state."""
        record = visit.served.opened().record
        site = sites_of(record).get(subject)
        if subject not in record.names or not visit.sight.sees(site):
            raise NotThereError(f"subject {subject!r}", "is not there", "choose one of the worklist")
        trial = visit.served.opened()

        def judge(action: Action) -> None:
            line = TABLE[action]
            state = None if line.is_never_stopped else trial.state(trial.today).data.of_subject(subject)
            told = may(visit.grants, action, site, state, trial.today)
            if not told.value:
                raise NotAllowedError(f"account {visit.who.account}", told.reason, "ask who may")

        self._require(judge)

    def _require(self, judge: Callable[[Action], None]) -> None:
        """Each of the actions must be allowed; of alternatives one of them."""
        refused: list[NotAllowedError] = []
        for action in self.actions:
            try:
                judge(action)
            except NotAllowedError as error:
                refused.append(error)
        if len(refused) == len(self.actions) or (refused and not self.any_of):
            raise refused[0]


class Known:
    """A route that needs an account and no trial."""

    def __init__(self) -> None:
        self.actions: tuple[Action, ...] = ("compute",)

    async def __call__(self, request: Request) -> Visitor:
        """Judge one request: who asks, and from where."""
        return await _visitor(request)


class OpenToAll:
    """A route that needs nobody, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __call__(self, request: Request) -> None:
        """Refuse only what comes from a page of somebody else."""
        require_own_page(request)


def require_session(visitor: Visitor) -> None:
    """Refuse a token where somebody must have come in himself.

    Raises
    ------
    RequestError
        For a token.
    """
    if visitor.by_token:
        raise RequestError(403, "token", "serves for data alone", "come in with login and password")


async def _visitor(request: Request) -> Visitor:
    visitor = await run_in_threadpool(visitor_of, request)
    if not visitor.by_token:
        require_own_page(request)
        await _require_form(request, visitor.secret)
    return visitor


def needs(action: Action, *others: Action) -> Any:
    """Declare what a route of a trial does: ``visit: Annotated[Visit, needs("read-board")]``."""
    return Depends(Needs(action, *others))


def needs_one_of(*actions: Action) -> Any:
    """The same for a route that does one of several things; which one is asked when it is written."""
    return Depends(Needs(*actions, any_of=True))


def known() -> Any:
    """Declare that a route needs an account alone: ``visitor: Annotated[Visitor, known()]``."""
    return Depends(Known())


def open_to_all(reason: str) -> Any:
    """Declare that a route needs nobody, and why: ``dependencies=[open_to_all("logging in")]``."""
    return Depends(OpenToAll(reason))
