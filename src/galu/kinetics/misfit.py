"""Whether the scans contradict a fitted curve.

χ² with known σ follows its distribution when the model holds and the σ are right; a probability below
0.001 says that one of them is not. The value stays: which of the two it is, a person must say.
"""

from __future__ import annotations

import math
from typing import Final

from galu.kinetics.curve import ExponentialSum
from galu.kinetics.samples import Samples

#: Probability of a larger χ² below which a curve does not fit (assumed).
MISFIT_BELOW: Final = 0.001


def chi2_probability(chi2: float, degrees: int) -> float:
    """Probability of a larger χ²; closed form for whole degrees of freedom, 1 where there are none.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
    """
    if degrees < 1:
        return 1.0
    half = chi2 / 2.0
    odd = degrees % 2
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = [0.5 + i for i in range(degrees // 2)] if odd else [float(i) for i in range(degrees // 2)]
    for power in powers:
        exponent = -half - math.lgamma(power + 1.0) + (power * math.log(half) if half > 0 else 0.0)
        total += math.exp(exponent) if half > 0 or power == 0 else 0.0
    return min(total, 1.0)


def is_misfit(chi2: float, degrees: int) -> bool:
    """Whether the scans contradict the curve that gave `chi2`."""
    return chi2_probability(chi2, degrees) < MISFIT_BELOW


def misfit_of(curve: ExponentialSum, samples: Samples, chi2: float, degrees: int) -> str:
    """A sentence that says how badly the curve fits and which scan is worst, or nothing.

    Parameters
    ----------
    curve : ExponentialSum
        The fitted curve.
    samples : Samples
        The scans it was fitted to.
    chi2 : float
        Its χ².
    degrees : int
        Degrees of freedom.
    """
    if not is_misfit(chi2, degrees):
        return ""
    scans = zip(samples.time_h, samples.activity_mbq, samples.sigma_mbq, strict=True)
    time, residual = max(((t, (a - curve.at(t)) / s) for t, a, s in scans), key=lambda pair: abs(pair[1]))
    side = "above" if residual > 0 else "below"
    p = chi2_probability(chi2, degrees)
    probability = f"p {p:.1g}" if p > 0 else "p below 1e-300"
    return (
        f"the curve does not fit the scans (χ² {chi2:.4g}, degrees of freedom {degrees}, {probability}): "
        f"the scan at {time:g} h lies {abs(residual):.3g} σ {side} it"
    )
