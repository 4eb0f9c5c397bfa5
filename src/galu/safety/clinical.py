"""Terms that a value decides in part: febrile neutropenia, chronic kidney disease (CTCAE v5.0)."""

from __future__ import annotations

from galu.finding import Truth


def febrile_neutropenia(
    anc_10e9_per_l: float | None, temperature_c: float | None, sustained_over_1_h: bool | None
) -> Truth:
    """ANC <1.0 ×10⁹/L with one temperature >38.3 °C, or ≥38.0 °C for over an hour; then grade 3 or more."""
    low = Truth.of(None if anc_10e9_per_l is None else anc_10e9_per_l < 1.0)
    single = Truth.of(None if temperature_c is None else temperature_c > 38.3)
    raised = Truth.of(None if temperature_c is None else temperature_c >= 38.0)
    return low & (single | (raised & Truth.of(sustained_over_1_h)))


def kidney_disease_grade(
    egfr_ml_min: float | None, lower: float | None, protein_plus: int | None = None
) -> int | None:
    """Grade of chronic kidney disease by eGFR [mL/min/1.73 m²]; 2+ protein alone is grade 1.

    None where the value, or for a value of 60 or more the lower limit, is not known.
    """
    if egfr_ml_min is None:
        return None
    for grade, cut in ((4, 15.0), (3, 30.0), (2, 60.0)):
        if egfr_ml_min < cut:
            return grade
    if (lower is not None and egfr_ml_min < lower) or (protein_plus is not None and protein_plus >= 2):
        return 1
    return None if lower is None else 0
