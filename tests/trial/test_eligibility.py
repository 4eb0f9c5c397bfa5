"""Facts become evidence: which kinds are read, how a judgement signs, what the gates see."""

from __future__ import annotations

from datetime import UTC, date, datetime

from galu.eligibility import Gate
from galu.finding import Truth
from galu.protocol import load_study
from galu.record import Entry, Fact, record_of
from galu.record.conduct import Judgement
from galu.record.disease import Lesion, Measurement
from galu.record.people import Consent, Demographics, History, Lab, PriorTherapy, Vital
from galu.trial.eligibility import derive_eligibility, gather_evidence
from galu.trial.subjects import derive_subjects
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
DAY = "2026-02-02"
FACTS: tuple[Fact, ...] = (
    Consent(id="c", subject="P", on=DAY),
    Demographics(id="d", subject="P", on=DAY, sex="M", birth_date="1950-05"),
    Lab(id="t", subject="P", on=DAY, test="TESTOS", value=49.5, unit="ng/dL"),
    Lab(id="h", subject="P", on=DAY, test="HIVAB", text="NEGATIVE"),
    Vital(id="v", subject="P", on=DAY, test="SYSBP", value=128, unit="mmHg"),
    PriorTherapy(id="n", subject="P", on=DAY, agent="enzalutamide", therapy_class="nha", ended="2025-10-01"),
    History(id="m", subject="P", on=DAY, term="adenocarcinoma", category="pathology.morphology"),
    History(
        id="g", subject="P", on=DAY, term="Neuropathy", category="toxicity.ongoing", grade=2, ongoing=True
    ),
    Lesion(id="l", subject="P", on=DAY, lesion="T1", role="target", site="LIVER"),
    Measurement(id="s", subject="P", on=DAY, lesion="T1", value=23.0, unit="mm"),
    Judgement(id="j", subject="P", on=DAY, item="I1.b", value="yes", by="Dr Wu"),
    Judgement(id="k", subject="P", on=DAY, item="collected.prior_therapy", value="yes", by="Dr Wu"),
)


def _record(*facts: Fact):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return record_of([Entry(i + 1, now, fact) for i, fact in enumerate(facts)], "Asia/Shanghai")


def test_each_kind_becomes_its_data_item() -> None:
    record = _record(*FACTS)
    evidence = gather_evidence(record, derive_subjects(STUDY, record))["P"]
    values = {item: found[0].value for item, found in evidence.items.items()}
    assert values == {
        "sex": "M",
        "birth_date": "1950-05",
        "consent.signed": True,
        "lab.testosterone": 49.5,
        "serology.hiv": "negative",
        "vital.sbp": 128,
        "therapy.nha": "enzalutamide",
        "therapy.systemic": "enzalutamide",
        "pathology.morphology": "adenocarcinoma",
        "toxicity.ongoing": 2,
        "lesion.soft_tissue": 23.0,
        "liver_metastases": "yes",
        "collected.prior_therapy": "yes",
    }
    assert evidence.items["toxicity.ongoing"][0].label == "Neuropathy"
    assert evidence.judgements["I1.b"][0] is Truth.TRUE


def test_every_criterion_is_listed_and_silence_is_unknown() -> None:
    record = _record(*FACTS)
    (gate,) = derive_eligibility(STUDY, record, derive_subjects(STUDY, record), date(2026, 2, 10))
    assert gate.gate is Gate.SCREENING
    verdicts = {one.criterion: one for one in gate.verdicts}
    assert len(verdicts) == 30
    assert verdicts["I2"].verdict == "satisfied"
    assert verdicts["I4"].verdict == "satisfied" and verdicts["I4"].facts == ("t",)
    assert verdicts["E9"].verdict == "unknown"


def test_a_correction_moves_the_testosterone_over_its_limit() -> None:
    corrected = Lab(
        id="t2", subject="P", on=DAY, test="TESTOS", value=51.0, unit="ng/dL", supersedes="t", reason="typo"
    )
    record = _record(*FACTS, corrected)
    (gate,) = derive_eligibility(STUDY, record, derive_subjects(STUDY, record), date(2026, 2, 10))
    verdict = next(one for one in gate.verdicts if one.criterion == "I4")
    assert verdict.verdict == "violated" and verdict.facts == ("t2",)
