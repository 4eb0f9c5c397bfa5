"""A memory changes no answer: whoever changed is derived anew, also by a fact of nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from galu.protocol import load_study
from galu.record import Entry, record_of
from galu.record.conduct import Retraction
from galu.record.fact import Fact
from galu.record.people import Consent
from galu.record.treatment import Administration, Enrolment
from galu.trial.board import derive_board
from galu.trial.memory import Memory
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
BEGAN = datetime(2026, 2, 1, 8, tzinfo=UTC)


def given(name: str, cycle: int, on: str) -> Administration:
    return Administration(
        id=f"a-{name}-{cycle}",
        subject=name,
        on=on,
        agent="177Lu-PSMA-0057",
        cycle=cycle,
        planned_activity_mbq=3700,
    )


def test_each_evening_the_board_is_that_of_a_fresh_look() -> None:
    days: list[list[Fact]] = [
        [
            Consent(id="c-P1", subject="P1", on="2026-02-01"),
            Consent(id="c-P2", subject="P2", on="2026-02-01"),
        ],
        [Enrolment(id="e-P1", subject="P1", on="2026-02-02", phase="escalation", level=1)],
        [given("P1", 1, "2026-02-03T10:00")],
        [],
        [Enrolment(id="e-P2", subject="P2", on="2026-02-05", phase="escalation", level=1)],
        [Retraction(id="r-1", on="2026-02-06", supersedes="e-P2", reason="written for the wrong one")],
        [given("P1", 2, "2026-02-07T10:00")],
        [Retraction(id="r-2", on="2026-02-08", subject="P1", supersedes="a-P1-2", reason="not given")],
    ]
    memory, entries = Memory(), []
    for number, facts in enumerate([*days, *([[]] * 3)]):
        now = BEGAN + timedelta(days=number if number < len(days) else 200 * number)
        entries += [Entry(len(entries) + n, now, fact) for n, fact in enumerate(facts, 1)]
        record = record_of(entries, STUDY.zone)
        memory.note(fact.subject for fact in facts)
        assert derive_board(STUDY, record, now.date(), memory=memory) == derive_board(
            STUDY, record, now.date()
        )
    assert memory.settled, "what no day changes was kept"
