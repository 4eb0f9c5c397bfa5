"""Effective dose of a diagnostic agent, from organ doses by S values.

E = Σ w_T·H_T with the tissue weights of ICRP publication 103 and a radiation weight of 1 for photons and
electrons. It is meant for PET and other imaging, never for therapy, and not for α emitters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from galu.dosimetry.s_values import named

#: ICRP publication 103, table 3: weight and the names under which a target may come.
WEIGHTS: Final[tuple[tuple[float, tuple[str, ...]], ...]] = (
    (0.12, ("red marrow", "red (active) marrow")),
    (0.12, ("colon", "colon wall", "uli wall", "lli wall", "upper colon/uli wall", "lower colon/lli wall")),
    (0.12, ("lungs", "lung")),
    (0.12, ("stomach wall", "stomach")),
    (0.12, ("breasts", "breast")),
    (0.08, ("gonads", "testes", "ovaries")),
    (0.04, ("bladder wall", "urinary bladder wall")),
    (0.04, ("oesophagus", "esophagus")),
    (0.04, ("liver",)),
    (0.04, ("thyroid",)),
    (0.01, ("bone surface", "osteogenic cells")),
    (0.01, ("brain",)),
    (0.01, ("salivary glands", "salivary glands (sphere)")),
    (0.01, ("skin",)),
)
REMAINDER_WEIGHT: Final = 0.12
#: Remainder tissues of ICRP 103, for a man; their mean counts.
REMAINDER_TISSUES: Final[tuple[tuple[str, ...], ...]] = (
    ("adrenals",),
    ("extrathoracic region", "et region"),
    ("gall bladder wall", "gallbladder wall"),
    ("heart wall",),
    ("kidneys",),
    ("lymph nodes", "lymphatic nodes"),
    ("muscle",),
    ("oral mucosa",),
    ("pancreas",),
    ("prostate",),
    ("small intestine", "small intestine wall"),
    ("spleen",),
    ("thymus",),
)


def effective_dose_msv(dose_mgy: Mapping[str, float]) -> tuple[float | None, tuple[str, ...]]:
    """Effective dose [mSv], or None and the tissues that have no dose.

    Parameters
    ----------
    dose_mgy : mapping of str to float
        Absorbed dose of each target [mGy].

    Returns
    -------
    effective : float or None
        None when a tissue with a weight of its own has no dose, or every remainder tissue.
    missing : tuple of str
        Tissues without a dose; a missing remainder tissue is left out of their mean.
    """
    doses = {named(target): dose for target, dose in dose_mgy.items()}
    total, missing = 0.0, []
    for weight, names in WEIGHTS:
        found = [doses[name] for name in names if name in doses]
        if found:
            total += weight * sum(found) / len(found)
        else:
            missing.append(names[0])
    known = len(missing)
    rest = []
    for names in REMAINDER_TISSUES:
        dose = next((doses[name] for name in names if name in doses), None)
        if dose is None:
            missing.append(names[0])
        else:
            rest.append(dose)
    if known or not rest:
        return None, tuple(missing)
    return total + REMAINDER_WEIGHT * sum(rest) / len(rest), tuple(missing)
