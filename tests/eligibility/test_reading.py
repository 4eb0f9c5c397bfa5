"""A key of an atom is refused by a comparison that does not read it, and tells in one that does."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from eligible_person import ANCHORS, CONSENT, DOSE, known
from galu.eligibility import Anchors, Evidence, SubjectEvidence, evaluate
from galu.eligibility.evaluate import RULES, CriterionVerdict
from galu.eligibility.plan import AtomPlan, Comparison, EligibilityPlan, HalfLife
from galu.eligibility.reading import KEYS, READINGS, SWITCHES, switches_of
from support import ROOT

NEW, OLD = date(2026, 3, 8), date(2026, 1, 10)
DAYS_3 = {"number": 3, "unit": "days", "inclusive": True}
DAYS_90 = {"number": 90, "unit": "days", "inclusive": True}
OF_SEVERAL = {"valid_days": 10, "window": DAYS_3}


def ml(unit: str, op: str, value: float, item: str | None = None) -> dict[str, Any]:
    return {"unit": unit, "op": op, "value": value} | ({} if item is None else {"item": item})


def at(number: float) -> dict[str, Any]:
    return {"limits": [ml("10^9/L", ">=", number)]}


#: Of each comparison: an atom, evidence, and for each key that it reads a value that changes the verdict.
PROOFS: dict[str, tuple[dict[str, Any], tuple[Evidence, ...], dict[str, Any]]] = {
    "threshold": (
        {"items": ["lab.platelets"], **at(75)},
        (known("lab.platelets", 100.0, "10^9/L", OLD),),
        {**at(150), **OF_SEVERAL},
    ),
    "any_limit": (
        {"items": ["lab.platelets", "lab.anc"], "limits": [ml("10^9/L", ">=", 75)]},
        (known("lab.platelets", 100.0, "10^9/L", OLD), known("lab.anc", 1.0, "10^9/L", OLD)),
        {**at(150), **OF_SEVERAL},
    ),
    "member": (
        {"items": ["ecog"], "values": ["0", "1"]},
        (known("ecog", 2, on=OLD),),
        {"values": ["2"], "exempt": ["3"], **OF_SEVERAL},
    ),
    "not_member": (
        {"items": ["pathology.morphology"], "values": ["small cell"], "exempt": ["adenocarcinoma"]},
        (known("pathology.morphology", "adenocarcinoma, mixed", on=OLD),),
        {"values": ["mixed"], "exempt": ["sarcoma"], **OF_SEVERAL},
    ),
    "age": (
        {"items": ["birth_date"], "at_least": 18, "anchor": "consent"},
        (known("birth_date", date(1960, 3, 1), on=None),),
        {"at_least": 70, "at_most": 64, "anchor": {"anchor": "first_dose", "at_least": 66}},
    ),
    "consent": (
        {"items": ["consent.signed", "procedure.first"]},
        (known("consent.signed", True, on=CONSENT, label="2"),),
        {"values": ["3"]},
    ),
    "count": (
        {"items": ["therapy.nha"], "at_least": 1},
        (
            known("therapy.nha", "enzalutamide", on=OLD),
            known("therapy.nha", "apalutamide", on=NEW),
            known("collected.prior_therapy", True),
        ),
        {
            "at_least": 3,
            "at_most": {"at_most": 1, "collected": "collected.prior_therapy"},
            "collected": {"at_least": 3, "collected": "collected.prior_therapy"},
        },
    ),
    "recent": (
        {"items": ["event.thromboembolic", "therapy.systemic"], "collected": "collected.prior_therapy"},
        (
            known("event.thromboembolic", 2, on=OLD),
            known("therapy.systemic", "everolimus", on=OLD),
            known("therapy.tcm", "herbs", on=NEW),
            known("collected.prior_therapy", True),
            known("collected.toxicity", False),
        ),
        {
            "at_least": {"at_least": 3, "items": ["event.thromboembolic"]},
            "exempt": {"items": ["therapy.systemic"], "exempt": ["everolimus"]},
            "window": DAYS_3,
            "half_lives": 5,
            "anchor": {"anchor": "consent", "window": {"number": 50, "unit": "days"}},
            "after_anchor": {"after_anchor": "warns", "anchor": "consent", "items": ["therapy.tcm"]},
            "collected": {"collected": "collected.toxicity", "window": DAYS_3},
        },
    ),
    "psa_progression": ({"items": ["lab.psa"]}, (), {}),
    "pet_window": (
        {"items": ["pet.psma"], "values": ["68Ga-PSMA-11"], "window": DAYS_3},
        (known("pet.psma", "positive", on=NEW, label="68Ga-PSMA-11"),),
        {
            "values": ["18F-DCFPyL"],
            "exempt": ["68Ga-PSMA-11"],
            "window": {"number": 1, "unit": "days"},
            "anchor": "consent",
        },
    ),
    "bilirubin": (
        {"items": ["lab.bilirubin_total", "gilbert"], "limits": [ml("ULN", "<=", 1.5)]},
        (
            known("lab.bilirubin_total", 25.0, "umol/L", OLD, uln=20.0),
            known("collected.medical_history", True),
        ),
        {
            "limits": [ml("ULN", "<=", 1.0)],
            "collected": {"limits": [ml("ULN", "<=", 1.0)], "collected": "collected.medical_history"},
            **OF_SEVERAL,
        },
    ),
    "enzymes": (
        {"items": ["lab.alt", "lab.ast"], "limits": [ml("ULN", "<=", 3)]},
        (known("lab.alt", 80.0, "U/L", OLD, uln=40.0), known("lab.ast", 30.0, "U/L", OLD, uln=40.0)),
        {"limits": [ml("ULN", "<=", 1.5)], **OF_SEVERAL},
    ),
    "renal": (
        {"items": ["lab.creatinine"], "limits": [ml("ULN", "<=", 1.5)]},
        (known("lab.creatinine", 100.0, "umol/L", OLD, uln=100.0),),
        {"limits": [ml("ULN", "<=", 0.5)], **OF_SEVERAL},
    ),
    "toxicity": (
        {"items": ["toxicity.ongoing"], "at_most": 1, "collected": "collected.toxicity"},
        (
            known("toxicity.ongoing", 2, label="Fatigue"),
            known("collected.toxicity", True),
            known("collected.cns", False),
        ),
        {
            "at_most": 2,
            "exempt": ["Fatigue"],
            "values": {"values": ["Fatigue"], "switches": ["toxicity_overlap"]},
            "collected": {"at_most": 2, "collected": "collected.cns"},
        },
    ),
    "transfusion": (
        {
            "items": ["transfusion_or_growth_factor"],
            "window": DAYS_3,
            "collected": "collected.concomitant",
        },
        (
            known("transfusion_or_growth_factor", "red cells", on=CONSENT),
            known("collected.concomitant", True),
            known("collected.cns", False),
        ),
        {"window": DAYS_90, "anchor": "consent", "collected": "collected.cns"},
    ),
    "measurable": (
        {
            "items": ["lesion.soft_tissue"],
            "limits": [ml("mm", ">=", 10, "lesion.soft_tissue")],
            "window": DAYS_90,
        },
        (
            known("lesion.soft_tissue", 12.0, "mm", NEW, label="MRI"),
            known("collected.baseline_imaging", True),
        ),
        {
            "limits": [ml("mm", ">=", 20, "lesion.soft_tissue")],
            "exempt": ["MRI"],
            "window": {"number": 1, "unit": "days"},
            "anchor": {"anchor": "consent", "window": {"number": 1, "unit": "days"}},
            "collected": {
                "limits": [ml("mm", ">=", 20, "lesion.soft_tissue")],
                "collected": "collected.baseline_imaging",
            },
        },
    ),
    "reflex": (
        {"items": ["serology.hbsag", "lab.hbv_dna"]},
        (known("serology.hbsag", "positive", on=OLD), known("lab.hbv_dna", 50.0, "IU/mL", OLD)),
        {"limits": [ml("IU/mL", ">=", 100)], **OF_SEVERAL},
    ),
    "syphilis": (
        {"items": ["serology.syphilis_nontreponemal", "serology.syphilis_treponemal"]},
        (
            known("serology.syphilis_nontreponemal", "negative", on=OLD),
            known("serology.syphilis_treponemal", "negative", on=OLD),
        ),
        OF_SEVERAL,
    ),
    "new_lesions": (
        {"items": ["progression.bone_new_lesions"], "limits": [ml("", ">=", 2)]},
        (known("progression.bone_new_lesions", 2, label="PET"),),
        {"limits": [ml("", ">=", 3)], "exempt": ["PET"]},
    ),
}  # fmt: skip
#: A value that every comparison could be given.
STATED: dict[str, Any] = {
    "limits": [ml("10^9/L", ">=", 1)], "values": ["M"], "exempt": ["F"], "at_least": 1, "at_most": 2,
    "anchor": "first_dose", "window": DAYS_3, "half_lives": 5, "after_anchor": "warns", "valid_days": 3,
    "collected": "collected.cns", "members": ["I1.b"],
}  # fmt: skip


def atom(comparison: str, **keys: Any) -> AtomPlan:
    kind = {"kind": "judgement", "signature": "required"} if comparison == "judgement" else {}
    words = {"source": "protocol", "fragment": "f", "unknown_rule": "asked", "kind": "computable"}
    return AtomPlan.model_validate({"id": "I1.a", "comparison": comparison, **words, **kind, **keys})


def judged(one: AtomPlan, evidence: tuple[Evidence, ...], anchors: Anchors = ANCHORS) -> CriterionVerdict:
    said = {"id": "I1", "polarity": "inclusion", "text": "t", "source": "registry"}
    switches = [
        {"name": name, "question": "?", "options": SWITCHES[name], "setting": SWITCHES[name][0],
         "source": "protocol"}
        for name in one.switches
    ]  # fmt: skip
    plan = EligibilityPlan.model_validate(
        {
            "version": {"value": "1", "source": "protocol"},
            "criteria": [{**said, "expression": "I1.a", "atoms": [one]}],
            "switches": switches,
            "half_lives": [HalfLife(agent="everolimus", days=1.25, source="protocol")],
        }
    )
    items: dict[str, tuple[Evidence, ...]] = {}
    for found in evidence:
        items[found.item] = (*items.get(found.item, ()), found)
    return evaluate(plan, SubjectEvidence("S1", items, anchors), "dose", DOSE)[0]


def base_of(comparison: str) -> dict[str, Any]:
    if comparison == "any_atom":
        return {"members": ["I1.b"]}
    return {} if comparison == "judgement" else PROOFS[comparison][0]


def test_every_comparison_is_in_the_table_with_a_rule() -> None:
    every = set(get_args(Comparison))
    assert set(READINGS) == every == {*RULES, "any_atom"}
    assert set(PROOFS) == every - {"judgement", "any_atom"}


@pytest.mark.parametrize("comparison", READINGS)
@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_is_not_read_is_refused_at_its_place(comparison: str, key: str) -> None:
    if key in READINGS[comparison].reads:
        pytest.skip("read")
    with pytest.raises(ValidationError, match=f"{comparison} does not read `{key}`") as raised:
        atom(comparison, **base_of(comparison), **{key: STATED[key]})
    assert raised.value.errors()[0]["loc"] == (key,) and raised.value.errors()[0]["ctx"]["remedy"]


@pytest.mark.parametrize("comparison", PROOFS)
def test_a_key_that_is_read_changes_a_verdict(comparison: str) -> None:
    stated, evidence, changes = PROOFS[comparison]
    beside = {"anchor"} if "valid_days" in READINGS[comparison].reads else set()
    assert set(changes) == set(READINGS[comparison].reads) - beside
    for key, change in changes.items():
        whole = change if isinstance(change, dict) and key in change else {key: change}
        without = {k: v for k, v in whole.items() if k != key}
        kept = {**stated, **without}
        if comparison == "count" and key == "at_most":
            kept.pop("collected")
        before = judged(atom(comparison, **kept), evidence)
        after = judged(atom(comparison, **{**stated, **whole}), evidence)
        assert before.verdict != after.verdict, (comparison, key, before.atoms[0].reason)


@pytest.mark.parametrize("comparison", [name for name, one in READINGS.items() if "valid_days" in one.reads])
def test_the_window_of_a_value_goes_back_from_its_anchor(comparison: str) -> None:
    stated, evidence, _ = PROOFS[comparison]
    by_gate = judged(atom(comparison, **stated, window={**DAYS_3, "number": 41}), evidence)
    by_consent = judged(
        atom(comparison, **stated, window={**DAYS_3, "number": 41}, anchor="consent"), evidence
    )
    never = judged(atom(comparison, **stated), evidence)
    assert by_gate.verdict == "unknown" != never.verdict == by_consent.verdict
    on_the_day = {**DAYS_3, "number": (DOSE - OLD).days}
    assert judged(atom(comparison, **stated, window=on_the_day), evidence).verdict == never.verdict
    outside = {**on_the_day, "inclusive": False}
    assert judged(atom(comparison, **stated, window=outside), evidence).verdict == "unknown"
    with pytest.raises(ValidationError, match="beside `window` only"):
        atom(comparison, **stated, anchor="consent")


@pytest.mark.parametrize("comparison", PROOFS)
def test_no_comparison_takes_fewer_or_other_items(comparison: str) -> None:
    stated = PROOFS[comparison][0]
    for items in ([], ["collected.cns"], [*stated["items"], "collected.cns"], stated["items"] * 2):
        with pytest.raises(ValidationError):
            atom(comparison, **{**stated, "items": items})


@pytest.mark.parametrize("comparison", READINGS)
def test_an_atom_names_the_switches_that_its_comparison_reads(comparison: str) -> None:
    for name in set(SWITCHES) - set(switches_of(comparison)):
        with pytest.raises(ValidationError, match=f"does not read the switch {name}"):
            atom(comparison, **base_of(comparison), switches=[name])


@pytest.mark.parametrize(
    ("weight", "sex", "expected"),
    [
        ((45.0, "kg"), "F", "violated"),
        ((99.2, "lb"), "F", "violated"),
        ((90.0, "kg"), "F", "satisfied"),
        (None, "F", "unknown"),
        ((45.0, None), "F", "unknown"),
        ((45.0, "kg"), "U", "unknown"),
    ],
)
def test_a_clearance_is_judged_by_cockcroft_gault_alone(
    weight: tuple[float, str | None] | None, sex: str, expected: str
) -> None:
    """(140 − 85) · 45 · 0.85 / (72 · 75 / 88.4) = 34.4 mL/min, where MDRD says 69."""
    evidence = (
        known("lab.creatinine", 75.0, "umol/L", uln=90.0),
        known("birth_date", date(1941, 1, 1), on=None),
        known("sex", sex, on=None),
        *(() if weight is None else (known("vital.weight", *weight),)),
    )
    one = atom("renal", items=["lab.creatinine"], limits=[ml("mL/min", ">=", 60)])
    found = judged(one, evidence)
    assert found.verdict == expected
    if expected == "violated":
        assert "Cockcroft-Gault 34.4" in found.atoms[0].reason
    by_surface = atom("renal", items=["lab.creatinine"], limits=[ml("mL/min/1.73 m²", ">=", 60)])
    if sex == "F":
        assert judged(by_surface, evidence).verdict == "satisfied"


@pytest.mark.parametrize(("on", "expected"), [(date(2026, 3, 5), "satisfied"), (OLD, "violated")])
def test_half_lives_need_no_window(on: date, expected: str) -> None:
    one = atom("recent", items=["therapy.systemic"], half_lives=5, collected="collected.prior_therapy")
    evidence = (known("therapy.systemic", "everolimus", on=on), known("collected.prior_therapy", True))
    assert judged(one, evidence).verdict == expected
    unheard = (known("therapy.systemic", "novel-1", on=on), known("collected.prior_therapy", True))
    assert judged(one, unheard).verdict == "unknown"


@pytest.mark.parametrize(("unit", "limit"), [("G/L", 1.0), ("10^9/L", 1.0), ("/mm3", 1000)])
@pytest.mark.parametrize(("value", "reported"), [(1.2, "10^9/L"), (1200, "/uL"), (1.2, "G/L")])
def test_a_limit_may_be_in_any_spelling_of_a_unit_of_the_test(
    unit: str, limit: float, value: float, reported: str
) -> None:
    one = atom("threshold", items=["lab.anc"], limits=[ml(unit, ">=", limit)])
    assert judged(one, (known("lab.anc", value, reported),)).verdict == "satisfied"
    assert judged(one, (known("lab.anc", value / 2, reported),)).verdict == "violated"


IMPOSSIBLE = [
    (
        "threshold",
        {"items": ["lab.hemoglobin"], "limits": [ml("furlong", ">=", 8)]},
        "is not measured in 'furl",
    ),
    (
        "threshold",
        {"items": ["lab.hemoglobin"], "limits": [ml("mL/min", ">=", 8)]},
        "is not measured in 'mL/",
    ),
    ("threshold", {"items": ["lab.hemoglobin"], "limits": [ml("", ">=", 8)]}, "is not measured in ''"),
    ("threshold", {"items": ["lab.hemoglobin"], "limits": [ml("g/dL", ">=", 80)]}, "is not possible"),
    ("threshold", {"items": ["lab.anc"], "limits": [ml("10^9/L", ">=", 1000)]}, "is not possible"),
    ("threshold", {"items": ["lab.alt"], "limits": [ml("ULN", "<=", 300)]}, "is not possible"),
    ("threshold", {"items": ["lvef"], "limits": [ml("ULN", "<=", 1)]}, "has no upper limit"),
    ("threshold", {"items": ["ecog"], "limits": [ml("", "<=", 20)]}, "is not possible"),
    ("threshold", {"items": ["sex"], "limits": [ml("", ">=", 1)]}, "does not read sex"),
    (
        "threshold",
        {"items": ["lab.anc"], "limits": [ml("10^9/L", ">=", 1), ml("10^9/L", "<=", 9)]},
        "two bounds",
    ),
    (
        "threshold",
        {"items": ["lab.alt"], "limits": [ml("ULN", "<=", 3), ml("U/L", "<=", 90)]},
        "one only would",
    ),
    ("threshold", {"items": ["lab.anc", "lab.wbc"], "limits": [ml("10^9/L", ">=", 1)]}, "reads 1 of `items`"),
    ("threshold", {"items": ["lab.anc"], "limits": [ml("10^9/L", ">=", 1, "lab.wbc")]}, "does not compare"),
    (
        "any_limit",
        {"items": ["vital.sbp", "vital.dbp"], "limits": [ml("mmHg", ">=", 160, "vital.sbp")]},
        "vital.dbp has no limit",
    ),
    ("member", {"items": ["sex"], "values": ["female"]}, "sex is never 'female'"),
    ("member", {"items": ["ecog"], "values": ["[0-2]"]}, "ecog is never"),
    ("member", {"items": ["liver_metastases"], "values": ["maybe"]}, "is never 'maybe'"),
    ("member", {"items": ["sex"], "values": ["M"], "exempt": ["m"]}, "is one of `values` too"),
    ("age", {"items": ["birth_date"], "at_least": 30, "at_most": 12}, "is more than at most"),
    ("age", {"items": ["birth_date"], "at_least": 180}, "is not possible years"),
    ("age", {"items": ["ecog"], "at_least": 18}, "does not read ecog"),
    ("count", {"items": ["therapy.nha"], "at_least": 1, "at_most": 0}, "is more than at most"),
    ("count", {"items": ["therapy.nha"]}, "needs `at_least` or `at_most`"),
    ("enzymes", {"items": ["lab.alt", "lab.ast"]}, "needs `limits`"),
    ("enzymes", {"items": ["lab.alt"], "limits": [ml("ULN", "<=", 3)] * 3}, "takes 1 or 2 limits"),
    ("enzymes", {"items": ["lab.alt"], "limits": [ml("ULN", "<=", 5), ml("ULN", "<=", 3)]}, "not the wider"),
    ("enzymes", {"items": ["lab.platelets"], "limits": [ml("ULN", "<=", 5)]}, "does not read lab.platelets"),
    ("renal", {"items": ["lab.creatinine"], "limits": [ml("mg/dL", "<=", 2)]}, "no limit in 'mg/dL'"),
    ("renal", {"items": ["lab.creatinine"], "limits": [ml("mL/min", ">=", 5000)]}, "is not possible"),
    ("renal", {"items": ["lab.creatinine"], "limits": [ml("mL/min", ">=", 50)] * 2}, "of one formula"),
    ("measurable", {"items": ["lesion.node"], "window": DAYS_3}, "needs `limits`"),
    (
        "measurable",
        {"items": ["lesion.node"], "limits": [ml("mm", ">=", 15)], "window": DAYS_3},
        "bounds no item",
    ),
    (
        "measurable",
        {"items": ["lesion.node"], "limits": [ml("cm", ">=", 1, "lesion.node")], "window": DAYS_3},
        "is not measured in 'cm'",
    ),
    ("bilirubin", {"items": ["lab.bilirubin_total"], "limits": [ml("ULN", "<=", 2)]}, "needs 2 of `items`"),
    ("reflex", {"items": ["serology.hcv_antibody"]}, "needs 2 of `items`"),
    ("syphilis", {"items": ["serology.syphilis_treponemal"]}, "needs 2 of `items`"),
    ("consent", {"items": []}, "needs 2 of `items`"),
    ("consent", {"items": ["consent.signed"]}, "needs 2 of `items`"),
    (
        "transfusion",
        {"items": ["transfusion_or_growth_factor"], "collected": "collected.cns"},
        "needs `window`",
    ),
    ("toxicity", {"items": ["toxicity.ongoing"]}, "needs `collected`"),
    (
        "toxicity",
        {"items": ["toxicity.ongoing"], "collected": "collected.cns", "exempt": ["Baldness"]},
        "is no CTCAE term",
    ),
    ("recent", {"items": ["therapy.nha"]}, "needs `collected`"),
    ("recent", {"items": ["therapy.nha"], "collected": "collected.cns", "at_least": 3}, "has a grade"),
    ("recent", {"items": ["event.stroke"], "collected": "collected.cns", "half_lives": 5}, "has a half-life"),
    ("recent", {"items": ["therapy.nha"], "collected": "lab.psa"}, "does not say whether"),
    (
        "recent",
        {"items": ["therapy.nha"], "collected": "collected.cns", "window": {"number": 900, "unit": "years"}},
        "longer than a life",
    ),
    (
        "threshold",
        {"items": ["lab.anc"], "limits": [ml("10^9/L", ">=", 1)], "reason_required": True},
        "no reason is read",
    ),
]


@pytest.mark.parametrize(("comparison", "keys", "says"), IMPOSSIBLE)
def test_what_cannot_be_judged_is_refused(comparison: str, keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        atom(comparison, **keys)
    assert says in str(raised.value)


def test_the_page_tells_what_each_comparison_does_and_reads() -> None:
    page = (ROOT / "docs" / "methods" / "eligibility.md").read_text(encoding="utf-8")
    for row in rows():
        assert row in page, f"docs/methods/eligibility.md lacks: {row}"


def rows() -> list[str]:
    """The table of the page."""
    found = []
    for name, one in READINGS.items():
        needed = {key for keys in (*one.needs, *one.silent) for key in keys.split("|")}
        keys = [f"**{key}**" if key in needed else key for key in one.reads]
        found.append(f"| `{name}` | {one.does} | {', '.join(keys) or '–'} |")
    return found
