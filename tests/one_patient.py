"""Patient A of the reference study, by hand: consent, slot, a full first dose, a watched, normal window."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from galu.protocol import load_study
from galu.record import Entry, Fact, record_of
from galu.record.conduct import Judgement
from galu.record.disease import AdverseEvent
from galu.record.people import Consent, Demographics, Lab, Vital
from galu.record.treatment import Administration, Enrolment
from galu.trial.board import derive_board
from galu.trial.slots import Slot
from galu.trial.state import TrialState, derive_state
from support import ROOT, weekly_counts

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU, FIRST = "177Lu-PSMA-0057", date(2026, 2, 2)


def on(number: int) -> str:
    return (FIRST + timedelta(days=number - 1)).isoformat()


def given(number: int = 1, cycle: int = 1, name: str = "a", mbq: float | None = 3700.0) -> Administration:
    return Administration(
        id=name, subject="A", on=f"{on(number)}T10:00", agent=LU, cycle=cycle, planned_activity_mbq=3700,
        activity_mbq=mbq,
    )  # fmt: skip


def patient(*more: Fact, dose: Fact | None = None) -> list[Fact]:
    way = [
        Consent(id="c", subject="A", on=on(-20)),
        Enrolment(id="e", subject="A", on=on(-3), phase="escalation", level=1),
        dose or given(),
    ]
    return [*way, *weekly_counts("A", FIRST), *more]


def entries(facts: list[Fact]) -> list[Entry]:
    return [Entry(n, datetime(2026, 2, 1, tzinfo=UTC), fact) for n, fact in enumerate(facts, 1)]


def slot(facts: list[Fact], day: int = 60) -> Slot:
    found = derive_board(STUDY, record_of(entries(facts), "Asia/Shanghai"), FIRST + timedelta(days=day - 1))
    return found.slots[0]


def state(facts: list[Fact], day: int) -> TrialState:
    return derive_state(STUDY, record_of(entries(facts), "Asia/Shanghai"), FIRST + timedelta(days=day - 1))


def lab(test: str, value: float | None, unit: str | None, number: int = 24, **more: object) -> Lab:
    row = {"id": f"{test}{number}x", "subject": "A", "on": on(number), "test": test, "value": value}
    return Lab.model_validate({**row, "unit": unit, **more})


def vital(test: str, value: float, unit: str | None, number: int = 24) -> Vital:
    return Vital(id=f"v{test}{number}", subject="A", on=on(number), test=test, value=value, unit=unit)


def event(**more: object) -> AdverseEvent:
    row = {"id": "x", "subject": "A", "on": on(20), "term": "Hepatic failure", "grade": 4}
    return AdverseEvent.model_validate({**row, "attribution": "related", **more})


def judged(value: str, name: str, by: str = "Dr A", number: int = 50, item: str = "dlt") -> Judgement:
    row = {"id": name, "subject": "A", "on": on(number), "item": item, "value": value, "by": by}
    return Judgement.model_validate(row)


def well(day: int = 43) -> list[Fact]:
    """What else is known of who may be dosed again on a day: blood, kidneys, weight."""
    blood: list[Fact] = [
        lab(test, value, unit, number, lower_limit=low, upper_limit=high)
        for number in (-3, day)
        for test, value, unit, low, high in (
            ("HGB", 140.0, "g/L", 130.0, 175.0), ("WBC", 6.0, "10^9/L", 4.0, 11.0),
        )
    ]  # fmt: skip
    return [
        *blood,
        Demographics(id="d", subject="A", on=on(-20), sex="M", birth_date="1955-05-04"),
        vital("WEIGHT", 80, "kg", -3),
        lab("CREAT", 80, "umol/L", -3, upper_limit=110),
    ]
