"""Topics that plain words speak of: other spellings and languages, denied or not; not the disease itself."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from galu.vocabulary.topics import phrase, read_topics, topic_courses

SPOKEN = {
    "event.thromboembolic": (
        "Myocardial infarction|infarction, myocardial|Heart attack|MI|NSTEMI|Coronary stent"
        "|DVT left leg|Pulmonary embolism|Herzinfarkt|心肌梗死|陈旧性心梗|no history of MI"
    ),
    "cardiac": "angina pectoris|AFib|QTc 520|AV-Block III|pacemaker|房颤",
    "heart_failure": "CHF|Congestive heart failure|HFrEF|Herzinsuffizienz|心力衰竭|LVEF 35%",
    "event.cns_active": (
        "Brain metastases|CNS mets|metastases in the brain|leptomeningeal disease|Hirnmetastasen|脑转移"
    ),
    "neuroendocrine": "Neuroendocrine prostate carcinoma|small-cell|NEPC|前列腺小细胞癌",
    "infection": ("Pneumonia|pnuemonia|urosepsis|Pulmonary TB|tubercolosis|Bacteraemia|COVID-19|肺结核|感染"),
    "hiv": "HIV infection|AIDS|HIV+|艾滋病",
    "hepatitis_b": "Chronic hepatitis B|HBsAg positive|Hep B carrier|乙型肝炎|viral hepatitis",
    "hepatitis_c": "Hepatitis C|anti-HCV positive|丙肝|viral hepatitis",
    "syphilis": "syphilis|lues latens|梅毒",
    "event.other_malignancy": (
        "Lung cancer|Colon ca 2023|T-cell lymphoma|Bladder cancer after prostate cancer|肺癌"
    ),
    "event.stroke": "father had a stroke|Apoplexy|CVA|脑出血",
    "event.transplant": "bone marrow transplantation|renal allograft|肾移植术后",
    "cord_compression": "Spinal cord compression|MSCC|cauda equina syndrome|epidural tumour T8|脊髓受压",
    "urinary": "Urinary obstruction|urinary retention|Hydronephrosis|Overflow incontinence|尿潴留",
    "event.hypersensitivity": "Penicillin allergy|anaphylaxis to contrast|angioedema|青霉素过敏",
    "imaging": "Superscan|claustrophobia",
    "respiratory": "COPD|steroid-dependent asthma|ILD|慢阻肺",
    "autoimmune": "Lupus|Sjögren's syndrome|ITP|类风湿关节炎",
    "event.peptic_ulcer_or_bleeding": "Gastric ulcer|von Willebrand disease|GI bleed|消化道出血",
    "event.major_surgery": "hip fracture|Appendectomy|CABG|骨折",
    "kidney": "acute kidney injury|CKD stage 4|on haemodialysis",
    "platelets": "Thrombocytopenia|Platelet count decreased",
}


@pytest.mark.parametrize(
    ("topic", "written"), [(topic, one) for topic, terms in SPOKEN.items() for one in terms.split("|")]
)
def test_words_speak_of_their_topic(topic: str, written: str) -> None:
    for spelled in (written, written.upper(), f"{written}, known"):
        assert topic in read_topics(spelled), spelled


@pytest.mark.parametrize(
    "written",
    [
        "Prostate cancer", "Adenocarcinoma of the prostate", "mCRPC", "前列腺癌", "Prostatakrebs", "Gout",
        "Benign prostatic hyperplasia", "Type 2 diabetes mellitus", "Peripheral sensory neuropathy",
        "Back pain", "Bone metastases", "Lymph node metastasis", "Hot flush", "Insomnia", "Hypothyroidism",
        "Constipation", "子宫肌瘤", "Cataract",
    ],
)  # fmt: skip
def test_the_disease_itself_and_common_conditions_speak_of_none(written: str) -> None:
    assert read_topics(written) == frozenset()


def test_every_word_of_the_table_speaks_of_its_topic() -> None:
    text = (files("galu.vocabulary") / "topics.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        for name in row["written"].split("|"):
            plain = " ".join(word.replace("*", "") for word in name.split() if not word.startswith("!"))
            assert row["topic"] in read_topics(plain), (row["topic"], name)
        assert row["course"] == topic_courses()[row["topic"]]


def test_a_study_adds_its_own_words() -> None:
    own = (phrase("imaging", "tattoo*"), phrase("new", "!no frobnic*"))
    assert read_topics("large tattoos", own) == {"imaging"} and not read_topics("large tattoos")
    assert read_topics("frobnication", own) == {"new"} and not read_topics("no frobnication", own)


def test_one_hepatitis_is_not_the_other() -> None:
    assert "hepatitis_c" not in read_topics("Hepatitis B") and "hepatitis_b" not in read_topics(
        "HCV hepatitis"
    )
