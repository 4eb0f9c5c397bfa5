"""Renal function: MDRD per body surface, in its three forms, and Cockcroft-Gault; the two are never mixed.

Levey et al., Ann Intern Med 2006;145:247 (175, IDMS-traceable creatinine); Levey et al., J Am Soc
Nephrol 2000;11:A0828 (186, original); Ma et al., J Am Soc Nephrol 2006;17:2937 (Chinese factor 1.233).
Cockcroft and Gault, Nephron 1976;16:31.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

from galu.vocabulary.units import read_unit

Form = Literal["idms175", "original186", "chinese"]
COEFFICIENT: Final[dict[str, float]] = {"idms175": 175.0, "original186": 186.0, "chinese": 175.0 * 1.233}
UMOL_L_PER_MG_DL: Final = 88.4
_FEMALE: Final = 0.742
_BLACK: Final = 1.212
_AGE_POWER: Final = -0.203
_CREATININE_POWER: Final = -1.154
_FEMALE_CLEARANCE: Final = 0.85
PER_SURFACE: Final = "mL/min/1.73m2"
CLEARANCE: Final = "mL/min"
#: Units of a limit of renal function, with the greatest limit that is possible in them (assumed).
KINDS: Final = MappingProxyType({"ULN": 100.0, PER_SURFACE: 200.0, CLEARANCE: 300.0})


def kind_of_limit(unit: str) -> str | None:
    """The unit, of those that a limit of renal function may have, that is meant; None where it is none.

    >>> kind_of_limit("ml/min/1.73 m²"), kind_of_limit("mL/min"), kind_of_limit("mg/dL")
    ('mL/min/1.73m2', 'mL/min', None)
    """
    if unit == "ULN":
        return unit
    meant = read_unit(unit)[:1]
    return next((kind for kind in (PER_SURFACE, CLEARANCE) if meant and meant == read_unit(kind)[:1]), None)


def cockcroft_gault_ml_min(
    creatinine_mg_dl: float, age_years: float, weight_kg: float, *, female: bool
) -> float:
    """Return the creatinine clearance [mL/min] by Cockcroft and Gault, with 0.85 for women.

    Parameters
    ----------
    creatinine_mg_dl
        Serum creatinine [mg/dL].
    age_years
        Age [years].
    weight_kg
        Body weight as measured [kg].
    """
    value = (140.0 - age_years) * weight_kg / (72.0 * creatinine_mg_dl)
    return value * (_FEMALE_CLEARANCE if female else 1.0)


def mdrd_ml_min(
    creatinine_mg_dl: float, age_years: float, *, female: bool, black: bool = False, form: Form = "idms175"
) -> float:
    """Return the estimated GFR [mL/min/1.73 m²] by the four-variable MDRD equation.

    Parameters
    ----------
    creatinine_mg_dl
        Serum creatinine [mg/dL].
    age_years
        Age [years].
    female, black
        The sex and race terms (0.742 and 1.212).
    form
        Which leading coefficient: 175, 186, or 175 × 1.233.
    """
    value: float = COEFFICIENT[form] * creatinine_mg_dl**_CREATININE_POWER * age_years**_AGE_POWER
    return value * (_FEMALE if female else 1.0) * (_BLACK if black else 1.0)


def creatinine_at_egfr_umol_l(egfr_ml_min: float, age_years: float, *, form: Form = "idms175") -> float:
    """Return the creatinine [µmol/L] at which a man of `age_years` has the given MDRD eGFR."""
    ratio = egfr_ml_min / (COEFFICIENT[form] * age_years**_AGE_POWER)
    return float(UMOL_L_PER_MG_DL * ratio ** (1.0 / _CREATININE_POWER))
