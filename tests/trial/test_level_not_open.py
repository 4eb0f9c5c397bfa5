"""Who is enrolled where the design lets nobody in is a deviation; who follows the design never is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study
from galu.record import Entry, Fact, record_of
from galu.record.disease import AdverseEvent
from galu.record.people import Consent
from galu.record.treatment import Administration, Enrolment
from galu.simulation.scenario import load_scenario
from galu.simulation.world import simulate_trial
from galu.trial.accrual import read_decisions
from galu.trial.board import derive_board
from galu.trial.flow import OFF_DESIGN
from galu.trial.jumped import derive_jumped
from galu.trial.state import derive_state
from support import ROOT, weekly_counts

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
SLOW, QUICK = ("nct07310355", "nct03872778", "nct05521412"), ("nct04506567", "nct01456078")
LU, FIRST = "177Lu-PSMA-0057", date(2026, 2, 2)


def _patient(name: str, level: int, week: int, dlt: bool = False, told: int = 8) -> list[Fact]:
    day = FIRST + timedelta(weeks=week)
    mbq = {1: 3700.0, 2: 6000.0}[level]
    found: list[Fact] = [
        Consent(id=f"c{name}", subject=name, on=str(day - timedelta(days=9))),
        Enrolment(id=f"e{name}", subject=name, on=str(day), phase="escalation", level=level),
        Administration(
            id=f"a{name}", subject=name, on=f"{day}T10:00", agent=LU, cycle=1,
            planned_activity_mbq=mbq, activity_mbq=mbq,
        ),
        *weekly_counts(name, day),
    ]  # fmt: skip
    if dlt:
        sick = str(day + timedelta(days=told))
        found.append(
            AdverseEvent(
                id=f"x{name}", subject=name, on=sick, term="Hepatic failure", grade=4, attribution="related"
            )
        )
    return found


def _off(*people: list[Fact], weeks: int = 40) -> dict[str, str]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    facts = [fact for one in people for fact in one]
    record = record_of([Entry(n, now, fact) for n, fact in enumerate(facts, 1)], "Asia/Shanghai")
    state = derive_state(STUDY, record, FIRST + timedelta(weeks=weeks))
    return {one.subject: one.what for one in state.deviations if one.rule == OFF_DESIGN}


def test_a_level_that_was_not_open_is_named_with_what_the_design_said() -> None:
    first = [_patient(name, 1, 0) for name in "ABC"]
    assert _off(*first, _patient("D", 2, 7)) == {}
    said = _off(*first, _patient("D", 2, 5))
    assert list(said) == ["D"]
    assert said["D"].startswith("enrolled at level 2 on 2026-03-09, when by what is known of that day")
    assert "let patients in up to level 1" in said["D"]
    assert list(_off(_patient("A", 2, 0))) == ["A"]


@pytest.mark.parametrize(("week", "off"), [(1, []), (2, ["F"])])
def test_a_toxicity_counts_from_its_day(week: int, off: list[str]) -> None:
    """Two toxicities at level 2, on day 8 of the window: who came before them was let in."""
    first = [_patient(name, 1, 0) for name in "ABC"]
    sick = [_patient(name, 2, 7, dlt=True) for name in "DE"]
    assert list(_off(*first, *sick, _patient("F", 2, 7 + week))) == off


def test_a_seventh_of_a_level_is_named() -> None:
    assert list(_off(*(_patient(name, 1, 0) for name in "ABCDEFG"))) == ["G"]


@pytest.mark.parametrize("name", [*(pytest.param(one, marks=pytest.mark.slow) for one in SLOW), *QUICK])
def test_nobody_of_a_simulated_trial_jumps_a_level(name: str) -> None:
    """The simulated coordinator asks the board before each enrolment."""
    folder = ROOT / "studies" / name
    study, scenario = load_study(folder / "study.yaml"), load_scenario(folder / "scenario.yaml")
    entries = simulate_trial(study, scenario, 3, "0" * 64)
    record = record_of(entries, study.zone)
    board = derive_board(study, record, max(one.recorded for one in entries).date())
    assert len(board.slots) > 5
    assert [str(one) for one in derive_jumped(study, board.slots, read_decisions(record))] == []
