"""Role × action × own or other site × state, each cell; grants in time; unknown passes for nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.access import ROLES, STATES, TABLE, Grant, access_reference, may, sight, strictest

DAY = date(2026, 6, 15)


def grant(role, sites=frozenset({"Wuhan"}), since=date(2026, 1, 1), until=None):
    return Grant(role, sites, since, until, f"{role}-1")


#: Written by hand, apart from the table: what each role may do at its own site with open data.
EXPECTED = {
    "coordinator": "read read-personal read-board read-history enter measure import correct note answer",
    "investigator": "read read-personal read-board read-history enter measure judge import correct note "
    "answer sign decide",
    "monitor": "read read-personal read-board read-history note ask close review verify-source freeze",
    "medical-monitor": "read read-personal read-board read-history judge correct note ask close review sign "
    "decide",
    "physicist": "read read-board read-history measure import correct note ask answer sign",
    "statistician": "read read-board read-history ask sign",
    "data-manager": "read read-personal read-board read-history import correct note ask close review freeze "
    "lock sign",
    "auditor": "read read-personal read-board read-history",
    "committee": "read-board sign decide",
    "administrator": "",
}
EVERYWHERE = {
    "statistician": "read-report export",
    "data-manager": "read-report amend export backup",
    "auditor": "read-report export read-access-log",
    "administrator": "backup custody manage-accounts read-access-log",
    **dict.fromkeys(
        ["coordinator", "investigator", "monitor", "medical-monitor", "physicist", "committee"], "read-report"
    ),
}
ANYBODY = {"compute", "check-record"}
STOPPED = {
    "frozen": "enter measure judge import correct freeze",
    "locked": "enter measure judge import correct freeze ask answer close review verify-source lock sign",
}


def expected(role, action, own, state):
    line = TABLE[action]
    if action in STOPPED.get(state, "").split():
        return False
    if action in ("unfreeze", "unlock"):
        return role == "data-manager" and own and state == {"unfreeze": "frozen", "unlock": "locked"}[action]
    if action in ANYBODY:
        return True
    if action in EXPECTED[role].split():
        return own or line.reach == "trial"
    return False


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", TABLE)
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("state", STATES)
def test_each_cell_of_a_grant_at_one_site(role, action, own, state):
    found = may([grant(role)], action, "Wuhan" if own else "Chengdu", state, DAY)
    assert found.value is expected(role, action, own, state), found.reason
    assert bool(found.reason) is not found.value


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", [name for name, line in TABLE.items() if line.reach == "whole"])
def test_what_is_of_every_site_needs_a_grant_for_every_site(role, action):
    assert may([grant(role, None)], action, None, "open", DAY).value is (
        action in EVERYWHERE.get(role, "").split()
    )
    assert may([grant(role)], action, "Wuhan", "open", DAY).value is False


def test_a_state_that_is_not_known_allows_what_no_state_stops():
    for action, line in TABLE.items():
        role = sorted(line.roles)[0]
        found = may([grant(role, None)], action, "Wuhan", None, DAY)
        assert found.value is line.is_never_stopped


def test_a_site_that_is_not_known_is_reached_by_a_grant_for_every_site_alone():
    assert may([grant("coordinator")], "enter", None, "open", DAY).value is False
    assert may([grant("coordinator", None)], "enter", None, "open", DAY).value is True
    assert may([grant("coordinator", frozenset())], "enter", "Wuhan", "open", DAY).value is False


@given(st.integers(-400, 400), st.integers(-400, 400), st.one_of(st.none(), st.integers(-400, 400)))
def test_a_grant_holds_from_its_first_to_its_last_day(day, since, until):
    today, first = DAY + timedelta(day), DAY + timedelta(since)
    last = None if until is None else DAY + timedelta(until)
    found = may([grant("coordinator", since=first, until=last)], "enter", "Wuhan", "open", today)
    assert found.value is (since <= day and (until is None or day <= until))


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(["Wuhan", "Chengdu", None])), max_size=5))
def test_grants_add_up_and_none_takes_from_another(pairs):
    grants = [grant(role, None if site is None else frozenset({site})) for role, site in pairs]
    for action in TABLE:
        alone = any(may([one], action, "Wuhan", "open", DAY).value for one in grants)
        nobody = may([], action, "Wuhan", "open", DAY).value
        assert may(grants, action, "Wuhan", "open", DAY).value is (alone or nobody)


def test_without_a_grant_nothing_of_a_trial_is_allowed():
    allowed = {action for action in TABLE if may([], action, "Wuhan", "open", DAY).value}
    assert allowed == {"compute"}


def test_the_statistician_sees_no_personal_data_and_others_those_of_their_sites():
    seen = sight([grant("statistician", None), grant("coordinator")], DAY)
    assert seen.sees(None) and seen.sees("Chengdu") and seen.knows("Wuhan")
    assert not seen.knows("Chengdu") and not seen.knows(None)
    assert not sight([grant("administrator", None)], DAY).sees("Wuhan")
    assert not sight([], DAY).sees(None)
    assert sight([grant("auditor", None, until=date(2026, 6, 14))], DAY).sites == frozenset()


def test_the_strictest_state_counts():
    assert strictest([]) == "open"
    assert strictest(["locked", "reviewed", "frozen"]) == "locked"


def test_the_reference_has_a_row_for_each_action_and_role():
    text = access_reference()
    assert all(text.count(f"| {action} |") == 2 for action in TABLE)
    assert all(f" {role} |" in text for role in ROLES)
