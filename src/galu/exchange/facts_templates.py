"""A CSV to begin with for each kind of fact: its columns and one example row that may enter.

The examples tell of one invented person of the reference study, so that the templates of all kinds can be
imported together to see what a trial looks like, and each alone but for what it refers to.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from galu.record import KINDS
from galu.record.conduct import StudyVersion

_LU: Final = {"agent": "177Lu-PSMA-0057", "cycle": "1"}
_DAY: Final = "2026-03-02"

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
    "dispensed": {"on": f"{_DAY}T09:30", **_LU, "activity_mbq": "3712.5"},
    "residual": {"on": f"{_DAY}T10:40", **_LU, "activity_mbq": "21.4"},
    "administration": {"on": f"{_DAY}T10:00", **_LU, "planned_activity_mbq": "3700"},
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


def template(kind: str) -> str:
    """Header and example row of a kind, as a CSV."""
    model = KINDS[kind]
    cells: dict[str, Any] = {"id": f"example-{kind}", "on": _DAY, **_EXAMPLES[kind]}
    if model.about_subject:
        cells["subject"] = "EXAMPLE-001"
    text = io.StringIO()
    writer = csv.DictWriter(text, model.model_fields, lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(cells)
    return text.getvalue()
