"""A coordinator's day: every task in its group, and what reads otherwise since an earlier day."""

from __future__ import annotations

import pytest

from galu.record import Fact
from galu.record.people import Consent
from galu.record.treatment import Enrolment
from galu.trial.changes import derive_changes
from galu.trial.worklist import GROUPS, derive_worklist
from one_patient import event, given, lab, patient, state, well

SCREENED = Consent(id="c2", subject="B", on="2026-03-01")


@pytest.mark.parametrize(
    ("facts", "group", "words"),
    [
        (well(), "dose proposed", "cycle 2, 3700 MBq"),
        ([event(term="Sepsis", grade=4, attribution="unrelated"), *well()], "held", "Sepsis grade 4 goes on"),
        ([lab("ALT", 900, "U/L", upper_limit=45)], "to be judged", "ALT 900"),
        ([SCREENED], "screening", "not known: I"),
        ([event(term="Frobnication", grade=1)], "to be corrected", "Frobnication"),
        ([lab("Platlets", 100, "10^9/L")], "to be corrected", "Platlets"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_every_task_stands_in_its_group(facts: list[Fact], group: str, words: str) -> None:
    tasks = derive_worklist(state(patient(*facts), 45))
    told = [f"{one.what} {one.why}" for one in tasks if one.group == group]
    assert any(words in line for line in told), tasks


def test_the_list_is_in_the_order_of_its_groups_and_each_dose_stands_once() -> None:
    tasks = derive_worklist(state(patient(*well(), SCREENED, event(term="Frobnication", grade=1)), 45))
    places = [GROUPS.index(one.group) for one in tasks]
    assert places == sorted(places)
    doses = [one for one in tasks if one.subject == "A" and one.what.startswith("cycle 2")]
    assert len(doses) == 1


def test_a_dose_far_ahead_is_no_task_yet() -> None:
    assert not any(one.group in ("dose proposed", "held") for one in derive_worklist(state(patient(), 20)))


def test_who_waits_for_the_first_dose_stands_with_the_activity_of_the_level() -> None:
    waiting = [
        Consent(id="c2", subject="B", on="2026-03-01"),
        Enrolment(id="e2", subject="B", on="2026-03-10", phase="escalation", level=1),
    ]
    found = derive_worklist(state(patient(*waiting), 45))
    (task,) = (one for one in found if one.subject == "B" and "first dose" in one.what)
    assert (task.group, task.what) == ("held", "first dose, level 1, 3700 MBq")
    assert "not known: I" in task.why


@pytest.mark.parametrize(
    ("level", "says"), [(1, "the trial is stopped"), (2, "level 2 is not open any more")]
)
def test_a_slot_at_a_level_that_has_closed_is_held(level: int, says: str) -> None:
    """Two toxicities at a level: a slot that was given there is no place for a dose."""

    def of(name: str, level: int, *more: Fact) -> list[Fact]:
        mbq = {1: 3700, 2: 6000}[level]
        moved = {"e": {"level": level}, "a": {"planned_activity_mbq": mbq, "activity_mbq": mbq}}
        return [
            fact.model_copy(update={"id": f"{fact.id}{name}", "subject": name, **moved.get(fact.id, {})})
            for fact in patient(*more)
        ]

    toxic = event(term="Hepatic failure", grade=4)
    below = [fact for name in ("A1", "A2", "A3") for fact in of(name, 1)] if level == 2 else []
    sick = [fact for name in "DE" for fact in of(name, level, toxic)]
    waiting = [
        Consent(id="c2", subject="F", on="2026-02-01"),
        Enrolment(id="e2", subject="F", on="2026-02-02", phase="escalation", level=level),
    ]
    found = derive_worklist(state([*below, *sick, *waiting], 50))
    (task,) = (one for one in found if one.subject == "F" and "first dose" in one.what)
    assert task.group == "held" and says in task.why


def test_what_reads_otherwise_is_told_with_its_reason() -> None:
    before = state(patient(*well()), 45)
    toxic = event(term="Hepatic failure", grade=4)
    after = state(patient(*well(), toxic, given(46, 2, "b"), SCREENED), 47)
    told = {(one.what, one.subject): one for one in derive_changes(before, after)}
    outcome = told["outcome", "A"]
    assert (outcome.before, outcome.after) == ("level 1, N", "level 1, T") and "Hepatic" in outcome.why
    assert (told["doses given", "A"].before, told["doses given", "A"].after) == ("1", "2")
    assert derive_changes(before, before) == ()
