"""Exact characteristics by merged states against dynamic programming and enumerated dose paths."""

from __future__ import annotations

import pytest

from galu.escalation import Action, Outcome, Outcomes, PatientOutcome, design_named
from galu.escalation.merged import Sizes, Standing, by_merged_states, walk_of, where_next
from galu.escalation.selection import select_mtd
from reference.escalation_oracle import numbers, rows


def test_boin() -> None:
    for row in rows("boin_exact"):
        walk = walk_of(design_named("boin", target=float(row["target"]), coherent=False))
        sizes = Sizes(3, 3 * int(row["ncohort"]))
        found = by_merged_states(walk, tuple(numbers(row["truth"])), sizes)
        assert found.select == pytest.approx(numbers(row["p_select_none_then_doses"]), abs=1e-9)
        assert found.patients == pytest.approx(numbers(row["E_n_by_dose"]), abs=1e-9)
        assert found.dlts == pytest.approx(numbers(row["E_dlt_by_dose"]), abs=1e-9)


def _dose_paths() -> list[dict[str, str]]:
    return rows("dose_paths_exact")


@pytest.mark.parametrize("row", _dose_paths(), ids=lambda row: f"{row['design']}-{row['cohorts_of_3']}")
def test_dose_paths(row: dict[str, str]) -> None:
    truth = tuple(numbers(row["truth"]))
    five = (0.0839734913056, 0.1567410211426, 0.25, 0.3545004276151, 0.4603431110853)
    if row["design"].startswith("CRM"):
        prior = five if len(truth) == 5 else (0.12, 0.25)
        skipping = "untried" if "dont_skip" in row["design"] else "any"
        design = design_named("crm", prior=prior, target=0.25, coherent=False, skipping=skipping, cutoff=1.0)
    else:
        name = "mtpi2" if "mTPI" in row["design"] else "boin"
        design = design_named(name, target=0.25, coherent=False)
    sizes = Sizes(3, 3 * int(row["cohorts_of_3"]))
    found = by_merged_states(walk_of(design), truth, sizes, where_next)
    assert found.select == pytest.approx(numbers(row["p_recommend_none_then_doses"]), abs=1e-11)


def test_selection_by_isotonic_regression() -> None:
    for row in rows("boin_select_mtd"):
        n, y = ([int(x) for x in row[key].split(";")] for key in ("npts", "ntox"))
        wanted = 0 if row["mtd"] == "99" else int(row["mtd"])
        assert select_mtd(n, y, float(row["target"])) == wanted


@pytest.mark.parametrize("name", ["boin", "keyboard", "mtpi", "mtpi2", "i3+3", "crm"])
def test_walk_is_decide(name: str) -> None:
    """What the walk does between cohorts is what the design decides on the same patients."""
    prior = {"prior": (0.1, 0.2, 0.35)} if name == "crm" else {}
    design = design_named(name, target=0.25, **prior)
    walk = walk_of(design)
    frontier = [(1, Outcomes())]
    for _ in range(4):
        following = []
        for level, outcomes in frontier:
            for dlts in range(4):
                kinds = [Outcome.DLT] * dlts + [Outcome.NONE] * (3 - dlts)
                then = outcomes.then(*(PatientOutcome(level, kind) for kind in kinds))
                tallies = tuple((then.tally(lv).enrolled, then.tally(lv).dlts) for lv in (1, 2, 3))
                decision = design.decide(then, 3)
                assert walk.following([Standing(level, tallies, walk.above(dlts, 3))]) == [
                    decision.level or 0
                ]
                if decision.action is not Action.STOP_NO_DOSE:
                    following.append((decision.level, then))
        frontier = following[::3]
