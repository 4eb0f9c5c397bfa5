"""What never changes a verdict, and the truth tables the verdicts rest on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eligible_person import DOSE, LABS, SCAN, known, person, plan, slipped
from galu.eligibility import Evidence, Gate, SubjectEvidence, evaluate, expiry_calendar, what_if
from galu.finding import InputError, Truth, all_of, any_of

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
#: CQL 1.5, appendix B: (left, right, and, or).
CQL = (
    (T, T, T, T), (T, F, F, T), (T, U, U, T),
    (F, T, F, T), (F, F, F, F), (F, U, F, U),
    (U, T, U, T), (U, F, F, U), (U, U, U, U),
)  # fmt: skip


@pytest.mark.parametrize(("left", "right", "both", "either"), CQL)
def test_truth_tables_of_cql(left: Truth, right: Truth, both: Truth, either: Truth) -> None:
    assert (left & right, left | right) == (both, either)
    assert (all_of((left, right)), any_of((left, right))) == (both, either)
    assert ~(left & right) is (~left | ~right)


def test_negation_and_the_empty_lists() -> None:
    assert (~T, ~F, ~U) == (F, T, U)
    assert (all_of(()), any_of(())) == (T, F)
    with pytest.raises(TypeError):
        bool(U)


def verdicts(who: SubjectEvidence, gate: str = "dose") -> tuple[str, ...]:
    return tuple(one.verdict for one in evaluate(plan(), who, gate, DOSE))


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(list(Gate)))
def test_order_of_evidence_never_changes_a_verdict(random, gate) -> None:  # type: ignore[no-untyped-def]
    who = person(known("lab.alt", 180.0, "U/L", uln=40.0), known("lab.alt", 30.0, "U/L", LABS, uln=40.0))
    names = list(who.items)
    random.shuffle(names)
    shuffled = {name: tuple(random.sample(who.items[name], len(who.items[name]))) for name in names}
    assert evaluate(plan(), replace(who, items=shuffled), gate, DOSE) == evaluate(plan(), who, gate, DOSE)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["therapy.anti_infective", "lab.psa", "lab.alt", "event.stroke", "ecog"]))
def test_later_evidence_never_changes_a_verdict(item: str) -> None:
    who = person()
    later = Evidence(item, "no matter", None, DOSE + timedelta(1), "later")
    more = {**who.items, item: (*who.items.get(item, ()), later)}
    assert evaluate(plan(), replace(who, items=more), "dose", DOSE) == evaluate(plan(), who, "dose", DOSE)


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=12))
def test_evidence_of_an_item_that_galu_does_not_know_is_refused(item: str) -> None:
    with pytest.raises(InputError, match="data item"):
        Evidence(f"x.{item}", "positive", None, DOSE, "x")


#: Item, criterion, range of values, its two units and the exact factor between them.
UNITS = (
    ("lab.anc", (0.2, 9.0), "10^9/L", "/uL", 1000.0),
    ("lab.platelets", (10.0, 400.0), "10^9/L", "10^3/uL", 1.0),
    ("lab.wbc", (0.5, 12.0), "x10E9/L", "/uL", 1000.0),
    ("lab.hemoglobin", (5.0, 17.0), "g/dL", "g/L", 10.0),
    ("lab.albumin", (1.5, 5.5), "g/dL", "g/L", 10.0),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNITS), st.data())
def test_unit_and_value_together_never_change_a_verdict(row, data) -> None:  # type: ignore[no-untyped-def]
    item, (low, high), first, second, factor = row
    value = round(data.draw(st.floats(low, high)), 1)
    one = person(known(item, value, first))
    other = person(known(item, float(f"{value * factor:.12g}"), second))
    assert verdicts(one) == verdicts(other)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.5, 4.0), st.floats(0.8, 1.4))
def test_creatinine_in_either_unit(value: float, uln: float) -> None:
    milligrams = known("lab.creatinine", value, "mg/dL", uln=uln)
    micromoles = known("lab.creatinine", value * 88.4, "µmol/L", uln=uln * 88.4)
    assert verdicts(person(milligrams)) == verdicts(person(micromoles))


def test_testosterone_alone_is_judged_where_it_was_reported() -> None:
    assert verdicts(person(known("lab.testosterone", 49.5, "ng/dL"))) != verdicts(
        person(known("lab.testosterone", 49.5 / 28.842, "nmol/L"))
    )


def test_each_gate_asks_for_what_is_due_there() -> None:
    due = {
        gate: {one.criterion for one in evaluate(plan(), person(), gate, DOSE) if one.due} for gate in Gate
    }
    assert due[Gate.SCREENING] == {"I1", "I2", "I13"}
    assert due[Gate.ENROLMENT] == {one.id for one in plan().criteria} - {"I6", "E11"}
    assert len(due[Gate.DOSE]) == 30


def test_what_expired_between_the_gates_is_asked_for_again() -> None:
    late = LABS + timedelta(29)
    who = person(anchors=slipped(late))
    at_dose = {one.criterion: one for one in evaluate(plan(), who, "dose", late)}
    assert at_dose["I11"].verdict == "unknown" and "repeat it" in at_dose["I11"].atoms[0].reason
    assert {one.criterion: one.verdict for one in evaluate(plan(), who, "enrolment", late)}[
        "I11"
    ] == "satisfied"


def test_the_expiry_calendar_shows_what_a_slipped_dose_costs() -> None:
    slip = SCAN + timedelta(4)
    rows = {row.atom: row for row in expiry_calendar(plan(), person(anchors=slipped(slip)), DOSE)}
    scan = rows["I6.a"]
    assert (scan.item, scan.on, scan.expires, scan.state) == (
        "pet.psma", SCAN, SCAN + timedelta(3), "expires before the dose",
    )  # fmt: skip
    assert scan.facts == (f"pet.psma=positive@{SCAN}",)
    assert (rows["I10.1a"].expires, rows["I10.1a"].state) == (LABS + timedelta(28), "valid")
    after = expiry_calendar(plan(), person(anchors=slipped(date(2026, 4, 20))), date(2026, 4, 15))
    lasting = {atom.id for atom in plan().atoms() if (atom.valid_days or 0) > 28}
    assert {row.state for row in after if row.atom not in lasting} == {"expired"}
    assert [row.expires for row in after] == sorted(row.expires for row in after)


def test_what_if_names_switch_setting_subject_and_criterion() -> None:
    who = person(known("lab.testosterone", 49.5, "ng/dL"))
    found = {
        (c.switch, c.setting, c.criterion, c.before, c.after) for c in what_if(plan(), [who], "dose", DOSE)
    }
    assert found == {
        ("androgen_deprivation", "literal", "E4", "satisfied", "violated"),
        ("testosterone_unit", "nmol_l", "I4", "satisfied", "violated"),
    }


@pytest.mark.parametrize("switch", plan().switches, ids=lambda switch: switch.name)
def test_what_if_misses_no_criterion(switch) -> None:  # type: ignore[no-untyped-def]
    """A switch is declared on every atom that reads it: judging all thirty criteria finds no more changes."""
    later = replace(slipped(DOSE), screening=date(2026, 2, 24))
    treated = known("therapy.radiotherapy", "palliative", on=date(2026, 2, 10))
    crowd = [
        person(),
        person(known("birth_date", date(2008, 2, 23), on=None), anchors=later),
        person(known("event.thromboembolic", 3, on=date(2025, 8, 22)), anchors=later),
        person(treated, known("toxicity.ongoing", 2, label="Anemia")),
    ]
    expected = set()
    for who in crowd:
        base = evaluate(plan(), who, "dose", DOSE)
        for option in set(switch.options) - {switch.setting}:
            for a, b in zip(base, evaluate(plan(), who, "dose", DOSE, {switch.name: option}), strict=True):
                if a.verdict != b.verdict:
                    expected.add((option, a.criterion))
    found = {
        (c.setting, c.criterion) for c in what_if(plan(), crowd, "dose", DOSE) if c.switch == switch.name
    }
    assert found == expected


@pytest.mark.parametrize("change", [{"no_switch": "x"}, {"mdrd": "ckd-epi"}])
def test_an_unknown_switch_or_setting_is_a_sentence(change: dict[str, str]) -> None:
    with pytest.raises(InputError, match="use one of"):
        evaluate(plan(), person(), "dose", DOSE, change)
