"""Whoever was pending at a level that was left inside its cohort still counts for where the next one goes."""

from __future__ import annotations

import pytest

from galu.escalation import Action, Outcomes, design_named
from galu.escalation.blrm import Blrm
from galu.escalation.blrm_kernels import quick
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.conventions import counting, known_in_stay
from galu.escalation.decision import Decision, Design
from reference.escalation_calendar import Heard, course

TRUTH = (0.02, 0.1, 0.8, 0.9)
#: Arrivals so slow that cohorts are open when the first of them is known.
SLOW = Conditions(40.0, 15.0)
LOSSES = Conditions(40.0, 12.0, True, "early", 0.25, 4.0, 0.1)
OPEN: dict[str, object] = {"start": 2, "cohort_size": 4, "largest": 16, "target": 0.3}
DESIGNS: tuple[tuple[str, dict[str, object]], ...] = (
    ("crm", OPEN),
    ("crm", {**OPEN, "skipping": "any", "coherent": False, "sentinel_share": 0.4}),
    ("blrm", {"start": 4, "cohort_size": 4, "largest": 12, "doses": (1.0, 2.0, 4.0, 8.0), "overdose": 0.7}),
)


def leads_on(outcomes: Outcomes, found: Decision) -> bool:
    """Whether a present stay of whom nobody is known is left downwards, or the trial ends over it."""
    used = counting(outcomes)
    if not used or known_in_stay(outcomes, used[-1].level) > 0:
        return False
    return found.action is Action.STOP_NO_DOSE or (found.level is not None and found.level < used[-1].level)


def fast_decide(design: Design) -> Design:
    return quick(design) if isinstance(design, Blrm) else design


@pytest.mark.parametrize(("name", "switches"), DESIGNS)
def test_simulated_trials_go_where_decide_leads(name: str, switches: dict[str, object]) -> None:
    design, heard = design_named(name, **switches), Heard()
    for conditions in (SLOW, LOSSES):
        fast = simulate(design, TRUTH, conditions, 8, range(15))
        for row in range(15):
            slow = course(fast_decide(design), TRUTH, conditions, 8, row, heard)
            assert fast.patients[row].tolist() == slow.patients, row
            assert (int(fast.selected[row]), fast.dlts[row].tolist()) == (slow.selected, slow.dlts), row
            assert fast.duration_days[row] == pytest.approx(slow.duration, rel=1e-12), row
    assert any(leads_on(outcomes, found) for outcomes, found in heard)


def test_as_published_nobody_leads_further_down_inside_a_cohort() -> None:
    design, heard = design_named("crm", **{**OPEN, "step_down_at": "cohort"}), Heard()
    fast = simulate(design, TRUTH, LOSSES, 8, range(10))
    for row in range(10):
        assert fast.patients[row].tolist() == course(design, TRUTH, LOSSES, 8, row, heard).patients, row
    assert not any(leads_on(outcomes, found) for outcomes, found in heard)
