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

    confirm_days: Stated[int] = Field(description="least days between a PSA decline and its confirmation")
    thresholds_percent: Stated[tuple[float, ...]] = Field(
        description="declines that count as response, such as 50 and 90; noted, nothing is derived from it"
    )
    progression_percent: Stated[float] = Field(description="rise above the nadir that is progression")
    progression_ng_ml: Stated[float] = Field(description="and the rise that it must reach besides")
    no_decline_weeks: Stated[int] = Field(
        description="weeks in which a rise does not count where PSA never fell"
    )
    confirm_without_decline: Stated[bool] = Field(
        description="whether a progression without an earlier decline needs confirmation"
    )

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

    version: Stated[Literal["1.1"]] = Field(description="version of RECIST")
    confirm: Stated[bool] = Field(description="whether a response needs confirmation")
    confirm_days: Stated[int] = Field(description="least days between a response and its confirmation")
    sd_minimum_days: Stated[int] = Field(description="least days from the first dose for stable disease")
    unresolved_bone: Stated[Literal["SD", "PD"]] = Field(
        description="how a bone progression that is not confirmed yet is read"
    )

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

    flare_window_weeks: Stated[int] = Field(
        description="weeks in which new lesions may be a flare (2+2 rule)"
    )
    confirm_weeks: Stated[int] = Field(description="least weeks to the scan that confirms")

    def rule(self) -> BoneRule:
        """Make the rule that `assess_bone` takes."""
        return BoneRule(7 * self.flare_window_weeks.value, 7 * self.confirm_weeks.value)


class RpfsPlan(Section):
    """Censoring of rPFS in the primary analysis, and the gap that its sensitivity variant censors."""

    censor_at_new_therapy: Stated[bool] = Field(
        description="whether another anticancer therapy censors progression-free survival"
    )
    missed_scan_days: Stated[int | None] = Field(
        description="gap between scans that censors it; null: none does"
    )
    sensitivity_missed_scan_days: Stated[int] = Field(
        default=Stated[int](
            value=182, source="assumed", why="two scans 12 weeks apart, and a window of a week for each"
        ),
        description="gap that censors it in the sensitivity analysis",
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

    r1: int = Field(ge=0, description="most responses in the first stage that stop the trial")
    n1: int = Field(description="patients of the first stage")
    n: int = Field(description="patients of both stages")
    p0: float = Field(gt=0.0, lt=1.0, description="response rate that is of no interest")

    @model_validator(mode="after")
    def _stages_grow(self) -> TwoStagePlan:
        if not self.r1 < self.n1 < self.n:
            raise ValueError("give 0 ≤ r1 < n1 < n")
        return self


class EfficacyPlan(Section):
    """What the study says, or galu assumes, about efficacy."""

    psa: PsaPlan = Field(description="rule of PSA response and progression")
    recist: RecistPlan = Field(description="rule of soft tissue")
    bone: BonePlan = Field(description="rule of bone")
    rpfs: RpfsPlan = Field(description="rule of radiographic progression-free survival")
    survival_ci: Stated[Literal["log", "log-log", "plain"]] = Field(
        description="transformation of Kaplan–Meier intervals"
    )
    confidence_level: Stated[float] = Field(description="of all intervals, as in 0.95")
    psma_positivity: Stated[Literal["vision"]] = Field(
        description="rule of a positive PSMA scan; noted, nothing is derived from it"
    )
    endpoints: Stated[tuple[EndpointName, ...]] = Field(description="endpoints that are reported")
    two_stage: Stated[TwoStagePlan] | None = Field(
        default=None, description="two-stage design of the response rate"
    )
