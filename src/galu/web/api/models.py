"""What requests and answers share."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Header, Path
from pydantic import BaseModel, ConfigDict, Field

from galu.web.days import AsOf

__all__ = ["FAULTS", "WRITES", "AsOf", "Asked", "FactId", "IdempotencyKey", "IfMatch", "Problem", "SubjectId"]


class Asked(BaseModel):
    """What is sent; a key that galu does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(BaseModel):
    """One thing that is wrong: where, what, and what to do."""

    place: str
    fault: str
    remedy: str


class Problem(BaseModel):
    """RFC 9457, with the parts of the sentence and a sentence for each fault."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    place: str
    fault: str
    remedy: str
    faults: list[Fault]


_TOLD: Final = {
    400: "The request cannot be read, or brings a session and a token at once.",
    401: "Nobody has come in, or the session or token is over.",
    403: "The account may not do this here, or the request does not come from a page of galu.",
    404: "It is not there, or not for this account: both are told in the same words.",
    405: "Nothing is done here by this method.",
    409: "The key or an id stands for other facts, or somebody wrote meanwhile.",
    412: "The record does not end any more as `If-Match` says; nothing was written.",
    413: "The body is too large.",
    415: "The body is of a kind that is not read here.",
    422: "What was sent is not what a rule allows; each fault is named with its place.",
    429: "Too many attempts failed, or too many jobs wait.",
    503: "Something that is needed cannot be reached now.",
}
#: The same on each route, so that whoever reads the description knows all that can come.
_CONTENT: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
FAULTS: Final[dict[int | str, dict[str, Any]]] = {
    code: {"description": told, "content": _CONTENT} for code, told in _TOLD.items() if code not in (409, 412)
}
#: What may come besides of a route that writes.
WRITES: Final[dict[int | str, dict[str, Any]]] = {
    code: {"description": _TOLD[code], "content": _CONTENT} for code in (409, 412)
}

SubjectId = Annotated[str, Path(max_length=200, description="a subject, as the worklist names it")]
FactId = Annotated[str, Path(max_length=400, description="a fact, or any correction of it")]
IfMatch = Annotated[
    str | None,
    Header(description="ETag of an earlier answer: write only if the record still ends there (else 412)"),
]
IdempotencyKey = Annotated[
    str,
    Header(
        min_length=8,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="names this batch among all of the account: sent again, it is written once",
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=1024)]
