from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from galu.safety.modification import TermCourse, propose_dose
from galu.safety.plan import SafetyPlan

DATA = Path(__file__).resolve().parents[1] / "data" / "safety" / "plan.yaml"
PLAN = SafetyPlan.model_validate(YAML(typ="safe").load(DATA.read_text())["safety"])
PLATELETS = "Platelet count decreased"


@pytest.mark.parametrize(
    ("course", "action", "factor"),
    [
        (TermCourse(PLATELETS, 1, 1), "give", 1.0),
        (TermCourse(PLATELETS, 2, 2), "hold", 1.0),
        (TermCourse(PLATELETS, 2, 2, baseline=2), "give", 1.0),
        (TermCourse(PLATELETS, 2, 1), "give", 1.0),
        (TermCourse(PLATELETS, 3, 2), "hold", 1.0),
        (TermCourse(PLATELETS, 3, 1), "reduce", 0.8),
        (TermCourse(PLATELETS, 3, 1, applied=("marrow-g3",)), "stop", 1.0),
        (TermCourse(PLATELETS, None, 1), "hold", 1.0),
        (TermCourse("Alopecia", 2, 2), "give", 1.0),
    ],
)
def test_label_rules(course: TermCourse, action: str, factor: float) -> None:
    found = propose_dose((course,), PLAN)
    assert (found.action, found.factor) == (action, factor)


def test_the_most_restrictive_decides() -> None:
    found = propose_dose(
        (TermCourse(PLATELETS, 3, 1, refs=("p",)), TermCourse("Anemia", 2, 2, refs=("h",))), PLAN
    )
    assert (found.action, found.facts) == ("hold", ("h",))
