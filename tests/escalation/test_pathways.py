from __future__ import annotations

from collections.abc import Iterator

import pytest

from galu.escalation import Action, Outcomes, RollingSix, ThreePlusThree, design_named
from galu.escalation.pathways import Ahead, Pathway, pathways
from galu.finding import InputError


def _all(pathway: Pathway) -> Iterator[Pathway]:
    yield pathway
    for branch in pathway.then:
        yield from _all(branch)


@pytest.mark.parametrize(
    "name", ["rolling-six", "3+3", "boin", "keyboard", "mtpi2", "i3+3", "crm", "tite-crm"]
)
def test_every_node_is_the_decision_of_its_outcomes(name: str) -> None:
    design = design_named(name)
    tree = pathways(design, Outcomes.from_string("1NNN"), 2, Ahead(3, 3))
    nodes = list(_all(tree))
    assert len(nodes) > 10
    for node in nodes:
        assert design.decide(node.outcomes, 2) == node.decision
        if node.then and not node.then[0].was_pending:
            assert len(node.then) == 1 + node.then[0].results[0].patients


def test_three_plus_three_fills_its_cohort_first() -> None:
    tree = pathways(ThreePlusThree(), Outcomes.from_string("1NN"), 2, Ahead(1, 3))
    assert [branch.results[0].patients for branch in tree.then] == [1, 1]
    assert [branch.decision.action for branch in tree.then] == [Action.ESCALATE, Action.SAME]


def test_pending_patients_are_resolved_first() -> None:
    tree = pathways(RollingSix(), Outcomes.from_string("1NNNP 2PP"), 2, Ahead(1, 3))
    assert len(tree.then) == 2 * 3
    assert all(branch.was_pending and "P" not in str(branch.outcomes) for branch in tree.then)
    worst = tree.then[-1]
    assert [(r.level, r.dlts) for r in worst.results] == [(1, 1), (2, 2)]
    assert worst.decision.level == 1


def test_a_finished_trial_has_no_pathways() -> None:
    assert pathways(RollingSix(), Outcomes.from_string("1TT"), 2, Ahead(2, 3)).then == ()


def test_too_far_ahead_is_refused() -> None:
    with pytest.raises(InputError, match="fewer"):
        Ahead(7, 3)
