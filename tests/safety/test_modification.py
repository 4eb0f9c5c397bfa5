from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from galu.protocol import load_study
from galu.safety.modification import RenalCourse, TermCourse, cockcroft_gault_ml_min, propose_dose
from galu.safety.plan import SafetyPlan
from support import ROOT

DATA = Path(__file__).resolve().parents[1] / "data" / "safety" / "plan.yaml"
PLAN = SafetyPlan.model_validate(YAML(typ="safe").load(DATA.read_text())["safety"])
STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
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


def renal(
    worst: float | None, present: float | None, fall: float | None = None, **more: object
) -> RenalCourse:
    """Baseline 100 µmol/L; clearance falls as creatinine rises unless a fall [%] is given."""

    def clearance(value: float | None) -> float | None:
        if value is None:
            return None
        return cockcroft_gault_ml_min(value, 70, 80) if fall is None else base * (1 - fall / 100)

    base = cockcroft_gault_ml_min(100.0, 70, 80)
    return RenalCourse(
        (100.0, worst, present), (base, clearance(worst), clearance(present)), refs=("cr",), **more
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("course", "action", "factor"),
    [
        (renal(139.9, 139.9, 41.0), "give", 1.0),
        (renal(140.0, 140.0, 41.0), "hold", 1.0),
        (renal(140.0, 140.0, 40.0), "give", 1.0),  # the fall must be more than 40 %
        (renal(140.0, 140.0), "give", 1.0),  # at the same weight creatinine +40 % is clearance -29 %
        (renal(170.0, 170.0), "hold", 1.0),
        (renal(170.0, 110.0), "reduce", 0.8),
        (renal(170.0, 110.0, applied=("renal-40",)), "stop", 1.0),
        (renal(None, None), "hold", 1.0),
        (renal(120.0, None), "give", 1.0),
    ],
)
def test_the_creatinine_rule(course: RenalCourse, action: str, factor: float) -> None:
    assert STUDY.safety is not None
    found = propose_dose((), STUDY.safety, course)
    assert (found.action, found.factor) == (action, factor)
    assert found.facts == (("cr",) if action != "give" else ())


def test_cockcroft_gault() -> None:
    """(140 − 60) × 72 kg / (72 × 1 mg/dL) = 80 mL/min."""
    assert cockcroft_gault_ml_min(88.4, 60, 72) == pytest.approx(80.0)
