"""Laboratory test codes and units: which CTCAE terms a test can grade, and which spellings a unit has."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_HAEMOGLOBIN: Final = (("Anemia", "L"), ("Hemoglobin increased", "H"))
_NEUTROPHILS: Final = (("Neutrophil count decreased", "L"),)
_LEUKOCYTES: Final = (("White blood cell decreased", "L"), ("Leukocytosis", "H"))
_LYMPHOCYTES: Final = (("Lymphocyte count decreased", "L"), ("Lymphocyte count increased", "H"))
_PLATELETS: Final = (("Platelet count decreased", "L"),)
_POTASSIUM: Final = (("Hypokalemia", "L"), ("Hyperkalemia", "H"))
_SODIUM: Final = (("Hyponatremia", "L"), ("Hypernatremia", "H"))
_CALCIUM: Final = (("Hypocalcemia", "L"), ("Hypercalcemia", "H"))
_IONISED_CALCIUM: Final = (("Hypocalcemia (Ionized)", "L"), ("Hypercalcemia (Ionized)", "H"))
_MAGNESIUM: Final = (("Hypomagnesemia", "L"), ("Hypermagnesemia", "H"))
_ALP: Final = (("Alkaline phosphatase increased", "H"),)
_PTT: Final = (("Activated partial thromboplastin time prolonged", "H"),)
_PH: Final = (("Acidosis", "L"), ("Alkalosis", "H"))

#: CDISC LBTESTCD (and usual spellings) to (term, direction). Codes with no gradable term map to ().
TERMS_OF_TEST: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "HGB": _HAEMOGLOBIN, "HB": _HAEMOGLOBIN,
    "NEUT": _NEUTROPHILS, "ANC": _NEUTROPHILS, "NEUTSG": _NEUTROPHILS,
    "WBC": _LEUKOCYTES, "LYM": _LYMPHOCYTES, "LYMPH": _LYMPHOCYTES, "ALC": _LYMPHOCYTES,
    "PLAT": _PLATELETS, "PLT": _PLATELETS, "CD4": (("CD4 lymphocytes decreased", "L"),),
    "CREAT": (("Creatinine increased", "H"),),
    "ALT": (("Alanine aminotransferase increased", "H"),),
    "AST": (("Aspartate aminotransferase increased", "H"),),
    "BILI": (("Blood bilirubin increased", "H"),), "ALP": _ALP, "ALKPH": _ALP,
    "GGT": (("GGT increased", "H"),), "LDH": (("Blood lactate dehydrogenase increased", "H"),),
    "ALB": (("Hypoalbuminemia", "L"),), "K": _POTASSIUM, "POTAS": _POTASSIUM,
    "SODIUM": _SODIUM, "NA": _SODIUM, "CA": _CALCIUM, "CACR": _CALCIUM, "CAION": _IONISED_CALCIUM,
    "MG": _MAGNESIUM, "MAGNES": _MAGNESIUM, "GLUC": (("Hypoglycemia", "L"),), "PHOS": (),
    "URATE": (("Hyperuricemia", "H"),), "LIPASE": (("Lipase increased", "H"),),
    "LIPASET": (("Lipase increased", "H"),), "AMYLASE": (("Serum amylase increased", "H"),),
    "CHOL": (("Cholesterol high", "H"),), "CHOLES": (("Cholesterol high", "H"),),
    "TRIG": (("Hypertriglyceridemia", "H"),), "CK": (("CPK increased", "H"),),
    "APTT": _PTT, "INR": (("INR increased", "H"),),
    "FIBRINO": (("Fibrinogen decreased", "L"),), "HAPTOG": (("Haptoglobin decreased", "L"),),
    "PH": _PH,
}  # fmt: skip

#: Spellings of each unit of the table, after upper-casing and dropping blanks. "G/L" is gram or giga:
#: the term decides, since no term is graded in both.
UNIT_SPELLINGS: Final[dict[str, frozenset[str]]] = {
    "10^9/L": frozenset(
        {"10^9/L", "10E9/L", "10*9/L", "X10^9/L", "X10E9/L", "10**9/L", "10⁹/L", "G/L", "GI/L", "GIGA/L"}
        | {"10^3/UL", "10E3/UL", "10*3/UL", "X10^3/UL", "X10E3/UL", "K/UL", "THOU/UL", "10^3/MM3", "K/MM3"}
    ),
    "10^6/L": frozenset(
        {"10^6/L", "10E6/L", "10*6/L", "1/UL", "/UL", "CELLS/UL", "1/MM3", "/MM3", "CELLS/MM3", "10^3/ML"}
    ),
    "g/L": frozenset({"G/L", "GRAM/L"}),
    "g/dL": frozenset({"G/DL", "GRAM/DL", "G/100ML"}),
    "mg/dL": frozenset({"MG/DL", "MG/100ML"}),
    "mmol/L": frozenset({"MMOL/L"}),
    "mEq/L": frozenset({"MEQ/L"}),
}


#: A result given as a limit is graded just on its side of it: `<0.5` meets a cut of `< 0.5` (assumed).
_BESIDE: Final = 1e-12
_RESULT: Final = re.compile(r"(<=|>=|<|>|≤|≥)?\s*(\d+(?:\.\d+)?)")


class Result(NamedTuple):
    """A result told in words: its number, `bound` (``<``, ``>`` or none) and the number to grade."""

    value: float
    bound: str
    graded: float


def read_result(text: str | None) -> Result | None:
    """Read a result such as `<0.1`, `> 500` or `0.3`; None where it is no number.

    Below a limit is read as just below it, above a limit as just above it (assumed).

    >>> read_result("< 0.1").value, read_result("HEMOLYZED")
    (0.1, None)
    """
    found = _RESULT.fullmatch((text or "").strip())
    if found is None:
        return None
    sign, number = found[1] or "", float(found[2])
    bound = {"≤": "<", "≥": ">"}.get(sign, sign[:1])
    strict = {"<": -_BESIDE, ">": _BESIDE}.get(sign, 0.0)
    return Result(number, bound, number * (1.0 + strict))


def terms_of_test(code: str) -> tuple[tuple[str, str], ...]:
    """(term, direction) pairs that a laboratory test code can grade; empty when none is known.

    >>> terms_of_test("PLAT")
    (('Platelet count decreased', 'L'),)
    """
    return TERMS_OF_TEST.get(code.strip().upper(), ())


def is_unit(reported: str | None, unit: str) -> bool:
    """Whether a reported unit is a spelling of `unit`; the case of letters and blanks do not matter."""
    if unit == "any":
        return True
    written = (reported or "").upper().replace(" ", "").replace("Μ", "U").replace("µ", "U")
    return written in UNIT_SPELLINGS[unit]
