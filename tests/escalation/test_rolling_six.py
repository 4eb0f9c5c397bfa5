"""Rolling six: the whole trial, the switches, totality, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.escalation import Action, Outcomes, RollingSix, design_named
from galu.escalation.outcomes import Outcome, PatientOutcome
from galu.finding import InputError


def decide(text: str, levels: int = 2, **switches: object) -> tuple[str, int | None]:
    decision = design_named("rolling-six", **switches).decide(Outcomes.from_string(text), levels)
    return decision.action.value, decision.level


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", ("same", 1)),
        ("1NNN", ("escalate", 2)),
        ("1NNNP", ("same", 1)),
        ("1NNNNNP", ("escalate", 2)),
        ("1NNNNPP", ("suspend", None)),
        ("1NNNNNT", ("escalate", 2)),
        ("1NTT", ("stop-no-dose", None)),
        ("1NNN 2N", ("same", 2)),
        ("1NNN 2NTT", ("de-escalate", 1)),
        ("1NNN 2NTT 1N", ("same", 1)),
        ("1NNN 2NTT 1NNP", ("suspend", None)),
        ("1NNN 2NTT 1NNT", ("declare-mtd", 1)),
        ("1NNN 2NTT 1NTT", ("stop-no-dose", None)),
        ("1NNNNNN 2TT", ("declare-mtd", 1)),
        ("1NNN 2NNNNN", ("same", 2)),
        ("1NNN 2NNNNNP", ("suspend", None)),
        ("1NNN 2NNNNNT", ("declare-highest", 2)),
        ("1NNN 2NNNNNX", ("same", 2)),
        ("1NNN 2NNNNNXN", ("declare-highest", 2)),
    ],
)
def test_walk_through_a_trial_of_two_levels(text: str, answer: tuple[str, int | None]) -> None:
    assert decide(text) == answer


def test_the_three_top_level_rules_end_at_different_patients() -> None:
    assert decide("1NNN 2NNN", top_level_rule="3-of-3") == ("declare-highest", 2)
    assert decide("1NNN 2NNN", top_level_rule="table") == ("same", 2)
    assert decide("1NNN 2NNNNN", top_level_rule="table") == ("declare-highest", 2)
    assert decide("1NNN 2NNNNN", top_level_rule="six-complete") == ("same", 2)


def test_the_one_pending_exception_is_a_switch() -> None:
    assert decide("1NNNNNP", six_zero_one_escalates=False) == ("suspend", None)


def test_a_slot_that_is_not_replaced_stays_used() -> None:
    assert decide("1NNNNTX", replace_inevaluable=True) == ("same", 1)
    assert decide("1NNNNTX", replace_inevaluable=False) == ("stop-no-dose", None)
    assert decide("1NNNNNX", replace_inevaluable=False) == ("escalate", 2)


def test_a_late_dlt_pauses_the_level_above_and_alerts() -> None:
    decision = RollingSix().decide(Outcomes.from_string("1NNT 2NP"), 2)
    assert (decision.action, decision.level) == (Action.DE_ESCALATE, 1)
    assert "committee" in decision.alert
    assert decide("1NNNNTT 2N") == ("stop-no-dose", None)


def test_a_level_tried_before_is_judged_by_its_own_tally_after_a_late_fill_below() -> None:
    assert decide("1NNT 2PPPPPP 1NNN") == ("suspend", None)
    assert decide("1NNT 2NNN 1NNN") == ("same", 2)
    assert decide("1NNT 2TT 1NNN") == ("declare-mtd", 1)


@pytest.mark.parametrize("text", ["2NNN", "1NN 2N", "1NNN 3N", "1NNNNNNN", "1NNQ", "NNN", "0NNN", "1"])
def test_impossible_outcomes_get_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match=";"):
        decide(text)


def test_unknown_switches_get_a_sentence() -> None:
    with pytest.raises(InputError):
        design_named("rolling-six", colour="blue")
    with pytest.raises(InputError):
        design_named("rolling-six", top_level_rule="five")


SWITCHES = st.fixed_dictionaries(
    {
        "top_level_rule": st.sampled_from(["six-complete", "table", "3-of-3"]),
        "six_zero_one_escalates": st.booleans(),
        "replace_inevaluable": st.booleans(),
    }
)


@settings(max_examples=300, deadline=None)
@given(st.data(), SWITCHES, st.integers(1, 5), st.sampled_from(["rolling-six", "3+3"]))
def test_every_reachable_trial_has_an_answer_and_ends(
    data: st.DataObject, switches: dict[str, object], levels: int, name: str
) -> None:
    """Random arrivals, late answers and inevaluables: always an answer, and no endless trial."""
    design = design_named(name, **(switches if name == "rolling-six" else {}))
    patients: list[PatientOutcome] = []
    for _ in range(200):
        decision = design.decide(Outcomes(tuple(patients)), levels)
        if decision.action.ends_escalation:
            break
        pending = [i for i, p in enumerate(patients) if p.outcome is Outcome.PENDING]
        wait = decision.action is Action.SUSPEND
        assert pending or not wait
        if wait or (pending and data.draw(st.booleans())):
            index = data.draw(st.sampled_from(pending))
            outcome = data.draw(
                st.sampled_from([Outcome.NONE, Outcome.NONE, Outcome.DLT, Outcome.INEVALUABLE])
            )
            patients[index] = PatientOutcome(patients[index].level, outcome)
        else:
            assert decision.level is not None
            patients.append(PatientOutcome(decision.level, Outcome.PENDING))
        lows = [p for p in patients if p.outcome is not Outcome.INEVALUABLE]
        assert max(sum(p.level == lv for p in lows) for lv in range(1, levels + 1)) <= 6
        if sum(p.outcome is Outcome.INEVALUABLE for p in patients) > 20:
            return
    else:
        raise AssertionError("the trial did not end")
