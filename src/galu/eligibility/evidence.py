"""What is known of one subject, as eligibility reads it: plain values with the ids of their facts."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from galu.finding import Truth

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
class Evidence:
    """One value of a data item (see `galu.eligibility.items`), in the unit reported.

    `on` is the day it was true (None: no day, as for sex, or day unknown). `uln` is the laboratory's
    upper limit of normal in the same unit; `label` qualifies the value (tracer, term, version);
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


class Judgement(NamedTuple):
    """An atom signed by a named person; for exclusions TRUE attests that the condition is present."""

    truth: Truth
    ref: str
    signer: str
    on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
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
    those before it, oldest first: a gate sees the last one signed by its day.
    """

    subject: str
    items: Mapping[str, tuple[Evidence, ...]]
    anchors: Anchors = field(default_factory=Anchors)
    judgements: Mapping[str, Judgement | tuple[Truth, str, str]] = field(default_factory=dict)
    earlier: Mapping[str, tuple[Judgement, ...]] = field(default_factory=dict)
