"""What follows from areas, the terminal rate and the dose: written once, for one profile and for many.

Each function takes `combine`, the arithmetic of its quantities: a value or the reason why there is none
(`combine` below), or a column of them (`galu.pharmacokinetics.columns.combine_columns`).
Formulas: Gabrielsson & Weiner, Pharmacokinetic and Pharmacodynamic Data Analysis, 5th ed., chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

#: A value, or the reason why there is none.
Known = float | str
Quantity = TypeVar("Quantity")


def combine(formula: Callable[..., float], *operands: Known) -> Known:
    """Value of a formula; the first reason when an operand is missing or the result does not exist."""
    for operand in operands:
        if isinstance(operand, str):
            return operand
    try:
        value = float(formula(*operands))
    except (ZeroDivisionError, ValueError, OverflowError):
        return "undefined: division by zero"
    return value if math.isfinite(value) else "undefined: not a finite number"


def exposure(
    combine: Callable[..., Quantity],
    areas: tuple[Quantity, Quantity, Quantity, Quantity],
    rate: Quantity,
    values: Mapping[str, Quantity],
) -> dict[str, Quantity]:
    """Areas to infinity and their extrapolated parts.

    Parameters
    ----------
    areas : (AUC, AUMC, AUC, AUC)
        AUC and AUMC to the last quantifiable sample, AUC of all samples, area before the first sample.
    rate : quantity
        Terminal rate [1/h].
    values : mapping
        Holds CLST, CLSTP and TLST.
    """
    auc, aumc, auc_all, back = areas
    found = {"AUCLST": auc, "AUMCLST": aumc, "AUCALL": auc_all}
    for suffix, last in (("O", values["CLST"]), ("P", values["CLSTP"])):
        tail = combine(lambda c, k: c / k, last, rate)
        moment = combine(lambda c, k, t: c * t / k + c / k**2, last, rate, values["TLST"])
        total = combine(lambda a, b: a + b, auc, tail)
        total_moment = combine(lambda a, b: a + b, aumc, moment)
        found[f"AUCIF{suffix}"], found[f"AUMCIF{suffix}"] = total, total_moment
        found[f"AUCPE{suffix}"] = combine(lambda a, b: 100.0 * a / b, tail, total)
        found[f"AUMCPE{suffix}"] = combine(lambda a, b: 100.0 * a / b, moment, total_moment)
        found[f"AUCPBE{suffix}"] = combine(lambda b, total: 100.0 * b / total, back, total)
    return found


def mean_times(combine: Callable[..., Quantity], values: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """Mean residence times [h] as sampled: AUMC over AUC to the last sample and to infinity."""
    return {
        f"MRTEV{end}": combine(lambda a, b: b / a, values[f"AUC{end}"], values[f"AUMC{end}"])
        for end in ("LST", "IFO", "IFP")
    }


def less_half(mean_h: float, infused_h: float, peak_h: Known) -> Known:
    """A mean residence time less half the infusion [h], or why that is none."""
    rest = mean_h - infused_h / 2.0
    if rest > 0.0:
        return rest
    hint = ""
    if isinstance(peak_h, float) and peak_h < infused_h:
        hint = f", and the peak, at {peak_h:g} h, lies inside it"
    fault = f"{mean_h:.3g} h less half of an infusion of {infused_h:g} h is not above zero{hint}"
    return f"{fault}: check its duration"


def disposition(
    combine: Callable[..., Quantity],
    doses: tuple[Quantity, Quantity],
    factor: float,
    rate: Quantity,
    values: Mapping[str, Quantity],
) -> dict[str, Quantity]:
    """Clearances and volumes.

    Parameters
    ----------
    doses : (quantity, quantity)
        The dose, and the one that apparent clearance and volume are read from.
    factor : float
        What turns dose over concentration into the unit reported.
    rate : quantity
        Terminal rate [1/h].
    values : mapping
        Holds AUCIFO, AUCIFP, MRTIVIFO and MRTIVIFP.
    """
    dose, apparent = doses
    found: dict[str, Quantity] = {}
    for suffix in ("O", "P"):
        auc = values[f"AUCIF{suffix}"]
        found[f"AUCIF{suffix}D"] = combine(lambda a, d: a / d, auc, dose)
        for form, amount in (("", dose), ("F", apparent)):
            found[f"CL{form}{suffix}"] = combine(lambda d, a: d / a * factor, amount, auc)
            found[f"VZ{form}{suffix}"] = combine(lambda d, a, k: d / (k * a) * factor, amount, auc, rate)
        found[f"VSS{suffix}"] = combine(
            lambda cl, mrt: cl * mrt, found[f"CL{suffix}"], values[f"MRTIVIF{suffix}"]
        )
    return found


def identified(lambda_z: float, longest_half_life_h: float) -> Known:
    """A terminal rate [1/h], or why nothing is extrapolated with it."""
    half_life = math.log(2.0) / lambda_z
    if half_life > longest_half_life_h:
        return f"not identifiable: a half-life of {half_life:.3g} h, above {longest_half_life_h:.4g} h"
    return lambda_z
