"""What a measured value can be in its unit: a mistaken unit shows as a value no living person has.

Every range is assumed, and wide: it holds the extremes that medicine has seen, so that only a wrong
scale or unit falls outside. Tests that are not listed are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_CELLS: Final = "10^9/L"

#: Spellings of each unit, after upper-casing and dropping blanks; µ is written U.
UNITS: Final[dict[str, tuple[str, ...]]] = {
    _CELLS: (
        *("10^9/L", "10E9/L", "10*9/L", "X10^9/L", "X10E9/L", "10**9/L", "10⁹/L", "G/L", "GI/L", "GIGA/L"),
        *("10^3/UL", "10E3/UL", "10*3/UL", "X10^3/UL", "X10E3/UL", "K/UL", "THOU/UL", "10^3/MM3", "K/MM3"),
    ),
    "/uL": ("/UL", "1/UL", "CELLS/UL", "/MM3", "1/MM3", "CELLS/MM3", "10^6/L", "10E6/L", "10*6/L"),
    "g/L": ("G/L", "GRAM/L"),
    "g/dL": ("G/DL", "GRAM/DL", "G/100ML"),
    "mg/dL": ("MG/DL", "MG/100ML"),
    "mmol/L": ("MMOL/L",),
    "mEq/L": ("MEQ/L",),
    "umol/L": ("UMOL/L",),
    "nmol/L": ("NMOL/L",),
    "ng/mL": ("NG/ML", "UG/L", "MCG/L"),
    "ng/dL": ("NG/DL",),
    "U/L": ("U/L", "IU/L", "UNITS/L"),
    "ukat/L": ("UKAT/L",),
    "kg": ("KG",),
    "lb": ("LB", "LBS"),
    "cm": ("CM",),
    "m": ("M",),
    "in": ("IN", "INCH", "INCHES"),
    "C": ("C", "°C", "CEL"),
    "F": ("F", "°F", "FAH"),
    "mmHg": ("MMHG",),
    "/min": ("/MIN", "BEATS/MIN", "BPM", "1/MIN"),
}

_ENZYME: Final = {"U/L": (0.0, 50_000.0), "ukat/L": (0.0, 840.0)}
_HAEMOGLOBIN: Final = {"g/L": (20.0, 260.0), "g/dL": (2.0, 26.0), "mmol/L": (1.2, 16.2)}
_PLATELETS: Final = {_CELLS: (0.0, 5_000.0), "/uL": (0.0, 5_000_000.0)}
_LEUKOCYTES: Final = {_CELLS: (0.0, 1_000.0), "/uL": (0.0, 1_000_000.0)}
_NEUTROPHILS: Final = {_CELLS: (0.0, 200.0), "/uL": (0.0, 200_000.0)}
_POTASSIUM: Final = {"mmol/L": (1.0, 13.0), "mEq/L": (1.0, 13.0)}
_SODIUM: Final = {"mmol/L": (80.0, 220.0), "mEq/L": (80.0, 220.0)}

#: Laboratory test to the units it is reported in and the possible values in each. Assumed.
LABS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "HGB": _HAEMOGLOBIN,
    "HB": _HAEMOGLOBIN,
    "PLAT": _PLATELETS,
    "PLT": _PLATELETS,
    "WBC": _LEUKOCYTES,
    "NEUT": _NEUTROPHILS,
    "ANC": _NEUTROPHILS,
    "CREAT": {"umol/L": (8.0, 4_000.0), "mg/dL": (0.1, 45.0)},
    "BILI": {"umol/L": (0.5, 1_500.0), "mg/dL": (0.03, 90.0)},
    "ALB": {"g/L": (8.0, 80.0), "g/dL": (0.8, 8.0)},
    "ALT": _ENZYME,
    "AST": _ENZYME,
    "ALP": _ENZYME,
    "K": _POTASSIUM,
    "SODIUM": _SODIUM,
    "CA": {"mmol/L": (0.5, 7.0), "mg/dL": (2.0, 28.0), "mEq/L": (1.0, 14.0)},
    "GLUC": {"mmol/L": (0.3, 150.0), "mg/dL": (5.0, 2_700.0)},
    "PSA": {"ng/mL": (0.0, 100_000.0)},
    "TESTOS": {"ng/dL": (0.0, 5_000.0), "nmol/L": (0.0, 175.0), "ng/mL": (0.0, 50.0)},
}

#: Vital sign to its units and possible values. Assumed.
VITALS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "WEIGHT": {"kg": (20.0, 400.0), "lb": (44.0, 880.0)},
    "HEIGHT": {"cm": (90.0, 250.0), "m": (0.9, 2.5), "in": (35.0, 98.0)},
    "TEMP": {"C": (25.0, 45.0), "F": (77.0, 113.0)},
    "SYSBP": {"mmHg": (30.0, 350.0)},
    "DIABP": {"mmHg": (10.0, 250.0)},
    "PULSE": {"/min": (10.0, 350.0)},
    "HR": {"/min": (10.0, 350.0)},
}


def spelling(unit: str) -> str:
    """A unit as `UNITS` spells it: in upper case, without blanks, µ written U."""
    return unit.strip().upper().replace(" ", "").replace("Μ", "U").replace("µ", "U")


def unit_named(unit: str, among: Iterable[str]) -> str | None:
    """Which of some units is meant, however it is spelled; None when it is none of them.

    >>> unit_named("µmol/l", ("umol/L", "mg/dL"))
    'umol/L'
    """
    written = spelling(unit)
    return next((known for known in among if written in UNITS[known]), None)


def implausible(
    table: dict[str, dict[str, tuple[float, float]]], test: str, value: float, unit: str
) -> tuple[str, str] | None:
    """Fault and remedy of a value that cannot be in its unit; None when it can, or is not judged.

    >>> implausible(LABS, "HGB", 13.2, "g/L")
    ('HGB of 13.2 g/L is not possible (20 to 260 g/L)', 'was it g/dL? write the unit it was measured in')
    >>> implausible(LABS, "HGB", 132.0, "g/L")
    """
    code = test.strip().upper()
    units = table.get(code)
    if units is None:
        return None
    name = unit_named(unit, units)
    if name is None:
        return f"{code} is not measured in {unit!r}", f"write {', '.join(units)}"
    low, high = units[name]
    if low <= value <= high:
        return None
    fault = f"{code} of {value:g} {name} is not possible ({low:g} to {high:g} {name})"
    meant = [other for other, (least, most) in units.items() if least <= value <= most and other != name]
    if meant:
        return fault, f"was it {' or '.join(meant)}? write the unit it was measured in"
    return fault, "correct the value or its unit"
