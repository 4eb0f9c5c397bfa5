"""Activities as studies plan them: fixed, by cycle, by weight, by surface, in fractions, falling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from galu.protocol.treatment import Body, Treatment

MAN = Body(80.0, 180.0)


def said(value, why="for the test"):
    return {"value": value, "source": "assumed", "why": why}


def treatment(*levels, cycle_days=42, max_cycles=6, reading="per administration", **more):
    """A treatment with levels such as {"activity_gbq": 3.7}."""
    return Treatment.model_validate(
        {
            "therapy_agent": said("177Lu-X"),
            "levels": [
                {"level": n, "source": "assumed", "why": "test", **one} for n, one in enumerate(levels, 1)
            ],
            "cycle_days": said(cycle_days),
            "max_cycles": said(max_cycles),
            "reading": said(reading),
            **{key: said(value) for key, value in more.items()},
        }
    )


def planned(plan, level=1, body=MAN):
    return [plan.planned(level, n, body).mbq for n in range(1, plan.most_administrations + 1)]


NEORAY = treatment({"activity_gbq": (1.85, 5.55)}, {"activity_gbq": 9.25}, max_cycles=4)
VIOLET = treatment({"activity_gbq": 4.4}, {"activity_gbq": 5.5}, lower_each_cycle_gbq=0.4)
J591 = treatment(
    {"kbq_per_kg": 33.3}, {"kbq_per_kg": 45.0}, cycle_days=56, max_cycles=1, fraction_days=(1, 15)
)


def test_a_first_cycle_may_differ_from_those_that_follow():
    assert planned(NEORAY) == [1850.0, 5550.0, 5550.0, 5550.0]
    assert planned(NEORAY, level=2) == [9250.0] * 4
    assert str(NEORAY.levels[0]) == "1.85 then 5.55 GBq"


def test_an_activity_may_fall_from_cycle_to_cycle():
    assert planned(VIOLET) == pytest.approx([4400, 4000, 3600, 3200, 2800, 2400])


def test_an_activity_by_weight_waits_for_the_weight():
    assert planned(J591) == pytest.approx([33.3 * 80 / 1000] * 2)
    lacking = J591.planned(1, 1, Body())
    assert lacking.mbq is None and "weight is not known" in lacking.how


def test_an_activity_by_surface_waits_for_weight_and_height():
    plan = treatment({"mbq_per_m2": 1000})
    assert planned(plan)[0] == pytest.approx(1000 * (180 * 80 / 3600) ** 0.5)
    assert "height is not known" in plan.planned(1, 1, Body(80.0)).how


@pytest.mark.parametrize(
    ("reading", "each"), [("per administration", 6000.0), ("per cycle", 3000.0), ("cumulative", 1000.0)]
)
def test_what_an_activity_is_meant_for_divides_it(reading, each):
    plan = treatment({"activity_gbq": 6.0}, max_cycles=3, fraction_days=(1, 15), reading=reading)
    assert planned(plan) == [each] * 6


def test_fractions_have_their_place_and_day():
    assert [str(J591.turn(n)) for n in (1, 2, 3)] == [
        "cycle 1, fraction 1 of 2", "cycle 1, fraction 2 of 2", "cycle 2, fraction 1 of 2",
    ]  # fmt: skip
    assert [J591.days_after(n) for n in (1, 2)] == [14, 42]


@given(st.integers(1, 6), st.integers(1, 4), st.data())
def test_number_cycle_and_fraction_tell_the_same(cycles, fractions, data):
    days = (1, *(10 * n for n in range(1, fractions)))
    plan = treatment({"activity_gbq": 3.7}, max_cycles=cycles, fraction_days=days)
    number = data.draw(st.integers(1, plan.most_administrations))
    turn = plan.turn(number)
    assert plan.number_of(turn.cycle, turn.fraction) == number
    assert sum(plan.days_after(n) for n in range(1, fractions + 1)) == plan.cycle_days.value


@pytest.mark.parametrize(
    ("levels", "more", "says"),
    [
        ([{"activity_gbq": 3700}], {}, "Was it MBq"),
        ([{"activity_gbq": 0.008}], {}, "Write activity_mbq"),
        ([{"activity_mbq": 37000}], {}, "no therapeutic activity"),
        ([{"activity_gbq": (2.0, 3.0)}], {"reading": "cumulative"}, "one number, not one by cycle"),
        ([{"activity_gbq": 3.7, "kbq_per_kg": 50}], {}, "in one way"),
        ([{}], {}, "found none"),
        ([{"activity_gbq": ()}], {}, "is empty"),
        ([{"activity_gbq": 3.7}, {"kbq_per_kg": 50}], {}, "all levels state their activity in one way"),
        ([{"activity_gbq": 6.0}, {"activity_gbq": 3.7}], {}, "must rise"),
        ([{"activity_gbq": (5.0, 1.0)}, {"activity_gbq": (4.0, 6.0)}], {}, "must rise"),
        ([{"activity_gbq": (1.0, 2.0, 3.0)}], {"max_cycles": 2}, "activities of 3 cycles"),
        ([{"kbq_per_kg": 0}], {}, "no therapeutic activity"),
        ([{"activity_gbq": 3.7}], {"fraction_days": (2, 15)}, "begin with 1"),
        ([{"activity_gbq": 3.7}], {"fraction_days": (1, 15, 15)}, "begin with 1 and rise"),
        ([{"activity_gbq": 3.7}], {"fraction_days": (1, 43)}, "after the cycle of 42 days"),
        ([{"activity_gbq": 3.7}], {"lower_each_cycle_gbq": 0.8}, "leaves -0.3 GBq in cycle 6"),
        ([{"kbq_per_kg": 50}], {"lower_each_cycle_gbq": 0.1}, "one activity_gbq each"),
        ([{"activity_gbq": 3.7}], {"most_mbq": 3000}, "caps activities by weight"),
        ([{"activity_gbq": 3.7}], {"cycle_days": 0}, "greater than or equal to 1"),
        ([{"activity_gbq": 3.7}], {"max_cycles": -1}, "greater than or equal to 1"),
        ([{"activity_gbq": 3.7}], {"max_cycles": True}, "valid integer"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(levels, more, says):
    with pytest.raises(ValidationError, match=says):
        treatment(*levels, **more)


@pytest.mark.parametrize(("kg", "mbq"), [(70.0, 7.0), (100.0, 10.0), (101.0, 10.0), (160.0, 10.0)])
def test_an_activity_by_weight_may_be_capped(kg, mbq):
    plan = treatment({"kbq_per_kg": 100}, most_mbq=10)
    one = plan.planned(1, 1, Body(kg))
    assert one.mbq == pytest.approx(mbq)
    assert ("capped at 10 MBq" in one.how) == (kg > 100)
    assert plan.planned(1, 1, Body()).mbq is None  # a cap stands for no weight


def test_an_activity_in_all_may_be_more_than_one_administration_takes():
    plan = treatment({"activity_gbq": 22.2}, max_cycles=3, fraction_days=(1, 15), reading="cumulative")
    assert planned(plan) == [pytest.approx(3700.0)] * 6


@pytest.mark.parametrize(
    ("amounts", "shown"),
    [((1.85, 5.55, 1.85), "1.85 then 5.55 then 1.85 GBq"), ((5.55, 3.7, 3.7), "5.55 then 3.7 GBq")],
)
def test_the_name_of_a_level_keeps_its_cycles(amounts, shown):
    assert str(treatment({"activity_gbq": amounts}).levels[0]) == shown


def test_levels_between_the_scales_can_be_written_in_mbq():
    assert planned(treatment({"activity_mbq": 50}, {"activity_mbq": 150}), level=2)[0] == 150.0
