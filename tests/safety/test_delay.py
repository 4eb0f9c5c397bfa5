"""A second fraction that is late leaves the window open until a person says whether a toxicity put it off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.protocol import load_study
from galu.safety.delay import ask_of_delay
from galu.safety.dlt import assess_dlt
from galu.safety.inputs import Departure, DltAdjudication, DltPatient, Fraction
from galu.safety.plan import SafetyPlan
from galu.safety.sign import Sign
from support import ROOT

FIRST = date(2021, 3, 1)
DUE, SLACK, WINDOW = FIRST + timedelta(14), 14, (FIRST, FIRST + timedelta(55))


def plan() -> SafetyPlan:
    found = load_study(ROOT / "studies" / "nct04506567" / "study.yaml").safety
    assert found is not None
    return found


RULE = next(rule for rule in plan().dlt.rules if rule.evidence == "delay")


def patient(given_after: int | None, **more: object) -> DltPatient:
    """Somebody whose second fraction was given so many days after its day of the plan, or not at all."""
    on = None if given_after is None else DUE + timedelta(given_after)
    fraction = Fraction(2, DUE, on, () if on is None else ("dose-2",))
    return replace(DltPatient("A", 1, FIRST, fractions=(fraction,)), **more)  # type: ignore[arg-type]


def asked(one: DltPatient, day: int) -> list[Sign]:
    return ask_of_delay(RULE, one, WINDOW, FIRST + timedelta(day - 1))


@pytest.mark.parametrize(
    ("late", "day", "asks"),
    [
        (0, 60, False),
        (14, 60, False),  # two weeks late, not more
        (15, 60, True),
        (15, 29, False),  # day 29 of the trial is two weeks after day 15
        (15, 30, True),  # not given by then
        (40, 35, True),
        (None, 29, False),
        (None, 30, True),
        (None, 60, True),
    ],
)
def test_more_than_two_weeks_late_is_asked_about(late: int | None, day: int, asks: bool) -> None:
    assert bool(asked(patient(late), day)) is asks


@given(st.one_of(st.none(), st.integers(-3, 60)), st.integers(1, 90))
def test_what_is_asked_once_stays_asked(late: int | None, day: int) -> None:
    """No later day takes a question back, and it is asked only of a dose that is late."""
    now, later = asked(patient(late), day), asked(patient(late), day + 7)
    assert not now or (later and later[0].on == now[0].on)
    assert bool(later) is ((late is None or late > SLACK) and day + 6 > 14 + SLACK)


@pytest.mark.parametrize("related", [True, False, None])
def test_only_leaving_for_another_reason_answers_it(related: bool | None) -> None:
    left = Departure(DUE - timedelta(3), related, "w")
    assert bool(asked(patient(None, withdrew=left), 60)) is (related is not False)
    assert asked(patient(None, died=Departure(DUE, False, "d")), 60) == []


def test_a_named_person_decides() -> None:
    day = FIRST + timedelta(70)
    late = patient(20)
    assert assess_dlt(late, plan(), day).outcome == "P"
    assert assess_dlt(late, plan(), day).rule_id == RULE.id
    yes = DltAdjudication("j", DUE + timedelta(21), True, "Dr Vos", frozenset(("dose-2",)))
    assert assess_dlt(replace(late, adjudications=(yes,)), plan(), day).outcome == "T"
    no = replace(yes, is_dlt=False)
    assert assess_dlt(replace(late, adjudications=(no,)), plan(), day).rule_id != RULE.id
