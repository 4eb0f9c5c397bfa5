from __future__ import annotations

from datetime import date, timedelta

import pytest

from galu.efficacy.recist import Measurement, RecistRule, visit_responses
from galu.finding import InputError

DAY = date(2024, 1, 1)


def seen(week, *sizes, nodal=False, state="measured"):
    return [
        Measurement(f"T{i}", DAY + timedelta(weeks=week), f"W{week}", size, state, nodal=nodal)
        for i, size in enumerate(sizes)
    ]


def responses(*visits):
    return [visit.target for visit in visit_responses([item for visit in visits for item in visit])]


def test_continued_response_is_judged_against_the_nadir():
    assert responses(seen(0, 165.0), seen(8, 63.0), seen(16, 65.0)) == ["PR", "PR"]


@pytest.mark.parametrize(
    ("base", "then", "expected"),
    [(20.0, 24.0, "SD"), (25.0, 30.0, "PD"), (100.0, 119.9, "SD"), (100.0, 120.0, "PD"), (100.0, 70.0, "PR")],
)
def test_progression_needs_20_percent_and_5_mm(base, then, expected):
    assert responses(seen(0, base), seen(8, then)) == [expected]


def test_nodes_below_10_mm_are_complete_with_a_sum_above_zero():
    visit = visit_responses(seen(0, 20.0, nodal=True) + seen(8, 9.9, nodal=True))[0]
    assert (visit.target, visit.sum_mm) == ("CR", 9.9)
    assert responses(seen(0, 20.0, nodal=True), seen(8, 10.0, nodal=True)) == ["PR"]


def test_too_small_is_5_mm():
    assert responses(seen(0, 20.0), seen(8, None, state="too-small")) == ["PR"]


def test_not_evaluable_unless_what_was_measured_is_progression():
    assert responses(seen(0, 20.0, 20.0), seen(8, 20.0)) == ["NE"]
    assert responses(seen(0, 20.0, 20.0), seen(8, 48.0)) == ["PD"]


def test_an_incomplete_sum_is_no_nadir():
    assert responses(seen(0, 50.0, 50.0), seen(8, 10.0), seen(16, 50.0, 45.0)) == ["NE", "SD"]


def test_a_new_lesion_is_progression_but_an_equivocal_one_is_not():
    for state, overall in (("present", "PD"), ("equivocal", "SD")):
        new = Measurement("N1", DAY + timedelta(weeks=8), "W8", None, state, "new")
        assert visit_responses([*seen(0, 50.0), *seen(8, 50.0), new])[0].overall == overall


def test_order_and_irrelevant_visits_before_baseline_do_not_matter():
    items = seen(0, 50.0, 30.0) + seen(8, 30.0, 20.0) + seen(16, 45.0, 30.0)
    assert visit_responses(items) == visit_responses(items[::-1])
    earlier = [
        Measurement("T0", DAY - timedelta(weeks=9), "OLD", 5.0),
        *items,
    ]
    assert visit_responses(earlier, first_dose=DAY) == visit_responses(items, first_dose=DAY)


def test_a_lesion_given_twice_is_refused():
    with pytest.raises(InputError):
        visit_responses(seen(0, 50.0) + seen(8, 50.0) + seen(8, 51.0))


def new_node(size):
    return Measurement("N1", DAY + timedelta(weeks=8), "W8", size, role="new", nodal=True)


@pytest.mark.parametrize(("size", "overall"), [(9.9, "SD"), (10.0, "PD"), (None, "PD")])
def test_a_new_node_is_disease_from_10_mm(size, overall):
    assert visit_responses([*seen(0, 50.0), *seen(8, 50.0), new_node(size)])[0].overall == overall


def test_a_lesion_below_5_mm_keeps_its_size_where_it_was_measured():
    assert visit_responses(seen(0, 20.0) + seen(8, 3.0, state="too-small"))[0].sum_mm == 3.0


def test_a_lesion_back_after_a_complete_response_is_progression_whatever_its_size():
    back = [*seen(0, 50.0), *seen(8, 0.0), *seen(16, 4.0)]
    assert [visit.overall for visit in visit_responses(back)] == ["CR", "PD"]
    told = visit_responses(back)[1].reason
    assert told == "a lesion is back after a complete response"
    switched = visit_responses(back, RecistRule(recurrence_is_progression=False))
    assert [visit.overall for visit in switched] == ["CR", "PR"]


def test_a_lesion_that_was_gone_without_a_complete_response_is_judged_by_its_size():
    partly = [*seen(0, 50.0, 30.0), *seen(8, 0.0, 30.0), *seen(16, 4.0, 30.0)]
    assert responses(partly) == ["PR", "PR"]


def test_a_node_back_above_10_mm_after_a_complete_response_is_judged_by_its_size():
    nodes = [*seen(0, 20.0, nodal=True), *seen(8, 9.0, nodal=True), *seen(16, 11.0, nodal=True)]
    assert responses(nodes) == ["CR", "PR"]


def test_progression_rests_on_baseline_nadir_and_visit():
    sizes = ((0, 50.0), (8, 30.0), (16, 32.0), (24, 40.0))
    items = [Measurement("T1", DAY + timedelta(weeks=w), f"W{w}", mm, ref=f"w{w}") for w, mm in sizes]
    last = visit_responses(items)[-1]
    assert (last.target, last.facts) == ("PD", ("w0", "w8", "w24"))


def test_more_targets_than_recist_allows_are_told():
    assert "6 target lesions" in visit_responses(seen(0, *[20.0] * 6) + seen(8, *[20.0] * 6))[0].reason


@pytest.mark.parametrize(
    ("size", "nodal", "told"),
    [(8.0, False, "not measurable at baseline: T0 8 mm"), (10.0, False, ""),
     (14.0, True, "not measurable at baseline: T0 14 mm"), (15.0, True, "")],
)  # fmt: skip
def test_a_target_that_is_not_measurable_at_baseline_is_told(size, nodal, told):
    items = seen(0, size, nodal=nodal) + seen(8, size, nodal=nodal)
    assert visit_responses(items)[0].reason == told


def test_a_lesion_given_twice_at_baseline_is_refused():
    with pytest.raises(InputError, match="twice"):
        visit_responses(seen(0, 50.0) + seen(0, 51.0) + seen(8, 50.0))


def new(week, state="present", size=None):
    return Measurement("N1", DAY + timedelta(weeks=week), f"W{week}", size, state, "new", ref=f"n{week}")


def test_a_new_lesion_counts_until_a_visit_says_that_it_is_gone():
    targets = seen(0, 50.0) + seen(8, 30.0) + seen(16, 30.0) + seen(24, 30.0)
    kept = visit_responses([*targets, new(8)])
    assert [visit.overall for visit in kept] == ["PD", "PD", "PD"]
    assert (kept[1].reason, kept[1].facts) == ("not said to be gone: N1 (new at W8)", ("n8",))
    gone = visit_responses([*targets, new(8), new(16, "absent"), new(24, "equivocal")])
    assert [visit.overall for visit in gone] == ["PD", "PR", "PR"]
    assert [v.overall for v in visit_responses([*targets, new(8, "equivocal")])] == ["PR"] * 3
