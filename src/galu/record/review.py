"""Facts about the data themselves: queries, review, comparison with the source, freeze and lock, notes.

What they are about is named by `about` (one fact, and whatever corrects it), by `visit` of a subject, or by
the subject alone. Nothing here changes a value; where the data stand is derived (`trial/data_state.py`).
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from galu.record.fact import Fact
from galu.record.identifiers import Identifier
from galu.record.when import DayWhen

#: Longest text of a note, a query or an answer; said at the field, never cut off.
LONGEST: Final = 1024


class Query(Fact):
    """A question about a value, a visit or a subject, raised by a person or a rule."""

    kind = "query"
    act = "ask"
    about_subject = False
    about: Identifier | None = Field(default=None, description="id of the fact it is about")
    column: str | None = Field(default=None, description="field of that fact")
    visit: str | None = None
    planned: DayWhen | None = Field(default=None, description="planned day of that visit")
    rule: str | None = Field(default=None, description="rule that raised it; empty: a person did")
    text: str = Field(min_length=1, max_length=LONGEST)


class QueryStep(Fact):
    """A query was answered, closed or opened again."""

    kind = "query_step"
    act = "answer"
    about_subject = False
    query: Identifier = Field(min_length=1, description="id of the query fact")
    step: Literal["answered", "closed", "reopened"]
    text: str | None = Field(default=None, max_length=LONGEST)


class DataMark(Fact):
    """Data were reviewed, compared with their source, frozen, locked, or opened again."""

    kind = "data_mark"
    act = "review"
    about_subject = False
    step: Literal["reviewed", "verified", "frozen", "unfrozen", "locked", "unlocked"]
    about: Identifier | None = Field(default=None, description="id of the fact; empty: a visit or subject")
    visit: str | None = None
    planned: DayWhen | None = Field(default=None, description="planned day of that visit; empty: every one")
    comment: str | None = Field(default=None, max_length=LONGEST)

    @model_validator(mode="after")
    def _has_its_scope(self) -> DataMark:
        if self.about is None and not self.subject:
            raise ValueError("a mark names a fact (`about`), or a subject with or without a visit")
        if self.about is not None and self.visit is not None:
            raise ValueError("a mark is of a fact or of a visit: leave `about` or `visit` empty")
        if self.planned is not None and self.visit is None:
            raise ValueError("`planned` says which of several visits is meant: name the visit")
        if self.step in ("unfrozen", "unlocked") and not self.comment:
            raise ValueError(f"{self.step} needs its reason: write it in `comment`")
        return self


class DataNote(Fact):
    """A note on a fact; it changes nothing, and a locked value takes it too."""

    kind = "data_note"
    act = "note"
    about_subject = False
    about: Identifier = Field(min_length=1, description="id of the fact")
    text: str = Field(min_length=1, max_length=LONGEST)


class NotDone(Fact):
    """A planned visit, or one procedure of it, will not be done, and why."""

    kind = "not_done"
    visit: str = Field(min_length=1)
    planned: DayWhen = Field(description="planned day of the visit")
    procedure: str | None = Field(default=None, description="as the visit plan names it; empty: the visit")
    cause: str = Field(min_length=1, max_length=LONGEST)


class LabRange(Fact):
    """Limits of a laboratory test at a site, from `on` to `until`, for values reported without their own."""

    kind = "lab_range"
    act = "import"
    about_subject = False
    on: DayWhen
    until: DayWhen | None = Field(default=None, description="last day on which it holds")
    site: str | None = Field(default=None, description="as demographics name it; empty: every site")
    test: str = Field(min_length=1)
    specimen: str | None = Field(default=None, description="empty means blood")
    unit: str = Field(min_length=1)
    sex: Literal["M", "F"] | None = Field(default=None, description="empty: both")
    age_from: float = Field(default=0.0, ge=0, description="from this age on, in years")
    age_below: float | None = Field(default=None, gt=0, description="below this age, in years")
    lower_limit: float | None = None
    upper_limit: float | None = None

    @model_validator(mode="after")
    def _holds_somewhere(self) -> LabRange:
        if self.lower_limit is None and self.upper_limit is None:
            raise ValueError("a range has a lower_limit, an upper_limit or both")
        low, high = self.lower_limit, self.upper_limit
        if low is not None and high is not None and low > high:
            raise ValueError(f"lower_limit {low:g} lies above upper_limit {high:g}")
        if self.until is not None and self.until[:10] < self.on[:10]:
            raise ValueError(f"ends on {self.until}, before it begins on {self.on}")
        if self.age_below is not None and self.age_below <= self.age_from:
            raise ValueError(f"age_below {self.age_below:g} is not above age_from {self.age_from:g}")
        return self
