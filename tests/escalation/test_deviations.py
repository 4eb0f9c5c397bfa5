"""Patients whom the design would not have enrolled, and those nobody could observe, open no level."""

from __future__ import annotations

from dataclasses import replace

import pytest

from galu.desk import design as desk
from galu.escalation import DESIGNS, Action, Decision, Outcome, Outcomes, design_named
from galu.escalation import plan as escalation_plan
from galu.escalation.three_plus_three import ThreePlusThree
from galu.finding import InputError

LEVELS = 4
MORE: dict[str, dict[str, object]] = {"blrm": {"doses": (1.0, 2.0, 4.0, 8.0)}}
BY_COHORT = ("boin", "keyboard", "mtpi", "mtpi2", "i3+3", "crm", "blrm")


def read(text: str, share: float = 0.0) -> Outcomes:
    known = Outcomes.from_string(text)
    seen = (replace(p, followup=share if p.outcome is Outcome.PENDING else 1.0) for p in known)
    return Outcomes(tuple(seen))


def ask(name: str, text: str, share: float = 0.0, **switches: object) -> Decision:
    return design_named(name, **{**MORE.get(name, {}), **switches}).decide(read(text, share), LEVELS)


def reach(decision: Decision) -> int:
    """The highest level that somebody may be dosed at."""
    return 0 if decision.action.ends_escalation or decision.level is None else decision.level


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("before", ["1NNN 2TTN", "1NNN 2NNN 3TTN", "1TTT", "1NNN 2TTT", "1NNN 2NTTN"])
@pytest.mark.parametrize("more", ["P", "PP", "PPP"])
def test_a_deviating_patient_above_undoes_no_stop_and_no_step_down(name: str, before: str, more: str) -> None:
    said = ask(name, before)
    if said.action in (Action.SAME, Action.ESCALATE, Action.SUSPEND):
        pytest.skip("nothing to undo")
    top = int(before.split()[-1][0])
    assert reach(ask(name, f"{before} {top + 1}{more}")) <= reach(said)


@pytest.mark.parametrize("name", [*BY_COHORT, "3+3"])
@pytest.mark.parametrize("text", ["1NNP", "1PPP", "1NNN 2NPN", "1NTP"])
@pytest.mark.parametrize("above", [0, 1])
@pytest.mark.parametrize("count", [1, 2])
def test_one_more_pending_patient_ends_no_waiting(name: str, text: str, above: int, count: int) -> None:
    assert reach(ask(name, text)) == 0
    top = int(text.split()[-1][0]) + above
    longer = f"{text}{'P' * count}" if above == 0 else f"{text} {top}{'P' * count}"
    assert reach(ask(name, longer)) == 0


def test_no_state_of_3_plus_3_turns_waiting_into_dosing_by_a_pending_patient() -> None:
    rows = {(r.tally.enrolled, r.tally.dlts, r.tally.pending): r.action for r in ThreePlusThree().table()}
    waiting = [key for key, action in rows.items() if action is Action.SUSPEND]
    assert len(waiting) > 10
    for n, y, c in waiting:
        assert rows.get((n + 1, y, c + 1), Action.SUSPEND) in (Action.SUSPEND, Action.DE_ESCALATE)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("text", ["1NNN 2NNTNN", "1NNN 2NNTN", "1NNN 2NTTNN", "1NNN 2NNNTTN"])
def test_tite_boin_reads_known_patients_alike_in_and_after_a_cohort(text: str, share: float) -> None:
    for rule in ("ess-2020", "imputation-2018"):
        said = ask("tite-boin", text, share, rule=rule)
        for more in ("P", "PP", "PPP"):
            assert reach(ask("tite-boin", text + more, 0.0, rule=rule)) <= max(reach(said), 1), more


def test_tite_boin_steps_back_when_late_dlts_below_say_so() -> None:
    said = ask("tite-boin", "1NNN 2NNNTTP 3PP", 0.3)
    assert (said.action, said.level) == (Action.DE_ESCALATE, 1)


@pytest.mark.parametrize("name", [n for n in DESIGNS if n != "iq-rolling-six"])
@pytest.mark.parametrize("text", ["1XXX 2NNN", "1NNN 2XXX 3NNN", "1PPP 2NNN", "1NNN 2PPP 3NNN"])
def test_no_step_up_over_a_level_at_which_nobody_was_observed(name: str, text: str) -> None:
    top = int(text.split()[-1][0])
    said = ask(name, text)
    assert reach(said) <= top
    if "X" in text:
        assert said.level == top - 1


