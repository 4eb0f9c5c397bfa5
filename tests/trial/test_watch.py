"""After the window: late toxicity by what was given, reporting clocks, follow-up, the kidney's dose rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study
from galu.record import Entry, Fact, fact_digest, record_of
from galu.record.conduct import Decision, Signature
from galu.record.disease import AdverseEvent
from galu.record.people import Consent, Demographics, Lab, Vital
from galu.record.site import SafetyReport
from galu.record.treatment import Administration, Enrolment
from galu.trial.state import TrialState, derive_state
from support import ROOT, weekly_counts

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
FIRST = date(2026, 2, 2)
COUNTS = (("PLAT", 180.0), ("NEUT", 4.0), ("WBC", 6.0))


def _day(number: int) -> str:
    """Study day; day 1 is the first dose."""
    return (FIRST + timedelta(days=number - 1)).isoformat()


def _dose(cycle: int, number: int) -> Administration:
    return Administration(
        id=f"a{cycle}", subject="P", on=f"{_day(number)}T10:00", agent=LU, cycle=cycle,
        planned_activity_mbq=6000, activity_mbq=6000,
    )  # fmt: skip


def _state(number: int, *facts: Fact) -> TrialState:
    base: tuple[Fact, ...] = (
        Consent(id="c", subject="P", on=_day(-13)),
        Demographics(id="d", subject="P", on=_day(-13), sex="M", birth_date="1956-02-02"),
        Vital(id="w", subject="P", on=_day(-13), test="WEIGHT", value=80, unit="kg"),
        Enrolment(id="e", subject="P", on=_day(-1), phase="escalation", level=2),
        _dose(1, 1),
        *weekly_counts("P", FIRST),
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [Entry(i + 1, now, fact) for i, fact in enumerate((*base, *facts))]
    day = FIRST + timedelta(days=number - 1)
    return derive_state(STUDY, record_of(entries, "Asia/Shanghai"), day)


def test_a_toxicity_after_the_window_is_no_dlt_but_is_watched_with_what_was_given() -> None:
    late = AdverseEvent(
        id="x", subject="P", on=_day(60), term="Hepatic failure", grade=4, attribution="related"
    )
    state = _state(80, _dose(2, 43), late)
    (row,) = state.watch.dlts
    assert (row.outcome, row.rule_dlt) == ("N", False)
    (one,) = state.watch.late
    assert (one.met, one.doses, one.facts) == (True, 2, ("x",))
    assert one.exposure is not None and one.exposure.cumulative_mbq == 12000
    assert [(band.lower, band.at_risk, band.with_toxicity) for band in state.watch.by_activity] == [
        (0.0, 1, 0), (7400.0, 1, 1), (14800.0, 0, 0), (22200.0, 0, 0),
    ]  # fmt: skip


def test_a_serious_event_starts_the_clocks_of_its_country_and_a_report_ends_its_own() -> None:
    event = AdverseEvent(
        id="s", subject="P", on=_day(10), term="Sepsis", grade=4, serious=True, life_threatening=True,
        expected=False, attribution="related", aware=f"{_day(11)}T09:00",
        sponsor_aware=f"{_day(12)}T09:00",
    )  # fmt: skip
    there = Demographics(id="d2", subject="P", on=_day(-13), country="CHN", birth_date="1956-02-02")
    sent = SafetyReport(id="sr", subject="P", on=f"{_day(13)}T09:00", event="s", receiver="Authority")
    found = {(one.receiver, one.stage): one for one in _state(20, event, there, sent).duties.reports}
    assert found["sponsor", "initial"].due == found["sponsor", "initial"].aware  # at once
    assert found["authority", "initial"].due.date() == FIRST + timedelta(days=11 + 7)
    assert found["authority", "complete"].due.date() == FIRST + timedelta(days=11 + 15)
    assert all(one.assumed == () for one in found.values())
    assert found["authority", "initial"].sent is not None
    waiting = {one.what for one in _state(20, event, there, sent).agenda if "report of" in one.what}
    assert "report of Sepsis to the authority" not in waiting
    assert "complete report of Sepsis to the authority" in waiting


def test_follow_up_is_due_every_twelve_weeks_until_it_is_seen() -> None:
    creatinine = Lab(id="k", subject="P", on=_day(85), test="CREAT", value=80, unit="umol/L")
    state = _state(110, creatinine)
    done = {look.domain: look.done for look in state.duties.follow_up}
    assert done["kidney"] == FIRST + timedelta(days=84)
    assert done["marrow"] is None


def test_dlts_at_the_recommended_dose_are_held_against_their_bound() -> None:
    signed = Decision(id="r", on=_day(60), decision="rp2d", level=2, by="Safety committee")
    mark = Signature(
        id="g", on=_day(60), signs="r", digest=fact_digest(signed), meaning="approved", signer="Chair"
    )
    monitor = _state(70, signed, mark).watch.monitor
    assert monitor is not None and (monitor.evaluable, monitor.dlts) == (1, 0)
    assert monitor.probability == pytest.approx((1 - 0.33) ** 2)  # Beta(1, 2) above 0.33
    assert not monitor.review


@pytest.mark.parametrize(("present", "action"), [(70.0, "give"), (120.0, "hold")])
def test_creatinine_that_rose_by_half_holds_the_dose(present: float, action: str) -> None:
    counts = [
        Lab(id=f"{test}{n}", subject="P", on=_day(n), test=test, value=value, unit="10^9/L",
            lower_limit=1.0, upper_limit=400.0)
        for test, value in COUNTS
        for n in (-3, 44)
    ]  # fmt: skip
    blood = [
        Lab(id=f"h{n}", subject="P", on=_day(n), test="HGB", value=140, unit="g/L", lower_limit=130,
            upper_limit=175)
        for n in (-3, 44)
    ]  # fmt: skip
    kidney = [
        Lab(id=f"k{n}", subject="P", on=_day(n), test="CREAT", value=value, unit="umol/L", upper_limit=110)
        for n, value in ((-3, 70.0), (44, present))
    ]
    (proposal,) = _state(45, *counts, *blood, *kidney).proposals
    assert proposal.action == action
