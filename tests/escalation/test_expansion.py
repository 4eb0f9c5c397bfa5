"""The expansion after simulated escalations, against playing it out patient by patient."""

from __future__ import annotations

import numpy as np
import pytest

from galu.escalation import design_named
from galu.escalation.calendar import Conditions, Trials, simulate
from galu.escalation.expansion import ExpansionPlan, expand
from galu.escalation.monitoring import tail
from galu.finding import InputError

TRUTH = (0.1, 0.3)


def _played(
    p: float, n: int, y: int, more: int, plan: ExpansionPlan, rng: np.random.Generator
) -> tuple[int, bool]:
    """Patients added and whether toxicity stopped it, drawn."""
    added = 0
    while added < more:
        if tail(plan.limit, 1.0 + y, 1.0 + n - y) >= plan.certainty:
            return added, True
        added += 1
        n += 1
        y += rng.random() < p
    return added, False


def _one(level: int, patients: list[int], dlts: list[int]) -> Trials:
    nothing = np.zeros(1)
    return Trials(np.array([level]), np.array([patients]), np.array([dlts]), nothing, nothing)


@pytest.mark.parametrize(("p", "dlts"), [(0.3, 1), (0.6, 1), (0.1, 0)])
def test_expectations_are_those_of_playing_it_out(p: float, dlts: int) -> None:
    plan = ExpansionPlan(40, 0.33, 0.9)
    found = expand(_one(2, [6, 6], [0, dlts]), (0.05, p), plan)
    rng = np.random.default_rng(3)
    drawn = [_played(p, 6, dlts, 28, plan, rng) for _ in range(4000)]
    added, stopped = (np.array(column, float) for column in zip(*drawn, strict=True))
    assert found.patients[0] == pytest.approx(added.mean(), abs=4 * added.std() / 4000**0.5 + 5e-3)
    assert found.stopped[0] == pytest.approx(stopped.mean(), abs=4 * stopped.std() / 4000**0.5 + 5e-3)
    assert found.dlts[0] == pytest.approx(p * found.patients[0])


def test_no_level_no_expansion_and_a_full_trial_adds_nobody() -> None:
    trials = simulate(design_named("rolling-six"), TRUTH, Conditions(), 4, range(500))
    found = expand(trials, TRUTH, ExpansionPlan(49))
    assert (found.patients[trials.selected == 0] == 0.0).all()
    picked = trials.selected > 0
    assert (found.patients[picked] + trials.patients[picked].sum(axis=1) <= 49 + 1e-9).all()
    assert (expand(trials, TRUTH, ExpansionPlan(3)).patients == 0.0).all()
    with pytest.raises(InputError, match="at least one"):
        ExpansionPlan(0)
