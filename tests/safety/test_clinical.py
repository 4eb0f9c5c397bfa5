from __future__ import annotations

import pytest

from galu.finding import InputError, Truth
from galu.safety.clinical import (
    Measures,
    febrile_neutropenia,
    febrile_neutropenia_range,
    grade_range,
    value_rules,
)
from galu.safety.reporting import rate_per_100_patient_years


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


def test_febrile_neutropenia_is_grade_three_or_a_clinicians_four() -> None:
    found = [febrile_neutropenia_range(met) for met in (Truth.FALSE, Truth.TRUE, Truth.UNKNOWN)]
    assert [(one.least, one.most, one.grade) for one in found] == [(0, 0, 0), (3, 4, None), (0, 4, None)]


def bounds(term: str, **values: float | None) -> tuple[int, int]:
    limits = {"egfr": 90.0, "urine_protein_per_day": 0.15}
    found = grade_range(term, Measures(values, lower=limits, upper=limits))
    return found.least, found.most


KIDNEY = "Chronic kidney disease"


@pytest.mark.parametrize(
    ("egfr", "grade"),
    [(90.0, 0), (89.9, 1), (60.0, 1), (59.9, 2), (30.0, 2), (29.9, 3), (15.0, 3), (14.9, 4)],
)
def test_kidney_disease_by_filtration(egfr: float, grade: int) -> None:
    protein = {"urine_protein_plus": 0, "urine_protein_per_creatinine": 0.1}
    assert bounds(KIDNEY, egfr=egfr, **protein) == (grade, grade)


def test_kidney_disease_by_protein_or_not_known() -> None:
    assert bounds(KIDNEY, egfr=95.0, urine_protein_plus=2, urine_protein_per_creatinine=None) == (1, 1)
    assert bounds(KIDNEY, egfr=95.0) == (0, 1)
    assert bounds(KIDNEY, egfr=40.0) == (2, 2)  # protein could give no more than grade 1
    assert bounds(KIDNEY) == (0, 4)
    without_limit = grade_range(
        KIDNEY, Measures({"egfr": 70.0, "urine_protein_plus": 0, "urine_protein_per_creatinine": 0.1})
    )
    assert (without_limit.least, without_limit.most) == (0, 1)
    assert without_limit.needs == ("limit of normal of egfr",)


@pytest.mark.parametrize(
    ("fraction", "drop", "expected"),
    [
        (51, 5, (0, 0)),
        (50, 0, (2, 2)),
        (39, 0, (3, 3)),
        (19, 0, (4, 4)),
        (55, 10, (2, 2)),
        (55, 20, (3, 3)),
        (55, None, (0, 3)),
    ],
)
def test_ejection_fraction(fraction: float, drop: float | None, expected: tuple[int, int]) -> None:
    term = "Ejection fraction decreased"
    assert bounds(term, ejection_fraction=fraction, ejection_fraction_drop=drop) == expected


@pytest.mark.parametrize(
    ("qtc", "change", "expected"),
    [
        (449, 0, (0, 4)),
        (450, 0, (1, 4)),
        (480, 0, (1, 4)),
        (481, 0, (2, 4)),
        (501, 0, (3, 4)),
        (430, 61, (3, 4)),
    ],
)
def test_qtc_leaves_arrhythmia_to_a_clinician(qtc: float, change: float, expected: tuple[int, int]) -> None:
    term = "Electrocardiogram QT corrected interval prolonged"
    assert bounds(term, qtc=qtc, qtc_change=change) == expected
    found = grade_range(term, Measures({"qtc": qtc, "qtc_change": change}))
    assert found.grade is None and found.needs == ("a clinician: torsade or serious arrhythmia",)


@pytest.mark.parametrize(
    ("per_day", "plus", "expected"),
    [
        (None, 1, (1, 3)),
        (0.1, 3, (0, 0)),
        (0.15, 0, (1, 1)),
        (1.0, 0, (2, 2)),
        (3.5, 0, (3, 3)),
        (None, 4, (3, 3)),
    ],
)
def test_daily_protein_takes_precedence_over_the_dipstick(per_day, plus, expected) -> None:  # type: ignore[no-untyped-def]
    assert bounds("Proteinuria", urine_protein_per_day=per_day, urine_protein_plus=plus) == expected


@pytest.mark.parametrize(("flow", "expected"), [(0.3, (0, 3)), (0.2, (2, 3)), (0.1, (2, 3)), (0.09, (3, 3))])
def test_saliva_sets_the_least_grade_of_dry_mouth_and_there_is_no_four(
    flow: float, expected: tuple[int, int]
) -> None:
    assert bounds("Dry mouth", saliva_flow=flow) == expected


def test_a_term_that_no_value_decides_and_a_version_that_does_not_ship() -> None:
    with pytest.raises(InputError, match="Fatigue"):
        grade_range("Fatigue", Measures({}))
    with pytest.raises(InputError, match="9"):
        value_rules("9")


def test_rate() -> None:
    assert rate_per_100_patient_years([(365, None), (730, 365)]) == pytest.approx(100 / (730 / 365.25))
    assert rate_per_100_patient_years([]) is None
