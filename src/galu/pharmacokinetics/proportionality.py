"""Dose proportionality by the power model ``ln P = α + β ln D``.

Proportional when the confidence interval of β lies inside [1 + ln θ_L / ln ρ, 1 + ln θ_U / ln ρ], with ρ
the ratio of the highest to the lowest dose and θ = 0.8 … 1.25 (Smith et al., Pharm Res 2000;17:1278–1283).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from galu.finding import Truth
from galu.pharmacokinetics.profile import Floats
from galu.words import checked_fields


@dataclass(frozen=True, slots=True)
@checked_fields
class Proportionality:
    """Exponent β with its interval, the bounds it is judged by, and the verdict.

    `proportional` is unknown when the interval crosses a bound; the estimate is None with its reason when
    there are fewer than three values or one dose only.
    """

    exponent: float | None
    lower: float | None
    upper: float | None
    bounds: tuple[float, float] | None
    proportional: Truth
    reason: str = ""


def proportionality(dose: Floats, value: Floats, confidence: float = 0.9) -> Proportionality:
    """Power model over subjects: dose (n,) [one unit] and parameter (n,), all positive.

    Raises
    ------
    ValueError
        When a dose or a value is not positive.
    """
    x, y = np.asarray(dose, float), np.asarray(value, float)
    if np.any(~(x > 0.0)) or np.any(~(y > 0.0)):
        raise ValueError("doses and values must be positive")
    if len(x) < 3 or float(x.min()) == float(x.max()):
        return Proportionality(
            None, None, None, None, Truth.UNKNOWN, "three subjects and two doses are needed"
        )
    lx, ly = np.log(x), np.log(y)
    dx = lx - lx.mean()
    sxx = float(dx @ dx)
    slope = float(dx @ (ly - ly.mean())) / sxx
    residual = ly - ly.mean() - slope * dx
    error = math.sqrt(float(residual @ residual) / (len(x) - 2) / sxx)
    from scipy.special import stdtrit  # heavy, and only this interval needs it

    half = float(stdtrit(len(x) - 2, 0.5 + confidence / 2.0)) * error
    ratio = math.log(float(x.max() / x.min()))
    low, high = 1.0 + math.log(0.8) / ratio, 1.0 + math.log(1.25) / ratio
    lower, upper = slope - half, slope + half
    verdict = Truth.UNKNOWN
    if low <= lower and upper <= high:
        verdict = Truth.TRUE
    elif upper < low or lower > high:
        verdict = Truth.FALSE
    return Proportionality(slope, lower, upper, (low, high), verdict)
