"""The board of a small trial: slots, windows, the rolling six decision, the signed RP2D."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study, parse_study
from galu.record import Entry, Fact, Record, fact_digest, record_of
from galu.record.conduct import Decision, Signature
from galu.record.disease import AdverseEvent
from galu.record.people import Consent
from galu.record.treatment import Administration, Enrolment
from galu.trial.board import derive_board
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
START = date(2026, 2, 2)


def _patient(number: int, level: int = 1) -> list[Fact]:
    day = (START + timedelta(days=number)).isoformat()
    name = f"P{number}"
    activity = {1: 3700.0, 2: 6000.0}[level]
    return [
        Consent(id=f"c{number}", subject=name, on=day),
        Enrolment(id=f"e{number}", subject=name, on=day, phase="escalation", level=level),
        Administration(
            id=f"a{number}",
            subject=name,
            on=f"{day}T10:00",
            agent=LU,
            cycle=1,
            planned_activity_mbq=activity,
            activity_mbq=activity,
        ),
    ]


def _record(*facts: Fact) -> Record:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return record_of([Entry(i + 1, now, fact) for i, fact in enumerate(facts)], "Asia/Shanghai")


def test_three_pending_keep_the_level_open_and_then_escalate() -> None:
    record = _record(*(fact for n in range(3) for fact in _patient(n)))
    board = derive_board(STUDY, record, START + timedelta(days=10))
    assert [slot.outcome for slot in board.slots] == ["P", "P", "P"]
    assert (board.may_enrol, board.next_level) == (True, 1)
    later = derive_board(STUDY, record, START + timedelta(days=60))
    assert [slot.outcome for slot in later.slots] == ["N", "N", "N"]
    assert (later.may_enrol, later.next_level) == (True, 2)
    assert later.due[0].due == START + timedelta(days=42)


def test_a_related_toxicity_is_a_dlt_and_two_close_the_level() -> None:
    facts = [fact for n in range(4) for fact in _patient(n)]
    for n in (0, 1):
        onset = (START + timedelta(days=20)).isoformat()
        facts.append(
            AdverseEvent(
                id=f"x{n}", subject=f"P{n}", on=onset, term="Hepatic failure", grade=4, attribution="related"
            )
        )
    board = derive_board(STUDY, _record(*facts), START + timedelta(days=60))
    assert [slot.outcome for slot in board.slots] == ["T", "T", "N", "N"]
    assert board.decision is not None and board.decision.action.value == "stop-no-dose"
    assert (board.may_enrol, board.phase) == (False, "stopped")
    assert "x0" in board.slots[0].facts


def test_the_rp2d_is_a_signed_decision_that_opens_the_expansion() -> None:
    facts = [fact for n in range(6) for fact in _patient(n)]
    facts += [fact for n in range(50, 56) for fact in _patient(n, level=2)]
    day = START + timedelta(days=120)
    before = derive_board(STUDY, _record(*facts), day)
    assert (before.phase, before.may_enrol) == ("awaiting RP2D", False)
    decision = Decision(
        id="d1", on=day.isoformat(), decision="rp2d", level=2, by="Safety committee", rests_on=("a0",)
    )
    unsigned = derive_board(STUDY, _record(*facts, decision), day)
    assert (unsigned.phase, unsigned.decisions[0].signed) == ("awaiting RP2D", False)
    board = derive_board(STUDY, _record(*facts, decision, _signature(decision)), day)
    assert (board.phase, board.may_enrol, board.next_level) == ("expansion", True, 2)
    assert board.decisions[0].signed and not board.decisions[0].stale
    other = decision.model_copy(update={"level": 1})
    broken = derive_board(STUDY, _record(*facts, other, _signature(decision)), day)
    assert broken.phase == "awaiting RP2D"  # the signature is of another content


def _signature(fact: Fact) -> Signature:
    return Signature(
        id="s1", on=fact.on, signs=fact.id, digest=fact_digest(fact), meaning="approved", signer="Chair"
    )


def test_a_suspension_says_when_it_ends_if_nothing_happens() -> None:
    facts = [fact for n in range(6) for fact in _patient(n)]
    board = derive_board(STUDY, _record(*facts), START + timedelta(days=10))
    assert board.decision is not None and board.decision.action.value == "suspend"
    # Five known without a DLT and one pending escalate: the fifth window decides.
    assert board.forecast == START + timedelta(days=4 + 41)


def test_a_sentinel_interval_holds_the_second_patient() -> None:
    text = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
    place = "sentinel_interval_days:\n    value: 0"
    assert place in text
    study = parse_study(text.replace(place, "sentinel_interval_days:\n    value: 7"), "sentinel")
    record = _record(*_patient(0))
    held, free = (derive_board(study, record, START + timedelta(days=days)) for days in (3, 9))
    assert (held.may_enrol, free.may_enrol) == (False, True)


def test_an_order_the_design_never_allows_is_shown_not_raised() -> None:
    board = derive_board(STUDY, _record(*_patient(0, level=2)), START)
    assert not board.may_enrol
    assert "skips to level 2" in board.next_step


def _on(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


def _signed(number: int, kind: str, on: str, level: int | None = None) -> list[Fact]:
    made = Decision(id=f"d{number}", on=on, decision=kind, level=level, by="Safety committee")
    return [made, _signature(made).model_copy(update={"id": f"s{number}"})]


def _day(number: int) -> date:
    return START + timedelta(days=number)


ESCALATED = [fact for n in range(6) for fact in _patient(n)] + [
    fact for n in range(50, 56) for fact in _patient(n, level=2)
]
EXPANDING = [*ESCALATED, *_signed(1, "rp2d", _on(120), 2)]


@pytest.mark.parametrize(
    ("orders", "may"),
    [
        ([("suspend", 5, None)], False),
        ([("suspend", 5, None), ("close-level", 6, 2)], False),  # nothing but `resume` lifts a suspension
        ([("suspend", 5, None), ("resume", 6, None)], True),
        ([("resume", 4, None), ("suspend", 5, None)], False),
        ([("suspend", 5, None), ("resume", 5, None)], True),  # on one day the later written one counts
        ([("suspend", 5, None), ("resume", 6, None), ("suspend", 7, None)], False),
        ([("close-level", 5, 1)], False),
        ([("close-level", 5, 1), ("open-level", 6, 1)], True),
        ([("close-level", 5, 1), ("open-level", 6, 2)], False),
    ],
)
def test_signed_decisions_are_folded_in_their_order(
    orders: list[tuple[str, int, int | None]], may: bool
) -> None:
    facts = [fact for n in range(3) for fact in _patient(n)]
    for number, (kind, day, level) in enumerate(orders, start=1):
        facts += _signed(number, kind, _on(day), level)
    board = derive_board(STUDY, _record(*facts), _day(8))
    assert (board.may_enrol, board.held) == (may, not may)


def test_instants_in_other_zones_are_ordered_as_they_happened() -> None:
    facts = [fact for n in range(3) for fact in _patient(n)]
    later = _signed(2, "resume", f"{_on(5)}T18:00:00+00:00")
    facts += [*_signed(1, "suspend", f"{_on(6)}T01:00:00+08:00"), *later]
    assert derive_board(STUDY, _record(*facts), _day(8)).may_enrol


def test_a_closed_level_is_not_entered() -> None:
    facts = [fact for n in range(3) for fact in _patient(n)]
    closed = derive_board(STUDY, _record(*facts, *_signed(1, "close-level", _on(50), 2)), _day(60))
    assert (closed.may_enrol, closed.next_level) == (True, 1)
    assert "Level 2 is closed" in closed.next_step
    reopened = [*_signed(1, "close-level", _on(50), 2), *_signed(2, "open-level", _on(55), 2)]
    assert derive_board(STUDY, _record(*facts, *reopened), _day(60)).next_level == 2
    # Patients of the closed level are there, and the level below fills up.
    both = [fact for n in range(3) for fact in _patient(n)] + _patient(50, level=2)
    below = derive_board(STUDY, _record(*both, *_signed(1, "close-level", _on(60), 2)), _day(61))
    assert (below.may_enrol, below.next_level) == (True, 1)


def test_a_suspension_and_a_closure_hold_the_expansion() -> None:
    assert derive_board(STUDY, _record(*EXPANDING), _day(122)).may_enrol
    for order in (("suspend", None), ("close-level", 2), ("close-level", 1)):
        board = derive_board(STUDY, _record(*EXPANDING, *_signed(2, order[0], _on(121), order[1])), _day(122))
        assert (board.phase, board.may_enrol, board.held) == ("expansion", False, True), order


def _toxic(number: int, first: int = 130) -> list[Fact]:
    """A patient of the expansion with a dose-limiting toxicity five days after the dose."""
    place = first + number
    enrolled, *_ = (f for f in _patient(place, level=2) if isinstance(f, Enrolment))
    return [
        *(f for f in _patient(place, level=2) if not isinstance(f, Enrolment)),
        enrolled.model_copy(update={"phase": "expansion"}),
        AdverseEvent(
            id=f"x{place}", subject=f"P{place}", on=_on(place + 5), term="Hepatic failure", grade=4,
            attribution="related",
        ),
    ]  # fmt: skip


def test_toxicity_at_its_bound_holds_the_expansion_until_a_resume_that_knows_it() -> None:
    facts = [*EXPANDING, *(fact for n in range(10) for fact in _toxic(n))]
    board = derive_board(STUDY, _record(*facts), _day(160))
    assert board.monitor is not None and (board.monitor.dlts, board.monitor.evaluable) == (10, 16)
    assert (board.phase, board.may_enrol, board.held) == ("expansion", False, True)
    assert "10 of 16" in board.next_step
    early = [*EXPANDING, *_signed(2, "resume", _on(125)), *facts[len(EXPANDING) :]]
    assert derive_board(STUDY, _record(*early), _day(160)).held
    known = [*facts, *_signed(2, "resume", _on(161))]
    assert derive_board(STUDY, _record(*known), _day(162)).may_enrol
    # One that became known after the review, whenever it began, asks for another.
    again = [*known, *_toxic(10)]
    assert derive_board(STUDY, _record(*again), _day(165)).held
    assert derive_board(STUDY, _record(*again, *_signed(3, "resume", _on(166))), _day(166)).may_enrol
