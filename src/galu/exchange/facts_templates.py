"""A CSV to begin with for each kind of fact: its columns and one example row that may enter.

The examples tell of one invented person of the reference study, so that the templates of all kinds can be
imported together to see what a trial looks like, and each alone but for what it refers to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from galu.record import KINDS
from galu.record.conduct import StudyVersion

_LU: Final = {"agent": "177Lu-PSMA-0057", "cycle": "1"}
_DAY: Final = "2026-03-02"

#: The agent that the examples give.
EXAMPLE_AGENT: Final = _LU["agent"]

#: Kind to the cells of its example, beside those of every kind.
_EXAMPLES: Final[dict[str, dict[str, str]]] = {
    "visit": {"visit": "screening"},
    "judgement": {"item": "I1.b", "value": "yes", "by": "Dr Example"},
    "decision": {"decision": "suspend", "by": "Sponsor", "comment": "an example"},
    "signature": {
        "signs": "example-decision",
        "digest": "0" * 64,
        "meaning": "Approved",
        "signer": "Dr Example",
    },
    "retraction": {"supersedes": "example-contact", "reason": "noted for the wrong person"},
    "element": {"name": "EXAMPLE", "value": "kept as it came"},
    "consent": {"on": "2026-02-10", "form_version": "2.0"},
    "demographics": {"on": "2026-02-10", "sex": "M", "birth_date": "1955-05", "country": "CHN"},
    "history": {"term": "Hypertension", "started": "2015", "ongoing": "true"},
    "prior_therapy": {
        "agent": "Docetaxel",
        "therapy_class": "taxane",
        "started": "2024-03",
        "ended": "2024-09-20",
        "regimen": "1",
    },
    "therapy": {"agent": "Denosumab", "indication": "bone metastases"},
    "ecog": {"score": "1"},
    "vital": {"test": "WEIGHT", "value": "82.5", "unit": "kg"},
    "lab": {
        "test": "HGB",
        "value": "132",
        "unit": "g/L",
        "lower_limit": "130",
        "upper_limit": "175",
    },
    "contact": {"on": "2026-05-04"},
    "withdrawal": {"on": "2026-05-05", "scope": "treatment", "cause": "patient's wish"},
    "death": {"on": "2026-08-20", "cause": "prostate cancer", "related": "false"},
    "disposition": {"on": "2026-05-05", "term": "COMPLETED", "category": "DISPOSITION EVENT"},
    "enrolment": {"on": "2026-02-27", "phase": "escalation", "level": "1"},
    "dispensed": {
        "on": f"{_DAY}T09:30",
        **_LU,
        "activity_mbq": "3712.5",
        "calibrator": "CRC-1",
        "batch": "B-2026-014",
        "second_person": "Li Na",
    },
    "residual": {"on": f"{_DAY}T10:40", **_LU, "item": "syringe", "activity_mbq": "21.4"},
    "administration": {
        "on": f"{_DAY}T10:00",
        **_LU,
        "ended": f"{_DAY}T10:20",
        "planned_activity_mbq": "3700",
        "way": "pump",
    },
    "scan": {"on": f"{_DAY}T14:00", **_LU, "modality": "SPECT"},
    "region_activity": {
        "on": f"{_DAY}T14:00",
        **_LU,
        "region": "kidneys",
        "activity_mbq": "95.5",
        "sigma_mbq": "4.8",
        "mass_g": "310",
    },
    "sample": {
        "on": f"{_DAY}T11:00",
        "matrix": "blood",
        "analyte": "177Lu-PSMA-0057",
        "cycle": "1",
        "value": "85.2",
        "unit": "kBq/mL",
        "nominal_h": "1",
    },
    "urine_collection": {
        "on": f"{_DAY}T10:00",
        "ended": f"{_DAY}T14:00",
        **_LU,
        "volume_ml": "640",
        "activity_mbq": "1480",
    },
    "activity_order": {
        "on": "2026-02-16",
        **_LU,
        "activity_mbq": "3700",
        "calibrated": f"{_DAY}T10:00",
        "planned": _DAY,
    },
    "order_step": {"on": "2026-02-28", "order": "example-activity_order", "step": "dispatched"},
    "receipt": {
        "on": f"{_DAY}T07:40",
        **_LU,
        "order": "example-activity_order",
        "batch": "B-2026-014",
        "activity_mbq": "3800",
        "calibrated": f"{_DAY}T10:00",
        "appearance": "as specified",
        "wipe_test": "clean",
        "purity_percent": "98.5",
        "accepted": "true",
        "first_person": "Xu Lan",
        "second_person": "Li Na",
    },
    "calibration": {
        "on": "2025-11-03",
        "calibrator": "CRC-1",
        "check": "traceable",
        "nuclide": "Lu-177",
        "setting": "450",
        "geometry": "20-mL syringe",
        "passed": "true",
    },
    "assay": {
        "on": f"{_DAY}T09:10",
        "item": "vial",
        **_LU,
        "batch": "B-2026-014",
        "activity_mbq": "3790",
        "calibrator": "CRC-1",
        "setting": "450",
        "geometry": "25-mL vial",
    },
    "elution": {"on": "2026-02-26T08:10", "batch": "G-0226", "generator": "GeGa-7", "activity_mbq": "820"},
    "quality_control": {
        "on": "2026-02-26T08:40",
        "batch": "G-0226",
        "test": "radiochemical purity",
        "value": "97",
        "unit": "%",
        "passed": "true",
        "second_person": "Li Na",
    },
    "prescription": {
        "on": "2026-03-01",
        **_LU,
        "version": "1",
        "activity_mbq": "3700",
        "prescribed_by": "Dr Example",
        "confirmed_by": "Li Na",
    },
    "preparation_check": {
        "on": f"{_DAY}T09:35",
        **_LU,
        "step": "time-out",
        "passed": "true",
        "initials": "XL",
    },
    "incident": {
        "on": f"{_DAY}T10:05",
        "what": "extravasation",
        **_LU,
        "planned": "20 mL within 10 minutes",
        "actual": "stopped for two minutes, then 20 mL within 12 minutes",
        "cause": "the catheter had slipped",
        "action": "arm raised and kept warm",
        "decided": "finish through the other arm",
        "decided_by": "Dr Example",
        "effect": "to be judged after the scan of 4 h",
        "site": "left forearm",
    },
    "exposure_rate": {
        "on": f"{_DAY}T16:00",
        **_LU,
        "rate_usv_h": "18",
        "distance_m": "1",
        "height_m": "1.2",
        "side": "front",
        "meter": "survey meter 3",
    },
    "release": {"on": f"{_DAY}T16:20", **_LU, "released_by": "Zhao Min", "instructions": "true"},
    "slot_step": {
        "on": "2026-02-20",
        "step": "reserved",
        "phase": "escalation",
        "level": "1",
        "planned": _DAY,
    },
    "query": {
        "about": "example-lab",
        "text": "please compare with the source",
        "subject": "EXAMPLE-001",
        "by": "Li Na",
    },
    "query_step": {"query": "example-query", "step": "answered", "text": "as in the source", "by": "Xu Lan"},
    "data_mark": {
        "on": "2026-06-01",
        "step": "verified",
        "about": "example-contact",
        "by": "Li Na",
    },
    "data_note": {"about": "example-lab", "text": "sample slightly hemolytic", "by": "Xu Lan"},
    "not_done": {
        "visit": "haematology-c1",
        "planned": "2026-03-23",
        "procedure": "haematology",
        "cause": "in another hospital",
    },
    "lab_range": {
        "on": "2026-01-01",
        "site": "Wuhan",
        "test": "ALT",
        "unit": "U/L",
        "sex": "M",
        "lower_limit": "9",
        "upper_limit": "50",
    },
    "safety_report": {"on": "2026-03-11T09:00", "event": "example-adverse_event", "receiver": "sponsor"},
    "transfusion": {"on": "2026-03-20", "product": "red-cells", "units": "2"},
    "adverse_event": {
        "on": "2026-03-10",
        "term": "Dry mouth",
        "grade": "1",
        "ended": "2026-03-24",
        "attribution": "related",
    },
    "adverse_event_course": {"on": "2026-03-18", "event": "example-adverse_event", "grade": "1"},
    "lesion": {"on": "2026-02-20", "lesion": "T01", "role": "target", "site": "LYMPH NODE", "nodal": "true"},
    "measurement": {"on": "2026-02-20", "lesion": "T01", "value": "24", "unit": "mm"},
    "bone_scan": {"on": "2026-04-27", "new_lesions": "0"},
    "collected_response": {"on": "2026-04-27", "test": "OVRLRESP", "criterion": "RECIST 1.1", "value": "SD"},
}

#: Kinds that people write; the study's versions are written by `galu init` and `galu amend`.
TEMPLATES: Final = tuple(kind for kind in KINDS if kind != StudyVersion.kind)


def template(kind: str, own: Mapping[str, str] | None = None) -> str:
    """Header and example row of a kind, as a CSV.

    Parameters
    ----------
    own
        What a study calls the agents of the examples: the example's name, and the study's own.
    """
    model = KINDS[kind]
    cells: dict[str, Any] = {"id": f"example-{kind}", "on": _DAY, **_EXAMPLES[kind]}
    if own and own.get(str(cells.get("agent")), cells.get("agent")) != cells.get("agent"):
        cells["agent"] = own[cells["agent"]]
        # The activities of the example are those of the reference study's levels: another's are not known.
        cells |= dict.fromkeys((name for name in cells if name.endswith("_mbq")), "")
    if model.about_subject:
        cells["subject"] = "EXAMPLE-001"
    text = io.StringIO()
    writer = csv.DictWriter(text, model.model_fields, lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(cells)
    return text.getvalue()
