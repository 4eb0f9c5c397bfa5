"""Potassium and calcium of a laboratory reach a criterion on them, in their units."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from galu.eligibility import Gate, evaluate
from galu.eligibility.plan import EligibilityPlan
from galu.record import Entry, record_of
from galu.record.people import Consent, Lab
from galu.trial.eligibility import gather_evidence
from galu.trial.subjects import derive_subjects
from recorded_patient import study

NOW = datetime(2026, 3, 9, tzinfo=UTC)


def verdict(item: str, limit: tuple[str, str, float], lab: tuple[str, float, str | None]) -> str:
    """Verdict of one criterion on one laboratory value."""
    atom = {
        "id": "I1.a", "kind": "computable", "fragment": "f", "comparison": "threshold", "items": [item],
        "limits": [{"unit": limit[0], "op": limit[1], "value": limit[2]}], "source": "protocol",
        "unknown_rule": "asked",
    }  # fmt: skip
    one = {"id": "I1", "polarity": "inclusion", "text": "t", "source": "registry", "expression": "I1.a"}
    plan = EligibilityPlan.model_validate(
        {"version": {"value": "1", "source": "protocol"}, "criteria": [{**one, "atoms": [atom]}]}
    )
    facts = (
        Consent(id="c", subject="P", on="2026-02-10"),
        Lab(id="l", subject="P", on="2026-03-01", test=lab[0], value=lab[1], unit=lab[2]),
    )
    record = record_of([Entry(n, NOW, fact) for n, fact in enumerate(facts, 1)], study().zone)
    evidence = gather_evidence(study(), record, derive_subjects(study(), record))["P"]
    (found,) = evaluate(plan, evidence, Gate.ENROLMENT, date(2026, 3, 9))
    return found.verdict


@pytest.mark.parametrize(
    ("item", "limit", "lab", "says"),
    [
        ("lab.potassium", ("mmol/L", ">=", 3.5), ("Kalium", 4.1, "mmol/L"), "satisfied"),
        ("lab.potassium", ("mmol/L", ">=", 3.5), ("K", 3.1, "mEq/L"), "violated"),
        ("lab.potassium", ("mmol/L", ">=", 3.5), ("K", 4.1, None), "unknown"),
        ("lab.calcium", ("mg/dL", "<=", 11.5), ("Calcium", 2.3, "mmol/L"), "satisfied"),
        ("lab.calcium", ("mg/dL", "<=", 11.5), ("CA", 3.1, "mmol/L"), "violated"),
        ("lab.calcium_corrected", ("mmol/L", "<=", 2.9), ("Corrected calcium", 2.4, "mmol/L"), "satisfied"),
        ("lab.calcium_corrected", ("mmol/L", "<=", 2.9), ("Calcium", 2.4, "mmol/L"), "unknown"),
        ("lab.calcium", ("mmol/L", "<=", 2.9), ("Calcium ionised", 1.2, "mmol/L"), "unknown"),
    ],
)
def test_a_value_of_the_laboratory_is_judged_in_its_unit(item, limit, lab, says) -> None:
    assert verdict(item, limit, lab) == says
