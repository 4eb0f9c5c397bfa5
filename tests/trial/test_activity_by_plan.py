"""Activities by weight, in fractions, falling by cycle: from the study file to the board."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import Study, parse_study
from galu.record import Entry, Fact, record_of
from galu.record.people import Consent, Vital
from galu.record.treatment import Administration, Dispensed, Enrolment, RegionActivity, Residual
from galu.trial.admission import check_admission
from galu.trial.state import TrialState, derive_state
from support import ROOT, weekly_counts

TEXT = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
LU = "177Lu-PSMA-0057"
FIRST = date(2026, 2, 2)
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def study(*changes: tuple[str, str]) -> Study:
    """The reference study with other words."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_study(text, "study.yaml")


SECOND = """\
  - {id: dose-2, anchor: cycle, day: 15, after_days: 7, procedures: [dose], source: assumed, why: test}
"""
BY_WEIGHT = study(("activity_gbq: 3.7", "kbq_per_kg: 50000"), ("activity_gbq: 6.0", "kbq_per_kg: 80000"))
TWO_FRACTIONS = (
    ("  reading:\n", "  fraction_days: {value: [1, 15], source: assumed, why: test}\n  reading:\n"),
    ("  - id: haematology-c1\n", f"{SECOND}  - id: haematology-c1\n"),
    ("value: per administration", "value: per cycle"),
)
IN_TWO = study(*TWO_FRACTIONS)
FALLING = study(
    ("  reading:\n", "  lower_each_cycle_gbq: {value: 0.4, source: assumed, why: test}\n  reading:\n")
)


def given(number: int, day: int, planned: float | None, **more: object) -> Administration:
    on = datetime.combine(FIRST + timedelta(days=day), datetime.min.time()).replace(hour=10)
    return Administration(
        id=f"a{number}", subject="P", on=on.isoformat(), agent=LU, planned_activity_mbq=planned,
        activity_mbq=planned, **more,
    )  # fmt: skip


def weighed(day: int, kg: float) -> Vital:
    on = (FIRST + timedelta(days=day)).isoformat()
    return Vital(id=f"w{day}", subject="P", on=on, test="WEIGHT", value=kg, unit="kg")


def state(plan: Study, *facts: Fact, day: int = 36) -> TrialState:
    base = [
        Consent(id="c", subject="P", on="2026-01-20"),
        Enrolment(id="e", subject="P", on="2026-02-01", phase="escalation", level=2),
    ]
    entries = [Entry(n, NOW, fact) for n, fact in enumerate([*base, *facts], start=1)]
    return derive_state(plan, record_of(entries, "Asia/Shanghai"), FIRST + timedelta(days=day))


def test_an_activity_by_weight_is_that_of_the_weight_of_the_day():
    found = state(BY_WEIGHT, weighed(-3, 70), given(1, 0, 5600, cycle=1), weighed(30, 65))
    assert found.subjects[0].therapy[0].level_mbq == pytest.approx(80.0 * 70)
    (proposal,) = found.proposals
    assert proposal.planned_mbq == pytest.approx(80.0 * 65)
    assert any("80000 kBq/kg at 65 kg (2026-03-04)" in reason for reason in proposal.reasons)
    assert not found.exposure[0].reduced


def test_without_a_weight_nobody_can_say_an_activity():
    (proposal,) = state(BY_WEIGHT, given(1, 0, 5600, cycle=1)).proposals
    assert (proposal.action, proposal.activity_mbq, proposal.planned_mbq) == ("hold", None, None)
    assert any("the weight is not known" in reason for reason in proposal.reasons)
    unknown = state(BY_WEIGHT, given(1, 0, 5600, cycle=1)).exposure[0]
    assert unknown.reduced is None


