"""Facts about harm and disease: adverse events, lesions, measurements, bone scans, collected responses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from galu.record.fact import Fact
from galu.record.identifiers import Identifier
from galu.record.when import Instant, When

Related = Literal["related", "unrelated", "unknown"]


class AdverseEvent(Fact):
    """An adverse event; `on` is its onset. Its course follows in `adverse_event_course` facts."""

    kind = "adverse_event"
    term: str = Field(min_length=1)
    soc: str | None = None
    grade: int | None = Field(default=None, ge=1, le=5)
    severity: str | None = Field(default=None, description="as collected where no CTCAE grade was")
    ended: When | None = None
    attribution: Related | None = None
    serious: bool | None = None
    life_threatening: bool | None = None
    expected: bool | None = Field(default=None, description="by the investigator's brochure")
    aware: Instant | None = Field(default=None, description="when the site learned of a serious event")
    sponsor_aware: Instant | None = Field(default=None, description="when the sponsor first learned of it")
    action: str | None = None
    outcome: str | None = None
    clinically_meaningful: bool | None = None


class AdverseEventCourse(Fact):
    """The grade or state of an adverse event from `on` on; grade 0 is resolved."""

    kind = "adverse_event_course"
    event: Identifier = Field(min_length=1, description="id of the adverse_event fact")
    grade: int = Field(ge=0, le=5)
    attribution: Related | None = None


class Lesion(Fact):
    """A lesion was identified by a reader."""

    kind = "lesion"
    act = "measure"
    lesion: Identifier = Field(min_length=1)
    role: Literal["target", "non-target", "new", "bone"]
    site: str | None = None
    nodal: bool | None = None
    method: str | None = None
    evaluator: str | None = None
    reader: str | None = None
    visit: str | None = None


class Measurement(Fact):
    """A lesion was measured or judged at a visit."""

    kind = "measurement"
    act = "measure"
    lesion: Identifier = Field(min_length=1)
    test: str = "DIAMETER"
    value: float | None = None
    unit: str | None = None
    state: str | None = Field(default=None, description="such as ABSENT, TOO SMALL TO MEASURE, NOT EVALUABLE")
    method: str | None = None
    evaluator: str | None = None
    reader: str | None = None
    visit: str | None = None


class BoneScan(Fact):
    """A bone scan was read; new lesions are counted against its stated reference."""

    kind = "bone_scan"
    act = "measure"
    new_lesions: int | None = Field(default=None, ge=0, description="against baseline")
    new_since_reference: int | None = Field(default=None, ge=0, description="against the reference scan")
    persisting: bool | None = Field(default=None, description="earlier new lesions still there")


class CollectedResponse(Fact):
    """A response as a reader recorded it; galu recomputes and compares."""

    kind = "collected_response"
    act = "measure"
    test: str = Field(min_length=1)
    criterion: str | None = None
    value: str | None = None
    evaluator: str | None = None
    reader: str | None = None
    visit: str | None = None
