"""The efficacy section of a study file."""

from __future__ import annotations

from typing import Final, Literal, get_args

from pydantic import Field, model_validator

from galu.efficacy.best import BestResponseRule
from galu.efficacy.pcwg3 import BoneRule
from galu.efficacy.psa import PsaRule
from galu.efficacy.recist import RecistRule
from galu.efficacy.time_to_event import CensorRule, Endpoint, Source, sensitivity
from galu.finding import Rule
from galu.statement import Count, Days, Positive, Section, Share, Stated

#: Rates, by the name under which a study declares them.
RateName = Literal["PSA50", "PSA90", "ORR", "DCR", "CBR24"]
RATE_NAMES: Final = get_args(RateName)
_IMAGES: Final = "radiographic assessment"


class PsaPlan(Section):
    """The PSA rule."""

    confirm_days: Stated[Days] = Field(description="least days between a PSA decline and its confirmation")
    progression_percent: Stated[Positive] = Field(description="rise above the nadir that is progression")
    progression_ng_ml: Stated[Positive] = Field(description="and the rise that it must reach besides")
    no_decline_weeks: Stated[Days] = Field(
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
    confirm_days: Stated[Days] = Field(description="least days between a response and its confirmation")
    sd_minimum_days: Stated[Days] = Field(description="least days from the first dose for stable disease")
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

    flare_window_weeks: Stated[Days] = Field(
        description="weeks in which new lesions may be a flare (2+2 rule)"
    )
    confirm_weeks: Stated[Days] = Field(description="least weeks to the scan that confirms")

    def rule(self) -> BoneRule:
        """Make the rule that `assess_bone` takes."""
        return BoneRule(7 * self.flare_window_weeks.value, 7 * self.confirm_weeks.value)


class RpfsPlan(Section):
    """Censoring of rPFS in the primary analysis, and the gap that its sensitivity variant censors."""

    censor_at_new_therapy: Stated[bool] = Field(
        description="whether another anticancer therapy censors progression-free survival"
    )
    missed_scan_days: Stated[Count | None] = Field(
        description="gap between scans that censors it; null: none does"
    )
    sensitivity_missed_scan_days: Stated[int] = Field(
        default=Stated[int](
            value=182, source="assumed", why="two scans 12 weeks apart, and a window of a week for each"
        ),
        description="gap that censors it in the sensitivity analysis",
    )

    def censoring(self) -> CensorRule:
        """How the primary analysis of an endpoint of images is censored."""
        return CensorRule(self.censor_at_new_therapy.value, self.missed_scan_days.value)


class TimePlan(Section):
    """A time to event: where it starts, what ends it, what it is followed by, and whose it is."""

    id: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$", description="name under `endpoints`, in tables and of files"
    )
    title: str = Field(min_length=1, description="name in words, as tables and curves show it")
    rule: str = Field(min_length=1, description="where the definition comes from, such as PCWG3")
    clause: str = Field(default="", description="article, section or page of the definition")
    start: Source = Field(default="first dose", description="where the time starts")
    events: tuple[Source, ...] = Field(min_length=1, description="the first of them ends the time")
    followed_by: tuple[Source, ...] = Field(
        min_length=1, description="without an event the last of them ends it"
    )
    censored: str = Field(min_length=1, description="what is said of a time without an event")
    of: Literal["everyone", "responders"] = Field(default="everyone", description="whose time it is")
    shown_with: Literal["anything", "PSA", "images"] = Field(
        default="anything", description="what somebody must have for it to say anything"
    )
    terms: tuple[str, ...] = Field(default=(), description="CTCAE terms of `adverse event`")
    min_grade: int = Field(default=1, ge=1, le=5, description="least grade of `adverse event`")

    @model_validator(mode="after")
    def _names_what_it_reads(self) -> TimePlan:
        if ("adverse event" in (self.start, *self.events, *self.followed_by)) != bool(self.terms):
            raise ValueError("`adverse event` and `terms` go together: name both or neither")
        return self

    @property
    def is_imaged(self) -> bool:
        """Whether it is followed by images: missed scans and new therapy may censor it."""
        return _IMAGES in self.followed_by

    def endpoint(self, images: RpfsPlan | None = None) -> Endpoint:
        """The endpoint; followed by images it is censored as the plan for these says."""
        rule = images.censoring() if images is not None and self.is_imaged else CensorRule()
        named = Rule(self.title, self.rule, self.clause)
        return Endpoint(self.id, named, self.start, self.events, self.followed_by, self.censored, rule)

    def variants(self, images: RpfsPlan) -> tuple[Endpoint, ...]:
        """Sensitivity analyses beside the primary one, of an endpoint of images."""
        days = images.sensitivity_missed_scan_days.value
        return sensitivity(self.endpoint(images), days) if self.is_imaged else ()


