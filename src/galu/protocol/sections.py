"""The sections of a study file that belong to no sibling: identity, agents, enrolment, schedule."""

from __future__ import annotations

import itertools
from typing import Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from galu.nuclides import canonical, half_life_h
from galu.statement import Count, Positive, Section, Sourced, Stated


class Identity(Section):
    """What a registry says about a study; null is "the source does not say"."""

    nct_id: Stated[str | None] = Field(description="number at ClinicalTrials.gov or another registry")
    org_study_id: Stated[str | None] | None = Field(default=None, description="the sponsor's number")
    title: Stated[str | None] = Field(description="title as registered")
    official_title: Stated[str | None] | None = Field(default=None, description="official title")
    acronym: Stated[str | None] | None = Field(default=None, description="short name of the study")
    secondary_ids: Stated[tuple[str, ...] | None] | None = Field(
        default=None, description="numbers elsewhere, with their kind"
    )
    status: Stated[str | None] | None = Field(default=None, description="recruitment status as registered")
    why_stopped: Stated[str | None] | None = Field(default=None, description="why the study was stopped")
    phases: Stated[tuple[str, ...] | None] | None = Field(default=None, description="phases as registered")
    enrollment_count: Stated[int | None] | None = Field(default=None, description="patients as registered")
    enrollment_type: Stated[str | None] | None = Field(default=None, description="ACTUAL or ESTIMATED")
    study_type: Stated[str | None] | None = Field(default=None, description="INTERVENTIONAL or OBSERVATIONAL")
    start_date: Stated[str | None] | None = Field(
        default=None, description="first day of the study as registered"
    )
    primary_completion_date: Stated[str | None] | None = Field(
        default=None, description="last day for the primary outcome as registered"
    )
    completion_date: Stated[str | None] | None = Field(default=None, description="its last day as registered")
    last_update: Stated[str | None] | None = Field(
        default=None, description="day of the registry's last update"
    )
    allocation: Stated[str | None] | None = Field(
        default=None, description="RANDOMIZED, NON_RANDOMIZED or NA"
    )
    intervention_model: Stated[str | None] | None = Field(
        default=None, description="as registered, such as SEQUENTIAL"
    )
    purpose: Stated[str | None] | None = Field(default=None, description="as registered, such as TREATMENT")
    masking: Stated[str | None] | None = Field(default=None, description="as registered, such as NONE")
    sponsor: Stated[str | None] | None = Field(default=None, description="lead sponsor")
    sponsor_class: Stated[str | None] | None = Field(
        default=None, description="as registered, such as INDUSTRY"
    )
    collaborators: Stated[tuple[str, ...] | None] | None = Field(
        default=None, description="collaborators, with their class"
    )
    conditions: Stated[tuple[str, ...] | None] | None = Field(
        default=None, description="diseases as registered"
    )
    keywords: Stated[tuple[str, ...] | None] | None = Field(
        default=None, description="keywords as registered"
    )
    brief_summary: Stated[str | None] | None = Field(default=None, description="summary as registered")
    detailed_description: Stated[str | None] | None = Field(
        default=None, description="detailed description as registered"
    )
    minimum_age: Stated[str | None] | None = Field(
        default=None, description="as registered, such as 18 Years"
    )
    maximum_age: Stated[str | None] | None = Field(default=None, description="as registered")
    sex: Stated[str | None] | None = Field(default=None, description="as registered: ALL, MALE or FEMALE")
    healthy_volunteers: Stated[bool | None] | None = Field(
        default=None, description="whether healthy volunteers are taken"
    )
    contact_email: Stated[str | None] | None = Field(default=None, description="address of the contact")
    contacts: Stated[tuple[str, ...] | None] | None = Field(
        default=None, description="contacts and officials as registered"
    )
    locations: Stated[tuple[str, ...] | None] | None = Field(default=None, description="sites as registered")
    primary_outcomes: Stated[tuple[Any, ...] | None] | None = Field(
        default=None, description="primary outcomes as registered"
    )
    secondary_outcomes: Stated[tuple[Any, ...] | None] | None = Field(
        default=None, description="secondary outcomes as registered"
    )
    other_outcomes: Stated[tuple[Any, ...] | None] | None = Field(
        default=None, description="other outcomes as registered"
    )
    other: Stated[dict[str, str] | None] | None = Field(
        default=None, description="what else the record says, by its place in the record"
    )
    unread: Stated[tuple[str, ...] | None] | None = Field(
        default=None, description="passages of the record that could not be read, word for word"
    )


