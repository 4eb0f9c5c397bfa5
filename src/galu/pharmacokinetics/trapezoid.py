"""Areas under a curve and under its first moment, segment by segment.

Linear: ``Δt (C₁+C₂)/2``. Logarithmic: ``(C₁−C₂)/k`` with ``k = ln(C₁/C₂)/Δt``, its first moment
``(t₁C₁−t₂C₂)/k + (C₁−C₂)/k²``. A logarithmic segment needs two different positive ends; any other is
linear, a fall to zero included (Gabrielsson & Weiner, Pharmacokinetic and Pharmacodynamic Data
Analysis, 5th ed., section 2.8).
"""

from __future__ import annotations

import math

from galu.pharmacokinetics.profile import Floats, Method


def is_logarithmic(method: Method, c1: float, c2: float, after_peak: bool) -> bool:
    """Whether a segment between two concentrations is taken as exponential."""
    if method is Method.LINEAR or c1 <= 0.0 or c2 <= 0.0 or c1 == c2:
        return False
    return c2 < c1 if method is Method.LINUP_LOGDOWN else after_peak


def segment(t: tuple[float, float], c: tuple[float, float], log: bool) -> tuple[float, float]:
    """Area and first-moment area of one segment."""
    dt = t[1] - t[0]
    if not log:
        return dt * (c[0] + c[1]) / 2.0, dt * (t[0] * c[0] + t[1] * c[1]) / 2.0
    k = math.log(c[0] / c[1]) / dt
    return (c[0] - c[1]) / k, (t[0] * c[0] - t[1] * c[1]) / k + (c[0] - c[1]) / k**2


def areas(time_h: Floats, conc: Floats, method: Method) -> tuple[float, float]:
    """AUC [h·conc] and AUMC [h²·conc] over all samples; zero for fewer than two."""
    if len(time_h) < 2:
        return 0.0, 0.0
    peak = float(time_h[int(conc.argmax())])
    auc = aumc = 0.0
    for i in range(len(time_h) - 1):
        t, c = (float(time_h[i]), float(time_h[i + 1])), (float(conc[i]), float(conc[i + 1]))
        area, moment = segment(t, c, is_logarithmic(method, *c, t[0] >= peak))
        auc += area
        aumc += moment
    return auc, aumc


def conc_between(t: tuple[float, float], c: tuple[float, float], at_h: float, log: bool) -> float:
    """Concentration inside a segment, by the segment's own rule."""
    fraction = (at_h - t[0]) / (t[1] - t[0])
    if log:
        return math.exp(math.log(c[0]) + fraction * (math.log(c[1]) - math.log(c[0])))
    return c[0] + fraction * (c[1] - c[0])
