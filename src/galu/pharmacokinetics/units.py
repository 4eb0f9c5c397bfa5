"""Units of doses and concentrations, and what a ratio of the two is measured in."""

from __future__ import annotations

from typing import Final

from galu.quantities import MBQ_PER_ACTIVITY_UNIT

_MASS_MG: Final[dict[str, float]] = {
    "pg": 1e-9,
    "ng": 1e-6,
    "ug": 1e-3,
    "µg": 1e-3,
    "mcg": 1e-3,
    "mg": 1.0,
    "g": 1e3,
    "kg": 1e6,
}
_AMOUNT_NMOL: Final[dict[str, float]] = {
    "fmol": 1e-6,
    "pmol": 1e-3,
    "nmol": 1.0,
    "umol": 1e3,
    "µmol": 1e3,
    "mmol": 1e6,
    "mol": 1e9,
}
_PERCENT: Final[dict[str, float]] = {"%IA": 1.0, "%ID": 1.0, "%": 1.0}
_VOLUME_L: Final[dict[str, float]] = {
    "L": 1.0,
    "l": 1.0,
    "dL": 0.1,
    "mL": 1e-3,
    "ml": 1e-3,
    "uL": 1e-6,
    "µL": 1e-6,
}
#: The scales within which two units may be divided by one another.
SCALES: Final[dict[str, dict[str, float]]] = {
    "mass": _MASS_MG,
    "amount": _AMOUNT_NMOL,
    "activity": MBQ_PER_ACTIVITY_UNIT,
    "percent": _PERCENT,
}


def scale_of(unit: str) -> tuple[str, float] | None:
    """Name of the scale of a dose unit and its size on it; None for a unit galu does not know."""
    for name, sizes in SCALES.items():
        if unit in sizes:
            return name, sizes[unit]
    return None


def volume_in_l(unit: str) -> float | None:
    """Size of a volume unit [L]; None for an unknown one."""
    return _VOLUME_L.get(unit)


def volume_of_dose(dose_unit: str, conc_unit: str) -> tuple[float, str]:
    """Factor and unit of ``dose / concentration``: litres when the two units are on one scale.

    Otherwise the factor is 1 and the unit is the ratio as written, so nothing is converted silently.
    """
    if not dose_unit or not conc_unit:
        return 1.0, ""
    numerator, _, denominator = conc_unit.partition("/")
    dose, conc, volume = scale_of(dose_unit), scale_of(numerator), volume_in_l(denominator)
    if dose and conc and volume and dose[0] == conc[0]:
        return dose[1] / conc[1] * volume, "L"
    return 1.0, f"{dose_unit}/({conc_unit})"


def times(unit: str, factor: str) -> str:
    """Unit of a product, written as CDISC writes it (``h*mg/L``); empty when `unit` is not known."""
    return f"{factor}*{unit}" if unit else ""


def per(unit: str, divisor: str) -> str:
    """Unit of a quotient; empty when either is not known."""
    if not unit or not divisor:
        return ""
    return f"{unit}/{divisor}"
