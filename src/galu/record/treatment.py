"""Facts about agents given and activity measured. Every activity says when it was true."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from galu.record.fact import Fact
from galu.record.identifiers import Identifier
from galu.record.when import DayWhen, Instant

DecayState = Literal["measured", "corrected"]
#: Which administration of a cycle, of a study that gives cycles in fractions.
Fraction = Annotated[int | None, Field(ge=1, description="fraction of the cycle, from 1")]
#: Where activity is left over.
ResidualItem = Annotated[
    Literal["vial", "tubing", "syringe", "needle", "pads", "skin", "other"] | None,
    Field(description="empty: all together"),
]


class Enrolment(Fact):
    """The subject got a slot at a dose level."""

    kind = "enrolment"
    phase: Literal["escalation", "expansion"]
    level: int = Field(ge=1)


class Dispensed(Fact):
    """Activity drawn for one administration, at its calibration time `on`."""

    kind = "dispensed"
    act = "measure"
    on: Instant
    agent: str
    cycle: int = Field(ge=0)
    fraction: Fraction = None
    activity_mbq: float = Field(gt=0)
    calibrator: str | None = None
    setting: str | None = Field(default=None, description="setting of the dose calibrator")
    geometry: str | None = Field(default=None, description="such as 10-mL syringe")
    batch: Identifier | None = Field(default=None, description="what it was drawn from")
    second_person: str | None = Field(default=None, description="who checked drug, patient and activity")


class Residual(Fact):
    """Activity left over, at its calibration time `on`: of one item, or of all where none is named."""

    kind = "residual"
    act = "measure"
    on: Instant
    agent: str
    cycle: int = Field(ge=0)
    fraction: Fraction = None
    item: ResidualItem = None
    activity_mbq: float = Field(ge=0)
    calibrator: str | None = None


class Administration(Fact):
    """An agent was given; `on` is the start. Cycle 0 is the imaging agent before the first cycle."""

    kind = "administration"
    act = "measure"
    on: DayWhen
    agent: str = Field(min_length=1)
    cycle: int | None = Field(default=None, ge=0)
    fraction: Fraction = None
    ended: DayWhen | None = None
    planned_activity_mbq: float | None = Field(default=None, gt=0)
    activity_mbq: float | None = Field(default=None, ge=0, description="stated net activity, if not derived")
    amount: float | None = Field(default=None, ge=0, description="dose of an agent without activity")
    unit: str | None = None
    route: str | None = None
    way: Literal["syringe", "gravity", "pump"] | None = Field(default=None, description="how it was infused")


class Scan(Fact):
    """An imaging procedure was done."""

    kind = "scan"
    act = "measure"
    modality: Literal["PET", "SPECT", "CT", "MRI", "BONE", "PLANAR"]
    agent: str | None = None
    cycle: int | None = Field(default=None, ge=0)
    fraction: Fraction = None
    positive: bool | None = Field(default=None, description="reader's verdict by the study's positivity rule")
    camera: str | None = None


class RegionActivity(Fact):
    """Activity in an organ, lesion or the whole body, from one scan; `on` is the scan's reference time."""

    kind = "region_activity"
    act = "measure"
    on: Instant
    agent: str
    cycle: int = Field(ge=0)
    fraction: Fraction = None
    region: str = Field(min_length=1)
    activity_mbq: float = Field(ge=0)
    sigma_mbq: float | None = Field(default=None, gt=0)
    mass_g: float | None = Field(default=None, gt=0)
    decay_state: DecayState = "measured"
    scan: str | None = None


class Sample(Fact):
    """A concentration in blood, plasma or urine; `on` is the time of the draw."""

    kind = "sample"
    act = "measure"
    on: DayWhen
    matrix: str = Field(min_length=1)
    analyte: str = Field(min_length=1)
    cycle: int | None = Field(default=None, ge=0)
    fraction: Fraction = None
    value: float | None = Field(default=None, ge=0)
    text: str | None = None
    unit: str
    sigma: float | None = Field(default=None, gt=0)
    lloq: float | None = Field(default=None, ge=0)
    nominal_h: float | None = None
    decay_state: DecayState | None = None


class UrineCollection(Fact):
    """Urine gathered from `on` to `ended`."""

    kind = "urine_collection"
    act = "measure"
    on: Instant
    ended: Instant
    agent: str
    cycle: int = Field(ge=0)
    fraction: Fraction = None
    volume_ml: float = Field(ge=0)
    activity_mbq: float | None = Field(default=None, ge=0)
    decay_state: DecayState = "measured"
    missed_void: bool | None = None


class Transfusion(Fact):
    """A blood product was given."""

    kind = "transfusion"
    product: Literal["red-cells", "platelets", "plasma", "growth-factor"]
    units: float | None = Field(default=None, gt=0)