@pytest.mark.parametrize(
    ("newest", "says"),
    [
        ({"unit": None}, "has no known unit"),
        ({"value": None}, "has no value"),
        ({"on": "2026-03"}, "has no day"),
        ({"on": "2026-02-25", "value": 60.0}, "told as 60 and 70 kg"),
    ],
)
def test_no_earlier_weight_stands_for_a_newest_one_that_is_not_known(newest, says):
    row = {"id": "n", "subject": "P", "on": "2026-03-05", "test": "WEIGHT", "value": 80.0, "unit": "kg"}
    unread = Vital.model_validate({**row, **newest})
    (proposal,) = state(BY_WEIGHT, given(1, 0, 5600, cycle=1), weighed(23, 70), unread).proposals
    assert (proposal.action, proposal.activity_mbq) == ("hold", None)
    assert any(says in reason for reason in proposal.reasons), proposal.reasons


def test_a_weight_told_twice_is_one():
    again = Vital(id="n", subject="P", on="2026-02-25", test="WEIGHT", value=154.5, unit="lb")
    (proposal,) = state(BY_WEIGHT, given(1, 0, 5600, cycle=1), weighed(23, 70), again).proposals
    assert proposal.planned_mbq == pytest.approx(80.0 * 70, rel=0.01)


def test_a_weight_of_afterwards_is_not_that_of_the_dose():
    found = state(BY_WEIGHT, given(1, 0, 5600, cycle=1), weighed(5, 70))
    assert found.subjects[0].therapy[0].level_mbq is None


def test_the_second_fraction_is_due_on_its_day_and_the_next_cycle_from_the_first():
    one = state(IN_TWO, given(1, 0, 3000, cycle=1, fraction=1), day=10)
    assert (one.board.due[0].due, one.board.due[0].what) == (
        FIRST + timedelta(days=14), f"{LU} dose, cycle 1, fraction 2 of 2",
    )  # fmt: skip
    assert (one.proposals[0].cycle, one.proposals[0].fraction, one.proposals[0].planned_mbq) == (1, 2, 3000)
    both = state(IN_TWO, given(1, 0, 3000, cycle=1, fraction=1), given(2, 17, 3000, cycle=1, fraction=2))
    assert (both.board.due[0].due, both.proposals[0].cycle) == (FIRST + timedelta(days=42), 2)
    assert [row.delay_days for row in both.exposure] == [None, 3]
    assert both.subjects[0].cumulative_mbq == 6000


def test_each_fraction_has_its_own_absorbed_dose():
    scans = [
        RegionActivity(
            id=f"s{fraction}{n}", subject="P", agent=LU, cycle=1, fraction=fraction, region="kidneys",
            on=(datetime(2026, 2, 2, 10) + timedelta(days=14 * (fraction - 1), hours=hours)).isoformat(),
            activity_mbq=60.0 * fraction * 2 ** (-hours / 50.0), sigma_mbq=1.0, mass_g=300,
        )
        for fraction in (1, 2) for n, hours in enumerate((4.0, 24.0, 48.0, 168.0))
    ]  # fmt: skip
    doses = (given(1, 0, 3000, cycle=1, fraction=1), given(2, 14, 3000, cycle=1, fraction=2))
    first, second = state(IN_TWO, *doses, *scans).absorbed_doses
    assert first.course is not None and second.course is not None
    assert second.course.dose.dose_gy == pytest.approx(2 * first.course.dose.dose_gy, rel=1e-3)


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (given(2, 14, 3000, cycle=1, fraction=2), None),
        (given(2, 14, 3000, cycle=1), "fraction 1 of 177Lu-PSMA-0057 is recorded as given already"),
        (given(2, 14, 3000, cycle=1), "given in 2 fractions, and none is named"),
        (given(2, 14, 3000, cycle=1, fraction=3), "fraction 3 of cycle 1 is not planned"),
    ],
)
def test_a_cycle_takes_as_many_administrations_as_it_has_fractions(second, says):
    base = [
        Consent(id="c", subject="P", on="2026-01-20"), given(1, 0, 3000, cycle=1, fraction=1), second
    ]  # fmt: skip
    faults = [
        one.fault
        for one in check_admission(IN_TWO, record_of([], "Asia/Shanghai"), base, NOW + timedelta(days=90))
    ]
    assert (not faults) if says is None else any(says in one for one in faults), faults


