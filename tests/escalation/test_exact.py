"""Properties of exact characteristics: they are distributions, and simulation finds them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.escalation import RollingSix, ThreePlusThree, design_named, merged
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.exact import Characteristics, fast_limit, in_cohorts, slow_limit
from galu.escalation.merged import Sizes, by_merged_states, walk_of
from galu.escalation.three_plus_three import VARIANTS
from galu.finding import InputError

NAMES = ("boin", "keyboard", "mtpi2", "i3+3", "crm")
TRUTHS = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4).map(lambda ps: tuple(sorted(ps)))


def _is_distribution(found: Characteristics) -> None:
    assert math.fsum(found.select) == pytest.approx(1.0, abs=1e-12)
    assert all(p >= 0.0 for p in found.select)
    assert all(y <= n for n, y in zip(found.patients, found.dlts, strict=True))


@settings(deadline=None, max_examples=25)
@given(truth=TRUTHS, variant=st.sampled_from(VARIANTS))
def test_table_designs_give_distributions(truth: tuple[float, ...], variant: str) -> None:
    _is_distribution(in_cohorts(ThreePlusThree(variant), truth))
    for limit in (slow_limit, fast_limit):
        _is_distribution(limit(RollingSix(), truth))


@settings(deadline=None, max_examples=25)
@given(
    truth=TRUTHS, name=st.sampled_from(["boin", "keyboard", "mtpi2", "i3+3", "crm"]), size=st.integers(1, 4)
)
def test_merged_states_give_distributions(truth: tuple[float, ...], name: str, size: int) -> None:
    switches = {"prior": (0.1, 0.2, 0.3, 0.4)[: len(truth)]} if name == "crm" else {}
    found = by_merged_states(
        walk_of(design_named(name, target=0.25, **switches)), truth, Sizes(size, 4 * size)
    )
    _is_distribution(found)
    assert sum(found.patients) <= 4 * size + 1e-9


#: Six patients come well before the first outcome.
SWIFT = Conditions(42.0, 0.5, dlt_time="end")
LIMITS = [
    (RollingSix(), slow_limit, Conditions(42.0, 1e7)),
    (RollingSix(), fast_limit, SWIFT),
    (ThreePlusThree("escalate_only"), in_cohorts, SWIFT),
]


@pytest.mark.parametrize(("design", "exact", "conditions"), LIMITS, ids=["slow", "fast", "3+3"])
def test_simulation_finds_the_exact_numbers(design, exact, conditions) -> None:
    truth, count = (0.1, 0.25, 0.4), 20000
    wanted, found = exact(design, truth), simulate(design, truth, conditions, 11, range(count))
    for level, p in enumerate(wanted.select):
        error = math.sqrt(p * (1 - p) / count)
        assert (found.selected == level).mean() == pytest.approx(p, abs=4.5 * error)
    for level, n in enumerate(wanted.patients):
        error = found.patients[:, level].std() / math.sqrt(count)
        assert found.patients[:, level].mean() == pytest.approx(n, abs=4.5 * error)


@pytest.mark.parametrize("truth", [(), (0.3, 0.1), (-0.1, 0.3), (0.5, 1.2), (math.nan,)])
def test_no_truth_is_a_sentence(truth: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="truth"):
        in_cohorts(ThreePlusThree(), truth)


def test_cohorts_of_nobody_are_refused() -> None:
    with pytest.raises(InputError, match="at least one"):
        by_merged_states(walk_of(design_named("boin")), (0.1, 0.3), Sizes(3, 0))


def test_too_many_states_are_refused_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged, "MOST_STATES", 50)
    walk = walk_of(design_named("boin"))
    assert by_merged_states(walk, (0.1, 0.3), Sizes(3, 6)).patients[0] > 0.0
    with pytest.raises(InputError, match="more than 50 states"):
        by_merged_states(walk, (0.1, 0.3), Sizes(3, 3_000_000))
