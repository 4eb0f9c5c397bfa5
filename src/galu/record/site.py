"""Facts of a site's working day: activity ordered, received, assayed, prescribed, prepared; what went wrong.

What is drawn, left over and given stands in `treatment`; here is what is around it. A batch is the name under
which the site keeps what it received or eluted: by it a dose is traced to its quality control.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from galu.record.fact import Fact
from galu.record.identifiers import Identifier
from galu.record.review import LONGEST
from galu.record.treatment import Fraction
from galu.record.when import DayWhen, Instant

#: Cycle of an administration; 0 is the imaging agent before the first cycle.
Cycle = Annotated[int | None, Field(ge=0, description="cycle of the administration; 0 is imaging before")]
#: What can go wrong between the order and the release of a patient.
IncidentWord = Literal[
    "stopped", "leak", "extravasation", "skin-contamination", "wrong-drug", "wrong-patient", "wrong-activity",
    "late-batch", "failed-batch", "expired-batch", "unfit", "vomiting", "missed-void", "scanner", "late-scan",
    "truncated-scan", "unknown-time", "other",
]  # fmt: skip


class ActivityOrder(Fact):
    """Activity was ordered for one administration; `on` is when. Its fate follows in `order_step` facts."""

    kind = "activity_order"
    act = "measure"
    agent: str = Field(min_length=1)
    cycle: Cycle = None
    fraction: Fraction = None
    activity_mbq: float = Field(gt=0, description="as ordered, at `calibrated`")
    calibrated: Instant | None = Field(default=None, description="time for which the activity is ordered")
    planned: DayWhen | None = Field(default=None, description="day of the administration it is for")


class OrderStep(Fact):
    """What became of an order, from `on` on."""

    kind = "order_step"
    act = "measure"
    about_subject = False
    order: Identifier = Field(min_length=1, description="id of the activity_order fact")
    step: Literal["confirmed", "dispatched", "held", "delayed", "failed", "cancelled"]
    comment: str | None = Field(default=None, max_length=LONGEST)


class Receipt(Fact):
    """Activity arrived and was inspected and booked in, by two persons."""

    kind = "receipt"
    act = "measure"
    about_subject = False
    agent: str = Field(min_length=1)
    cycle: Cycle = None
    fraction: Fraction = None
    order: Identifier | None = Field(default=None, description="id of the activity_order fact")
    batch: Identifier | None = None
    activity_mbq: float | None = Field(default=None, gt=0, description="on the label, at `calibrated`")
    calibrated: Instant | None = None
    expires: Instant | None = None
    appearance: Literal["as specified", "not as specified"] | None = None
    wipe_test: Literal["clean", "contaminated"] | None = None
    purity_percent: float | None = Field(default=None, ge=0, le=100, description="radiochemical purity")
    accepted: bool | None = None
    first_person: str | None = None
    second_person: str | None = None


class Calibration(Fact):
    """A dose calibrator was calibrated against a traceable standard, or its constancy was checked."""

    kind = "calibration"
    act = "measure"
    about_subject = False
    calibrator: Identifier = Field(min_length=1, description="name of the device, as assays write it")
    check: Literal["traceable", "constancy"]
    nuclide: str | None = None
    setting: str | None = None
    geometry: str | None = Field(default=None, description="such as 10-mL syringe")
    passed: bool
    standard: str | None = Field(default=None, description="standard or laboratory that it is traced to")


class Assay(Fact):
    """Activity of a vial, an eluate or a product in a dose calibrator; a drawn dose is `dispensed`."""

    kind = "assay"
    act = "measure"
    about_subject = False
    on: Instant
    item: Literal["vial", "eluate", "product"]
    agent: str | None = None
    cycle: Cycle = None
    fraction: Fraction = None
    batch: Identifier | None = None
    activity_mbq: float = Field(ge=0)
    calibrator: str | None = None
    setting: str | None = None
    geometry: str | None = None
    second_person: str | None = None


class Elution(Fact):
    """A generator was eluted."""

    kind = "elution"
    act = "measure"
    about_subject = False
    on: Instant
    batch: Identifier = Field(min_length=1, description="name of what was made of it, as doses write it")
    generator: str = Field(min_length=1)
    activity_mbq: float | None = Field(default=None, gt=0, description="eluted, at `on`")
    number: int | None = Field(default=None, ge=1, description="elutions of this generator so far")


class QualityControl(Fact):
    """One test of a batch before it is given."""

    kind = "quality_control"
    act = "measure"
    about_subject = False
    on: Instant
    batch: Identifier = Field(min_length=1)
    test: str = Field(min_length=1, description="such as radiochemical purity, pH, appearance, breakthrough")
    value: float | None = None
    unit: str | None = None
    passed: bool | None = None
    second_person: str | None = None


class Prescription(Fact):
    """The activity that a physician orders for one administration; a change is the next version."""

    kind = "prescription"
    act = "judge"
    agent: str = Field(min_length=1)
    cycle: Cycle = None
    fraction: Fraction = None
    version: int = Field(ge=1)
    activity_mbq: float = Field(gt=0)
    prescribed_by: str | None = None
    confirmed_by: str | None = Field(default=None, description="the second person who signs")


class PreparationCheck(Fact):
    """One step of the preparation of a dose, with the initials of who did it."""

    kind = "preparation_check"
    act = "measure"
    agent: str = Field(min_length=1)
    cycle: Cycle = None
    fraction: Fraction = None
    step: str = Field(min_length=1, description="as the study file names it")
    passed: bool | None = None
    initials: str | None = None
    second_person: str | None = None


class Incident(Fact):
    """Something went otherwise than planned; what did not happen after all is taken back by a retraction."""

    kind = "incident"
    about_subject = False
    what: IncidentWord
    agent: str | None = None
    cycle: Cycle = None
    fraction: Fraction = None
    ended: DayWhen | None = None
    planned: str | None = Field(default=None, max_length=LONGEST)
    actual: str | None = Field(default=None, max_length=LONGEST)
    cause: str | None = Field(default=None, max_length=LONGEST, description="why")
    action: str | None = Field(default=None, max_length=LONGEST, description="elevation, decontamination")
    decided: str | None = Field(default=None, max_length=LONGEST, description="what was decided")
    decided_by: str | None = None
    effect: str | None = Field(
        default=None,
        max_length=LONGEST,
        description="effect on evaluability as written; a judgement of dlt-evaluable decides",
    )
    site: str | None = Field(default=None, description="place on the body")
    activity_mbq: float | None = Field(default=None, ge=0, description="beside the vein, on the skin, lost")
    activity_after_mbq: float | None = Field(default=None, ge=0, description="left after decontamination")
    scans: tuple[str, ...] = Field(default=(), description="ids of scans that show it")


class ExposureRate(Fact):
    """Dose rate beside a subject, with where and by what it was measured."""

    kind = "exposure_rate"
    act = "measure"
    on: Instant
    agent: str = Field(min_length=1)
    cycle: Cycle = None
    fraction: Fraction = None
    rate_usv_h: float = Field(ge=0)
    distance_m: float = Field(gt=0)
    height_m: float | None = Field(default=None, ge=0, description="above the floor")
    side: Literal["front", "back", "left", "right"] | None = None
    meter: str | None = None


class Release(Fact):
    """A subject was released after an administration."""

    kind = "release"
    act = "measure"
    on: Instant
    agent: str = Field(min_length=1)
    cycle: Cycle = None
    fraction: Fraction = None
    released_by: str | None = None
    instructions: bool | None = Field(default=None, description="whether written instructions were given")


class SlotStep(Fact):
    """A slot at a dose level was asked for, held, given or freed; the enrolment itself is `enrolment`."""

    kind = "slot_step"
    step: Literal["requested", "reserved", "approved", "cancelled"]
    phase: Literal["escalation", "expansion"] = "escalation"
    level: int = Field(ge=1)
    planned: DayWhen | None = Field(default=None, description="day for which the first dose is planned")
    comment: str | None = Field(default=None, max_length=LONGEST)


class SafetyReport(Fact):
    """A report of a serious event was sent; `on` is when."""

    kind = "safety_report"
    event: Identifier = Field(min_length=1, description="id of the adverse_event fact")
    receiver: str = Field(min_length=1, description="as the study file names it, such as sponsor")
    stage: Literal["initial", "complete"] = "initial"
    reference: str | None = None
