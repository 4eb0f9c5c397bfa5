"""Planned visits follow from their anchors and count as done by the facts they leave."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from galu.protocol import load_study
from galu.record import Entry, Fact, Record, record_of
from galu.record.people import Consent, Death, Lab
from galu.record.treatment import Administration
from galu.trial.schedule import derive_schedule, outstanding
from galu.trial.subjects import derive_subjects
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
FIRST = date(2026, 2, 2)


def _day(number: int) -> date:
    """Study day; day 1 is the first dose."""
    return FIRST + timedelta(days=number - 1)


def _record(*facts: Fact) -> Record:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return record_of([Entry(i + 1, now, fact) for i, fact in enumerate(facts)], "Asia/Shanghai")


DOSED = (
    Consent(id="c", subject="P", on=_day(-13).isoformat()),
    Administration(
        id="a", subject="P", on=f"{FIRST}T10:00", agent="177Lu-PSMA-0057", cycle=1, activity_mbq=3700
    ),
)


def _platelets(number: int) -> Lab:
    day = _day(number)
    return Lab(id=f"l{number}", subject="P", on=day.isoformat(), test="PLAT", value=150, unit="10^9/L")


def _weekly(record: Record, day: date) -> list[tuple[date, str]]:
    visits = derive_schedule(STUDY, record, derive_subjects(STUDY, record), day)
    return [(one.planned, one.status) for one in visits if one.visit == "haematology-c1"]


def test_weekly_counts_of_cycle_one_are_done_missed_due_or_to_come() -> None:
    record = _record(*DOSED, _platelets(9), _platelets(26))
    assert _weekly(record, _day(29)) == [
        (_day(8), "done"),
        (_day(15), "missed"),
        (_day(22), "missed"),  # a count on day 26 lies outside the window of day 22
        (_day(29), "due"),
        (_day(36), "upcoming"),
    ]
    visits = derive_schedule(STUDY, record, derive_subjects(STUDY, record), _day(29))
    named = {(one.visit, one.planned) for one in outstanding(visits, _day(29))}
    assert ("haematology-c1", _day(29)) in named
    assert ("haematology-c1", _day(15)) in named
    assert ("haematology-c1", _day(36)) not in named


def test_nothing_is_planned_after_death_nor_imaging_after_progression() -> None:
    record = _record(*DOSED, Death(id="d", subject="P", on=_day(20).isoformat()))
    subjects = derive_subjects(STUDY, record)
    assert max(one.planned for one in derive_schedule(STUDY, record, subjects, _day(400))) <= _day(20)
    alive = _record(*DOSED)
    subjects = derive_subjects(STUDY, alive)
    visits = derive_schedule(STUDY, alive, subjects, _day(400), {"P": _day(60)})
    imaging = [one.planned for one in visits if one.visit == "tumour-early"]
    assert imaging == [_day(57)]
