"""What a curve's own scans do not settle widens its uncertainty, upwards above all.

Scans that contradict their curve: by √(χ²/ν), the Birge ratio (Phys Rev 1932;40:207), and at least up to
trapezoids with a physical tail, which need no model. Scans that cannot show uptake: up to what an uptake
within its prior would leave.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from galu.kinetics.fitted import FittedCurve, joined
from galu.kinetics.interval import Z_95
from galu.kinetics.samples import Samples, trapezoid_weights
from galu.quantities import LN2

WIDENED: Final = "its uncertainty is widened"
#: Scale of the half-normal prior of an uptake half-time: 95 % are below 15.7 h (assumed).
POPULATION_UPTAKE_H: Final = 8.0
SLOWEST_UPTAKE_H: Final = Z_95 * POPULATION_UPTAKE_H


def up_to(fit: FittedCurve, most_mbq_h: float, why: str) -> FittedCurve:
    """The fit with interval and uncertainty that reach `most_mbq_h` [MBq·h], and the reason."""
    if fit.tia_mbq_h is None or fit.u_tia_mbq_h is None or not math.isfinite(most_mbq_h):
        return fit
    low, high = fit.interval_mbq_h or (fit.tia_mbq_h, fit.tia_mbq_h)
    if most_mbq_h <= high:
        return fit
    return replace(
        fit,
        interval_mbq_h=(low, most_mbq_h),
        u_tia_mbq_h=max(fit.u_tia_mbq_h, (most_mbq_h - fit.tia_mbq_h) / Z_95),
        reason=joined(fit.reason, why),
    )


def widened_by_misfit(fit: FittedCurve, samples: Samples) -> FittedCurve:
    """The fit, wider where the scans contradict it.

    Parameters
    ----------
    fit : FittedCurve
        The curve.
    samples : Samples
        The scans it was fitted to.
    """
    if fit.tia_mbq_h is None or fit.u_tia_mbq_h is None or not fit.degrees or not fit.contradicted():
        return fit
    factor = math.sqrt(fit.chi2 / fit.degrees)
    tia = fit.tia_mbq_h
    low, high = fit.interval_mbq_h or (tia, tia)
    ends = (tia / (1.0 + factor * (tia / low - 1.0)) if low > 0 else 0.0), tia + factor * (high - tia)
    wide = replace(
        fit,
        interval_mbq_h=ends,
        u_tia_mbq_h=factor * fit.u_tia_mbq_h,
        u_t_eff_h=factor * fit.u_t_eff_h,
        reason=joined(fit.reason, f"{WIDENED} {factor:.3g} times"),
    )
    return up_to(wide, _trapezoids_mbq_h(samples), "and up to trapezoids with a physical tail")


def _trapezoids_mbq_h(samples: Samples) -> float:
    """Upper end of what trapezoids with a physical tail give [MBq·h]."""
    time, activity, sigma = samples.arrays()
    weights = trapezoid_weights(time)
    weights[-1] += samples.half_life_h / LN2
    return float(weights @ activity + Z_95 * np.sqrt(np.sum((weights * sigma) ** 2)))
