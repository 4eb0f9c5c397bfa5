"""A fact: one thing that happened, as somebody reported it. Nothing else is ever written."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from galu.record.identifiers import Identifier
from galu.record.when import When


class Fact(BaseModel):
    """What every fact carries.

    `on` is when it happened. When it became known (`recorded`) is stamped by the store, never here.
    A correction is a fact of the same kind with `supersedes` and `reason`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True, defer_build=True
    )

    kind: ClassVar[str]
    #: Kinds that belong to the trial as a whole carry no subject.
    about_subject: ClassVar[bool] = True
    #: What writing one is, in the words of the access table.
    act: ClassVar[str] = "enter"
    #: Fields that identify a person: shown only to who may see them.
    personal: ClassVar[frozenset[str]] = frozenset()
    #: The field that says who stands for it; written through an account, it is the name of that account.
    speaker: ClassVar[str] = ""

    id: Identifier = Field(min_length=1, description="unique in the record")
    subject: Identifier | None = Field(
        default=None, description="subject identifier; empty for trial-level facts"
    )
    on: When = Field(description="when it happened, ISO 8601, as precisely as known")
    by: str = Field(default="", description="who reported it")
    source: str = Field(default="", description="where it comes from, such as file and row")
    supersedes: Identifier | None = Field(default=None, description="id of the fact this one corrects")
    reason: str | None = Field(default=None, description="why the earlier fact is corrected")
    account: str | None = Field(
        default=None, description="account through which it was written; galu sets it, no file does"
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Fact:
        if self.about_subject and not self.subject:
            raise ValueError(f"a {self.kind} fact needs its subject")
        if self.supersedes and not self.reason:
            raise ValueError("a correction needs its reason")
        return self
