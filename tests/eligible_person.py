"""A man who meets all thirty criteria of the reference study on his dose day; tests change one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache

from galu.eligibility import Anchors, Evidence, Judgement, SubjectEvidence, evaluate
from galu.eligibility.evaluate import CriterionVerdict
from galu.eligibility.plan import EligibilityPlan
from galu.finding import Truth
from galu.protocol import load_study
from support import ROOT

CONSENT, LABS, SCAN, DOSE = date(2026, 2, 20), date(2026, 3, 1), date(2026, 3, 9), date(2026, 3, 10)
ANCHORS = Anchors(CONSENT, CONSENT, date(2026, 3, 5), DOSE)


@cache
def plan() -> EligibilityPlan:
    found = load_study(ROOT / "studies" / "nct07310355" / "study.yaml").eligibility
    assert found is not None
    return found


def known(
    item: str, value: object, unit: str | None = None, on: date | None = LABS, **more: object
) -> Evidence:
    return Evidence(item, value, unit, on, f"{item}={value}@{on}", **more)  # type: ignore[arg-type]


def lesions() -> tuple[Evidence, ...]:
    return (
        known("pet.psma", "positive", on=SCAN, label="68Ga-PSMA-0057"),
        known("pet.psma_rule", "positive", on=SCAN, label="vision 1"),
        known("lesion.soft_tissue", 22.0, "mm"),
        known("collected.baseline_imaging", True),
        known("lab.psa", 3.0, "ng/mL", date(2025, 12, 1)),
        known("lab.psa", 4.0, "ng/mL", date(2026, 1, 5)),
        known("lab.psa", 9.0, "ng/mL", date(2026, 2, 25)),
    )


def laboratory() -> tuple[Evidence, ...]:
    return (
        known("lab.testosterone", 12.0, "ng/dL"),
        known("lab.anc", 3.4, "10^9/L"),
        known("lab.platelets", 210.0, "10^9/L"),
        known("lab.wbc", 5.6, "10^9/L"),
        known("lab.hemoglobin", 12.1, "g/dL"),
        known("lab.bilirubin_total", 11.0, "umol/L", uln=21.0),
        known("lab.alt", 24.0, "U/L", uln=40.0),
        known("lab.ast", 22.0, "U/L", uln=40.0),
        known("lab.creatinine", 84.0, "umol/L", uln=106.0),
        known("lab.albumin", 41.0, "g/L"),
        known("lvef", 61.0, "%"),
        known("vital.sbp", 132.0, "mmHg"),
        known("vital.dbp", 78.0, "mmHg"),
        known("serology.syphilis_nontreponemal", "negative"),
        known("serology.syphilis_treponemal", "negative"),
        known("serology.hiv", "negative"),
        known("serology.hcv_antibody", "negative"),
        known("serology.hbsag", "negative"),
    )


def history() -> tuple[Evidence, ...]:
    return (
        known("sex", "M", on=None),
        known("birth_date", date(1956, 7, 14), on=None),
        known("consent.signed", True, on=CONSENT, label="2"),
        known("pathology.prostate_cancer", True),
        known("pathology.morphology", "adenocarcinoma"),
        known("therapy.nha", "enzalutamide", on=date(2025, 9, 1)),
        known("therapy.taxane", "docetaxel", on=date(2025, 6, 1)),
        known("therapy.systemic", "enzalutamide", on=date(2025, 9, 1)),
        known("therapy.adt", "leuprorelin", on=date(2026, 2, 10), ongoing=True),
        known("ecog", 1),
        known("nyha", "none"),
        known("liver_metastases", "no"),
        known("toxicity.ongoing", 1, label="Peripheral sensory neuropathy"),
        *(
            known(f"collected.{what}", True)
            for what in ("prior_therapy", "concomitant", "medical_history", "toxicity", "cns")
        ),
    )


def signed(truth: bool, reason: str = "", on: date = LABS) -> Judgement:
    return Judgement(Truth.of(truth), f"signed-{truth}", "Dr Wu", on, reason)


def judgements() -> dict[str, Judgement]:
    atoms = [atom for atom in plan().atoms() if atom.kind == "judgement" or atom.signature == "required"]
    return {atom.id: signed(atom.id.startswith("I")) for atom in atoms} | {"E13.a": signed(False)}


def person(
    *changed: Evidence,
    without: tuple[str, ...] = (),
    sign: Mapping[str, Judgement | None] | None = None,
    anchors: Anchors = ANCHORS,
) -> SubjectEvidence:
    """The man with other values: evidence given replaces all of its item; a `sign` of None is unsigned."""
    items: dict[str, tuple[Evidence, ...]] = {}
    for one in (*history(), *laboratory(), *lesions()):
        if one.item not in without and one.item not in {new.item for new in changed}:
            items[one.item] = (*items.get(one.item, ()), one)
    for one in changed:
        items[one.item] = (*items.get(one.item, ()), one)
    words = {**judgements(), **(sign or {})}
    return SubjectEvidence("P1", items, anchors, {k: v for k, v in words.items() if v is not None})


def judged(
    criterion: str, who: SubjectEvidence, gate: str = "dose", as_of: date = DOSE, **settings: str
) -> CriterionVerdict:
    found = evaluate(plan(), who, gate, as_of, settings)
    return next(one for one in found if one.criterion == criterion)


def verdict(
    criterion: str, who: SubjectEvidence, gate: str = "dose", as_of: date = DOSE, **settings: str
) -> str:
    return judged(criterion, who, gate, as_of, **settings).verdict


def slipped(dose: date) -> Anchors:
    return replace(ANCHORS, first_dose=dose)
