"""What is known of one subject, as eligibility reads it: plain values with the ids of their facts."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final, NamedTuple

from galu.eligibility.items import ITEM_KEYS, UNREAD
from galu.finding import InputError, Truth
from galu.words import checked_fields

_KNOWN_ITEMS: Final = frozenset((*ITEM_KEYS, *UNREAD.values()))
Value = bool | int | float | str | date


class Gate(enum.StrEnum):
    """When eligibility is judged: evidence expires between the gates."""

    SCREENING = "screening"
    ENROLMENT = "enrolment"
    DOSE = "dose"

    @property
    def order(self) -> int:
        """Place of the gate in the trial, from 0."""
        return _GATE_ORDER[self]


_GATE_ORDER: Final = {gate: place for place, gate in enumerate(Gate)}


@dataclass(frozen=True, slots=True)
@checked_fields
class Evidence:
    """One value of a data item (see `galu.eligibility.items`), in the unit reported.

    `on` is the day it was true (None: no day, as for sex, or day unknown). `uln` is the laboratory's
    upper limit of normal in the same unit; `label` qualifies the value (tracer, term, version, whose limits);
    `ongoing` says that a therapy had not ended on `on`; `half_life_days` is the agent's half-life [d]
    as reported, which counts before the plan's table. Where the day is known only in part `on` is None and
    `span` the first and the last day it can have been. `doubtful`: the words do not say whether it was this.
    """

    item: str
    value: Value
    unit: str | None = None
    on: date | None = None
    ref: str = ""
    uln: float | None = None
    label: str = ""
    ongoing: bool = False
    half_life_days: float | None = None
    span: tuple[date, date] | None = None
    doubtful: bool = False

    def __post_init__(self) -> None:
        if self.item not in _KNOWN_ITEMS:
            near = get_close_matches(str(self.item), _KNOWN_ITEMS, n=3)
            remedy = f"the nearest are {', '.join(near)}" if near else "use one of `galu.eligibility.items`"
            raise InputError("evidence", f"no data item is called `{self.item}`", remedy)


@checked_fields
class Told(NamedTuple):
    """When a fact was told: the last day that it can be of, and when it was entered (None: not known)."""

    on: date | None
    entered: datetime | None = None


@checked_fields
class Judgement(NamedTuple):
    """An atom signed by a named person; for exclusions TRUE attests that the condition is present.

    `on` is None where the day is known only in part, `first` the first day it can have been. `order` tells
    judgements of one day apart where each has its time.
    """

    truth: Truth
    ref: str
    signer: str
    on: date | None = None
    reason: str = ""
    entered: datetime | None = None
    first: date | None = None
    order: float | None = None

    def covers(self, fact: Told) -> bool:
        """Whether who signed can have known of a fact: it is of no later day, entered no later."""
        if fact.entered is not None and self.entered is not None and fact.entered > self.entered:
            return False
        signed = self.on or self.first
        return signed is None or (fact.on is not None and fact.on <= signed)


@dataclass(frozen=True, slots=True)
@checked_fields
class Concern:
    """Plain words of the record that speak of topics (see `galu.vocabulary.topics`); nobody judged them yet.

    `began` and `ended` are the first and the last day it can have been; None is not known, for `ended` also
    that it goes on or may. `lasted` is the last day it can have been as an event of the day it began.
    """

    topics: frozenset[str]
    words: str
    ref: str
    told: Told
    began: date | None = None
    ended: date | None = None
    lasted: date | None = None
    grade: int | None = None
    source: str = "history"


@dataclass(frozen=True, slots=True)
@checked_fields
class Anchors:
    """The days that windows are counted from; `first_dose` may be a planned day."""

    consent: date | None = None
    screening: date | None = None
    enrolment: date | None = None
    first_dose: date | None = None


@dataclass(frozen=True)
class SubjectEvidence:
    """Everything known of one subject.

    `judgements` maps an atom's id to its last `Judgement` (or a tuple (truth, ref, signer)), `earlier` to
    those before it, oldest first: a gate sees the last one signed by its day. `told` says of facts, by their
    ids, when they were told: a signature covers no later one.
    """

    subject: str
    items: Mapping[str, tuple[Evidence, ...]]
    anchors: Anchors = field(default_factory=Anchors)
    judgements: Mapping[str, Judgement | tuple[Truth, str, str]] = field(default_factory=dict)
    earlier: Mapping[str, tuple[Judgement, ...]] = field(default_factory=dict)
    concerns: tuple[Concern, ...] = ()
    told: Mapping[str, Told] = field(default_factory=dict)
