"""Times to event are declared in the study file: read by the state, its curves, its tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from galu.efficacy.plan import USUAL_TIMES, EfficacyPlan, TimePlan
from galu.protocol import Study, load_study
from galu.record import Entry, Fact, record_of
from galu.record.disease import AdverseEvent
from galu.record.people import Lab, Withdrawal
from galu.record.treatment import Administration, Enrolment
from galu.trial.efficacy import EfficacyResults, derive_efficacy
from galu.trial.subjects import derive_subjects
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
FIRST = date(2026, 2, 2)
SKELETAL = TimePlan(
    id="SSE",
    title="Time to a skeletal event",
    rule="protocol",
    events=("adverse event", "death"),
    followed_by=("known alive",),
    censored="no skeletal event by the last contact",
    terms=("Fracture", "Spinal cord compression"),
    min_grade=2,
)
ON_TREATMENT = TimePlan(
    id="ToT",
    title="Time on treatment",
    rule="protocol",
    events=("left treatment", "death"),
    followed_by=("known alive",),
    censored="on treatment",
)


def on(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


def plan_with(*times: TimePlan, reported: tuple[str, ...]) -> EfficacyPlan:
    plan = STUDY.efficacy
    assert plan is not None
    values = plan.model_dump()
    values["times"] = {"value": (*USUAL_TIMES, *times), "source": "protocol"}
    values["endpoints"] = {"value": reported, "source": "protocol"}
    return EfficacyPlan.model_validate(values)


def results(study: Study, *facts: Fact) -> EfficacyResults:
    given: tuple[Fact, ...] = (
        Enrolment(id="e", subject="P", on=on(-1), phase="escalation", level=1),
        Administration(
            id="dose", subject="P", on=f"{on(0)}T10:00", agent="177Lu-PSMA-0057", cycle=1,
            planned_activity_mbq=3700, activity_mbq=3700,
        ),
        Lab(id="seen", subject="P", on=on(100), test="PSA", value=3.0, unit="ng/mL"),
    )  # fmt: skip
    entries = [Entry(n, datetime(2026, 6, 1, tzinfo=UTC), fact) for n, fact in enumerate((*given, *facts), 1)]
    record = record_of(entries, study.zone)
    return derive_efficacy(study, record, derive_subjects(study, record))


def event(name: str, offset: int, term: str, grade: int | None) -> AdverseEvent:
    return AdverseEvent(id=name, subject="P", on=on(offset), term=term, grade=grade)


def test_a_time_of_the_study_s_own_is_read_from_its_events() -> None:
    study = STUDY.model_copy(
        update={"efficacy": plan_with(SKELETAL, ON_TREATMENT, reported=("OS", "SSE", "ToT"))}
    )
    facts = (
        event("mild", 20, "Fracture", 1),
        event("other", 25, "Nausea", 3),
        event("broken", 40, "Spinal cord compression", 3),
        Withdrawal(id="off", subject="P", on=on(60), scope="treatment"),
    )
    found = results(study, *facts)
    (one,) = found.subjects
    skeletal, treated = one.times["SSE"], one.times["ToT"]
    assert set(one.times) == {"OS", "SSE", "ToT"}
    assert (skeletal.days, skeletal.event, skeletal.reason) == (41, True, "adverse event")
    assert (skeletal.facts, treated.facts) == (("dose", "broken"), ("dose", "off"))
    assert (treated.days, treated.event) == (61, True)
    titles = {"OS", "Time to a skeletal event", "Time on treatment"}
    assert {curve.endpoint for curve in found.survival} == titles
    censored = results(study).subjects[0].times["SSE"]
    assert (censored.days, censored.event, censored.reason) == (101, False, SKELETAL.censored)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"terms": ()}, "go together"),
        ({"events": ("death",)}, "go together"),
        ({"events": ("relapse",)}, "events"),
        ({"id": "no good"}, "id"),
        ({"followed_by": ()}, "followed_by"),
        ({"min_grade": 6}, "min_grade"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TimePlan.model_validate({**SKELETAL.model_dump(), **change})


def test_an_endpoint_that_nobody_declared_is_refused_and_every_id_is_of_one() -> None:
    with pytest.raises(ValidationError, match=r"endpoint SSE is not known: use PSA50, .* rPFS, OS"):
        plan_with(reported=("SSE",))
    for twice in (SKELETAL, SKELETAL.model_copy(update={"id": "ORR"})):
        with pytest.raises(ValidationError, match="id of its own"):
            plan_with(SKELETAL, twice, reported=("OS",))
