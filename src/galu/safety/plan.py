"""The safety section of a study file: dose-limiting toxicity, dose modification, monitoring."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from galu.statement import Section, Sourced, Stated


class DltException(Section):
    """Events that a rule leaves out: these terms, at these grades, up to `at_most_days` long.

    Without `grades` only grade 3 is left out (assumed): a grade 4 is urgent by CTCAE's definition.
    """

    terms: tuple[str, ...]
    at_most_days: int
    grades: tuple[int, ...] = (3,)


class DltRule(Sourced):
    """One clause of the definition of a dose-limiting toxicity, as data.

    `evidence` says what it judges: laboratory grades or events of the `terms`; `other-event` is every
    related event that is not haematologic, and asks for a judgement where only a laboratory value reaches
    the grade; `liver-injury` asks for one where Hy's law may hold; `death` a related death. Of a `grade` an
    event called unrelated asks for a judgement, unless the clause is of the `related_only`.
    """

    id: str
    clause: str
    evidence: Literal["grade", "other-event", "liver-injury", "death"]
    terms: tuple[str, ...] = ()
    min_grade: int = Field(default=1, ge=1, le=5)
    longer_than_days: int | None = None
    with_bleeding_or_transfusion: bool = False
    from_events_only: bool = False
    related_only: bool = False
    exceptions: tuple[DltException, ...] = ()


class DltAssessments(Section):
    """What must be known before a completed window counts as free of toxicity.

    `visits` are ids of the visit plan; of their blood counts in the window as many as `may_miss` may be
    wholly missing, never the last. Of each test of `chemistry` one value after the dose must be known, in the
    window or soon after it; none is asked for where nothing is stated.
    """

    visits: Stated[tuple[str, ...]]
    may_miss: Stated[int]
    chemistry: Stated[tuple[str, ...]] | None = None


class DltPlan(Section):
    """The window, who is evaluable, and the rules.

    Without `assessments` a count at or after the end of the window is still asked for.
    """

    window_days: Stated[int]
    first_day: Stated[int]
    unresolved_until_day: Stated[int]
    full_dose_fraction: Stated[float]
    rules: tuple[DltRule, ...]
    assessments: DltAssessments | None = None


class ModificationRule(Sourced):
    """What to propose before a cycle when a term has reached `min_grade` since the last dose."""

    id: str
    clause: str
    terms: tuple[str, ...]
    min_grade: int
    action: Literal["hold", "reduce", "stop"]
    factor: float = 1.0
    resume_at_grade: int = 1
    on_recurrence: Literal["same", "stop"] = "same"


class RenalRule(Sourced):
    """What to propose when creatinine rose and its clearance (Cockcroft-Gault) fell, both from baseline.

    The rise counts from `creatinine_rise_percent` on, the fall beyond `clearance_fall_percent`.
    """

    id: str
    clause: str
    creatinine_rise_percent: float
    clearance_fall_percent: float
    factor: float = 1.0
    on_recurrence: Literal["same", "stop"] = "same"


class FollowUpRule(Sourced):
    """One domain watched long after treatment, and how often; months count from the last dose."""

    domain: Literal["kidney", "marrow", "second malignancy"]
    every_days: int = Field(gt=0)
    window_days: int = Field(ge=0)
    until_months: int = Field(gt=0)


class MonitoringPlan(Section):
    """Stop for review when Pr(DLT rate > `dlt_rate`) reaches `probability`."""

    dlt_rate: Stated[float]
    probability: Stated[float]


class SafetyPlan(Section):
    """What the study says, or galu assumes, about safety."""

    ctcae_version: Stated[str]
    dlt: DltPlan
    treatment_emergent_days: Stated[int]
    modification: tuple[ModificationRule, ...]
    monitoring: MonitoringPlan
    renal_modification: RenalRule | None = None
    long_term: tuple[FollowUpRule, ...] = ()

    @property
    def emergent_days(self) -> int:
        """Days after the last dose in which an event is treatment-emergent.

        Never fewer than the window of dose-limiting toxicity: a DLT is in every table of adverse events.
        """
        return max(self.treatment_emergent_days.value, self.dlt.window_days.value)