@pytest.mark.parametrize(
    "name", ["boin", "keyboard", "mtpi", "mtpi2", "i3+3", "tite-boin", "crm", "tite-crm"]
)
def test_a_planned_end_selects_where_patients_were_treated(name: str) -> None:
    said = ask(name, "2NNN 3NNN", start=2, largest=6)
    assert said.action is Action.DECLARE_MTD and said.level in (2, 3)
    if name not in ("crm", "tite-crm"):
        toxic = ask(name, "2TTT", start=2, largest=3)
        assert toxic.action is Action.STOP_NO_DOSE and "Level 2" in toxic.reason


@pytest.mark.parametrize(
    ("name", "switches", "text"),
    [
        ("tite-crm", {}, "1NNNNNNNN 2NN"),
        ("tite-crm", {"cohort_size": 2}, "1NNNNNN 2NN"),
        ("tite-boin", {"cohort_size": 1}, "1NNNNNN 2N"),
        ("tite-boin", {"cohort_size": 1, "initial_stage": 3}, "1NNNNNNN 2NN"),
    ],
)
def test_one_more_dlt_opens_no_level(name: str, switches: dict[str, object], text: str) -> None:
    before = reach(ask(name, text, **switches))
    for place, letter in enumerate(text):
        if letter == "N":
            worse = f"{text[:place]}T{text[place + 1 :]}"
            assert reach(ask(name, worse, **switches)) <= before, worse


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("1NNPXXX", Action.SUSPEND),
        ("1NNTXXX", Action.STOP_NO_DOSE),
        ("1NNNNTX", Action.STOP_NO_DOSE),
        ("1NNNPPX", Action.SUSPEND),
        ("1NNNXXX", Action.ESCALATE),
        ("1NNNNNX", Action.ESCALATE),
        ("1NNNNNTX", Action.ESCALATE),
        ("1NNXXXX", Action.SAME),
        ("1TTNXXX", Action.STOP_NO_DOSE),
    ],
)
def test_without_replacement_the_missing_pass_for_nobody(text: str, action: Action) -> None:
    assert ask("rolling-six", text, replace_inevaluable=False).action is action


@pytest.mark.parametrize("name", [*BY_COHORT, "tite-boin", "tite-crm"])
@pytest.mark.parametrize("guard", [{"enough_at_level": 3}, {"enough_at_level": 6}, {"precise_width": 0.4}])
@pytest.mark.parametrize("text", ["1TTN", "1TTTTTT", "1TTTTTTTTTTTT", "1NNTTNT", "1NNN"])
def test_no_guard_declares_a_level_with_too_many_dlts(name: str, guard: dict[str, object], text: str) -> None:
    said = ask(name, text, **guard)
    if text != "1NNN":
        assert said.action is not Action.DECLARE_MTD
    elif guard == {"enough_at_level": 3} and said.level == 1:
        assert said.action is Action.DECLARE_MTD


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("text", ["", "1P", "1PP", "1X", "1XXX"])
def test_the_first_cohort_is_filled(name: str, text: str) -> None:
    said = ask(name, text)
    assert (said.action, said.level) == (Action.SAME, 1)


@pytest.mark.parametrize(
    "name", ["crm", "tite-crm", "mtpi", "mtpi2", "keyboard", "boin", "i3+3", "tite-boin"]
)
@pytest.mark.parametrize("target", [0.01, 0.05, 0.0501, 0.1, 0.6, 0.69, 0.95, 0.99])
def test_an_extreme_target_is_answered_or_gets_a_sentence(name: str, target: float) -> None:
    for text in ("", "1NNN", "1NNT", "1TTT"):
        try:
            ask(name, text, target=target)
        except InputError as error:
            assert "below" in error.remedy or "1" in error.remedy
    if name == "crm":
        with pytest.raises(InputError, match=r"above 0\.05 and below 0\.95"):
            design_named(name, target=0.05)
        assert ask(name, "1NNN", target=0.05, prior=(0.01, 0.05, 0.1, 0.2)).level == 2


@pytest.mark.parametrize("name", [*BY_COHORT, "tite-crm", "tite-boin", "3+3", "rolling-six"])
@pytest.mark.parametrize("text", ["1N", "1NN", "1NNN", "1NNN 2N", "1NNN 2NN", "1NNN 2NNN"])
def test_next_and_the_board_go_up_at_the_same_patients(name: str, text: str) -> None:
    asked = desk.next_decision(name, dict(MORE.get(name, {})), read(text), LEVELS)
    said = ask(name, text)
    assert (asked["decision"], asked["level"]) == (said.action.value, said.level)


def test_a_study_has_the_cohorts_of_its_design() -> None:
    for name in DESIGNS:
        field = escalation_plan._switches_of(name).get("cohort_size")
        if field is not None:
            given = {"doses": (1.0, 2.0)} if name == "blrm" else {}
            assert field[1] == design_named(name, **given).cohort_size  # type: ignore[attr-defined]
