"""Who asks, and whether he may: sessions, tokens, foreign pages, and the action that each route declares.

A route says by `needs("read-board")` what it does in the words of the access table, or by
`open_to_all("reason")` that it needs nobody; a test walks all routes and fails on one that says neither.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from galu.access import TABLE, Action, Grant, Sight, may, sight
from galu.access.roles import in_force
from galu.desk.admission import require_somewhere, sites_of
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import Identity, acting_as, action_of, acts
from galu.desk.login import Shown, identity_of, log_in, log_out
from galu.desk.tokens import identity_of_token
from galu.finding import NobodyError, NotAllowedError, NotThereError
from galu.trial.state import TrialState
from galu.web.hub import Hub, Served, no_trial, of_trial
from galu.web.problems import RequestError

P = ParamSpec("P")
R = TypeVar("R")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: What every use case may do besides what its route declares: look where it writes.
_LOOKING: Final = frozenset({"read", "compute"})


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


@dataclass(frozen=True, slots=True)
class Visitor:
    """An account that came in: by a session of a browser, or by a token.

    `csrf` is what forms and scripts of a session send along; empty for a token.
    """

    who: Identity
    secret: str
    by_token: bool

    @property
    def csrf(self) -> str:
        """What a form carries in its field `csrf`, a script in the header `X-CSRF-Token`."""
        return "" if self.by_token else csrf_of(self.secret)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor at a trial, for one request, who may do somewhere in it what the route declares."""

    visitor: Visitor
    served: Served
    hub: Hub
    actions: tuple[Action, ...]

    @property
    def who(self) -> Identity:
        """The account."""
        return self.visitor.who

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What it was granted in this trial."""
        return of_trial(self.who.granted, self.served.id)

    @property
    def sight(self) -> Sight:
        """What it may see today."""
        return sight(self.grants, self.served.today)

    def may(self, action: Action, site: str | None = None) -> bool:
        """Whether it may do something today, with data that nothing holds; for showing or leaving out."""
        line = TABLE[action]
        state = "open" if "open" in line.states else sorted(line.states)[0]
        where = [site] if site is not None or line.reach != "site" else self._places()
        return any(may(self.grants, action, one, state, self.served.today).value for one in where)

    def _places(self) -> list[str | None]:
        held = in_force(self.grants, self.served.today)
        return [None, *sorted({site for grant in held for site in grant.sites or ()})]

    def does(self, use_case: Callable[Concatenate[Any, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Let the desk do something with the folder of the trial, as this account.

        Raises
        ------
        LookupError
            When the use case does what the route does not declare: a fault of galu.
        """
        action = action_of(use_case)
        if action not in (*self.actions, *_LOOKING):
            raise LookupError(f"{use_case.__name__} does {action!r}, its route declares {self.actions}")
        with acting_as(lambda _: self.who):
            return use_case(self.served.folder, *args, **kwargs)

    def writes(self, use_case: Callable[Concatenate[Any, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The same for what writes: nobody of this server writes in between, and everybody is told."""
        with self.served.kept.writing:
            done = self.does(use_case, *args, **kwargs)
        self.hub.announce()
        return done

    def opened(self) -> TrialFolder:
        """The trial, opened by this account for what the route declares."""
        return self.does(acts(self.actions[0])(open_trial), self.served.clock)

    def state(self, as_of: date | None = None) -> TrialState:
        """The trial as known at the end of a day; the whole of it: `sees` says what may be shown."""
        from galu.desk.status import day_of_report

        trial = self.opened()
        return trial.state(day_of_report(trial.record, as_of, trial.clock))

    def sees(self, subject: str | None) -> bool:
        """Whether a subject's data may be shown; of the trial as a whole, to whoever sees the trial."""
        return not subject or self.sight.sees(sites_of(self.served.opened().record).get(subject))


def csrf_of(secret: str) -> str:
    """What shows that a request comes from a page of this session; it does not show the session."""
    return hmac.new(secret.encode(), b"galu form", hashlib.sha256).hexdigest()


# --- coming in and going out


def front_of(request: Request) -> Front:
    """Where browsers meet this application."""
    front: Front = request.app.state.front
    return front


def hub_of(request: Request) -> Hub:
    """The trials of this application."""
    hub: Hub = request.app.state.hub
    return hub


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

    def __init__(self, action: Action, *others: Action) -> None:
        self.actions = (action, *others)

    async def __call__(self, request: Request) -> Visit:
        """Judge one request: who asks, from where, at which trial, and whether he may."""
        visitor = await _visitor(request)
        return await run_in_threadpool(self._judged, request, visitor)

    def _judged(self, request: Request, visitor: Visitor) -> Visit:
        hub, name = hub_of(request), request.path_params["trial"]
        served = hub.trial(name)
        if not of_trial(visitor.who.granted, served.id) or not served.has_accounts:
            raise no_trial(name)
        for action in self.actions:
            require_somewhere(visitor.who, served.id, action, served.today)
        visit = Visit(visitor, served, hub, self.actions)
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
        for action in self.actions:
            line = TABLE[action]
            state = None if line.is_never_stopped else trial.state(trial.today).data.of_subject(subject)
            told = may(visit.grants, action, site, state, trial.today)
            if not told.value:
                raise NotAllowedError(f"account {visit.who.account}", told.reason, "ask who may")


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


async def _visitor(request: Request) -> Visitor:
    visitor = await run_in_threadpool(visitor_of, request)
    if not visitor.by_token:
        require_own_page(request)
        await _require_form(request, visitor.secret)
    return visitor


def needs(action: Action, *others: Action) -> Any:
    """Declare what a route of a trial does: ``visit: Annotated[Visit, needs("read-board")]``."""
    return Depends(Needs(action, *others))


def known() -> Any:
    """Declare that a route needs an account alone: ``visitor: Annotated[Visitor, known()]``."""
    return Depends(Known())


def open_to_all(reason: str) -> Any:
    """Declare that a route needs nobody, and why: ``dependencies=[open_to_all("logging in")]``."""
    return Depends(OpenToAll(reason))
