from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from galu.safety.inputs import DltPatient, LabInput
from galu.safety.late import Exposure, WatchedPatient, bands_by_activity, bands_by_dose, late_toxicities
from galu.safety.plan import SafetyPlan

DATA = Path(__file__).resolve().parents[1] / "data" / "safety" / "plan.yaml"
PLAN = SafetyPlan.model_validate(YAML(typ="safe").load(DATA.read_text())["safety"])
FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def watched(subject: str, *platelets: tuple[int, float], cycles: int = 2) -> WatchedPatient:
    labs = tuple(LabInput(f"{subject}{d}", "PLAT", day(d), v, "10^9/L", lower=150.0) for d, v in platelets)
    given = tuple(
        Exposure(day(1 + 42 * n), 6000.0 * (n + 1), (("red marrow", 0.2 * (n + 1)),)) for n in range(cycles)
    )
    return WatchedPatient(DltPatient(subject, 1, FIRST, labs=labs), given)


def test_a_mild_first_cycle_and_a_severe_second_are_seen() -> None:
    """177Lu-satoreotide: grade 4 in four of seven after the second cycle, none in the window."""
    group = [watched(f"S{n}", (20, 90.0), (63, 20.0) if n < 4 else (63, 80.0)) for n in range(7)]
    late = [one for who in group for one in late_toxicities(who, PLAN, day(84))]
    assert [(one.subject, one.rule_id, one.doses, one.met) for one in late] == [
        (f"S{n}", "platelets-g4", 2, True) for n in range(4)
    ]
    assert late[0].on == day(63) and late[0].facts == ("S063",)
    low, high = bands_by_activity(group, late, (0.0, 10000.0))
    assert (low.at_risk, low.with_toxicity, low.rate) == (7, 0, 0.0)
    assert (high.at_risk, high.with_toxicity, high.rate) == (7, 4, pytest.approx(4 / 7))
    marrow = bands_by_dose(group, late, "red marrow", (0.0, 0.3, 0.5))
    assert [(b.at_risk, b.with_toxicity, b.rate) for b in marrow] == [
        (7, 0, 0.0),
        (7, 4, pytest.approx(4 / 7)),
        (0, 0, None),
    ]


def test_the_window_itself_is_left_to_the_escalation() -> None:
    inside = watched("A", (42, 20.0), (50, 20.0))
    assert late_toxicities(inside, PLAN, day(84)) == ()
    assert late_toxicities(watched("B", (43, 20.0)), PLAN, day(42)) == ()
    assert [one.on for one in late_toxicities(watched("B", (43, 20.0)), PLAN, day(43))] == [day(43)]


def test_an_unknown_amount_is_counted_apart() -> None:
    who = WatchedPatient(watched("A", (63, 20.0)).patient, (Exposure(day(1), None),))
    (band,) = bands_by_activity([who], late_toxicities(who, PLAN, day(84)), (0.0,))
    assert (band.at_risk, band.with_toxicity, band.unknown) == (0, 0, 1)
