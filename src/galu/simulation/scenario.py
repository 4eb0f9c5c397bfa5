"""A scenario: the truth that a simulated trial is drawn from. Every section says where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, model_validator

from galu.escalation.dlt_times import check_dlt_time
from galu.finding import InputError
from galu.protocol.loading import load_document
from galu.record.when import FIRST_YEAR, LAST_YEAR
from galu.statement import Section, Sourced

#: A trial takes years: nobody is followed beyond what a record may know.
LAST_CONSENT_YEAR: Final = LAST_YEAR - 50
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class LogNormal(Section):
    """A log-normal quantity by its median and coefficient of variation."""

    median: Positive
    cv: float = Field(ge=0)


class Accrual(Sourced):
    """Who comes when. Candidates who find no slot wait at most `patience_days`, `most_waiting` at a time."""

    first_consent: date
    mean_gap_days: Positive
    screening_days: tuple[int, int]
    dose_after_slot_days: tuple[int, int]
    patience_days: int = Field(ge=0)
    most_waiting: int = Field(ge=1)
    sites: tuple[str, ...] = Field(min_length=1)


class Normal(Section):
    """A normal quantity, kept between `least` and `most`."""

    mean: float
    sd: float = Field(ge=0)
    least: float = 0.0
    most: float = 1000.0


class Body(Section):
    """Height and weight of men, or of women."""

    height_cm: Normal
    weight_kg: Normal


class Past(Section):
    """A therapy of before: one of the `agents`, ended and lasted so many days before consent.

    Without `ended_days` it goes on, and `lasted_days` tells since when.
    """

    name: str
    agents: tuple[str, ...] = Field(min_length=1)
    therapy_class: str
    share: Share = 1.0
    ended_days: tuple[int, int] | None = None
    lasted_days: tuple[int, int]


class Told(Section):
    """What the history says under an item of eligibility; `otherwise` where the share does not have it."""

    name: str
    item: str
    term: str
    grade: int | None = None
    ongoing: bool | None = None
    share: Share = 1.0
    otherwise: str | None = None


class LabFinding(Section):
    """A laboratory value with its unit and limits."""

    value: float
    unit: str
    lower: float
    upper: float


class LabRow(Section):
    """A test of screening that is neither a count nor chemistry."""

    test: str
    name: str
    unit: str
    lower: float
    upper: float
    usual: LogNormal
    most: float


class People(Sourced):
    """Who the candidates are, what they had, and what their histories say."""

    women: Share
    age_years: Normal
    men: Body
    women_bodies: Body | None = None
    ecog_1: Share
    race: str
    country: str
    past: tuple[Past, ...]
    history: tuple[Told, ...]
    illnesses: dict[str, Share]
    laboratory: tuple[LabRow, ...] = ()
    negative: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _women_have_bodies(self) -> People:
        if self.women > 0 and self.women_bodies is None:
            raise ValueError("women take part, but women_bodies is missing: write their height and weight")
        return self


class Finds(Section):
    """What screening finds in somebody who fails a criterion."""

    laboratory: dict[str, float | str | LabFinding] = Field(default={})
    ecog: int | None = None
    psa_rising: bool = True
    signed: dict[str, str] = Field(default={})
    history: tuple[Told, ...] = ()
    past: tuple[Past, ...] = ()


class ScreenFailure(Section):
    """How often a candidate fails one criterion, and what is found then."""

    criterion: str
    probability: Share
    finds: Finds


class Screening(Sourced):
    """Failures by criterion, and a PET without uptake after the slot was given."""

    failures: tuple[ScreenFailure, ...]
    pet_negative: Share


class Conduct(Sourced):
    """How visits and data entry differ from the plan, and what the committee does.

    `after_review` is its decision where the toxicity of the expansion reached its bound.
    """

    missed_visit: Share
    visit_shift_sd_days: Positive
    entered_late: Share
    late_entry_days: LogNormal
    mistyped_visit: Share
    correction_days: LogNormal
    committee_days: int = Field(ge=1)
    after_review: Literal["resume", "stop"] = "stop"
    follow_up_days: int = Field(ge=1)


class DltKind(Section):
    """One way in which a dose-limiting toxicity shows; `dip_to` is the count at its deepest."""

    term: str
    soc: str
    share: Positive
    grade: int = Field(ge=3, le=5)
    days: int = Field(gt=0)
    test: str | None = None
    dip_to: float | None = None


class Onset(Section):
    """Time of a DLT in the window by a named distribution; `late_share` of DLTs fall in its second half."""

    time: str
    window_days: float = Field(ge=2)
    late_share: float | None = None

    @model_validator(mode="after")
    def _is_known(self) -> Onset:
        try:
            check_dlt_time(self.time, self.late_share)
        except InputError as error:
            raise ValueError(f"{error.place}: {error.fault}; {error.remedy}") from None
        return self


class Toxicity(Sourced):
    """Dose-limiting toxicity in the first cycle.

    Its day is drawn between the earliest and the latest of `onset_days` about the most likely one, or from
    `onset` where that is given.
    """

    probability_by_level: tuple[Share, ...] = Field(min_length=1)
    onset_days: tuple[int, int, int]
    onset: Onset | None = None
    first_graded_lower: Share
    stops_treatment: Share
    kinds: tuple[DltKind, ...] = Field(min_length=1)


class Leaving(Sourced):
    """Leaving in the window for other reasons, later withdrawal, death.

    `goes_on_at_grade_2`: how often an investigator treats on when counts stay at grade 2 for four weeks.
    """

    withdraws_in_window: Share
    partial_first_dose: Share
    withdraws_per_cycle: Share
    goes_on_at_grade_2: Share
    death_per_day_before_progression: Positive
    death_per_day_after_progression: Positive


class RegionTruth(Section):
    """Absorbed dose per activity and effective half-life of one region; mass in this population."""

    name: str
    gy_per_gbq: LogNormal
    teff_h: LogNormal
    mass_g: LogNormal


class Kinetics(Sourced):
    """Uptake and clearance of the therapy agent."""

    regions: tuple[RegionTruth, ...] = Field(min_length=1)
    lesion: RegionTruth
    lesion_uptake_by_cycle: tuple[Share, ...]
    spect_sigma: Positive
    between_cycles_cv: Positive
    blood_fast_half_life_h: LogNormal
    blood_slow_half_life_h: LogNormal
    blood_slow_share: Share
    central_volume_l: LogNormal
    blood_sigma: Positive
    blood_lloq_kbq_ml: Positive
    urine_fraction_24h: LogNormal
    urine_half_life_h: Positive
    net_activity_sd: Positive
    residual_fraction: Positive


class Lineage(Section):
    """One blood count: its baseline, its fall per GBq (acute, recovering; late, staying) and its noise."""

    test: str
    unit: str
    lower: Positive
    upper: Positive
    baseline: LogNormal
    least_baseline: Positive
    acute_per_gbq: LogNormal
    late_per_gbq: LogNormal
    nadir_day: Positive
    noise: Positive
    disease_per_day: float = Field(ge=0)


class Marrow(Sourced):
    """Blood counts under treatment; those in the first window stay above `floor_in_window` without a DLT."""

    lineages: tuple[Lineage, ...] = Field(min_length=1)
    floor_in_window: dict[str, float]
    transfuse_below_g_l: Positive


class LesionSite(Section):
    """Where a reader finds a soft-tissue lesion, in the order of finding."""

    site: str
    nodal: bool = False


class Disease(Sourced):
    """PSA, lesions and new lesions; a disease without PSA states null, one without bone lesions too."""

    name: str
    sites: tuple[LesionSite, ...] = Field(min_length=1)
    no_bone: Share
    bone_lesions: LogNormal | None
    psa_baseline_ng_ml: LogNormal | None
    psa_noise: Positive
    growth_per_day: LogNormal
    kill_per_gbq: LogNormal
    kill_half_life_days: Positive
    resistant_share: LogNormal
    size_growth_ratio: Positive
    measurable: Share
    lesion_mm: LogNormal
    new_lesion_per_day: Positive
    size_sigma_mm: Positive


class EventKind(Section):
    """One adverse event: how many patients get it, at which grades, how often it is related."""

    term: str
    soc: str
    probability: Share
    grades: tuple[Share, ...] = Field(min_length=1, max_length=4)
    related: Share
    days: LogNormal


class Events(Sourced):
    """Adverse events other than dose-limiting ones."""

    kinds: tuple[EventKind, ...] = Field(min_length=1)
    attribution_late: Share


class Scenario(Section):
    """A simulated truth for one study."""

    study: str
    kind: Literal["simulated truth"]
    title: str
    accrual: Accrual
    people: People
    screening: Screening
    conduct: Conduct
    toxicity: Toxicity
    leaving: Leaving
    kinetics: Kinetics
    marrow: Marrow
    disease: Disease
    events: Events

    @model_validator(mode="after")
    def _ranges_rise(self) -> Scenario:
        for place, low, high in _ranges(self, ""):
            if not low <= high:
                raise ValueError(f"{place} [{low:g}, {high:g}] is reversed: write the smaller number first")
            if place.endswith("_days") and low < 0:
                raise ValueError(f"{place} [{low:g}, {high:g}] is negative: write days from 0 on")
        begins = self.accrual.first_consent
        if not FIRST_YEAR <= begins.year <= LAST_CONSENT_YEAR:
            raise ValueError(
                f"accrual.first_consent {begins} lies outside {FIRST_YEAR} to {LAST_CONSENT_YEAR}: "
                "correct the year"
            )
        return self

    @model_validator(mode="after")
    def _somebody_is_treated(self) -> Scenario:
        certain = [one.criterion for one in self.screening.failures if one.probability >= 1]
        if self.screening.pet_negative >= 1:
            certain.append("screening.pet_negative")
        if certain:
            raise ValueError(f"{certain[0]} is failed by everybody: write less than 1, or nobody is treated")
        return self

    @model_validator(mode="after")
    def _shares_are_whole(self) -> Scenario:
        for event in self.events.kinds:
            if abs(sum(event.grades) - 1) > 1e-6:
                raise ValueError(f"the grades of {event.term} must sum to 1: found {sum(event.grades):g}")
        low, mode, high = self.toxicity.onset_days
        if not 0 <= low <= mode <= high or low == high:
            raise ValueError(f"onset_days {low}, {mode}, {high}: write earliest, most likely, latest")
        return self


def _ranges(node: BaseModel, place: str) -> Iterator[tuple[str, float, float]]:
    """Every pair of numbers, and every least with its most, with its place."""
    fields = {name: getattr(node, name) for name in type(node).model_fields}
    for name, value in fields.items():
        at = f"{place}.{name}" if place else name
        if isinstance(value, BaseModel):
            yield from _ranges(value, at)
        elif isinstance(value, tuple):
            if type(node).model_fields[name].annotation in _PAIRS and value:
                yield at, value[0], value[1]
            for number, one in enumerate(value, 1):
                if isinstance(one, BaseModel):
                    yield from _ranges(one, f"{at}[{number}]")
    if isinstance(fields.get("least"), int | float) and isinstance(fields.get("most"), int | float):
        yield f"{place}.least", fields["least"], fields["most"]


_PAIRS: Final = (tuple[int, int], tuple[int, int] | None, tuple[float, float], tuple[float, float] | None)


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises
    ------
    InputError
        Naming file, line and key of the first fault.
    """
    return load_document(path, Scenario)
