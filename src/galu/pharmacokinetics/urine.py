"""Urine: amount excreted, fraction of the dose, renal clearance, missed voids.

Amounts are concentration × volume of each collection, decay state as given; on decay-corrected values
the recovered percentage is that of the substance. As measured an activity is that at the end of its
collection: what is poured away.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Final

from galu.finding import InputError
from galu.pharmacokinetics.profile import Parameter
from galu.pharmacokinetics.units import per, scale_of, volume_in_l, volume_of_dose

#: The matrix that renal clearance is referred to, by preference.
CLEARED_FROM: Final = ("plasma", "whole blood", "blood", "serum")


@dataclass(frozen=True, slots=True)
class Collection:
    """One urine collection from start_h to end_h [h] after the start of the administration.

    `conc` [conc_unit] and `volume` [volume unit of the concentration] are None when unknown; `missed`
    says that a void inside the interval was lost.
    """

    start_h: float
    end_h: float
    conc: float | None
    volume: float | None
    missed: bool = False
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Urine:
    """The collections of one subject after one dose."""

    subject: str
    cycle: int
    collections: tuple[Collection, ...]
    dose: float | None
    conc_unit: str = ""
    dose_unit: str = ""
    volume_unit: str = ""

    def __post_init__(self) -> None:
        place = f"urine of {self.subject} (cycle {self.cycle})"
        for one, other in zip(self.collections, self.collections[1:], strict=False):
            if other.start_h < one.end_h:
                raise InputError(place, "two collections overlap", "give each interval once, in order")
        for one in self.collections:
            if not one.end_h > one.start_h >= 0.0:
                raise InputError(place, "a collection has no length", "give its start and its duration")
            if one.volume is not None and one.volume < 0.0:
                raise InputError(place, "a volume is negative", "enter it as missing or correct it")


def collected(urine: Urine, half_life_h: float) -> Urine:
    """The urine of a substance as its activity was at the end of each collection."""
    return _moved(urine, -1.0 / half_life_h)


def administered(urine: Urine, half_life_h: float) -> Urine:
    """Urine whose activity is that at the end of each collection, corrected to the administration."""
    return _moved(urine, 1.0 / half_life_h)


def _moved(urine: Urine, doublings_per_h: float) -> Urine:
    moved = (
        dataclasses.replace(
            one, conc=None if one.conc is None else one.conc * 2.0 ** (doublings_per_h * one.end_h)
        )
        for one in urine.collections
    )
    return dataclasses.replace(urine, collections=tuple(moved))


def _amount_factor(urine: Urine) -> tuple[float, str]:
    """Factor and unit that turn conc × volume into an amount, in the dose's unit where they share a scale."""
    numerator, _, denominator = urine.conc_unit.partition("/")
    factor = 1.0
    if urine.volume_unit and denominator and urine.volume_unit != denominator:
        given, per_unit = volume_in_l(urine.volume_unit), volume_in_l(denominator)
        if given is None or per_unit is None:
            raise InputError(f"urine of {urine.subject}", "its volume unit is unknown", "use mL or L")
        factor = given / per_unit
    conc, dose = scale_of(numerator), scale_of(urine.dose_unit)
    if conc and dose and conc[0] == dose[0]:
        return factor * conc[1] / dose[1], urine.dose_unit
    return factor, numerator


def excreted(urine: Urine, start_h: float, end_h: float) -> tuple[float | None, str]:
    """Amount excreted in collections that lie inside [start_h, end_h], or None and why.

    A collection across a bound, a gap, an unknown value or a missed void leaves no amount: a sum of the
    rest would be read as complete.
    """
    place = f"{start_h:g}–{end_h:g} h"
    inside = [one for one in urine.collections if one.end_h > start_h and one.start_h < end_h]
    if any(one.start_h < start_h or one.end_h > end_h for one in inside):
        return None, f"a collection crosses the bounds of {place}"
    if any(one.missed for one in inside):
        return None, f"a void was missed in {place}"
    if any(one.volume is None or (one.conc is None and one.volume > 0.0) for one in inside):
        return None, f"a volume or concentration is unknown in {place}"
    reached = start_h
    for one in inside:
        if not math.isclose(one.start_h, reached, abs_tol=1e-9):
            return None, f"no collection from {reached:g} to {one.start_h:g} h"
        reached = one.end_h
    if not inside or not math.isclose(reached, end_h, abs_tol=1e-9):
        return None, f"no collection from {reached:g} to {end_h:g} h"
    factor, _ = _amount_factor(urine)
    return sum((one.conc or 0.0) * (one.volume or 0.0) for one in inside) * factor, ""


def urinary(
    urine: Urine, start_h: float, end_h: float, auc: Parameter | None = None
) -> tuple[Parameter, ...]:
    """Amount (RCAMINT), percent of dose (RCPCINT) and renal clearance (RENALCL) of an interval.

    Parameters
    ----------
    auc : Parameter or None
        AUC of the blood or plasma profile over the same interval; without it no renal clearance.
    """
    amount, reason = excreted(urine, start_h, end_h)
    unit = _amount_factor(urine)[1]
    refs = tuple(one.ref for one in urine.collections if one.ref)

    def row(code: str, name: str, value: float | None, unit: str, why: str) -> Parameter:
        return Parameter(code, name, value, unit, "" if value is not None else why, start_h, end_h, refs)

    percent, why = None, reason or ("no dose given" if urine.dose is None else "the dose is zero")
    if amount is not None and urine.dose:
        percent = 100.0 * amount / urine.dose
    # Urine and blood are of one assay, so without blood the clearance is in the units of the urine.
    conc_unit = urine.conc_unit if auc is None else auc.unit.removeprefix("h*")
    factor, volume = volume_of_dose(unit, conc_unit)
    clearance = _renal(amount, auc, reason)
    value, why_not = (None, clearance) if isinstance(clearance, str) else (clearance * factor, "")
    return (
        row("RCAMINT", "Amt Rec from T1 to T2", amount, unit, reason),
        row("RCPCINT", "Pct Rec from T1 to T2", percent, "%", why),
        row("RENALCL", "Renal CL", value, per(volume, "h"), why_not),
    )


def _renal(amount: float | None, auc: Parameter | None, reason: str) -> float | str:
    if auc is None:
        return "no concentrations over the same interval"
    if auc.value is None:
        return auc.reason
    if amount is None:
        return reason
    if auc.value <= 0.0:
        return "the area under the concentrations is zero"
    return amount / auc.value
