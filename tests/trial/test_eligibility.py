"""Facts become evidence: which kinds are read, how a judgement signs, what the gates see."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from galu.eligibility import Gate
from galu.finding import Truth
from galu.protocol import load_study
from galu.record import Entry, Fact, record_of
from galu.record.conduct import Judgement
from galu.record.disease import Lesion, Measurement
from galu.record.people import Consent, Demographics, History, Lab, PriorTherapy, Vital
from galu.record.treatment import Administration, Enrolment
from galu.trial.eligibility import derive_eligibility, gather_evidence
from galu.trial.state import derive_state
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
    evidence = gather_evidence(STUDY, record, derive_subjects(STUDY, record))["P"]
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
    first, gate = derive_eligibility(STUDY, record, derive_subjects(STUDY, record), date(2026, 2, 10))
    assert (first.gate, gate.gate) == (Gate.SCREENING, Gate.ENROLMENT)
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
    *_, gate = derive_eligibility(STUDY, record, derive_subjects(STUDY, record), date(2026, 2, 10))
    verdict = next(one for one in gate.verdicts if one.criterion == "I4")
    assert verdict.verdict == "violated" and verdict.facts == ("t2",)


def _atom(name: str, *facts: Fact, gate: Gate = Gate.SCREENING) -> Truth:
    record = _record(*facts)
    gates = derive_eligibility(STUDY, record, derive_subjects(STUDY, record), date(2026, 2, 12))
    return next(
        atom.truth
        for one in gates
        if one.gate is gate
        for v in one.verdicts
        for atom in v.atoms
        if atom.id == name
    )


@pytest.mark.parametrize(
    ("ended", "truth"),
    [
        ("2026-01-20", Truth.TRUE),
        ("2026-01", Truth.UNKNOWN),
        ("2026", Truth.UNKNOWN),
        ("2025-11", Truth.FALSE),
        ("2025-11-20", Truth.FALSE),
    ],
)
def test_an_end_known_in_part_is_judged_where_every_day_agrees(ended: str, truth: Truth) -> None:
    given = PriorTherapy(
        id="s", subject="P", on=DAY, agent="docetaxel", therapy_class="systemic", started="2025-06-01",
        ended=ended, half_life_h=12,
    )  # fmt: skip
    assert _atom("E4.a", *FACTS, given) is truth


def test_signing_again_leaves_the_earlier_gate_signed() -> None:
    atom = next(
        atom.id
        for atom in STUDY.eligibility.atoms()  # type: ignore[union-attr]
        if atom.comparison == "judgement" and atom.signature == "required" and not atom.reason_required
    )
    way = (
        Consent(id="c", subject="P", on=DAY),
        Enrolment(id="e", subject="P", on="2026-02-07", phase="escalation", level=1),
        Administration(id="a", subject="P", on="2026-02-10T10:00", agent="177Lu-PSMA-0057", cycle=1),
    )
    words = [
        Judgement(id=f"w{n}", subject="P", on=on, item=atom, value="yes", by="Dr Wu")
        for n, on in enumerate(("2026-02-03", "2026-02-10"))
    ]
    assert _atom(atom, *way, words[0], gate=Gate.ENROLMENT) is Truth.TRUE
    assert _atom(atom, *way, *words, gate=Gate.ENROLMENT) is Truth.TRUE
    assert _atom(atom, *way, words[1], gate=Gate.ENROLMENT) is Truth.UNKNOWN


SLOT = Enrolment(id="e", subject="P", on="2026-02-07", phase="escalation", level=1)
DOSED = Administration(id="a", subject="P", on="2026-02-10T10:00", agent="177Lu-PSMA-0057", cycle=1)


def test_the_dose_gate_of_who_was_not_dosed_is_no_deviation() -> None:
    waiting = derive_state(STUDY, _record(*FACTS, SLOT), date(2026, 3, 2))
    assert waiting.eligibility[-1].gate is Gate.DOSE
    assert not [one for one in waiting.deviations if "dosed" in one.what]
    dosed = derive_state(STUDY, _record(*FACTS, SLOT, DOSED), date(2026, 3, 2))
    (unknown,) = [one for one in dosed.deviations if one.rule == "eligibility unknown"]
    assert "I3," in unknown.what and unknown.day == date(2026, 2, 10)


def test_the_dose_gate_looks_at_the_day_of_the_dose() -> None:
    low = Lab(id="p", subject="P", on="2026-02-11", test="PLAT", value=40.0, unit="10^9/L")
    assert _atom("I10.1b", *FACTS, SLOT, DOSED, low, gate=Gate.DOSE) is Truth.UNKNOWN
    assert _atom("I10.1b", *FACTS, SLOT, low, gate=Gate.DOSE) is Truth.FALSE


def test_nobody_is_left_out_for_a_consent_whose_day_is_not_known() -> None:
    record = _record(Consent(id="c", subject="P", on="2026-02"))
    *_, gate = derive_eligibility(STUDY, record, derive_subjects(STUDY, record), date(2026, 2, 12))
    assert {one.verdict for one in gate.verdicts} == {"unknown"}
