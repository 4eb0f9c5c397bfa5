"""The sections of a study file that belong to no sibling: identity, agents, treatment, schedule."""

from __future__ import annotations

import itertools
from typing import Any, Literal

from pydantic import Field, model_validator

from galu.statement import Section, Sourced, Stated


class Identity(Section):
    """What a registry says about a study; null is "the source does not say"."""

    nct_id: Stated[str | None]
    org_study_id: Stated[str | None] | None = None
    title: Stated[str | None]
    status: Stated[str | None] | None = None
    phases: Stated[tuple[str, ...] | None] | None = None
    enrollment_count: Stated[int | None] | None = None
    enrollment_type: Stated[str | None] | None = None
    study_type: Stated[str | None] | None = None
    start_date: Stated[str | None] | None = None
    completion_date: Stated[str | None] | None = None
    last_update: Stated[str | None] | None = None
    allocation: Stated[str | None] | None = None
    intervention_model: Stated[str | None] | None = None
    purpose: Stated[str | None] | None = None
    masking: Stated[str | None] | None = None
    sponsor: Stated[str | None] | None = None
    sponsor_class: Stated[str | None] | None = None
    conditions: Stated[tuple[str, ...] | None] | None = None
    brief_summary: Stated[str | None] | None = None
    minimum_age: Stated[str | None] | None = None
    maximum_age: Stated[str | None] | None = None
    sex: Stated[str | None] | None = None
    healthy_volunteers: Stated[bool | None] | None = None
    contact_email: Stated[str | None] | None = None
    primary_outcomes: Stated[tuple[Any, ...] | None] | None = None
    secondary_outcomes: Stated[tuple[Any, ...] | None] | None = None


class Agent(Sourced):
    """An agent of the study; a radioactive one names its nuclide and the activities that are possible."""

    name: str
    type: str | None = None
    description: str | None = None
    role: Literal["imaging", "therapy", "other"] | None = None
    nuclide: str | None = None
    ligand: str | None = None
    planned_activity_mbq: Stated[float] | None = None
    possible_activity_mbq: Stated[tuple[float, float]] | None = None


class Arm(Sourced):
    """An arm as registered."""

    label: str
    type: str | None = None
    description: str | None = None
    interventions: tuple[str, ...] = ()


class DoseLevel(Sourced):
    """A planned dose level, per administration; levels count from 1."""

    level: int = Field(ge=1)
    activity_gbq: float = Field(gt=0)

    @model_validator(mode="after")
    def _is_a_therapeutic_activity(self) -> DoseLevel:
        if not 0.1 <= self.activity_gbq <= 20:
            raise ValueError(
                f"{self.activity_gbq:g} GBq is no therapeutic activity per administration (0.1 to 20 GBq): "
                "was it MBq? write GBq"
            )
        return self


class Treatment(Section):
    """What is given, how much and how often."""

    therapy_agent: Stated[str]
    imaging_agent: Stated[str] | None = None
    levels: tuple[DoseLevel, ...] = Field(min_length=1)
    cycle_days: Stated[int]
    max_cycles: Stated[int]
    reading: Stated[Literal["per administration", "per cycle", "cumulative"]]

    @model_validator(mode="after")
    def _levels_rise(self) -> Treatment:
        numbers = [level.level for level in self.levels]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"levels must count 1, 2, …: found {numbers}")
        activities = [level.activity_gbq for level in self.levels]
        if any(b <= a for a, b in itertools.pairwise(activities)):
            raise ValueError(f"activity must rise from level to level: found {activities} GBq")
        return self


class Enrolment(Section):
    """How many, and who counts."""

    target: Stated[int]
    counts: Stated[Literal["dosed with therapy", "enrolled"]]
    pool_escalation_at_rp2d: Stated[bool]


class VisitPlan(Sourced):
    """A planned visit: its day from the first day of its anchor, the days it may move, what is done."""

    id: str
    anchor: Literal["consent", "cycle", "first-dose", "last-dose"]
    day: int
    before_days: int = Field(default=0, ge=0)
    after_days: int = Field(default=0, ge=0)
    every_days: int | None = Field(default=None, gt=0)
    until_day: int | None = None
    cycles: Literal["first", "later", "all"] | None = None
    procedures: tuple[str, ...] = ()


class ScanPlan(Sourced):
    """Planned image times after an administration."""

    modality: Literal["PET", "SPECT"]
    agent: str
    cycles: Literal["first", "later", "all"]
    times_h: tuple[float, ...]


class Schedule(Section):
    """Visits with windows and scans."""

    visits: tuple[VisitPlan, ...] = ()
    scans: tuple[ScanPlan, ...] = ()


class AnalysisSet(Sourced):
    """A set of patients that an analysis counts."""

    id: str
    definition: str