class Agent(Sourced):
    """An agent of the study; a radioactive one names its nuclide and the activities that are possible."""

    name: str = Field(description="name as facts write it, such as 177Lu-PSMA-0057")
    type: str | None = Field(default=None, description="type as registered, such as DRUG")
    description: str | None = Field(default=None, description="description as registered")
    other_names: tuple[str, ...] = Field(default=(), description="further names as registered")
    role: Literal["imaging", "therapy", "other"] | None = Field(
        default=None, description="what the agent is for"
    )
    nuclide: str | None = Field(default=None, description="radionuclide, such as Lu-177")
    half_life_h: Stated[Positive] | None = Field(
        default=None, description="physical half-life [h] of a nuclide whose data galu does not hold"
    )
    planned_activity_mbq: Stated[Positive] | None = Field(
        default=None, description="usual activity of one administration; needed to simulate"
    )
    possible_activity_mbq: Stated[tuple[Positive, Positive]] | None = Field(
        default=None,
        description="least and greatest activity of one administration; beyond it an entry is refused",
    )

    @property
    def physical_half_life_h(self) -> float | None:
        """Physical half-life [h], packaged or as stated; None of an agent that names no nuclide."""
        if self.nuclide is None:
            return None
        if canonical(self.nuclide) is not None:
            return half_life_h(self.nuclide)
        return None if self.half_life_h is None else self.half_life_h.value

    @model_validator(mode="after")
    def _half_life_is_known_once(self) -> Agent:
        if self.half_life_h is not None:
            if self.nuclide is None:
                raise ValueError("half_life_h without `nuclide`: name the nuclide too")
            if canonical(self.nuclide) is not None:
                known = f"{half_life_h(self.nuclide):.5g} h"
                raise ValueError(f"half_life_h of {self.nuclide} is known to galu ({known}): remove it")
        return self

    @model_validator(mode="after")
    def _range_rises(self) -> Agent:
        possible = self.possible_activity_mbq
        if possible is not None and possible.value[0] >= possible.value[1]:
            raise ValueError(f"possible_activity_mbq must rise: found {list(possible.value)}")
        return self


class Arm(Sourced):
    """An arm as registered."""

    label: str = Field(description="name of the arm")
    type: str | None = Field(default=None, description="type as registered")
    description: str | None = Field(default=None, description="description as registered")
    interventions: tuple[str, ...] = Field(default=(), description="names of what is given in it")


class Enrolment(Section):
    """How many, and who counts."""

    target: Stated[Count] = Field(description="planned number of patients")
    counts: Stated[Literal["dosed with therapy", "enrolled"]] = Field(
        description="who counts towards the target"
    )
    pool_escalation_at_rp2d: Stated[bool] = Field(
        description="whether the escalation's patients at the recommended dose count "
        "for the response rate of the expansion"
    )


#: Procedures of a visit that leave facts, by which it is known whether they were done.
PROCEDURES: Final = (
    "haematology", "chemistry", "psa", "testosterone", "ecog", "vitals", "ct", "bone-scan", "pet", "dose",
    "survival",
)  # fmt: skip


class VisitPlan(Sourced):
    """A planned visit: its day from the first day of its anchor, the days it may move, what is done."""

    id: str = Field(description="name of the visit, as facts write it")
    anchor: Literal["consent", "cycle", "first-dose", "last-dose"] = Field(
        description="what its days are counted from"
    )
    day: int = Field(description="day of the visit; the anchor's day is 1, the day before it −1")
    before_days: int = Field(default=0, ge=0, description="days that it may be earlier")
    after_days: int = Field(default=0, ge=0, description="days that it may be later")
    every_days: int | None = Field(default=None, gt=0, description="repeated so often, until `until_day`")
    until_day: int | None = Field(default=None, description="last day of a repeated visit")
    cycles: Literal["first", "later", "all"] | None = Field(
        default=None, description="in which cycles, of a visit counted from the cycle"
    )
    procedures: tuple[str, ...] = Field(
        default=(), description="what is done, such as haematology, psa, ct, dose"
    )

    @property
    def doses_in_cycle(self) -> bool:
        """Whether the therapy is given at it, on its day of a cycle."""
        return self.anchor == "cycle" and "dose" in self.procedures

    @model_validator(mode="after")
    def _days_are_days(self) -> VisitPlan:
        if self.day == 0:
            raise ValueError(f"{self.id}: there is no day 0: the anchor's day is 1, the day before it -1")
        if self.until_day is not None and self.until_day < self.day:
            raise ValueError(f"{self.id}: until_day {self.until_day} is before its day {self.day}")
        if self.until_day is not None and self.every_days is None:
            raise ValueError(f"{self.id}: until_day without every_days: write how often it is repeated")
        if self.cycles is not None and self.anchor != "cycle":
            raise ValueError(f"{self.id}: `cycles` is for a visit with anchor: cycle, not {self.anchor}")
        return self


class ScanPlan(Sourced):
    """Planned image times after an administration."""

    modality: Literal["PET", "SPECT"] = Field(description="kind of scan")
    agent: str = Field(description="agent after whose administration it is made")
    cycles: Literal["first", "later", "all"] = Field(description="in which cycles")
    times_h: tuple[Positive, ...] = Field(min_length=1, description="hours after the administration")

    @field_validator("times_h")
    @classmethod
    def _times_rise(cls, times: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in itertools.pairwise(times)):
            raise ValueError(f"times_h must rise: found {list(times)}")
        return times


class Schedule(Section):
    """Visits with windows and scans."""

    visits: tuple[VisitPlan, ...] = Field(default=(), description="planned visits")
    scans: tuple[ScanPlan, ...] = Field(default=(), description="planned scans")


class AnalysisSet(Sourced):
    """A set of patients that an analysis counts."""

    id: str = Field(
        description="name of a set that galu derives, such as dlt-evaluable or, by nuclide, lu177-safety"
    )
    definition: str = Field(description="who belongs to it, in words")
