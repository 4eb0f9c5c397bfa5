"""Spellings of units: one quantity written in several ways. Nothing here converts a value."""

from __future__ import annotations

from typing import Final

#: Canonical unit to its other spellings, in lower case and without blanks. "G/L" is left out: it may be
#: gram or giga.
_SPELLINGS: Final[dict[str, frozenset[str]]] = {
    "10^9/L": frozenset({"10*9/l", "10e9/l", "10**9/l", "10⁹/l", "x10^9/l", "x10e9/l", "x10*9/l", "gi/l"}),
    "10^3/uL": frozenset({"10*3/ul", "10e3/ul", "x10^3/ul", "x10e3/ul", "10^3/mm3", "thou/ul"}),
    "K/uL": frozenset({"k/mm3"}),
    "/uL": frozenset({"1/ul", "cells/ul", "/mm3", "1/mm3"}),
    "umol/L": frozenset({"micromol/l"}),
    "mL/min/1.73m2": frozenset({"ml/min/1.73m^2", "ml/min/1.73m²"}),
}
_CANONICAL: Final = {
    spelling: unit for unit, others in _SPELLINGS.items() for spelling in {unit.lower(), *others}
} | {
    unit.lower(): unit
    for unit in ("g/dL", "g/L", "mg/dL", "mmol/L", "nmol/L", "ng/dL", "ng/mL", "ug/L", "IU/mL", "mmHg", "mm")
}


def canonical_unit(reported: str | None) -> str:
    """Return the usual spelling of a reported unit; a unit that is not listed stays as it is.

    >>> canonical_unit("x10E9/L"), canonical_unit("µmol/L"), canonical_unit(None)
    ('10^9/L', 'umol/L', '')
    """
    written = (reported or "").strip()
    plain = written.replace(" ", "").replace("µ", "u").replace("μ", "u").lower()
    if written == "G/L":
        return written
    return _CANONICAL.get(plain, written)
