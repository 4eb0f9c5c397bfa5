"""Weights and heights are possible by age: of the study, and of the person where children are admitted."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from hypothesis import given, strategies

from eligible_person import judged, known, person
from galu.finding import InputError
from galu.protocol import Study, parse_study
from galu.protocol.ages import ages_of, read_age
from galu.record import Entry, record_of
from galu.record.people import Consent, Demographics, Vital
from galu.record.treatment import Administration, Enrolment
from galu.trial.admission import check_admission
from galu.trial.state import derive_state
from galu.vocabulary.bodies import ADULTS, Ages, light_and_heavy, possible_of_age
from support import ROOT

TEXT = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
LU = "177Lu-PSMA-0057"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FROM_ONE_YEAR = (("value: 18 Years", "value: 1 Year"),)
BY_WEIGHT = (("activity_gbq: 3.7", "kbq_per_kg: 50000"), ("activity_gbq: 6.0", "kbq_per_kg: 80000"))
CAPPED = (("  reading:\n", "  most_mbq: {value: 2000, source: assumed, why: test}\n  reading:\n"),)


def study(*changes: tuple[str, str]) -> Study:
    """The reference study with other words."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_study(text, "study.yaml")


def faults(plan: Study, test: str, value: float, unit: str, born: str | None = None) -> list[str]:
    """What is said of a measurement of 2 March 2026."""
    person = [] if born is None else [Demographics(id="d", subject="P", on="2026-02-01", birth_date=born)]
    vital = Vital(id="v", subject="P", on="2026-03-02", test=test, value=value, unit=unit)
    found = check_admission(plan, record_of([], "Asia/Shanghai"), (*person, vital), NOW)
    return [f"{one.fault}; {one.remedy}" for one in found if one.fact == "v"]


#: Study, test, value, unit, birth date, words of the refusal (none: it enters).
TOLD = [
    ((), "WEIGHT", 12.5, "kg", None, "a study that admits children"),
    ((), "HEIGHT", 88.0, "cm", None, "a study that admits children"),
    ((), "WEIGHT", 12.5, "kg", "2023-05", "a study that admits children"),
    ((), "WEIGHT", 70.0, "kg", None, ""),
    (FROM_ONE_YEAR, "WEIGHT", 12.5, "kg", None, ""),
    (FROM_ONE_YEAR, "WEIGHT", 27.6, "lb", None, ""),
    (FROM_ONE_YEAR, "HEIGHT", 88.0, "cm", "2023-05", ""),
    (FROM_ONE_YEAR, "HEIGHT", 0.88, "m", "2023-05", ""),
    (FROM_ONE_YEAR, "HEIGHT", 0.88, "cm", "2023-05", "was it m?"),
    (FROM_ONE_YEAR, "WEIGHT", 12500.0, "kg", "2023-05", "is not possible"),
    (FROM_ONE_YEAR, "WEIGHT", 180.0, "kg", "2023-05", "not possible at 2.75"),
    (FROM_ONE_YEAR, "WEIGHT", 12.5, "kg", "1970", "is not possible"),
    (FROM_ONE_YEAR, "WEIGHT", 0.5, "kg", None, "is not possible"),
    ((("value: 18 Years", "value: 6 Months"),), "WEIGHT", 5.5, "kg", "2025-08-20", ""),
    ((("value: 18 Years", "value: 6 months"),), "WEIGHT", 5.5, "kg", None, ""),
]


@pytest.mark.parametrize(("changes", "test", "value", "unit", "born", "says"), TOLD)
def test_a_weight_is_possible_by_the_ages_of_the_study(changes, test, value, unit, born, says):
    found = faults(study(*changes), test, value, unit, born)
    assert (says in found[0] and len(found) == 1) if says else not found, found


def test_ages_are_the_widest_that_record_and_criteria_state():
    assert ages_of(study()) == ADULTS
    assert ages_of(study(*FROM_ONE_YEAR)).least == 1.0
    unknown = study(("value: 18 Years", "value:"))
    assert not ages_of(unknown).with_children
    assert ages_of(unknown.model_copy(update={"eligibility": None})) == ADULTS


@pytest.mark.parametrize(
    ("text", "years"),
    [("18 Years", 18), ("1 Year", 1), ("6 Months", 0.5), ("2 Weeks", 14 / 365.25), ("30 Days", 30 / 365.25),
     ("18岁", 18), ("18", 18), ("N/A", None), ("", None), (None, None), ("adult", None)],
)  # fmt: skip
def test_ages_are_read_as_registries_write_them(text, years):
    assert read_age(text) == (None if years is None else pytest.approx(years))


def test_a_child_is_dosed_by_its_weight():
    wide = ("    - 100.0\n    - 20000.0", "    - 50.0\n    - 20000.0")
    plan = study(*FROM_ONE_YEAR, *BY_WEIGHT, wide)
    assert plan.treatment is not None
    facts = [
        Consent(id="c", subject="P", on="2026-01-20"),
        Enrolment(id="e", subject="P", on="2026-02-01", phase="escalation", level=1),
        Vital(id="w", subject="P", on="2026-03-01", test="WEIGHT", value=12.4, unit="kg"),
        Administration(
            id="a",
            subject="P",
            on="2026-03-02T10:00",
            agent=LU,
            planned_activity_mbq=620,
            activity_mbq=620,
            cycle=1,
        ),
    ]
    entries = [Entry(n, datetime(2026, 2, 1, tzinfo=UTC), fact) for n, fact in enumerate(facts, start=1)]
    found = derive_state(plan, record_of(entries, "Asia/Shanghai"), date(2026, 4, 1))
    assert found.subjects[0].therapy[0].level_mbq == pytest.approx(50.0 * 12.4)
    assert found.proposals[0].planned_mbq == pytest.approx(50.0 * 12.4)


def test_the_range_of_the_agent_holds_the_light_child():
    with pytest.raises(InputError, match=r"level 1 \(50000 kBq/kg\) gives 400 to 6000 MBq"):
        study(*FROM_ONE_YEAR, *BY_WEIGHT, ("    - 100.0\n    - 20000.0", "    - 1000.0\n    - 20000.0"))


def test_a_cap_is_held_against_a_light_child_where_children_are_admitted():
    assert study(*FROM_ONE_YEAR, *BY_WEIGHT, *CAPPED).treatment is not None
    with pytest.raises(InputError, match="gives at 70 kg"):
        study(*BY_WEIGHT, *CAPPED)


@given(strategies.floats(0, 90), strategies.floats(0, 20), strategies.sampled_from(["WEIGHT", "HEIGHT"]))
def test_a_wider_span_of_ages_allows_more(least, more, test):
    _, low, high = possible_of_age(test, Ages(least, least))
    _, wider_low, wider_high = possible_of_age(test, Ages(least, least + more))
    assert wider_low <= low < high <= wider_high
    (light, _), (heavy, _) = light_and_heavy(Ages(least, least))
    assert light < heavy and (test != "WEIGHT" or low < light < heavy < high)


def test_the_table_of_bodies_rises():
    text = (files("galu.vocabulary") / "body_by_age.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    for column in rows[0]:
        numbers = [float(row[column]) for row in rows]
        assert numbers == sorted(numbers), column


def test_no_clearance_of_a_child_is_computed_by_the_formulas_of_adults():
    adult = judged("I10", person())
    child = judged("I10", person(known("birth_date", "2014-05-01")))
    said = {one.id: one.reason for one in child.atoms}
    assert any("eGFR cannot be computed" in reason for reason in said.values()), said
    assert not any("eGFR cannot be computed" in one.reason for one in adult.atoms)
