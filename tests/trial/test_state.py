"""The state of a small trial: each result traces to its facts, and later facts change nothing earlier."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study
from galu.record import Entry, Fact, Record, record_of
from galu.record.disease import AdverseEvent, BoneScan, CollectedResponse, Lesion, Measurement
from galu.record.people import Consent, Death, Lab
from galu.record.treatment import Administration, Enrolment, RegionActivity, Sample
from galu.trial.state import derive_state
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
FIRST = date(2026, 2, 2)


def _day(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


def _at(hours: float) -> str:
    start = datetime(2026, 2, 2, 10, 0)
    return (start + timedelta(hours=hours)).isoformat(timespec="seconds")


def _facts() -> list[Fact]:
    facts: list[Fact] = [
        Consent(id="c", subject="P", on=_day(-14)),
        Enrolment(id="e", subject="P", on=_day(-1), phase="escalation", level=1),
        Administration(
            id="a", subject="P", on=_at(0), ended=_at(0.5), agent=LU, cycle=1,
            planned_activity_mbq=3700, activity_mbq=3700,
        ),
        Lab(id="p0", subject="P", on=_day(-3), test="PSA", value=100, unit="ng/mL"),
        Lab(id="p1", subject="P", on=_day(42), test="PSA", value=40, unit="ng/mL"),
        Lab(id="p2", subject="P", on=_day(84), test="PSA", value=35, unit="ng/mL"),
        Lab(id="n0", subject="P", on=_day(-3), test="PLAT", value=200, unit="10^9/L",
            lower_limit=125, upper_limit=350),
        Lab(id="n1", subject="P", on=_day(21), test="PLAT", value=74, unit="10^9/L",
            lower_limit=125, upper_limit=350),
        Lesion(id="l", subject="P", on=_day(-7), lesion="T1", role="target", site="LIVER", visit="base"),
        Measurement(id="m0", subject="P", on=_day(-7), lesion="T1", value=40, unit="mm", visit="base"),
        Measurement(id="m1", subject="P", on=_day(56), lesion="T1", value=20, unit="mm", visit="w8"),
        CollectedResponse(id="r1", subject="P", on=_day(56), test="TRGRESP", value="SD", visit="w8"),
        BoneScan(id="b1", subject="P", on=_day(56), new_lesions=0),
        AdverseEvent(id="x", subject="P", on=_day(5), term="Dry mouth", soc="Gastrointestinal disorders",
                     grade=1, attribution="related"),
    ]  # fmt: skip
    for n, hours in enumerate((4.0, 24.0, 48.0, 168.0)):
        left = 60.0 * 2.0 ** (-hours / 40.0)
        facts.append(
            RegionActivity(
                id=f"s{n}", subject="P", on=_at(hours), agent=LU, cycle=1, region="kidneys",
                activity_mbq=left, sigma_mbq=0.05 * left, mass_g=310,
            )
        )  # fmt: skip
    for n, hours in enumerate((0.6, 2.0, 6.0, 24.0, 48.0)):
        blood = 0.2 * 2.0 ** (-hours / 10.0)
        facts.append(
            Sample(
                id=f"k{n}", subject="P", on=_at(hours), matrix="whole blood", analyte=LU, cycle=1,
                value=blood, unit="MBq/mL", decay_state="measured",
            )
        )  # fmt: skip
    return facts


def _record(facts: list[Fact]) -> Record:
    """Each fact becomes known at the end of the day on which it happened."""
    ordered = sorted(facts, key=lambda fact: fact.on[:10])
    stamps = [datetime.fromisoformat(f"{fact.on[:10]}T10:00:00").replace(tzinfo=UTC) for fact in ordered]
    entries = [Entry(i + 1, at, fact) for i, (fact, at) in enumerate(zip(ordered, stamps, strict=True))]
    return record_of(entries, "Asia/Shanghai")


def test_every_objective_has_its_result_and_its_facts() -> None:
    state = derive_state(STUDY, _record(_facts()), FIRST + timedelta(days=100))
    (dose,) = state.absorbed_doses
    assert dose.course is not None and dose.course.dose is not None
    assert dose.course.fit.t_eff_h == pytest.approx(40.0, rel=1e-6)
    assert set(dose.facts) == {"a", "s0", "s1", "s2", "s3"}
    (one,) = state.efficacy.subjects
    assert one.psa.psa50.confirmed and one.psa.best_change_percent == pytest.approx(-65.0)
    assert [visit.overall for visit in one.combined] == ["PR"]
    assert one.best.response == "SD"  # the response is not yet confirmed
    (difference,) = state.efficacy.differences
    assert (difference.collected, difference.derived, difference.fact) == ("SD", "PR", "r1")
    half_lives = {
        row.decay_state: row.parameter.value
        for row in state.pharmacokinetics.parameters
        if row.parameter.code == "LAMZHL"
    }
    assert half_lives["measured"] == pytest.approx(10.0, rel=1e-6)
    assert 1 / half_lives["measured"] - 1 / half_lives["corrected"] == pytest.approx(1 / 159.5, rel=1e-3)
    grades = {row["fact"]: row["grade"] for row in state.safety.grades.iter_rows(named=True)}
    assert (grades["n0"], grades["n1"]) == (0, 2)
    assert state.safety.shifts["Platelet count decreased"] == {(0, 2): 1}
    assert {one.id: len(one.subjects) for one in state.sets}["dosimetry"] == 1
    assert (state.flow.dosed, state.flow.on_treatment) == (1, 1)


def test_later_facts_never_change_an_earlier_state() -> None:
    facts = _facts()
    later: list[Fact] = [
        Death(id="d", subject="P", on=_day(95)),
        Lab(id="p3", subject="P", on=_day(90), test="PSA", value=41, unit="ng/mL", supersedes="p1",
            reason="transcription error"),
    ]  # fmt: skip
    short, long = _record(facts), _record([*facts, *later])
    for offset in (-14, 0, 3, 21, 42, 56, 84):
        day = FIRST + timedelta(days=offset)
        before, after = derive_state(STUDY, short, day), derive_state(STUDY, long, day)
        assert before.board == after.board
        assert before.eligibility == after.eligibility
        assert before.efficacy.subjects == after.efficacy.subjects
        assert before.absorbed_doses == after.absorbed_doses
    changed = derive_state(STUDY, long, FIRST + timedelta(days=100))
    assert changed.efficacy.subjects[0].times["OS"].event
    assert changed.efficacy.subjects[0].psa.best_change_percent == pytest.approx(-65.0)


def test_a_clinical_cut_leaves_out_what_happened_later() -> None:
    state = derive_state(STUDY, _record(_facts()), FIRST + timedelta(days=100), FIRST + timedelta(days=50))
    assert state.efficacy.subjects[0].psa.best_change_percent == pytest.approx(-60.0)
    assert state.efficacy.subjects[0].combined == ()


def test_urine_is_not_graded_as_blood() -> None:
    urine = Lab(id="u", subject="P", on=_day(-3), test="PH", value=5.0, specimen="URINE")
    gas = Lab(id="g", subject="P", on=_day(-3), test="PH", value=7.2, lower_limit=7.35, upper_limit=7.45)
    grades = derive_state(STUDY, _record([*_facts(), urine, gas]), FIRST).safety.grades
    assert grades.filter(grades["test"] == "PH")["fact"].unique().to_list() == ["g"]
