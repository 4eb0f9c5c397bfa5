"""The efficacy section of a study file."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from galu.efficacy.best import BestResponseRule
from galu.efficacy.pcwg3 import BoneRule
from galu.efficacy.psa import PsaRule
from galu.efficacy.recist import RecistRule
from galu.efficacy.time_to_event import RPFS, CensorRule, Endpoint, sensitivity
from galu.statement import Section, Stated

EndpointName = Literal["PSA50", "PSA90", "ORR", "DCR", "CBR24", "DoR", "TTR", "rPFS", "OS", "TTPP", "RECIP"]


class PsaPlan(Section):
    """The PSA rule."""

    confirm_days: Stated[int]
    thresholds_percent: Stated[tuple[float, ...]]
    progression_percent: Stated[float]
    progression_ng_ml: Stated[float]
    no_decline_weeks: Stated[int]
    confirm_without_decline: Stated[bool]

    def rule(self) -> PsaRule:
        """Make the rule that `assess_psa` takes."""
        return PsaRule(
            self.confirm_days.value,
            self.progression_percent.value,
            self.progression_ng_ml.value,
            7 * self.no_decline_weeks.value,
            self.confirm_without_decline.value,
        )


class RecistPlan(Section):
    """RECIST: version, confirmation and the least duration of stable disease."""

    version: Stated[Literal["1.1"]]
    confirm: Stated[bool]
    confirm_days: Stated[int]
    sd_minimum_days: Stated[int]
    unresolved_bone: Stated[Literal["SD", "PD"]]

    def rule(self) -> RecistRule:
        """Make the rule that `visit_responses` takes."""
        return RecistRule()

    def best(self) -> BestResponseRule:
        """Make the rule that `best_overall_response` takes."""
        return BestResponseRule(
            confirm=self.confirm.value,
            confirm_days=self.confirm_days.value,
            sd_minimum_days=self.sd_minimum_days.value,
            unresolved=self.unresolved_bone.value,
        )


class BonePlan(Section):
    """Windows of the 2+2 rule."""

    flare_window_weeks: Stated[int]
    confirm_weeks: Stated[int]

    def rule(self) -> BoneRule:
        """Make the rule that `assess_bone` takes."""
        return BoneRule(7 * self.flare_window_weeks.value, 7 * self.confirm_weeks.value)


class RpfsPlan(Section):
    """Censoring of rPFS in the primary analysis, and the gap that its sensitivity variant censors."""

    censor_at_new_therapy: Stated[bool]
    missed_scan_days: Stated[int | None]
    sensitivity_missed_scan_days: Stated[int] = Stated[int](
        value=182, source="assumed", why="two scans 12 weeks apart, and a window of a week for each"
    )

    def endpoint(self) -> Endpoint:
        """RPFS as the primary analysis censors it."""
        rule = CensorRule(self.censor_at_new_therapy.value, self.missed_scan_days.value)
        return replace(RPFS, censoring=rule)

    def variants(self) -> tuple[Endpoint, ...]:
        """Sensitivity analyses beside the primary one."""
        return sensitivity(self.endpoint(), self.sensitivity_missed_scan_days.value)


class TwoStagePlan(Section):
    """A two-stage design of the response rate: at most r1 responses among n1 stop it, else on to n.

    `p0` is the rate that is of no interest.
    """

    r1: int = Field(ge=0)
    n1: int
    n: int
    p0: float = Field(gt=0.0, lt=1.0)

    @model_validator(mode="after")
    def _stages_grow(self) -> TwoStagePlan:
        if not self.r1 < self.n1 < self.n:
            raise ValueError("give 0 ≤ r1 < n1 < n")
        return self


class EfficacyPlan(Section):
    """What the study says, or galu assumes, about efficacy."""

    psa: PsaPlan
    recist: RecistPlan
    bone: BonePlan
    rpfs: RpfsPlan
    survival_ci: Stated[Literal["log", "log-log", "plain"]]
    confidence_level: Stated[float]
    psma_positivity: Stated[Literal["vision"]]
    endpoints: Stated[tuple[EndpointName, ...]]
    two_stage: Stated[TwoStagePlan] | None = None
