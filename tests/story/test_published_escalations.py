"""Published escalations replayed: what galu's design and board say where the trials are known to have gone.

Numbers of patients and of dose-limiting toxicities are published, the order of outcomes is not: each order
here is assumed, one under which the numbers arise.

NeoRay: PubMed 41344852 (3, 9 and 5 patients; 3 with a toxicity at 11.1 GBq, none below).
VIOLET: PubMed 40617237 (three levels, 3+3; 7.4 GBq tolerated).
225Ac-J591: J Clin Oncol 2024;42:842 (one toxicity at level 6 of 7, none at level 7, no MTD).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from galu.escalation.decision import Action, Design
from galu.escalation.designs import design_named
from galu.escalation.outcomes import Outcomes
from galu.escalation.plan import design_from_plan
from galu.protocol import Study, load_study
from galu.protocol.treatment import Body
from galu.record import Entry, Fact, record_of
from galu.record.conduct import Judgement
from galu.record.people import Consent, Lab
from galu.record.treatment import Administration, Enrolment
from galu.trial.board import Board, derive_board
from support import ROOT, weekly_counts

#: Days between two cohorts: each window is over before the next begins.
APART = 70
NEORAY = "1NNN 2NNN 3NNT 2NNN 3TT 2NNN"


def study(name: str) -> Study:
    return load_study(Path(ROOT) / "studies" / name / "study.yaml")


def design(name: str) -> Design:
    plan = study(name).escalation
    assert plan is not None
    return design_from_plan(plan)


def answers(asked: Design, cohorts: str, levels: int) -> list[tuple[Action, int | None]]:
    """What the design says after each cohort."""
    groups = cohorts.split()
    found = [
        asked.decide(Outcomes.from_string(" ".join(groups[: n + 1])), levels) for n in range(len(groups))
    ]
    return [(one.action, one.level) for one in found]


def test_neoray_arises_from_its_design_with_3_9_and_5_patients() -> None:
    """After 3 of 5 at 11.1 GBq the level is closed, and 9.25 GBq is declared once nine have been treated."""
    assert answers(design("nct03872778"), NEORAY, 3) == [
        (Action.ESCALATE, 2),
        (Action.ESCALATE, 3),
        (Action.DE_ESCALATE, 2),
        (Action.ESCALATE, 3),
        (Action.ELIMINATE, 2),
        (Action.DECLARE_MTD, 2),
    ]
    told = Outcomes.from_string(NEORAY)
    assert [(told.tally(level).enrolled, told.tally(level).dlts) for level in (1, 2, 3)] == [
        (3, 0), (9, 0), (5, 3),
    ]  # fmt: skip


def test_violet_goes_through_its_three_levels_to_the_highest() -> None:
    assert answers(design("nct05521412"), "1NNN 2NNN 3NNN 3NNN", 3) == [
        (Action.ESCALATE, 2),
        (Action.ESCALATE, 3),
        (Action.SAME, 3),
        (Action.DECLARE_HIGHEST, 3),
    ]


def test_one_toxicity_of_six_at_80_kbq_per_kg_leaves_the_highest_level_open() -> None:
    """The accelerated levels below are not published patient by patient; the last two are cohorts."""
    assert answers(design_named("3+3", start=6), "6NNT 6NNN 7NNN 7NNN", 7) == [
        (Action.SAME, 6),
        (Action.ESCALATE, 7),
        (Action.SAME, 7),
        (Action.DECLARE_HIGHEST, 7),
    ]


def haemoglobin(subject: str, first: date) -> list[Fact]:
    """Normal values of the weekly visits: anaemia is among NeoRay's toxicities."""
    days = [first + timedelta(days=number - 1) for number in range(8, 44, 7)]
    return [
        Lab(
            id=f"{subject}-HGB-{day}", subject=subject, on=day.isoformat(), test="HGB", value=13.4,
            unit="g/dL", lower_limit=11.5, upper_limit=17.5,
        )
        for day in days
    ]  # fmt: skip


def patient(plan: Study, subject: str, level: int, first: date, toxic: bool) -> list[Fact]:
    """Consent, slot, a full first dose, a watched and normal window, and the investigator's judgement."""
    assert plan.treatment is not None
    planned = plan.treatment.planned(level, 1, Body()).mbq
    before, after = (first - timedelta(days=3)).isoformat(), (first + timedelta(days=45)).isoformat()
    judged = [Judgement(id=f"{subject}-j", subject=subject, on=after, item="dlt", value="yes", by="Dr Vos")]
    return [
        Consent(id=f"{subject}-c", subject=subject, on=before),
        Enrolment(id=f"{subject}-e", subject=subject, on=before, phase="escalation", level=level),
        Administration(
            id=f"{subject}-a", subject=subject, on=f"{first}T10:00", agent=plan.treatment.therapy_agent.value,
            cycle=1, planned_activity_mbq=planned, activity_mbq=planned,
        ),
        *weekly_counts(subject, first),
        *haemoglobin(subject, first),
        *(judged if toxic else []),
    ]  # fmt: skip


def boards(plan: Study, cohorts: str) -> list[Board]:
    """The board when the windows of each cohort are over."""
    facts: list[Fact] = []
    found = []
    for place, group in enumerate(cohorts.split()):
        first = date(2020, 1, 6) + timedelta(days=APART * place)
        for number, letter in enumerate(group[1:]):
            facts += patient(plan, f"S{place}{number}", int(group[0]), first, letter == "T")
        begun = datetime(2019, 12, 1, tzinfo=UTC)
        record = record_of([Entry(n, begun, fact) for n, fact in enumerate(facts, 1)], plan.zone)
        found.append(derive_board(plan, record, first + timedelta(days=APART - 7)))
    return found


@pytest.mark.parametrize(
    ("name", "cohorts"), [("nct03872778", NEORAY), ("nct05521412", "1NNN 2NNN 3NNN 3NNN")]
)
def test_the_board_says_what_the_design_says(name: str, cohorts: str) -> None:
    plan = study(name)
    told = [(one.decision.action, one.decision.level) for one in boards(plan, cohorts) if one.decision]
    assert told == answers(design(name), cohorts, 3)


def test_the_board_awaits_the_recommended_dose_at_9_gbq() -> None:
    last = boards(study("nct03872778"), NEORAY)[-1]
    assert (last.phase, last.next_level) == ("awaiting RP2D", 2)
    assert [slot.outcome for slot in last.slots].count("T") == 3
