from __future__ import annotations

from datetime import date, datetime

import pytest

from galu.finding import Truth
from galu.safety.clinical import febrile_neutropenia, kidney_disease_grade
from galu.safety.reporting import rate_per_100_patient_years, reporting_clock


@pytest.mark.parametrize(
    ("anc", "temperature", "sustained", "expected"),
    [
        (0.9, 38.4, None, Truth.TRUE),
        (0.9, 38.3, False, Truth.FALSE),
        (0.9, 38.3, None, Truth.UNKNOWN),
        (0.9, 38.0, True, Truth.TRUE),
        (1.0, 40.0, True, Truth.FALSE),
        (None, 40.0, True, Truth.UNKNOWN),
        (None, 37.0, True, Truth.FALSE),
    ],
)
def test_febrile_neutropenia(anc, temperature, sustained, expected) -> None:  # type: ignore[no-untyped-def]
    assert febrile_neutropenia(anc, temperature, sustained) is expected


def test_kidney() -> None:
    assert [kidney_disease_grade(v, 90.0) for v in (90.0, 60.0, 59.9, 30.0, 29.9, 15.0, 14.9)] == [
        0,
        1,
        2,
        2,
        3,
        3,
        4,
    ]
    assert kidney_disease_grade(95.0, 90.0, 2) == 1
    assert kidney_disease_grade(95.0, None) is None


def test_clocks() -> None:
    aware = datetime(2026, 3, 1, 9, 30)
    found = reporting_clock(aware, related=None, expected=None, fatal_or_life_threatening=True)
    assert (found.to_sponsor_by, found.to_authority_by) == (datetime(2026, 3, 2, 9, 30), date(2026, 3, 8))
    other = reporting_clock(aware, related=True, expected=False, fatal_or_life_threatening=False)
    assert other.to_authority_by == date(2026, 3, 16)
    assert (
        reporting_clock(aware, related=False, expected=None, fatal_or_life_threatening=True).to_authority_by
        is None
    )


def test_rate() -> None:
    assert rate_per_100_patient_years([(365, None), (730, 365)]) == pytest.approx(100 / (730 / 365.25))
    assert rate_per_100_patient_years([]) is None
