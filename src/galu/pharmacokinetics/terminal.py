"""The terminal slope λz: log-linear regression on the last samples.

Every window that ends at the last quantifiable sample and has at least three points after the peak
(the peak itself only after a bolus) is tried; among the windows that decline, the best adjusted r² wins
and, within 1e-4 of it, the one with most points (Phoenix WinNonlin 8, "Lambda Z: best fit").
A rising window never wins, nor does one whose adjusted r² is not above zero: then the tail carries no
terminal phase and the reason says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from galu.pharmacokinetics.profile import Floats


@dataclass(frozen=True, slots=True)
class TerminalRule:
    """How λz is chosen.

    `window_h` takes all quantifiable samples between two times (a manual choice, two points suffice);
    `times_h` takes exactly the samples at these times. `max_points` and `not_before_h` bound the search.
    """

    window_h: tuple[float, float] | None = None
    times_h: tuple[float, ...] = ()
    max_points: int | None = None
    not_before_h: float = 0.0
    min_points: int = 3
    tie: float = 1e-4
    min_r2_adjusted: float = 0.0


@dataclass(frozen=True, slots=True)
class Terminal:
    """A fitted terminal phase ``ln C = intercept − lambda_z t``; n points from lower_h to upper_h [h]."""

    lambda_z: float
    intercept: float
    correlation: float
    r2: float
    r2_adjusted: float | None
    n: int
    lower_h: float
    upper_h: float

    def at(self, time_h: float) -> float:
        """Predicted concentration at a time [h]."""
        return float(np.exp(self.intercept - self.lambda_z * time_h))


def fit_window(time_h: Floats, conc: Floats) -> Terminal:
    """Least squares of ln(conc) on time over all samples given (n ≥ 2, all positive)."""
    y = np.log(conc)
    dt, dy = time_h - time_h.mean(), y - y.mean()
    sxx, sxy, syy = float(dt @ dt), float(dt @ dy), float(dy @ dy)
    slope = sxy / sxx
    r = sxy / np.sqrt(sxx * syy) if syy > 0.0 else 0.0
    n, r2 = len(time_h), float(r * r)
    adjusted = 1.0 - (1.0 - r2) * (n - 1) / (n - 2) if n > 2 else None
    return Terminal(
        -slope,
        float(y.mean() - slope * time_h.mean()),
        float(r),
        r2,
        adjusted,
        n,
        float(time_h[0]),
        float(time_h[-1]),
    )


def terminal_phase(time_h: Floats, conc: Floats, rule: TerminalRule, peak_counts: bool) -> Terminal | str:
    """λz of a profile, or why there is none.

    Parameters
    ----------
    time_h, conc : arrays (n,)
        Samples after the BLQ rule.
    peak_counts : bool
        Whether the sample at Cmax may be used (after a bolus).
    """
    positive = conc > 0.0
    t, c = time_h[positive], conc[positive]
    if t.size == 0:
        return "no quantifiable sample"
    if rule.window_h is not None or rule.times_h:
        return _manual(t, c, rule)
    first = int(c.argmax()) + (0 if peak_counts else 1)
    t, c = t[first:], c[first:]
    kept = t >= rule.not_before_h
    t, c = t[kept], c[kept]
    if t.size < rule.min_points:
        return (
            f"fewer than {rule.min_points} quantifiable samples {'from' if peak_counts else 'after'} the peak"
        )
    longest = t.size if rule.max_points is None else min(t.size, rule.max_points)
    fits = [fit_window(t[-n:], c[-n:]) for n in range(rule.min_points, longest + 1)]
    return _best([fit for fit in fits if fit.lambda_z > 1e-14], rule)


def _best(falling: list[Terminal], rule: TerminalRule) -> Terminal | str:
    if not falling:
        return "the concentrations do not decline at the end"
    best = max(fit.r2_adjusted or 0.0 for fit in falling)
    if best <= rule.min_r2_adjusted:
        return "no declining terminal phase: adjusted r² is not above zero"
    return max((fit for fit in falling if (fit.r2_adjusted or 0.0) > best - rule.tie), key=lambda fit: fit.n)


def _manual(t: Floats, c: Floats, rule: TerminalRule) -> Terminal | str:
    if rule.times_h:
        chosen = np.isin(t, np.array(rule.times_h))
        if int(chosen.sum()) < len(rule.times_h):
            return "a chosen time has no quantifiable sample"
    else:
        low, high = rule.window_h or (0.0, 0.0)
        chosen = (t >= low) & (t <= high)
    if int(chosen.sum()) < 2:
        return "fewer than 2 quantifiable samples in the chosen window"
    fit = fit_window(t[chosen], c[chosen])
    return fit if fit.lambda_z > 1e-14 else "the concentrations do not decline over the chosen samples"
