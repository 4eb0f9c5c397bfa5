"""Backfill in simulated trials: who waits is treated at a cleared level, and their DLTs count."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from galu.cli.design import app
from galu.escalation import Action, Outcomes, design_named
from galu.escalation.backfill import CLOSING, BackfillRule, backfill, bound_by
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.decision import Decision
from galu.finding import InputError
from reference.escalation_calendar import course

FIVE = (0.05, 0.15, 0.3, 0.45, 0.6)
RULE = BackfillRule(9, 0.25)
PLAIN = Conditions(42.0, 6.0, backfill=RULE)
HARD = Conditions(42.0, 4.0, True, "early", 0.15, 10.0, 0.2, backfill=BackfillRule(12, 0.2))
DESIGNS = [
    ("boin", {}),
    ("boin", {"titration": True, "cohort_size": 2}),
    ("keyboard", {"enough_at_level": 9}),
    ("crm", {"largest": 18}),
    ("blrm", {"largest": 9, "doses": (1.0, 2.0, 4.0)}),
    ("tite-boin", {"largest": 18}),
    ("tite-crm", {"largest": 12}),
    ("rolling-six", {}),
    ("3+3", {}),
    ("rolling-six", {"sentinel_share": 0.3}),
]


@pytest.mark.parametrize("conditions", [PLAIN, HARD], ids=["plain", "hard"])
@pytest.mark.parametrize(("name", "switches"), DESIGNS)
def test_trial_by_trial(name: str, switches: dict[str, object], conditions: Conditions) -> None:
    design, truth = design_named(name, **switches), FIVE[:3] if name == "blrm" else FIVE
    count = 3 if name in ("blrm", "crm", "tite-crm") else 25
    fast = simulate(design, truth, conditions, 5, range(count))
    for row in range(count):
        slow = course(design, truth, conditions, 5, row)
        assert int(fast.selected[row]) == slow.selected, row
        assert fast.patients[row].tolist() == slow.patients, row
        assert fast.dlts[row].tolist() == slow.dlts, row
        assert fast.duration_days[row] == pytest.approx(slow.duration, rel=1e-12), row
        assert fast.suspended_days[row] == pytest.approx(slow.suspended, rel=1e-9, abs=1e-9), row


@pytest.mark.parametrize("name", ["boin", "3+3", "rolling-six"])
def test_backfill_adds_patients_below_and_never_beyond_its_size(name: str) -> None:
    design = design_named(name)
    with_it, without = (
        simulate(design, FIVE, one, 3, range(2000)) for one in (PLAIN, replace(PLAIN, backfill=None))
    )
    assert with_it.patients.sum() > 1.2 * without.patients.sum()
    assert with_it.selected.min() >= 0
    # Three of the escalation were there before; where it comes back it takes up to three more itself.
    if name != "boin":
        assert 9 <= with_it.patients.max() <= 9 + 3


def test_toxicities_of_the_backfilled_end_more_escalations_below_a_toxic_level() -> None:
    truth, design = (0.05, 0.45, 0.5, 0.6), design_named("3+3")
    with_it, without = (
        simulate(design, truth, one, 3, range(8000)) for one in (PLAIN, replace(PLAIN, backfill=None))
    )
    assert (with_it.selected >= 2).mean() < (without.selected >= 2).mean()


def test_no_level_opens_above_one_that_calls_for_de_escalation() -> None:
    escalation = Outcomes.from_string("1NNN 2NNN 3NNN 4P")
    decision = design_named("boin").decide(escalation, 4)
    levels = backfill(escalation, Outcomes.from_string("1TT"), decision, RULE)
    assert [level.open for level in levels] == [False, False, False]
    assert "level 1 below it" in levels[1].reason


@pytest.mark.parametrize(
    ("added", "ends", "answer"),
    [
        ("", False, ("escalate", 4)),
        ("2NN", False, ("escalate", 4)),
        ("2TT", False, ("de-escalate", 1)),
        ("2TT", True, ("declare-mtd", 1)),
        ("1TT", False, ("de-escalate", 1)),  # 2 of 5: too many, not yet too toxic
        ("1TTTT", False, ("stop-no-dose", None)),
        ("2PP", False, ("escalate", 4)),
    ],
)
def test_what_backfilled_patients_leave_of_a_decision(
    added: str, ends: bool, answer: tuple[str, int | None]
) -> None:
    escalation = Outcomes.from_string("1NNN 2NNN 3NNN")
    decision = design_named("boin").decide(escalation, 5)
    found = bound_by(decision, escalation, Outcomes.from_string(added), RULE, ends)
    assert (found.action.value, found.level) == answer


def test_nothing_is_declared_while_a_backfilled_patient_is_pending() -> None:
    escalation = Outcomes.from_string("1NNN 2NNN")
    declared = Decision(Action.DECLARE_MTD, 2, "", "isotonic", escalation.tally(2))
    found = bound_by(declared, escalation, Outcomes.from_string("1NP"), RULE, False)
    assert (found.action, found.rule) == (Action.SUSPEND, CLOSING)


@pytest.mark.parametrize("command", [["oc", "boin"], ["compare", "boin", "3+3"]])
def test_the_shells_take_and_state_it(command: list[str]) -> None:
    words = [*command, "--truth", "0.1,0.3", "--replicates", "40", "--json"]
    told = json.loads(CliRunner().invoke(app, [*words, "--backfill", "9"]).stdout)["assumptions"]
    assert "9 patients" in told["backfill"]
    assert "backfill" not in json.loads(CliRunner().invoke(app, words).stdout)["assumptions"]
    wrong = CliRunner().invoke(app, [*words, "--backfill", "0"])
    assert isinstance(wrong.exception, InputError)


def test_without_a_calendar_nobody_waits_and_none_is_backfilled() -> None:
    words = ["oc", "boin", "--truth", "0.1,0.3", "--no-calendar", "--backfill", "9"]
    assert CliRunner().invoke(app, words).exit_code != 0
