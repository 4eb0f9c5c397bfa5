from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from galu.eligibility import Anchors, EligibilityPlan, Evidence, SubjectEvidence, evaluate
from galu.eligibility.renal import creatinine_at_egfr_umol_l

DATA = Path(__file__).parents[1] / "data" / "eligibility" / "plan.yaml"
PLAN = EligibilityPlan.model_validate(YAML(typ="safe").load(DATA.read_text(encoding="utf-8"))["eligibility"])
DAY = date(2026, 3, 1)


def verdict(criterion, *evidence, gate="enrolment", **settings):
    items = {}
    for one in evidence:
        items[one.item] = (*items.get(one.item, ()), one)
    anchors = Anchors(consent=date(2026, 2, 20), first_dose=date(2026, 3, 3) if gate == "dose" else None)
    day = date(2026, 3, 3) if gate == "dose" else DAY
    found = evaluate(PLAN, SubjectEvidence("S1", items, anchors), gate, day, settings)
    return next(one for one in found if one.criterion == criterion).verdict


def lab(item, value, unit, uln=None):
    return Evidence(item, value, unit, DAY, f"{item}-{value}", uln=uln)


def test_thirty_criteria_sixty_one_atoms_and_nothing_known_includes_nobody():
    found = evaluate(PLAN, SubjectEvidence("S1", {}), "enrolment", DAY)
    assert len(found) == 30
    assert sum(len(one.atoms) for one in found) == 61
    assert {one.verdict for one in found} == {"unknown"}


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(49.5, "ng/dL", "satisfied"), (1.72, "nmol/L", "violated"), (49.5, "pg/mL", "unknown")],
)
def test_testosterone_is_judged_as_reported(value, unit, expected):
    assert verdict("I4", lab("lab.testosterone", value, unit)) == expected


@pytest.mark.parametrize(("setting", "expected"), [("exempt", "satisfied"), ("literal", "violated")])
def test_androgen_deprivation(setting, expected):
    facts = (
        Evidence("therapy.adt", "leuprorelin", None, date(2026, 2, 10), "a"),
        Evidence("collected.prior_therapy", True, None, DAY, "b"),
    )
    assert verdict("E4", *facts, gate="dose", androgen_deprivation=setting) == expected


@pytest.mark.parametrize(("day", "expected"), [(27, "violated"), (28, "satisfied")])
def test_pet_expires_after_three_days(day, expected):
    facts = (
        Evidence("pet.psma", "positive", None, date(2026, 2, day), "p", label="68Ga-PSMA-0057"),
        Evidence("pet.psma_rule", "positive", None, date(2026, 2, day), "r"),
    )
    found = verdict("I6", *facts, gate="dose")
    assert (found == "satisfied") == (expected == "satisfied")


def test_creatinine_at_egfr_fifty():
    values = [creatinine_at_egfr_umol_l(50, 70, form=form) for form in ("idms175", "original186", "chinese")]
    assert values == pytest.approx([124.0, 130.7, 148.7], abs=0.05)
