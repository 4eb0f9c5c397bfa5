"""The safety section of a study file: dose-limiting toxicity, dose modification, monitoring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from galu.safety.rule_keys import Fault, faults_of_rule, faults_of_terms
from galu.statement import Count, Days, Positive, Section, Share, Sourced, Stated, UpToAll

Grade = Annotated[int, Field(ge=1, le=5)]
Percent = Annotated[float, Field(gt=0, lt=100)]


def _refuse(found: Iterable[Fault]) -> None:
    """Refuse what a rule cannot say, each at its key."""
    told = [
        InitErrorDetails(
            type=PydanticCustomError("rule", "{fault}", {"fault": fault, "remedy": remedy}),
            loc=(key,),
            input=None,
        )
        for key, fault, remedy in found
    ]
    if told:
        raise ValidationError.from_exception_data("rule", told)


class DltException(Section):
    """Events that a rule leaves out: these terms, at these grades, up to `at_most_days` long.

    Without `grades` only grade 3 is left out (assumed): a grade 4 is urgent by CTCAE's definition.
    """

    terms: tuple[str, ...] = Field(description="CTCAE terms that the rule leaves out")
    at_most_days: Days = Field(description="up to this long")
    grades: tuple[Grade, ...] = Field(default=(3,), description="at these grades")


class DltRule(Sourced):
    """One clause of the definition of a dose-limiting toxicity, as data.

    `evidence` says what it judges: laboratory grades or events of the `terms`; `other-event` is every
    related event that is not haematologic, and asks for a judgement where only a laboratory value reaches
    the grade; `liver-injury` asks for one where Hy's law may hold; `death` a related death; `delay` a further
    fraction of the first cycle that is more than `longer_than_days` late, of which a person says why. Of a
    `grade` an event called unrelated asks for a judgement, unless the clause is of the `related_only`.
    """

    id: str = Field(description="name of the rule, shown where it made a DLT")
    clause: str = Field(description="the protocol's words")
    evidence: Literal["grade", "other-event", "liver-injury", "death", "delay"] = Field(
        description="what it judges"
    )
    terms: tuple[str, ...] = Field(default=(), description="CTCAE terms")
    min_grade: int = Field(default=1, ge=1, le=5, description="least grade")
    longer_than_days: Days | None = Field(default=None, description="least duration: longer than this")
    with_bleeding_or_transfusion: bool = Field(
        default=False, description="whether it needs bleeding or a transfusion besides"
    )
    from_events_only: bool = Field(default=False, description="whether laboratory values alone do not count")
    related_only: bool = Field(default=False, description="whether events called unrelated are left out")
    exceptions: tuple[DltException, ...] = Field(default=(), description="what it leaves out, of other-event")

    @model_validator(mode="after")
    def _reads_what_it_says(self) -> DltRule:
        _refuse(faults_of_rule(self))
        return self


class DltAssessments(Section):
    """What must be known before a completed window counts as free of toxicity.

    `visits` are ids of the visit plan; of their blood counts in the window as many as `may_miss` may be
    wholly missing, never the last. Of each test of `chemistry` one value must be known from two weeks before
    the end of the window to two weeks after it (assumed); none is asked for where nothing is stated.
    """

    visits: Stated[tuple[str, ...]] = Field(description="ids of visits whose blood counts must be known")
    may_miss: Stated[Days] = Field(description="how many of them may be missing, never the last")
    chemistry: Stated[tuple[str, ...]] | None = Field(
        default=None, description="tests of which one value near the end of the window must be known"
    )


class DltPlan(Section):
    """The window, who is evaluable, and the rules.

    Without `assessments` a count at or after the end of the window is still asked for.
    """

    window_days: Stated[Count] = Field(description="length of the window after the first dose")
    first_day: Stated[Literal[0, 1]] = Field(description="number of the day of the dose: 0 or 1")
    unresolved_until_day: Stated[Count] = Field(
        description="day up to which the duration of an event of the window is followed"
    )
    full_dose_fraction: Stated[Annotated[float, Field(ge=0.5, le=1)]] = Field(
        description="share of the planned activity from which on a dose is full"
    )
    rules: tuple[DltRule, ...] = Field(description="clauses of the definition")
    assessments: DltAssessments | None = Field(
        default=None, description="what must be known before a window is free of toxicity"
    )


class ModificationRule(Sourced):
    """What to propose before a cycle when a term has reached `min_grade` since the last dose."""

    id: str = Field(description="name of the rule")
    clause: str = Field(description="the protocol's words")
    terms: tuple[str, ...] = Field(description="CTCAE terms")
    min_grade: Grade = Field(description="least grade since the last dose")
    action: Literal["hold", "reduce", "stop"] = Field(description="what is proposed")
    factor: UpToAll = Field(
        default=1.0, description="share of the present activity that is given, of `reduce`"
    )
    resume_at_grade: int = Field(
        default=1, ge=0, le=4, description="grade to which it must fall before the next dose"
    )
    on_recurrence: Literal["same", "stop"] = Field(
        default="same", description="what is proposed when it comes again"
    )

    @model_validator(mode="after")
    def _acts(self) -> ModificationRule:
        if self.action == "reduce" and self.factor >= 1:
            raise ValueError(f"{self.id}: reduces to a share of {self.factor:g}: write less than 1")
        if self.action != "reduce" and self.factor != 1:
            raise ValueError(f"{self.id}: `factor` is for action: reduce, not {self.action}")
        if self.resume_at_grade >= self.min_grade:
            raise ValueError(
                f"{self.id}: resumes at grade {self.resume_at_grade}, which grade {self.min_grade} withholds"
            )
        _refuse(faults_of_terms(self.id, self.terms, self.min_grade))
        return self


class RenalRule(Sourced):
    """What to propose when creatinine rose and its clearance (Cockcroft-Gault) fell, both from baseline.

    The rise counts from `creatinine_rise_percent` on, the fall beyond `clearance_fall_percent`.
    """

    id: str = Field(description="name of the rule")
    clause: str = Field(description="the protocol's words")
    creatinine_rise_percent: Positive = Field(description="rise of creatinine from baseline that counts")
    clearance_fall_percent: Percent = Field(description="fall of its clearance beyond which it counts")
    factor: UpToAll = Field(default=1.0, description="share of the present activity that is given")
    on_recurrence: Literal["same", "stop"] = Field(
        default="same", description="what is proposed when it comes again"
    )


class ReportRule(Sourced):
    """One report that serious events call for: to whom, of which, by when.

    A SUSAR is a suspected unexpected serious adverse reaction. Day 0 is the day on which the site, or the
    sponsor, first knew. With `country` the rule is of subjects there; where theirs is not told, it is of them
    too.
    """

    country: str | None = Field(default=None, description="country as demographics name it, such as CHN")
    receiver: str = Field(min_length=1, description="who gets it, such as sponsor or authority")
    events: Literal["serious", "SUSAR", "fatal or life-threatening SUSAR", "other SUSAR"] = Field(
        description="of which events"
    )
    since: Literal["site", "sponsor"] = Field(description="whose first knowledge starts the clock")
    within_hours: int | None = Field(default=None, ge=0, description="hours allowed; 0 is at once")
    within_days: Count | None = Field(default=None, description="calendar days allowed")
    complete_days: Count | None = Field(
        default=None, description="further calendar days in which the report is completed"
    )

    @model_validator(mode="after")
    def _has_one_clock(self) -> ReportRule:
        if (self.within_hours is None) == (self.within_days is None):
            raise ValueError(f"report to {self.receiver}: write within_hours or within_days, and not both")
        return self

    @property
    def in_words(self) -> str:
        """The clock as people say it."""
        clock = f"{self.within_days} days" if self.within_days else f"{self.within_hours} h"
        return f"{self.events}: {'at once' if self.within_hours == 0 else clock}"


class FollowUpRule(Sourced):
    """One domain watched long after treatment, and how often; months count from the last dose."""

    domain: Literal["kidney", "marrow", "second malignancy"] = Field(
        description="what is watched long after treatment"
    )
    every_days: int = Field(gt=0, description="days between visits")
    window_days: int = Field(ge=0, description="days that a visit may be off")
    until_months: int = Field(gt=0, description="months after the last dose")


class MonitoringPlan(Section):
    """Stop for review when Pr(DLT rate > `dlt_rate`) reaches `probability`."""

    dlt_rate: Stated[Share] = Field(description="rate of DLTs that is too high")
    probability: Stated[Share] = Field(
        description="probability of a higher rate at which a review is asked for"
    )


class SafetyPlan(Section):
    """What the study says, or galu assumes, about safety."""

    ctcae_version: Stated[Literal["5.0"]] = Field(description="version of CTCAE, of those that galu ships")
    dlt: DltPlan = Field(description="dose-limiting toxicity")
    treatment_emergent_days: Stated[Days] = Field(
        description="days after the last dose in which an event is treatment-emergent"
    )
    modification: tuple[ModificationRule, ...] = Field(
        description="what holds, reduces or stops a later dose"
    )
    monitoring: MonitoringPlan = Field(description="when the rate of DLTs asks for a review")
    renal_modification: RenalRule | None = Field(
        default=None, description="what a falling renal function does to a later dose"
    )
    long_term: tuple[FollowUpRule, ...] = Field(
        default=(), description="what is watched long after treatment"
    )
    reporting: tuple[ReportRule, ...] = Field(
        default=(), description="reports of serious events; without any ICH E2A: 24 h, 7 and 15 days"
    )

    @property
    def emergent_days(self) -> int:
        """Days after the last dose in which an event is treatment-emergent.

        Never fewer than the window of dose-limiting toxicity: a DLT is in every table of adverse events.
        """
        return max(self.treatment_emergent_days.value, self.dlt.window_days.value)
