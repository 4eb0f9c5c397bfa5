"""What a study asks of a site's working day: the site section of a study file."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, model_validator

from galu.statement import Count, Positive, Section, Share, Stated

Percent = Annotated[float, Field(gt=0, le=100)]
#: A stated net activity may differ by this share from dispensed less residuals, by default (assumed).
BALANCE_TOLERANCE: Final = 0.05


class ReleaseRule(Section):
    """The dose rate below which a subject may leave, at the distance at which it is measured."""

    within_hours: Stated[Positive] = Field(description="hours after the start by which a release is recorded")
    rate_usv_h: Stated[Positive] = Field(description="highest dose rate at release, in µSv/h")
    distance_m: Stated[Positive] = Field(description="distance at which it is measured, in m")


class SitePlan(Section):
    """How activity is ordered, checked, prepared and given; what is not stated is not asked for."""

    order_days_ahead: Stated[Count] | None = Field(
        default=None, description="days before an administration by which its activity is ordered"
    )
    calibration_every_days: Stated[Count] | None = Field(
        default=None, description="days after which a traceable calibration of a dose calibrator is overdue"
    )
    physician_beyond: Stated[Share] | None = Field(
        default=None, description="share of the prescribed activity beyond which a physician is asked first"
    )
    revise_beyond: Stated[Share] | None = Field(
        default=None, description="share beyond which the prescription is revised before the dose"
    )
    balance_tolerance: Stated[Share] | None = Field(
        default=None,
        description="share by which a stated net activity may differ from dispensed less residuals",
    )
    preparation: Stated[tuple[str, ...]] | None = Field(
        default=None, description="steps of the preparation, each initialled"
    )
    therapy_purity_percent: Stated[Percent] | None = Field(
        default=None, description="least radiochemical purity of the therapeutic agent"
    )
    imaging_purity_percent: Stated[Percent] | None = Field(
        default=None, description="least radiochemical purity of an imaging agent"
    )
    uptake_minutes: Stated[tuple[Positive, Positive]] | None = Field(
        default=None, description="least and most minutes from the imaging agent to its scan"
    )
    release: ReleaseRule | None = Field(default=None, description="when a subject may leave")

    @model_validator(mode="after")
    def _rises(self) -> SitePlan:
        asks, revises = self.physician_beyond, self.revise_beyond
        if asks is not None and revises is not None and asks.value > revises.value:
            raise ValueError(
                f"physician_beyond {asks.value:g} lies above revise_beyond {revises.value:g}: the physician "
                "is asked before the prescription is revised"
            )
        uptake = self.uptake_minutes
        if uptake is not None and uptake.value[0] >= uptake.value[1]:
            raise ValueError(f"uptake_minutes must rise: found {list(uptake.value)}")
        return self
