"""What the safety rules read: plain frozen values, each with the id (`ref`) of the fact it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Attribution = Literal["related", "unrelated"]


@dataclass(frozen=True, slots=True)
class AdverseEventInput:
    """One adverse event; None is unknown. `ended` None means going on as far as is known.

    `grade` is the worst so far; `course` holds (day, grade from that day on), the onset first, and is
    empty where only the worst is known. `aware` is when the site learned of a serious event, `reported`
    the day on which the event came into the record.

    Where the day of onset is known only in part, `onset` is the first day it can have been and
    `onset_until` the last; `undated` holds such steps of the course as (first, last day, grade).
    """

    ref: str
    term: str
    grade: int | None
    onset: date
    ended: date | None = None
    attribution: Attribution | None = None
    serious: bool | None = False
    haematologic: bool | None = None
    bleeding: bool = False
    clinically_meaningful: bool | None = None
    soc: str = ""
    action: str = ""
    course: tuple[tuple[date, int | None], ...] = ()
    expected: bool | None = None
    life_threatening: bool | None = None
    aware: datetime | None = None
    outcome: str = ""
    onset_until: date | None = None
    undated: tuple[tuple[date, date, int], ...] = ()
    reported: date | None = None

    @property
    def onset_text(self) -> str:
        """Day of onset as it is known: one day, or the first and the last it can have been."""
        until = "" if self.onset_until is None else f" to {self.onset_until}"
        return f"{self.onset}{until}"


@dataclass(frozen=True, slots=True)
class LabInput:
    """One laboratory value in the unit reported; `baseline` is the value before treatment, in that unit.

    `bound` tells a value that the laboratory gave only as below (``<``) or above (``>``) a limit.
    """

    ref: str
    test: str
    day: date
    value: float | None
    unit: str
    lower: float | None = None
    upper: float | None = None
    baseline: float | None = None
    baseline_flag: str | None = None
    bound: str = ""


@dataclass(frozen=True, slots=True)
class TransfusionInput:
    """One transfusion; `product` is ``platelets`` or ``red cells``."""

    ref: str
    day: date
    product: str


@dataclass(frozen=True, slots=True)
class DltAdjudication:
    """A signed decision whether the patient had a DLT; the latest one counts."""

    ref: str
    day: date
    is_dlt: bool
    signed_by: str


@dataclass(frozen=True, slots=True)
class DltPatient:
    """All that the DLT rules need of one patient; `withdrew` and `died` are (day, related or unknown)."""

    subject: str
    level: int
    first_dose: date
    full_dose: bool | None = True
    withdrew: tuple[date, bool | None] | None = None
    died: tuple[date, bool | None] | None = None
    cycle2: date | None = None
    events: tuple[AdverseEventInput, ...] = ()
    labs: tuple[LabInput, ...] = ()
    transfusions: tuple[TransfusionInput, ...] = ()
    adjudications: tuple[DltAdjudication, ...] = ()
    cycle2_withheld_for_toxicity: bool = False
