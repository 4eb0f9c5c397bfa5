"""What is known inside a cohort is judged everywhere alike; what is too toxic is never declared."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from galu.desk import design as desk
from galu.escalation import DESIGNS, Action, Decision, Outcome, Outcomes, RollingSix, design_named
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.cohorts import simulate_cohorts
from galu.escalation.decision_table import read_table
from galu.escalation.guarded import barred
from galu.escalation.merged import Sizes, by_merged_states, walk_of
from galu.escalation.outcomes import PatientOutcome
from galu.escalation.toxic import FEWEST, too_toxic
from galu.finding import InputError

LEVELS = 3
MORE: dict[str, dict[str, object]] = {"blrm": {"doses": (1.0, 2.0, 4.0)}}
COHORTS = ("boin", "keyboard", "mtpi", "mtpi2", "i3+3", "crm", "blrm", "tite-boin")
#: BLRM has an interval, of which the upper limit is asked.
TARGETS = {"blrm": 0.33}
TABLES = ("rolling-six", "iq-rolling-six", "3+3")


def read(text: str, share: float = 0.0) -> Outcomes:
    known = Outcomes.from_string(text)
    seen = (replace(p, followup=share if p.outcome is Outcome.PENDING else 1.0) for p in known)
    return Outcomes(tuple(seen))


def ask(name: str, text: str, **switches: object) -> Decision:
    return design_named(name, **{**MORE.get(name, {}), **switches}).decide(read(text), LEVELS)


@pytest.mark.parametrize("name", COHORTS)
@pytest.mark.parametrize("text", ["1NNN 2TT", "1NNN 2TTP 1N", "1NNN 2NNN 3TT"])
def test_a_step_down_does_not_wait_for_the_end_of_a_cohort(name: str, text: str) -> None:
    assert (ask(name, text).level or 0) < max(read(text).levels_tried)


@pytest.mark.parametrize("name", [name for name in COHORTS if name not in ("crm", "blrm", "tite-boin")])
@pytest.mark.parametrize("size", [3, 6])
def test_the_rule_is_that_of_the_boundaries_at_each_number_known(name: str, size: int) -> None:
    design = design_named(name, cohort_size=size)
    for n in range(1, size):
        for y in range(n + 1):
            toxic = design.judge(n, y) in (Action.DE_ESCALATE, Action.ELIMINATE)
            text = f"1{'N' * size} 2{'T' * y}{'N' * (n - y)}"
            assert (ask(name, text, cohort_size=size).level == 1) == toxic, text


def test_a_crm_steps_down_where_its_estimate_does() -> None:
    assert (ask("crm", "1NNN 2TT").action, ask("crm", "1NNN 2TT").level) == (Action.DE_ESCALATE, 1)
    assert ask("crm", "1NNN 2TT", step_down_at="cohort").level == 2
    assert ask("blrm", "1T").action is Action.STOP_NO_DOSE
    assert ask("blrm", "1T", step_down_at="cohort").action is Action.SAME


@pytest.mark.parametrize("name", DESIGNS)
def test_the_command_and_the_board_answer_alike_at_any_number_known(name: str) -> None:
    """The board asks `decide` of the design as planned, the command of the design without an end."""
    rng, design = random.Random(5), design_named(name, **MORE.get(name, {}))
    compared = 0
    for _ in range(40):
        known = Outcomes()
        for _ in range(9):
            kind = rng.choice([Outcome.NONE, Outcome.NONE, Outcome.DLT, Outcome.PENDING])
            level = min(known.level_in_use + rng.choice([0, 0, 0, 1]), LEVELS)
            known = known.then(PatientOutcome(level, kind, rng.choice([0.1, 0.6])))
            try:
                answer = desk.next_decision(name, MORE.get(name, {}), known, LEVELS)
                decision = design.decide(known, LEVELS)
            except InputError:
                break
            compared += 1
            assert (answer["decision"], answer["level"]) == (decision.action.value, decision.level), str(
                known
            )
    assert compared > 40


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize(
    "guard", [{"enough_at_level": 3}, {"enough_at_level": 6}, {"precise_width": 0.6}, {"largest": 6}]
)
def test_no_level_too_toxic_is_declared(name: str, guard: dict[str, object]) -> None:
    if "largest" in guard and name in TABLES:
        pytest.skip("a table has no planned number of patients")
    kinds = ("NNN", "TTT", "TTN", "TNN", "NNNNNN", "TTTTTT", "TTTNNN", "TTNNNN")
    for first, second in itertools.product(kinds, ("", *kinds)):
        text = f"1{first}" + (f" 2{second}" if second else "")
        try:
            found = ask(name, text, **guard)
        except InputError:
            continue
        if found.action is not Action.DECLARE_MTD:
            continue
        tally = read(text).tally(found.level or 0)
        n, y = tally.enrolled, tally.dlts
        assert not (n >= FEWEST and too_toxic(n, y, 0.25)), (text, found)
        if found.rule in ("enough", "precise") and name not in TABLES:
            assert not barred(found.level or 0, n, y, TARGETS.get(name, 0.25)), (text, found)


def test_a_level_too_toxic_to_be_declared_leads_to_the_one_below() -> None:
    lower = ask("crm", "1NNN 2TTTNNN 2TTN", enough_at_level=9, prior=(0.01, 0.25, 0.3), skipping="untried")
    assert (lower.action, lower.level) in ((Action.DE_ESCALATE, 1), (Action.SAME, 1))
    assert ask("crm", "1TTTTTTTTTTTT", largest=12).action is Action.STOP_NO_DOSE
    assert ask("crm", "1TTTTTTTTTTTT", largest=12, cutoff=1.0).level == 1


@pytest.mark.parametrize("name", ["boin", "i3+3", "tite-boin", "crm"])
@pytest.mark.parametrize("target", [0.002, 0.01, 0.03])
def test_without_a_dlt_no_level_is_too_toxic(name: str, target: float) -> None:
    prior = {"prior": (target, 0.1, 0.2)} if name == "crm" else {}
    for text in ("1NNN", "1NNNNNN", "1NNNNNN 2NNN"):
        assert not ask(name, text, target=target, **prior).action.ends_escalation


@pytest.mark.parametrize("most", [7, 9, 12, 15])
def test_two_dlts_close_an_expanded_level_of_rolling_six(most: int) -> None:
    for row in RollingSix(max_per_level=most).table():
        assert (row.action is Action.DE_ESCALATE) == (row.tally.dlts >= 2)


@pytest.mark.parametrize("name", ["tite-boin", "tite-crm"])
@pytest.mark.parametrize("text", ["1NNP 2P", "1NP 2P", "1NNP 2PP", "1NNP 2P 3P", "1NNNNP 2P", "1P 2P 3PP"])
def test_who_was_enrolled_above_lifts_no_hold(name: str, text: str) -> None:
    assert (ask(name, text).level or 0) <= 1


@pytest.mark.parametrize(
    ("waits", "dosed"), [("suspend", "same"), ("suspend", "escalate"), ("stop-no-dose", "same")]
)
def test_a_table_whose_waiting_a_pending_patient_lifts_is_refused(waits: str, dosed: str) -> None:
    cells = {
        (r.tally.enrolled, r.tally.dlts, r.tally.pending): r.action.value
        for r in RollingSix(top_level_rule="table").table()
        if r.tally.enrolled
    }
    cells[3, 1, 2], cells[4, 1, 3] = waits, dosed
    names = ("enrolled", "dlts", "pending", "decision")
    lines = [
        (i, dict(zip(names, (*map(str, key), word), strict=True)))
        for i, (key, word) in enumerate(cells.items())
    ]
    with pytest.raises(InputError, match=r"3 enrolled, 1 DLTs, 2 pending .*, with one more pending it doses"):
        read_table("table:mine", lines)


@pytest.mark.parametrize(
    "switches",
    [
        {"enough_at_level": 6, "largest": 12},
        {"precise_width": 0.5, "largest": 12},
        {"group": 6, "largest": 18},
        {"lowest_toxic": 0.2, "largest": 12},
    ],
)
@pytest.mark.parametrize("name", ["boin", "crm"])
def test_exact_numbers_are_those_of_whole_cohorts_simulated(name: str, switches: dict[str, object]) -> None:
    by = {"step_down_at": "cohort"} | ({"eliminate_at": "cohort"} if name == "boin" else {})
    design, truth, count = design_named(name, **by, **switches), (0.1, 0.25, 0.45), 40_000
    wanted = by_merged_states(walk_of(design), truth, Sizes(3, int(switches["largest"])))  # type: ignore[call-overload]
    found = simulate_cohorts(design, truth, 8, range(count))
    for level, p in enumerate(wanted.select):
        assert (found.selected == level).mean() == pytest.approx(
            p, abs=4.5 * (p * (1 - p) / count) ** 0.5 + 1e-9
        )
    for level, n in enumerate(wanted.patients):
        error = found.patients[:, level].std() / count**0.5
        assert found.patients[:, level].mean() == pytest.approx(n, abs=4.5 * error)


def test_inside_a_cohort_what_is_known_moves_simulated_trials() -> None:
    """One patient in a year: each is known before the next, so a first DLT at level 2 steps down at once."""
    rare = Conditions(42.0, 365.0)
    any_time = simulate(design_named("boin"), (0.0, 1.0), rare, 2, range(50))
    at_ends = simulate(
        design_named("boin", step_down_at="cohort", eliminate_at="cohort"), (0.0, 1.0), rare, 2, range(50)
    )
    assert any_time.patients[:, 1].max() < at_ends.patients[:, 1].min() or (
        any_time.dlts[:, 1].mean() <= at_ends.dlts[:, 1].mean()
    )


def test_an_answer_by_whole_cohorts_says_so() -> None:
    for told in (
        desk.exact("boin", (0.1, 0.3), desk.ExactPlan(), {}),
        desk.characteristics_by_cohorts("boin", (0.1, 0.3), (10, 1), {}),
    ):
        assert told["switches"]["eliminate_at"] == told["switches"]["step_down_at"] == "cohort"
    with pytest.raises(InputError, match="nothing is judged inside one"):
        desk.exact("boin", (0.1, 0.3), desk.ExactPlan(), {"step_down_at": "any"})
    with pytest.raises(InputError, match="group of 4 ends inside a cohort of 3"):
        desk.exact("boin", (0.1, 0.3), desk.ExactPlan(), {"group": 4})
