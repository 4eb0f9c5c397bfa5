"""What goes wrong, as one sentence and one status: RFC 9457 under /api, a page elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from galu.desk.append import TakenError
from galu.desk.login import RefusedError, TooManyError
from galu.finding import (
    InputError,
    ManyFaultsError,
    NobodyError,
    NotAllowedError,
    NotThereError,
    OutOfReachError,
    OvertakenError,
)


class RequestError(InputError):
    """A request that is refused with a status of its own."""

    def __init__(self, status: int, place: str, fault: str, remedy: str) -> None:
        super().__init__(place, fault, remedy)
        self.status = status


#: The first that fits counts; whatever else a rule refuses is 422.
STATUS: Final[tuple[tuple[type[InputError], int], ...]] = (
    (RefusedError, 401),
    (NobodyError, 401),
    (NotAllowedError, 403),
    (NotThereError, 404),
    (OvertakenError, 409),
    (TakenError, 409),
    (TooManyError, 429),
    (OutOfReachError, 503),
    (InputError, 422),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person or a program is told: status, what is wrong and what to do, each fault with its place."""

    status: int
    detail: str
    place: str = ""
    fault: str = ""
    remedy: str = ""
    faults: tuple[tuple[str, str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As RFC 9457 writes it, with the parts of the sentence."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "place": self.place,
            "fault": self.fault,
            "remedy": self.remedy,
            "faults": [
                {"place": place, "fault": fault, "remedy": remedy} for place, fault, remedy in self.faults
            ],
        }


#: Shows a problem as a page.
Shows = Callable[[Request, Problem], Response]


def problem_of(error: InputError) -> Problem:
    """The problem that a refusal is."""
    errors = error.errors if isinstance(error, ManyFaultsError) else (error,)
    codes = {_status(one) for one in errors}
    status = codes.pop() if len(codes) == 1 else 422
    faults = tuple((one.place, one.fault, one.remedy) for one in errors)
    return Problem(status, str(error), error.place, error.fault, error.remedy, faults)


def _status(error: InputError) -> int:
    if isinstance(error, RequestError):
        return error.status
    return next(code for kind, code in STATUS if isinstance(error, kind))


def respond(request: Request, problem: Problem) -> Response:
    """A problem as the path of the request wants it."""
    shows: Shows | None = getattr(request.app.state, "problem_page", None)
    if shows is not None and not request.url.path.startswith("/api/"):
        return shows(request, problem)
    headers = {"www-authenticate": 'Bearer realm="galu"'} if problem.status == 401 else None
    return JSONResponse(
        problem.as_json(), problem.status, headers=headers, media_type="application/problem+json"
    )


def install_problems(app: FastAPI) -> None:
    """Answer whatever goes wrong in the application with a problem."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, InputError)
        return respond(request, problem_of(error))

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return respond(request, _invalid(error))

    def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = respond(request, Problem(error.status_code, str(error.detail)))
        answer.headers.update(error.headers or {})
        return answer

    def broken(request: Request, _: Exception) -> Response:
        return respond(request, Problem(500, "galu failed; what happened is in the log of the server"))

    app.add_exception_handler(InputError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(Exception, broken)


def _invalid(error: RequestValidationError) -> Problem:
    found = error.errors()
    faults = tuple(
        (
            ".".join(str(part) for part in one["loc"]) or "request",
            str(one["msg"]).removeprefix("Value error, "),
            "correct it; nothing was written",
        )
        for one in found[: ManyFaultsError.SHOWN]
    )
    unreadable = any(one["type"] == "json_invalid" for one in found)
    place, fault, remedy = faults[0]
    return Problem(400 if unreadable else 422, f"{place}: {fault}; {remedy}.", place, fault, remedy, faults)