def test_what_the_plan_lowers_is_no_reduction():
    doses = [given(n, 42 * (n - 1), 6000 - 400 * (n - 1), cycle=n) for n in (1, 2, 3)]
    found = state(FALLING, *doses, day=120)
    assert found.proposals[0].planned_mbq == pytest.approx(4800)
    assert [row.reduced for row in found.exposure] == [False, False, False]
    lowered = state(FALLING, doses[0], given(2, 42, 4480, cycle=2), day=80)
    assert lowered.proposals[0].planned_mbq == pytest.approx(4480 * 5200 / 5600)
    assert [row.reduced for row in lowered.exposure] == [False, True]


def test_every_dose_is_held_against_its_level():
    doses = [given(1, 0, 6000, cycle=1), given(2, 42, 5600, cycle=2), given(3, 84, 6000, cycle=3)]
    found = [
        one.what
        for one in state(FALLING, *doses, day=120).deviations
        if one.rule == "activity of another level"
    ]
    assert found == ["dose 3 planned with 6000 MBq, level 2 is 5.2 GBq there"]
    half = state(IN_TWO, given(1, 0, 3000, cycle=1, fraction=1), given(2, 14, 1500, cycle=1, fraction=2))
    assert [one.what for one in half.deviations if one.rule == "activity of another level"] == [
        "dose 2 planned with 1500 MBq, level 2 is 3 GBq there"
    ]


@pytest.mark.parametrize(
    ("second", "outcome", "says"),
    [
        (None, "P", "fraction 2, due on 2026-02-16, is not recorded as given"),
        (given(2, 14, 1500, cycle=1, fraction=2), "X", "The full first dose was not received"),
        (given(2, 14, 3000, cycle=1, fraction=2), "N", ""),
    ],
)
def test_one_of_two_fractions_is_no_full_first_dose(second, outcome, says):
    doses = [one for one in (given(1, 0, 3000, cycle=1, fraction=1), second) if one is not None]
    found = state(IN_TWO, *doses, *weekly_counts("P", FIRST), day=60)
    (slot,) = found.board.slots
    assert slot.outcome == outcome and says in slot.reason


def test_an_activity_drawn_on_another_day_says_nothing_of_a_dose():
    drawn = Dispensed(id="d", subject="P", on="2026-02-16T09:00", agent=LU, cycle=1, activity_mbq=6100)
    left = Residual(id="r", subject="P", on="2026-02-02T11:00", agent=LU, cycle=1, activity_mbq=50)
    plan = study()
    bare = given(1, 0, 6000, cycle=1).model_copy(update={"activity_mbq": None})
    (dose,) = state(plan, bare, drawn, left).subjects[0].therapy
    assert dose.net_mbq is None and "days from the administration" in dose.reason
    faults = check_admission(plan, record_of([], "Asia/Shanghai"), [bare, drawn], NOW + timedelta(days=90))
    assert any("14 days from the administration" in one.fault for one in faults)


def test_a_fraction_begins_no_cycle_and_ends_no_treatment():
    doses = (given(1, 0, 3000, cycle=1, fraction=1), given(2, 14, 3000, cycle=1, fraction=2))
    visits = state(IN_TWO, *doses, day=40).visits
    counts = [one.planned for one in visits if one.visit == "haematology-c1"]
    assert counts[:2] == [FIRST + timedelta(days=7), FIRST + timedelta(days=14)]
    assert not [one for one in visits if one.visit == "haematology"]  # of later cycles
    one_cycle = study(*TWO_FRACTIONS, ("max_cycles:\n    value: 6", "max_cycles:\n    value: 1"))
    ended = ("safety-30", "follow-up")
    half = state(one_cycle, doses[0], day=10).visits
    assert not [one for one in half if one.visit in ended]
    assert [one for one in state(one_cycle, *doses, day=40).visits if one.visit in ended]
