"""Fast kernels and readable `decide` agree trial by trial on the same random numbers."""

from __future__ import annotations

import numpy as np
import pytest

from galu.escalation import design_named
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.cohorts import simulate_cohorts
from galu.escalation.decision_table import DecisionTable
from galu.finding import InputError
from reference.escalation_calendar import course

FIVE = (0.05, 0.10, 0.20, 0.35, 0.50)
PLAIN = Conditions(42.0, 10.0)
HARD = Conditions(42.0, 4.0, True, "early", 0.15, 10.0, 0.2)
GIVEN = Conditions(42.0, 10.0, False, "uniform", 0.1, 7.0, 0.1, tuple(6.5 * k for k in range(40)))
QUEUE = Conditions(42.0, 10.0, True, arrival_days=(0.0, 3.0, 3.0, 8.0, 50.0, 51.0, 90.0, 130.0))
LATE = Conditions(42.0, 20.0, False, "late", 0.05, 5.0, 0.1)
CASES = [
    ("rolling-six", {}, (0.1, 0.3)),
    ("rolling-six", {"top_level_rule": "3-of-3"}, FIVE),
    ("rolling-six", {"top_level_rule": "table", "six_zero_one_escalates": False}, (0.2, 0.4)),
    ("iq-rolling-six", {}, (0.15, 0.3, 0.4)),
    ("3+3", {}, (0.1, 0.3)),
    ("3+3", {"variant": "escalate_only"}, FIVE),
    ("boin", {}, FIVE),
    ("boin", {"cohort_size": 1, "largest": 20}, (0.2, 0.3, 0.6)),
    ("keyboard", {"target": 0.3}, FIVE),
    ("mtpi", {}, (0.3, 0.5)),
    ("mtpi2", {"largest": 18}, FIVE),
    ("i3+3", {}, FIVE),
    ("tite-boin", {}, FIVE),
    ("tite-boin", {"rule": "imputation-2018", "target": 0.2}, FIVE),
    ("tite-boin", {"cohort_size": 1, "largest": 18}, (0.3, 0.5)),
    ("crm", {"largest": 18}, FIVE),
    ("crm", {"largest": 24, "cohort_size": 4, "cutoff": 0.8}, (0.3, 0.5, 0.7)),
    ("boin", {"cohort_size": 5, "step_down_at": "cohort"}, (0.2, 0.3, 0.6)),
    ("boin", {"cohort_size": 5, "enough_at_level": 6, "eliminate_at": "cohort"}, (0.1, 0.5, 0.6)),
    ("crm", {"enough_at_level": 5, "cohort_size": 2}, (0.1, 0.6, 0.7)),
    ("tite-boin", {"step_down_at": "cohort", "largest": 18}, FIVE),
    ("crm", {"cohort_size": 1, "model": "logistic", "largest": 15}, (0.1, 0.3)),
    ("tite-crm", {"largest": 18}, FIVE),
    ("blrm", {"largest": 18}, (0.1, 0.3)),
    ("rolling-six", {"sentinel_share": 0.2, "lowest_toxic": 0.3}, (0.1, 0.3)),
    ("rolling-six", {"min_followup": 0.5, "start": 2}, FIVE),
    ("iq-rolling-six", {"min_followup": 0.5}, (0.15, 0.3, 0.4)),
    ("3+3", {"start": 2, "enough_at_level": 5}, (0.3, 0.4, 0.5)),
    ("boin", {"sentinel_share": 0.3, "enough_at_level": 9, "start": 2}, FIVE),
    ("boin", {"precise_width": 0.5, "coherent": False, "eliminate_at": "cohort", "p_tox": 0.4}, FIVE),
    ("crm", {"largest": 18, "lowest_toxic": 0.3, "start": 3, "skipping": "untried"}, FIVE),
    ("tite-crm", {"largest": 18, "sentinel_share": 0.3, "cohort_size": 2, "skipping": "untried"}, FIVE),
    ("tite-crm", {"largest": 12, "min_followup": 0.0, "initial_stage": 0, "coherent": False}, FIVE),
    pytest.param(
        *("tite-boin", {"sentinel_share": 0.3, "start": 2, "cohort_size": 2}, FIVE), marks=pytest.mark.slow
    ),
    # What a guard suspends, follow-up alone reopens; an inevaluable patient keeps the slot.
    ("tite-boin", {"min_followup": 0.5, "initial_stage": 0, "precise_width": 0.55}, FIVE[:4]),
    ("rolling-six", {"replace_inevaluable": False, "max_per_level": 9}, (0.1, 0.3)),
    ("tite-boin", {"rule": "imputation-2018", "eliminate_by": "enrolled", "min_followup": 0.0}, FIVE),
    ("tite-boin", {"rule": "imputation-2018", "cohort_size": 2, "max_pending": 0.9}, FIVE),
    pytest.param(
        *("blrm", {"largest": 12, "sentinel_share": 0.3, "coherent": False}, (0.1, 0.3)),
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("name", "switches", "truth"), CASES)
@pytest.mark.parametrize(
    "conditions",
    [HARD, pytest.param(PLAIN, marks=pytest.mark.slow), pytest.param(LATE, marks=pytest.mark.slow)],
    ids=["hard", "plain", "late"],
)
def test_trial_by_trial(
    name: str, switches: dict[str, object], truth: tuple[float, ...], conditions: Conditions
) -> None:
    design = design_named(name, **switches)
    count = 5 if "crm" in name else 1 if name == "blrm" else 15
    fast = simulate(design, truth, conditions, 5, range(100, 100 + count))
    for row in range(count):
        slow = course(design, truth, conditions, 5, 100 + row)
        assert int(fast.selected[row]) == slow.selected, row
        assert fast.patients[row].tolist() == slow.patients, row
        assert fast.dlts[row].tolist() == slow.dlts, row
        assert fast.duration_days[row] == pytest.approx(slow.duration, rel=1e-12), row
        assert fast.suspended_days[row] == pytest.approx(slow.suspended, rel=1e-9, abs=1e-9), row


@pytest.mark.parametrize("name", ["rolling-six", "3+3", "boin", "crm", "tite-boin"])
@pytest.mark.parametrize("conditions", [GIVEN, QUEUE], ids=["lost", "queue"])
def test_given_arrivals_trial_by_trial(name: str, conditions: Conditions) -> None:
    design = design_named(name)
    fast = simulate(design, (0.1, 0.3), conditions, 5, range(10))
    for row in range(10):
        slow = course(design, (0.1, 0.3), conditions, 5, row)
        assert (int(fast.selected[row]), fast.patients[row].tolist()) == (slow.selected, slow.patients)
        assert fast.duration_days[row] == pytest.approx(slow.duration, rel=1e-12)
        assert fast.suspended_days[row] == pytest.approx(slow.suspended, rel=1e-9, abs=1e-9)
    if len(conditions.arrival_days) < 10 and name == "boin":
        assert set(fast.selected.tolist()) == {-1}  # eight arrivals end no trial of thirty


def test_a_written_table_is_simulated_as_its_original() -> None:
    original = design_named("rolling-six", top_level_rule="table")
    written = DecisionTable("table:mine", tuple((row.tally, row.action) for row in original.table()))
    slow = [course(written, (0.1, 0.3), HARD, 3, trial) for trial in range(40)]
    fast = simulate(written, (0.1, 0.3), HARD, 3, range(40))
    assert fast.selected.tolist() == [trial.selected for trial in slow]


def test_chunks_put_together_equal_the_whole() -> None:
    for name in ("rolling-six", "boin", "crm", "tite-boin"):
        design = design_named(name)
        truth = (0.1, 0.3)
        whole = simulate(design, truth, HARD, 1, range(60))
        parts = [simulate(design, truth, HARD, 1, span) for span in (range(25), range(25, 60))]
        assert np.array_equal(whole.duration_days, np.concatenate([p.duration_days for p in parts]))


@pytest.mark.parametrize(
    ("name", "switches"),
    [
        # Whole cohorts are known together, so nothing is judged inside one.
        ("boin", {"eliminate_at": "cohort"}),
        ("boin", {"cohort_size": 1, "largest": 20}),
        ("boin", {"eliminate_at": "cohort", "enough_at_level": 9, "start": 2}),
        ("keyboard", {"target": 0.3, "eliminate_at": "cohort", "coherent": False}),
        ("mtpi2", {"largest": 18, "eliminate_at": "cohort"}),
        ("i3+3", {"eliminate_at": "cohort", "enough_at_level": 6}),
        ("crm", {}),
        ("crm", {"cohort_size": 1, "model": "logistic", "largest": 15}),
        ("crm", {"cohort_size": 4}),
        ("crm", {"coherent": False, "skipping": "any", "start": 2, "enough_at_level": 9}),
    ],
)
@pytest.mark.parametrize("truth", [FIVE, (0.3, 0.5, 0.6), (0.02, 0.03)])
def test_without_a_calendar_the_same_patients_give_the_same_trials(
    name: str, switches: dict[str, object], truth: tuple[float, ...]
) -> None:
    design = design_named(name, **switches, step_down_at="cohort")
    timed = simulate(design, truth, PLAIN, 3, range(7, 2007))
    plain = simulate_cohorts(design, truth, 3, range(7, 2007))
    assert np.array_equal(timed.selected, plain.selected)
    assert np.array_equal(timed.patients, plain.patients)
    assert np.array_equal(timed.dlts, plain.dlts)
    assert np.isnan(plain.duration_days).all()


def test_a_design_that_needs_time_is_not_simulated_without() -> None:
    for name in ("rolling-six", "tite-crm", "tite-boin"):
        with pytest.raises(InputError, match="by time or by patient"):
            simulate_cohorts(design_named(name), (0.1, 0.3), 1, range(10))


@pytest.mark.slow
def test_no_rolling_six_trial_of_ten_million_gets_lost() -> None:
    conditions = Conditions(42.0, 6.0, True, "uniform", 0.2, 10.0, 0.2)
    for name, share in (("rolling-six", 6_000_000), ("iq-rolling-six", 2_000_000), ("3+3", 2_000_000)):
        for start in range(0, share, 1_000_000):
            found = simulate(design_named(name), (0.1, 0.3), conditions, 9, range(start, start + 1_000_000))
            assert found.selected.min() >= 0
            assert found.duration_days.min() > 0