#: The usual times, where a study file declares none of its own.
USUAL_TIMES: Final = (
    TimePlan(
        id="rPFS",
        title="rPFS",
        rule="PCWG3",
        clause="Scher, JCO 2016;34:1402, table 4",
        events=("soft-tissue PD", "bone PD", "death"),
        followed_by=(_IMAGES,),
        censored="no event by the last adequate assessment",
    ),
    TimePlan(
        id="OS",
        title="OS",
        rule="1",
        clause="death from any cause",
        events=("death",),
        followed_by=("known alive",),
        censored="last known alive",
    ),
    TimePlan(
        id="TTPP",
        title="Time to PSA progression",
        rule="PCWG3",
        clause="Scher, JCO 2016;34:1402, table 2",
        events=("PSA progression",),
        followed_by=("PSA value",),
        censored="no PSA progression by the last value",
        shown_with="PSA",
    ),
    TimePlan(
        id="DoR",
        title="Duration of response",
        rule="RECIST 1.1",
        clause="Eisenhauer 2009, section 4.7",
        start="response",
        events=("progression", "death"),
        followed_by=("response assessment",),
        censored="no event by the last assessment",
        of="responders",
    ),
    TimePlan(
        id="TTR",
        title="Time to response",
        rule="RECIST 1.1",
        clause="Eisenhauer 2009, section 4.6",
        events=("response",),
        followed_by=("response assessment",),
        censored="no confirmed response by the last assessment",
        of="responders",
    ),
)
#: The same as endpoints, by name: what `derive_time_to_event` takes.
USUAL_ENDPOINTS: Final = {one.id: one.endpoint() for one in USUAL_TIMES}


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

    psa: PsaPlan | None = Field(
        default=None, description="rule of PSA response and progression; a disease without PSA has none"
    )
    recist: RecistPlan = Field(description="rule of soft tissue")
    bone: BonePlan | None = Field(
        default=None, description="rule of bone scans; without it RECIST alone is read"
    )
    rpfs: RpfsPlan = Field(description="rule of radiographic progression-free survival")
    survival_ci: Stated[Literal["log", "log-log", "plain"]] = Field(
        description="transformation of Kaplan–Meier intervals"
    )
    confidence_level: Stated[Share] = Field(description="of all intervals, as in 0.95")
    endpoints: Stated[tuple[str, ...]] = Field(description="rates and times that are reported, by name")
    times: Stated[tuple[TimePlan, ...]] = Field(
        default=Stated[tuple[TimePlan, ...]](
            value=USUAL_TIMES,
            source="assumed",
            why="PCWG3 and RECIST 1.1; the study file declares none of its own",
        ),
        description="times to event: the usual five unless a study declares its own",
    )
    two_stage: Stated[TwoStagePlan] | None = Field(
        default=None, description="two-stage design of the response rate"
    )

    @model_validator(mode="after")
    def _endpoints_are_known(self) -> EfficacyPlan:
        names = [one.id for one in self.times.value]
        if len({*names, *RATE_NAMES}) < len(names) + len(RATE_NAMES):
            raise ValueError("each time needs an id of its own, which is no rate's")
        unknown = [name for name in self.endpoints.value if name not in (*RATE_NAMES, *names)]
        if unknown:
            known = ", ".join((*RATE_NAMES, *names))
            raise ValueError(
                f"endpoint {', '.join(unknown)} is not known: use {known}, or declare it under times"
            )
        return self

    @model_validator(mode="after")
    def _endpoints_have_their_rule(self) -> EfficacyPlan:
        """No rate or time is reported that only a section which is absent could tell."""
        lacking = dict.fromkeys(("PSA50", "PSA90"), "psa") if self.psa is None else {}
        for one in self.reported():
            if self.psa is None and set(one.events) == {"PSA progression"}:
                lacking[one.id] = "psa"
            if self.bone is None and set(one.events) == {"bone PD"}:
                lacking[one.id] = "bone"
        for name in self.endpoints.value:
            if name in lacking:
                absent = f"efficacy.{lacking[name]}"
                raise ValueError(
                    f"endpoint {name} is read by {absent}, which is absent: write it, or leave {name} out"
                )
        return self

    def reported(self) -> tuple[TimePlan, ...]:
        """The times that are reported, in the order in which they are declared."""
        return tuple(one for one in self.times.value if one.id in self.endpoints.value)
