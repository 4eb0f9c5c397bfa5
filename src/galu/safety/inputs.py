"""What the safety rules read: plain frozen values, each with the id (`ref`) of the fact it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from galu.words import checked_fields

Attribution = Literal["related", "unrelated"]
#: Product of a bleeding that is only told by its treatment, or among the history.
BLED: Final = "bleeding treated"


@dataclass(frozen=True, slots=True)
@checked_fields
class AdverseEventInput:
    """One adverse event; None is unknown. `ended` None means going on as far as is known.

    `grade` is the worst so far; `course` holds (day, grade from that day on), the onset first, and is
    empty where only the worst is known. `aware` is when the site learned of a serious event, `sponsor_aware`
    when its sponsor did, `reported` the day on which the event came into the record.

    Where the day of onset is known only in part, `onset` is the first day it can have been and
    `onset_until` the last; `undated` holds such steps of the course as (first, last day, grade).
    `perhaps` is a higher grade than `grade` that its severity in words, or that it was life-threatening,
    tell. `retold` holds (day, grade) of steps of the course that themselves called it related, or came after
    its stated end. `coded` is the CTCAE term by the study's own table; without it the term is read as
    written.
    `bleeding` and `haematologic` are read from the term where nothing else is stated.
    """

    ref: str
    term: str
    grade: int | None
    onset: date
    ended: date | None = None
    attribution: Attribution | None = None
    serious: bool | None = False
    haematologic: bool | None = None
    bleeding: bool | None = None
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
    coded: str = ""
    perhaps: int | None = None
    sponsor_aware: datetime | None = None
    retold: tuple[tuple[date, int], ...] = ()

    @property
    def worst(self) -> int | None:
        """The highest grade that is told in any words; None where none is known."""
        return max((one for one in (self.grade, self.perhaps) if one is not None), default=None)

    @property
    def onset_text(self) -> str:
        """Day of onset as it is known: one day, or the first and the last it can have been."""
        until = "" if self.onset_until is None else f" to {self.onset_until}"
        return f"{self.onset}{until}"


@dataclass(frozen=True, slots=True)
@checked_fields
class LabInput:
    """One laboratory value in the unit reported; `baseline` is the value before treatment, in that unit.

    `bound` tells a value that the laboratory gave only as below (``<``) or above (``>``) a limit, `text` is
    a result that could not be read as a number. Where the day is known only in part, `day` is the first
    that it can have been and `until` the last. `albumin` [g/L] is what a calcium is corrected for. `ranged`
    says whose limits these are, where the value came without.
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
    until: date | None = None
    text: str = ""
    albumin: tuple[float, ...] = ()
    ranged: str = ""

    @property
    def last_day(self) -> date:
        """The last day it can have been."""
        return self.until or self.day

    @property
    def words(self) -> str:
        """Test, value and unit as written."""
        value = self.text if self.value is None else f"{self.bound}{self.value:g}"
        limits = f" ({self.ranged})" if self.ranged else ""
        return f"{self.test} {value} {self.unit or '(no unit)'}{limits}"


@dataclass(frozen=True, slots=True)
@checked_fields
class PlannedCount:
    """A blood count that the study plans inside the window, with the days on which it counts as done."""

    planned: date
    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
@checked_fields
class Fraction:
    """A further fraction of the first cycle: its day of the plan, and the day it was given, if it was."""

    number: int
    due: date
    given: date | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
@checked_fields
class TransfusionInput:
    """One transfusion; `product` is ``platelets``, ``red cells`` … or ``unknown``; `BLED` is none.

    Where its day is known only in part, `day` is the first that it can have been and `until` the last.
    """

    ref: str
    day: date
    product: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
@checked_fields
class Clue:
    """What was done or seen, in `words`: an event of one of the `terms`, or any, may be behind it.

    An event of at least the grade `told_from` tells of it. Where its day is known only in part, `day` is the
    first that it can have been and `until` the last.
    """

    ref: str
    day: date
    words: str
    terms: tuple[str, ...] = ()
    told_from: int = 3
    until: date | None = None

    @property
    def last_day(self) -> date:
        """The last day it can have been."""
        return self.until or self.day


@dataclass(frozen=True, slots=True)
@checked_fields
class DltAdjudication:
    """What a named person judged: a DLT, none, or (None) open again; of one `event` or, empty, of all.

    `saw` holds the facts that had been recorded by then and have not grown worse since; only these can be
    cleared. `day` None is not known, `at` is the instant where it is. Without a name it does not count.
    """

    ref: str
    day: date | None
    is_dlt: bool | None
    signed_by: str
    saw: frozenset[str] = frozenset()
    event: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
@checked_fields
class EvaluabilityJudgement:
    """What a named person judged: the window can be judged despite its gaps, cannot, or (None) open again."""

    ref: str
    day: date | None
    evaluable: bool | None
    signed_by: str


@dataclass(frozen=True, slots=True)
@checked_fields
class Departure:
    """A death, or leaving treatment; `related` to toxicity, None is unknown.

    Where its day is known only in part, `day` is the first that it can have been and `until` the last.
    """

    day: date
    related: bool | None
    ref: str = ""
    until: date | None = None

    def by(self, last: date) -> bool | None:
        """Whether it was on or before a day; None where that is not known."""
        if self.day > last:
            return False
        return True if self.known_on <= last else None

    @property
    def known_on(self) -> date:
        """The day by which it had surely been."""
        return self.until or self.day

    @property
    def facts(self) -> tuple[str, ...]:
        """The fact that says so."""
        return (self.ref,) if self.ref else ()


@dataclass(frozen=True, slots=True)
@checked_fields
class DltPatient:
    """All that the DLT rules need of one patient; `adjudications` stand in the order they were made in.

    `counts` are the blood counts planned in the window; `evaluability` holds what was judged of whether the
    window can be judged at all, in the order it was said. `fevers` holds (day, fact) of each body temperature
    from 38.0 °C on, and of each treatment that is begun in febrile neutropenia. `doubts` say in words why the
    first administration is not that of the level; `clues` are what a severe toxicity may be behind.
    `met_on` is the last day on which somebody met the patient alive; `fractions` are those after the first.
    """

    subject: str
    level: int
    first_dose: date
    full_dose: bool | None = True
    withdrew: Departure | None = None
    died: Departure | None = None
    cycle2: date | None = None
    events: tuple[AdverseEventInput, ...] = ()
    labs: tuple[LabInput, ...] = ()
    transfusions: tuple[TransfusionInput, ...] = ()
    adjudications: tuple[DltAdjudication, ...] = ()
    cycle2_withheld_for_toxicity: bool = False
    counts: tuple[PlannedCount, ...] = ()
    evaluability: tuple[EvaluabilityJudgement, ...] = ()
    fevers: tuple[tuple[date, str], ...] = ()
    doubts: tuple[str, ...] = ()
    clues: tuple[Clue, ...] = ()
    met_on: date | None = None
    fractions: tuple[Fraction, ...] = ()
