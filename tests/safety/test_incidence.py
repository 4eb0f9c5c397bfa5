from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from galu.safety.coverage import Coverage
from galu.safety.dlt import DltAssessment
from galu.safety.incidence import dlt_listing, exposure_adjusted, shift_rows
from galu.safety.inputs import AdverseEventInput, DltPatient
from galu.safety.tables import (
    TreatedSubject,
    ae_by_soc_and_term,
    ae_overview,
    ended_treatment,
    is_related,
    is_serious,
    keeping,
    phase_of,
)

FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def event(ref: str, term: str, on: int, **more: object) -> AdverseEventInput:
    return replace(AdverseEventInput(ref, term, 2, day(on), soc="Gastro"), **more)  # type: ignore[arg-type]


EVENTS = (
    event("1", "Dry mouth", 10, attribution="related"),
    event("2", "Dry mouth", 50, grade=3, serious=True, attribution="unrelated"),
    event("3", "Nausea", 20, action="DRUG WITHDRAWN"),
)
GROUP = (
    TreatedSubject("A", None, FIRST, day(43), EVENTS),
    TreatedSubject("B", None, FIRST, FIRST),
    TreatedSubject("C", None, FIRST, day(300), until=day(100)),
)


def test_exposure_ends_with_the_event_the_emergent_days_or_the_last_day_watched() -> None:
    rows = {row.term: row for row in exposure_adjusted(GROUP, 30, day(365))}
    assert rows["Dry mouth"].patient_years == pytest.approx((10 + 31 + 100) / 365.25)
    assert rows["Nausea"].patient_years == pytest.approx((20 + 31 + 100) / 365.25)
    assert rows["any"].subjects == 1
    assert rows["any"].per_100 == pytest.approx(100 * 365.25 / 141)


def test_the_interval_is_garwoods() -> None:
    """Exact limits of a Poisson count of 1 and of 0 (Garwood 1936): 0.0253 to 5.572, 0 to 3.689."""
    one = next(row for row in exposure_adjusted(GROUP, 30, day(365)) if row.term == "any")
    assert one.lower is not None and one.upper is not None
    assert one.lower * one.patient_years / 100 == pytest.approx(0.0253178, abs=1e-6)
    assert one.upper * one.patient_years / 100 == pytest.approx(5.5716434, abs=1e-6)
    (none,) = exposure_adjusted(GROUP[1:], 30, day(365))
    assert none.lower == 0.0 and none.upper is not None
    assert none.upper * none.patient_years / 100 == pytest.approx(3.6888795, abs=1e-6)
    (empty,) = exposure_adjusted((), 30, day(365))
    assert (empty.per_100, empty.lower, empty.upper) == (None, None, None)


@pytest.mark.parametrize(
    ("condition", "terms"),
    [(is_related, ["Dry mouth", "Nausea"]), (is_serious, ["Dry mouth"]), (ended_treatment, ["Nausea"])],
)
def test_any_table_of_some_events(condition, terms: list[str]) -> None:  # type: ignore[no-untyped-def]
    rows = ae_by_soc_and_term(keeping(GROUP, condition), 30)
    assert [row.term for row in rows if row.term] == terms
    assert all(row.percent == pytest.approx(100 / 3) for row in rows)


def test_overview_counts_the_action_as_collected() -> None:
    counts = {row.term: (row.subjects, row.events) for row in ae_overview(GROUP, 30)}
    assert counts["any"] == (1, 3)
    assert counts["related"] == (1, 2)
    assert counts["serious"] == (1, 1)
    assert counts["related and serious"] == (0, 0)
    assert counts["leading to withdrawal"] == (1, 1)


def test_what_grew_worse_under_treatment_is_treatment_emergent() -> None:
    before = event("4", "Fatigue", -9, course=((day(-9), 1), (day(12), 2)))
    assert phase_of(before, GROUP[1], 30) == "treatment-emergent"
    assert phase_of(replace(before, course=((day(-9), 2), (day(12), 1))), GROUP[1], 30) == "before"
    assert phase_of(replace(before, course=()), GROUP[1], 30) == "before"


def test_shift_rows_put_unknown_grades_last() -> None:
    rows = shift_rows({"Anemia": {(None, 2): 1, (0, 3): 2, (0, 0): 4, (1, None): 1}})
    assert [(r.baseline, r.worst, r.subjects, r.of, r.worse) for r in rows] == [
        (0, 0, 4, 8, False), (0, 3, 2, 8, True), (1, None, 1, 8, False), (None, 2, 1, 8, False),
    ]  # fmt: skip


def test_the_listing_shows_the_rules_beside_the_signature() -> None:
    assessed = DltAssessment(
        "N", day(45), day(42), 45, "adjudicated", "why", ("a",), True, False, Coverage(0, 0, None, (), None)
    )
    second = DltPatient("B", 2, FIRST), replace(assessed, decided_on=None)
    rows = dlt_listing([second, (DltPatient("A", 1, FIRST), assessed)])
    assert [(r.subject, r.level, r.outcome, r.rule_dlt, r.adjudicated, r.decided_day) for r in rows] == [
        ("A", 1, "N", True, False, 45), ("B", 2, "N", True, False, None),
    ]  # fmt: skip
