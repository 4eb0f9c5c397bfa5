"""The target of the study caps the escalation too; who failed screening by the PET takes no place of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from galu.protocol import Study, load_study
from galu.record import Fact
from galu.record.people import Disposition
from galu.trial.board import derive_board
from galu.trial.flow import derive_flow
from galu.trial.state import derive_state
from support import ROOT
from trial.test_amended import man, record

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
START = date(2026, 2, 2)


def targeted(target: int, counts: str = "dosed with therapy") -> Study:
    plan = STUDY.enrolment
    assert plan is not None
    update = {
        "target": plan.target.model_copy(update={"value": target}),
        "counts": plan.counts.model_copy(update={"value": counts}),
    }
    return STUDY.model_copy(update={"enrolment": plan.model_copy(update=update)})


def three() -> list[Fact]:
    return [fact for n in range(3) for fact in man(f"P{n}", START + timedelta(days=n))]


@pytest.mark.parametrize(
    ("target", "phase", "may"), [(3, "complete", False), (4, "escalation", True), (49, "escalation", True)]
)
def test_the_target_ends_the_escalation(target: int, phase: str, may: bool) -> None:
    board = derive_board(targeted(target), record(*three()), START + timedelta(days=60))
    assert (board.phase, board.may_enrol) == (phase, may)


def _waiting() -> list[Fact]:
    return man("W", START + timedelta(days=70))[:3]


def test_a_slot_that_waits_takes_the_last_place_and_a_failure_gives_it_back() -> None:
    day, study = START + timedelta(days=69), targeted(4)
    board = derive_board(study, record(*three(), *_waiting()), day)
    assert not board.may_enrol and "no place is left" in board.next_step
    for counts in ("dosed with therapy", "enrolled"):
        failed = Disposition(id="f", subject="W", on=day.isoformat(), term="SCREEN FAILURE", category="PET")
        state = derive_state(targeted(4, counts), record(*three(), *_waiting(), failed), day)
        assert state.board.may_enrol
        flow = derive_flow(study, state.subjects, state.board)
        assert (flow.screen_failed, flow.enrolled, flow.left_before) == (1, 3, 0)
