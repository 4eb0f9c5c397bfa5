"""The data items that eligibility reads: what each is called, its type, its unit and its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Item:
    """One data item: `value` names the type, `unit` the units that the reference plan accepts."""

    key: str
    value: str
    unit: str
    meaning: str


_ROWS: Final = (
    ("sex", "text", "", "sex at birth: M or F"),
    ("birth_date", "date or text", "", "date of birth; YYYY or YYYY-MM when only that is known"),
    ("black", "flag", "", "race term of MDRD; read only where the switch mdrd_race says so"),
    ("consent.signed", "flag", "", "`on` is the day of signature; `label` the form version"),
    ("procedure.first", "text", "", "first study-specific procedure; `on` is its day"),
    ("pathology.prostate_cancer", "flag", "", "histologically or cytologically confirmed"),
    (
        "pathology.morphology",
        "text",
        "",
        "adenocarcinoma, neuroendocrine, small cell, focal neuroendocrine or ICD-O-3 code",
    ),
    ("therapy.nha", "text", "", "novel hormonal agent; value = agent, `on` = last dose"),
    ("therapy.taxane", "text", "", "taxane regimen; value = regimen (line), `on` = last dose"),
    ("therapy.psma_radioligand", "text", "", "PSMA radioligand; `on` = last dose"),
    ("therapy.radionuclide", "text", "", "systemic radionuclide or hemibody radiation; `on` = last"),
    ("therapy.investigational", "text", "", "investigational drug or device; `on` = last use"),
    (
        "therapy.systemic",
        "text",
        "",
        "systemic anticancer agent (also NHA and taxane); `on` = last dose, `ongoing`",
    ),
    ("therapy.adt", "text", "", "GnRH agent or orchiectomy; `on` = last dose, `ongoing`"),
    ("therapy.bone_agent", "text", "", "bisphosphonate or denosumab; `on` = last dose"),
    ("therapy.radiotherapy", "text", "", "external radiotherapy: curative, palliative; `on` = last fraction"),
    (
        "therapy.immunomodulatory",
        "text",
        "",
        "systemic immunomodulatory drug; `on` = last dose, `ongoing`",
    ),
    ("therapy.tcm", "text", "", "antitumour traditional Chinese medicine; `on` = last dose"),
    (
        "transfusion_or_growth_factor",
        "text",
        "",
        "red cells, platelets, esa, g-csf, tpo-ra, other; `on` = day given",
    ),
    ("therapy.systemic_respiratory", "text", "", "systemic therapy of COPD or chronic respiratory disease"),
    (
        "therapy.systemic_autoimmune",
        "text",
        "",
        "systemic therapy of autoimmune disease; replacement = exempt",
    ),
    ("therapy.cns", "text", "", "radiation, surgery or steroids for CNS disease; `on` = last"),
    ("therapy.anti_infective", "text", "", "systemic anti-infective; `on` = last dose, `ongoing`"),
    ("lab.testosterone", "number", "ng/dL, nmol/L", "serum or plasma testosterone"),
    ("lab.psa", "number", "ng/mL, ug/L", "PSA"),
    ("lab.anc", "number", "10^9/L, 10^3/uL, /uL", "absolute neutrophil count"),
    ("lab.platelets", "number", "10^9/L, 10^3/uL, /uL", "platelets"),
    ("lab.wbc", "number", "10^9/L, 10^3/uL, /uL", "white blood cells"),
    ("lab.hemoglobin", "number", "g/dL, g/L, mmol/L", "haemoglobin"),
    ("lab.bilirubin_total", "number", "any, with `uln`", "total bilirubin"),
    ("lab.alt", "number", "any, with `uln`", "alanine aminotransferase"),
    ("lab.ast", "number", "any, with `uln`", "aspartate aminotransferase"),
    ("lab.creatinine", "number", "mg/dL or umol/L, with `uln`", "serum creatinine"),
    ("lab.albumin", "number", "g/L, g/dL", "serum albumin"),
    ("lab.potassium", "number", "mmol/L, mEq/L", "serum or plasma potassium"),
    ("lab.calcium", "number", "mmol/L, mg/dL", "total calcium, as measured: not corrected for albumin"),
    ("lab.calcium_corrected", "number", "mmol/L, mg/dL", "calcium corrected for albumin, as reported"),
    ("lab.hbv_dna", "number", "IU/mL, with `uln`", "HBV DNA"),
    ("vital.sbp", "number", "mmHg", "systolic blood pressure"),
    ("vital.dbp", "number", "mmHg", "diastolic blood pressure"),
    ("vital.weight", "number", "kg, lb", "body weight; read for Cockcroft-Gault too"),
    ("ecog", "number", "", "ECOG performance status"),
    ("lvef", "number", "%", "left ventricular ejection fraction"),
    ("nyha", "text", "", "NYHA class: none, I, II, III, IV"),
    ("gilbert", "flag", "", "Gilbert's syndrome"),
    ("liver_metastases", "flag", "", "liver metastases at baseline"),
    (
        "toxicity.ongoing",
        "number",
        "",
        "ongoing toxicity of prior therapy: value = grade, `label` = CTCAE term",
    ),
    ("pet.psma", "text", "", "PSMA PET: positive or negative; `label` = tracer, `on` = scan day"),
    ("pet.target", "text", "", "PET with the study's imaging agent: positive or negative; `label` = tracer"),
    ("pet.psma_rule", "text", "", "positive or negative by the positivity rule; `label` = rule and version"),
    (
        "progression.soft_tissue",
        "flag",
        "",
        "soft tissue progression before study (RECIST PD on prior scans)",
    ),
    ("progression.bone_new_lesions", "number", "", "new bone lesions before study; `label` = modality"),
    ("lesion.soft_tissue", "number", "mm", "baseline lesion: longest diameter; `on` = scan day"),
    ("lesion.node", "number", "mm", "baseline lymph node: short axis; `on` = scan day"),
    ("lesion.bone", "number", "", "number of bone metastases at baseline; `label` = modality"),
    ("event.hypersensitivity", "text", "", "hypersensitivity to a component of a study drug"),
    ("event.other_malignancy", "text", "", "other cancer; `on` = diagnosis or last treatment, later one"),
    ("event.major_surgery", "text", "", "major surgery or significant trauma; `on` = day"),
    ("event.cns_active", "text", "", "active or untreated symptomatic CNS disease; `on` = found"),
    ("event.thromboembolic", "number", "", "arterial or venous thromboembolism: value = CTCAE grade"),
    ("event.stroke", "text", "", "stroke; tia is exempt"),
    ("event.peptic_ulcer_or_bleeding", "text", "", "active peptic ulcer or bleeding disorder"),
    (
        "event.transplant",
        "text",
        "",
        "solid organ, allogeneic stem cell, cornea, cornea with immunosuppressant",
    ),
    ("serology.syphilis_nontreponemal", "text", "", "RPR or TRUST: positive or negative"),
    ("serology.syphilis_treponemal", "text", "", "treponemal test: positive or negative"),
    ("serology.hiv", "text", "", "positive or negative"),
    ("serology.hcv_antibody", "text", "", "positive or negative"),
    ("serology.hcv_rna", "text", "", "positive (detectable) or negative"),
    ("serology.hbsag", "text", "", "positive or negative"),
    (
        "collected.prior_therapy",
        "flag",
        "",
        "true: the list of prior therapies is complete (silence then means none)",
    ),
    ("collected.concomitant", "flag", "", "true: concomitant medication and transfusions are complete"),
    ("collected.medical_history", "flag", "", "true: medical history is complete"),
    ("collected.toxicity", "flag", "", "true: ongoing toxicities of prior therapy were asked for"),
    ("collected.baseline_imaging", "flag", "", "true: the baseline lesions were read in full; `on` = day"),
    ("collected.cns", "flag", "", "true: CNS imaged, or absence of CNS symptoms attested"),
)

#: Every data item, in the order of the catalogue.
ITEMS: Final = tuple(Item(*row) for row in _ROWS)
ITEM_KEYS: Final = frozenset(item.key for item in ITEMS)
#: Evidence that may be of any item of a kind: a therapy whose class, a history whose category is not known.
UNREAD: Final[Mapping[str, str]] = {
    "therapy": "therapy.unread", "event": "history.unread", "toxicity": "history.unread",
}  # fmt: skip

#: Laboratory test, by its code, to the data item that it is evidence of.
ITEM_OF_TEST: Final[Mapping[str, str]] = {
    "TESTOS": "lab.testosterone", "PSA": "lab.psa", "NEUT": "lab.anc", "PLAT": "lab.platelets",
    "WBC": "lab.wbc", "HGB": "lab.hemoglobin", "BILI": "lab.bilirubin_total", "ALT": "lab.alt",
    "AST": "lab.ast", "CREAT": "lab.creatinine", "ALB": "lab.albumin", "K": "lab.potassium",
    "CA": "lab.calcium", "CACR": "lab.calcium_corrected", "HBVDNA": "lab.hbv_dna",
    "RPR": "serology.syphilis_nontreponemal", "TRUST": "serology.syphilis_nontreponemal",
    "TPAB": "serology.syphilis_treponemal", "HIVAB": "serology.hiv", "HCAB": "serology.hcv_antibody",
    "HCVRNA": "serology.hcv_rna", "HBSAG": "serology.hbsag",
    "SYSBP": "vital.sbp", "DIABP": "vital.dbp", "WEIGHT": "vital.weight", "LVEF": "lvef",
}  # fmt: skip
#: The test whose units convert for a data item.
TEST_OF_ITEM: Final[Mapping[str, str]] = {item: test for test, item in ITEM_OF_TEST.items()}
