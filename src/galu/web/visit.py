"""A visitor at a trial: what he may do and see there, for one request."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from fastapi import Request

from galu.access import TABLE, Action, Grant, Sight, may, sight
from galu.access.roles import in_force
from galu.desk.admission import sites_of
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import Identity, acting_as, action_of, acts
from galu.desk.status import day_of_report
from galu.finding import OvertakenError
from galu.record.seal import Head
from galu.trial.state import TrialState
from galu.web.hub import Hub, Served, of_trial
from galu.web.problems import RequestError

P = ParamSpec("P")
R = TypeVar("R")
#: What every use case may do besides what its route declares: look where it writes.
_LOOKING: Final = frozenset({"read", "compute"})


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
    """A visitor at a trial, for one request, who may do somewhere in it what the route declares.

    `expected` is the digest with which the record must end when something is written (If-Match).
    """

    visitor: Visitor
    served: Served
    hub: Hub
    actions: tuple[Action, ...]
    expected: str | None = None

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
        try:
            with self.served.kept.writes(self.expected):
                done = self.does(use_case, *args, **kwargs)
        except OvertakenError as error:
            if self.expected is None:
                raise
            raise RequestError(412, error.place, error.fault, error.remedy) from None
        self.hub.announce()
        return done

    def opened(self) -> TrialFolder:
        """The trial, opened by this account for what the route declares."""
        return self.does(acts(self.actions[0])(open_trial), self.served.clock)

    def state(self, as_of: date | None = None) -> TrialState:
        """The trial as known at the end of a day; the whole of it: `sees` says what may be shown."""
        trial = self.opened()
        return trial.state(day_of_report(trial.record, as_of, trial.clock))

    def sees(self, subject: str | None) -> bool:
        """Whether a subject's data may be shown; of the trial as a whole, to whoever sees the trial."""
        return not subject or self.sight.sees(sites_of(self.served.opened().record).get(subject))


def csrf_of(secret: str) -> str:
    """What shows that a request comes from a page of this session; it does not show the session."""
    return hmac.new(secret.encode(), b"galu form", hashlib.sha256).hexdigest()


def etag_of(head: Head) -> str:
    """The head of a record as programs hand it back in `If-Match`."""
    return f'"{head.seq}-{head.digest}"'


def expected_of(request: Request) -> str | None:
    """The digest that the record must end with; `*` asks for nothing."""
    said = request.headers.get("if-match", "").strip()
    if not said or said == "*":
        return None
    found = re.fullmatch(r'"(\d+)-([0-9a-f]{64})"', said)
    if found is None:
        raise RequestError(
            412, "If-Match", "is not the ETag of this trial", "hand back the ETag you were given"
        )
    return found[2]
