"""Biologically effective dose of a dose rate that is a sum of exponentials.

The Lea–Catcheside factor in closed form, G = (2/D²)·ΣΣ AᵢAⱼ/[(λᵢ+λⱼ)(λᵢ+μ)] with D = ΣAᵢ/λᵢ and
μ = ln2/T_rep; for one exponential G = T_rep/(T_rep + T_eff). BED = D + G·D²/(α/β).
Dale, Br J Radiol 1985;58:515; Baechler et al., Med Phys 2008;35:1123.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from galu.finding import InputError
from galu.kinetics import ExponentialSum
from galu.nuclides import Nuclide
from galu.quantities import LN2


@dataclass(frozen=True, slots=True)
class BiologicalDose:
    """Absorbed dose, protraction factor, BED and EQD2, in Gy (G has no unit)."""

    dose_gy: float
    g: float
    bed_gy: float
    eqd2_gy: float


def lea_catcheside(curve: ExponentialSum, repair_half_time_h: float) -> float:
    """Protraction factor G of a dose rate shaped as `curve`; its scale does not matter."""
    repair = LN2 / repair_half_time_h
    terms = [(a, LN2 / t) for a, t in zip(curve.amplitude_mbq, curve.half_life_h, strict=True)]
    dose = math.fsum(a / rate for a, rate in terms)
    pairs = math.fsum(a * b / ((k + m) * (k + repair)) for a, k in terms for b, m in terms)
    return 2.0 * pairs / dose**2


def biological_dose(
    dose_gy: float, curve: ExponentialSum, alpha_beta_gy: float, repair_half_time_h: float, cycles: int = 1
) -> BiologicalDose:
    """BED and EQD2 of `cycles` equal cycles, fully repaired in between.

    Parameters
    ----------
    dose_gy : float
        Absorbed dose of one cycle [Gy].
    curve : ExponentialSum
        Shape of the dose rate.
    alpha_beta_gy, repair_half_time_h : float
        α/β [Gy] and repair half-time [h].
    cycles : int
        Number of cycles.

    Raises
    ------
    InputError
        When a parameter or the curve's integral is not positive.
    """
    positive = dose_gy >= 0 and alpha_beta_gy > 0 and repair_half_time_h > 0 and cycles >= 1
    if not (positive and math.isfinite(dose_gy + alpha_beta_gy + repair_half_time_h)):
        raise InputError(
            "BED", "dose, α/β, repair half-time or cycles is not positive", "give positive numbers"
        )
    if not curve.integral() > 0:
        raise InputError("BED", "the curve's integral is not positive", "check amplitudes and half-lives")
    g = lea_catcheside(curve, repair_half_time_h)
    bed = cycles * (dose_gy + dose_gy**2 * g / alpha_beta_gy)
    return BiologicalDose(cycles * dose_gy, g, bed, bed / (1.0 + 2.0 / alpha_beta_gy))


def refuse_alpha(nuclide: Nuclide) -> None:
    """Refuse a nuclide whose α particles the linear-quadratic model of protracted β dose does not hold for.

    Raises
    ------
    InputError
        When the nuclide or its progeny emit α particles.
    """
    if nuclide.emits_alpha:
        raise InputError(
            f"BED of {nuclide.name}",
            "is not defined: it emits α particles",
            "report the dose, α and β apart",
        )


def cumulative_bed(beds_gy: Sequence[float]) -> float:
    """BED over cycles [Gy]: their sum, since repair is complete weeks later."""
    return math.fsum(beds_gy)


def u_bed(dose_gy: float, u_dose_gy: float, g: float, alpha_beta_gy: float) -> float:
    """Standard uncertainty of BED [Gy] from that of the dose: (1 + 2GD/(α/β))·u(D)."""
    return (1.0 + 2.0 * g * dose_gy / alpha_beta_gy) * u_dose_gy
