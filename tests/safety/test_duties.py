from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study
from galu.safety.duties import long_term_follow_up, narratives, report_duties
from galu.safety.inputs import AdverseEventInput
from galu.safety.late import Exposure
from galu.safety.tables import TreatedSubject
from support import ROOT

SCAN, FIRST, LAST = date(2026, 1, 8), date(2026, 1, 10), date(2026, 2, 21)
AWARE = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)
EVENT = AdverseEventInput(
    "e", "Sepsis", 3, date(2026, 1, 19), serious=True, aware=AWARE, expected=False, attribution="related"
)


def treated(*events: AdverseEventInput) -> TreatedSubject:
    return TreatedSubject("P", SCAN, FIRST, LAST, events)


def dues(event: AdverseEventInput) -> list[tuple[str, datetime]]:
    return [(duty.receiver, duty.due) for duty in report_duties(treated(event), 30)]


@pytest.mark.parametrize(
    ("change", "authority_days"),
    [
        ({}, 15),
        ({"grade": 5}, 7),
        ({"life_threatening": True}, 7),
        ({"outcome": "FATAL"}, 7),
        ({"grade": 4}, 7),  # nobody said whether it threatened life
        ({"grade": 4, "life_threatening": False}, 15),
        ({"attribution": None, "expected": None}, 15),
        ({"attribution": "unrelated"}, None),
        ({"expected": True}, None),
    ],
)
def test_clocks_of_a_serious_event(change: dict, authority_days: int | None) -> None:
    expected = [("sponsor", AWARE + timedelta(hours=24))]
    if authority_days is not None:
        expected.append(("authority", AWARE + timedelta(days=authority_days)))
    assert dues(replace(EVENT, **change)) == expected


def test_what_is_unknown_is_read_strictly_and_said() -> None:
    (_, authority) = report_duties(treated(replace(EVENT, attribution=None, expected=None, grade=None)), 30)
    assert authority.assumed == ("related", "unexpected", "life-threatening")
    (sponsor, _) = report_duties(treated(replace(EVENT, aware=None)), 30)
    assert sponsor.due == datetime(2026, 1, 20, tzinfo=UTC) and sponsor.assumed == (
        "aware on the day of onset",
    )


def test_a_serious_event_between_scan_and_therapy_keeps_its_phase() -> None:
    assert {duty.phase for duty in report_duties(treated(replace(EVENT, onset=SCAN)), 30)} == {
        "imaging-emergent"
    }
    assert report_duties(treated(replace(EVENT, serious=False)), 30) == ()


def test_a_narrative_tells_what_was_given_and_what_else_went_on() -> None:
    doses = (Exposure(FIRST, 3700.0), Exposure(LAST, 7400.0))
    going_on = AdverseEventInput("a", "Anemia", 2, date(2026, 1, 15))
    over = AdverseEventInput("b", "Nausea", 1, date(2026, 1, 11), date(2026, 1, 12))
    (found,) = narratives(treated(replace(EVENT, ended=date(2026, 1, 23)), going_on, over), doses, 30)
    assert (found.doses, found.days_since_first_dose, found.days_since_last_dose, found.duration_days) == (
        doses[:1],
        9,
        9,
        5,
    )
    assert [one.ref for one in found.others] == ["a"]


STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")


def test_long_term_follow_up_is_due_every_twelve_weeks() -> None:
    assert STUDY.safety is not None
    seen = {"kidney": [LAST + timedelta(80)], "marrow": [LAST + timedelta(110)]}
    looks = long_term_follow_up(treated(), STUDY.safety, seen, LAST + timedelta(168))
    assert [(look.domain, (look.due - LAST).days, look.done is not None) for look in looks] == [
        ("kidney", 84, True), ("marrow", 84, False), ("second malignancy", 84, False),
        ("kidney", 168, False), ("marrow", 168, False), ("second malignancy", 168, False),
    ]  # fmt: skip
    assert [look.overdue(LAST + timedelta(99)) for look in looks[:3]] == [False, True, True]
    assert long_term_follow_up(replace(treated(), last_dose=None), STUDY.safety, {}, date(2030, 1, 1)) == ()
    ten_years = long_term_follow_up(treated(), STUDY.safety, {}, date(2036, 1, 1))
    assert max(look.due for look in ten_years) <= date(2031, 2, 21) + timedelta(14)
