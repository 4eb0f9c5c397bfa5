"""One quantity of many profiles: a value or the reason why there is none, for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from galu.pharmacokinetics.formulas import combine
from galu.pharmacokinetics.profile import Floats

Texts: TypeAlias = NDArray[np.object_]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Values (n,), NaN where there is none, and there why (n,); `why` is empty beside a value."""

    value: Floats
    why: Texts

    def __post_init__(self) -> None:
        self.value.flags.writeable = self.why.flags.writeable = False

    def but(self, where: Flags, why: str | Texts) -> Column:
        """The column without values where a flag (n,) is set, and why."""
        if not where.any():
            return self
        return Column(np.where(where, np.nan, self.value), np.where(where, why, self.why))

    @property
    def missing(self) -> Flags:
        """Where there is no value (n,)."""
        return np.isnan(self.value)


def known(value: Floats) -> Column:
    """A column of values (n,) that all exist."""
    return Column(np.array(value, float), np.full(len(value), "", object))


def absent(n: int, why: str) -> Column:
    """A column of n profiles without a value, all for one reason."""
    return Column(np.full(n, np.nan), np.full(n, why, object))


def combine_columns(formula: Callable[..., Any], *operands: Column) -> Column:
    """Values of a formula on each profile; the twin for one is `galu.pharmacokinetics.formulas.combine`.

    That twin also names the reason where the result is no number, which is rare.
    """
    with np.errstate(all="ignore"):
        value = np.asarray(formula(*(one.value for one in operands)), float)
    why = np.full(len(value), "", object)
    lacking = np.zeros(len(value), bool)
    for one in operands:
        first = one.missing & ~lacking
        if first.any():
            why[first] = one.why[first]
            lacking |= first
    value = np.where(lacking, np.nan, value)
    with np.errstate(all="ignore"):
        for i in np.flatnonzero(~np.isfinite(value) & ~lacking):
            result = combine(formula, *(float(one.value[i]) for one in operands))
            value[i], why[i] = (np.nan, result) if isinstance(result, str) else (result, "")
    return Column(value, why)
