"""Estimated glomerular filtration rate by the four-variable MDRD equation, in its three forms.

Levey et al., Ann Intern Med 2006;145:247 (175, IDMS-traceable creatinine); Levey et al., J Am Soc
Nephrol 2000;11:A0828 (186, original); Ma et al., J Am Soc Nephrol 2006;17:2937 (Chinese factor 1.233).
"""

from __future__ import annotations

from typing import Final, Literal

Form = Literal["idms175", "original186", "chinese"]
COEFFICIENT: Final[dict[str, float]] = {"idms175": 175.0, "original186": 186.0, "chinese": 175.0 * 1.233}
UMOL_L_PER_MG_DL: Final = 88.4
_FEMALE: Final = 0.742
_BLACK: Final = 1.212
_AGE_POWER: Final = -0.203
_CREATININE_POWER: Final = -1.154


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
