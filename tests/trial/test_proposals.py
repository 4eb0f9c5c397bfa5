"""Before a cycle: toxicity and organ limits propose, a physician signs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import Study, load_study, parse_study
from galu.record import Entry, Fact, record_of
from galu.record.people import Consent, Lab
from galu.record.treatment import Administration, Enrolment, RegionActivity
from galu.trial.proposals import CycleProposal
from galu.trial.state import derive_state
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
FIRST = date(2026, 2, 2)
COUNTS = {"PLAT": (180.0, 125.0, 350.0), "NEUT": (4.0, 2.0, 7.5), "WBC": (6.0, 4.0, 11.0)}


def _labs(number: int, day: date, **changed: float) -> list[Fact]:
    facts: list[Fact] = [
        Lab(
            id=f"{test}{number}", subject="P", on=day.isoformat(), test=test, value=changed.get(test, value),
            unit="10^9/L", lower_limit=low, upper_limit=high,
        )
        for test, (value, low, high) in COUNTS.items()
    ]  # fmt: skip
    hgb = Lab(
        id=f"HGB{number}", subject="P", on=day.isoformat(), test="HGB", value=changed.get("HGB", 140.0),
        unit="g/L", lower_limit=130, upper_limit=175,
    )  # fmt: skip
    kidney = Lab(
        id=f"CREAT{number}", subject="P", on=day.isoformat(), test="CREAT", value=80.0, unit="umol/L"
    )
    return [*facts, hgb, kidney]


def _proposal(facts: list[Fact], kidney_mbq: float | None = None, study: Study = STUDY) -> CycleProposal:
    start = datetime(2026, 2, 2, 10)
    given = Administration(
        id="a", subject="P", on=start.isoformat(), agent=LU, cycle=1, planned_activity_mbq=6000,
        activity_mbq=6000,
    )  # fmt: skip
    base: list[Fact] = [
        Consent(id="c", subject="P", on="2026-01-20"),
        Enrolment(id="e", subject="P", on="2026-02-01", phase="escalation", level=2),
        given,
        *_labs(0, FIRST - timedelta(days=3)),
    ]
    if kidney_mbq is not None:
        base += [
            RegionActivity(
                id=f"s{n}", subject="P", on=(start + timedelta(hours=hours)).isoformat(), agent=LU, cycle=1,
                region="kidneys", activity_mbq=kidney_mbq * 2 ** (-hours / 50.0), sigma_mbq=2.0, mass_g=250,
            )
            for n, hours in enumerate((4.0, 24.0, 48.0, 168.0))
        ]  # fmt: skip
    now = datetime(2026, 2, 1, tzinfo=UTC)
    record = record_of([Entry(i + 1, now, f) for i, f in enumerate([*base, *facts])], "Asia/Shanghai")
    (proposal,) = derive_state(study, record, FIRST + timedelta(days=40)).proposals
    return proposal


def test_normal_counts_propose_the_planned_activity() -> None:
    proposal = _proposal(_labs(1, FIRST + timedelta(days=35)))
    assert (proposal.action, proposal.activity_mbq, proposal.cycle) == ("give", 6000, 2)
    assert proposal.due == FIRST + timedelta(days=42)


def test_a_grade_3_count_that_resolved_reduces_by_a_fifth() -> None:
    facts = _labs(1, FIRST + timedelta(days=21), PLAT=40.0) + _labs(2, FIRST + timedelta(days=35))
    proposal = _proposal(facts)
    assert proposal.action == "reduce"
    assert proposal.activity_mbq == pytest.approx(4800)
    assert "PLAT1" in proposal.facts


def test_counts_that_are_missing_or_still_low_hold_the_dose() -> None:
    assert _proposal([]).action == "hold"
    held = _proposal(_labs(1, FIRST + timedelta(days=35), NEUT=1.2))
    assert (held.action, held.activity_mbq) == ("hold", None)


def test_an_organ_limit_lowers_the_activity_to_what_keeps_the_accepted_risk() -> None:
    text = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
    strict = parse_study(text.replace("quantity: bed, limit_gy: 40", "quantity: bed, limit_gy: 16"), "strict")
    proposal = _proposal(_labs(1, FIRST + timedelta(days=35)), 300.0, strict)
    bed = next(room for room in proposal.organs if room.quantity == "bed")
    assert bed.probability > bed.accepted_risk == 0.05
    assert proposal.action == "reduce"
    assert 0.0 < bed.largest_mbq < 6000.0
    assert proposal.activity_mbq == pytest.approx(bed.largest_mbq)
    assert "kidneys bed passes 16 Gy" in proposal.reasons[0]


def test_where_the_plan_says_so_the_treatment_ends_at_its_organ_limit() -> None:
    text = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
    text = text.replace("quantity: bed, limit_gy: 40", "quantity: bed, limit_gy: 16")
    ends = "  at_organ_limit: {value: stop, source: assumed, why: test}\n  reading:\n"
    plan = parse_study(text.replace("  reading:\n", ends, 1), "strict")
    proposal = _proposal(_labs(1, FIRST + timedelta(days=35)), 300.0, plan)
    assert (proposal.action, proposal.activity_mbq) == ("stop", None)
    assert "by the plan no further dose is given" in proposal.reasons[0]
