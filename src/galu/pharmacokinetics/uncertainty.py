"""What counting statistics do to each parameter, to first order (GUM, JCGM 100:2008, 5.1.2).

The samples are independent, ``u² = Σ (∂P/∂Cᵢ · σᵢ)²``, the slopes by central differences. The terminal
phase keeps the samples it was fitted to: which ones would have been chosen is no matter of counting.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Final

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.blq import below_quantification
from galu.pharmacokinetics.formulas import Known
from galu.pharmacokinetics.nca import Rules, known_values
from galu.pharmacokinetics.profile import Floats, Method, Profile
from galu.pharmacokinetics.terminal import TerminalRule
from galu.words import checked

#: Step of the differences, relative to a concentration.
_STEP: Final = 1e-4
#: What is read off the clock, or chosen: counting does not change it.
_CHOSEN: Final = frozenset({"TMAX", "TLAG", "TLST", "LAMZLL", "LAMZUL", "LAMZNPT"})


@checked
def counting_uncertainty(
    profile: Profile, relative: Floats, method: Method, rules: Rules | None = None
) -> dict[str, float]:
    """Standard uncertainty of each parameter that has a value and a slope, by code.

    Parameters
    ----------
    relative : array (n,)
        Relative standard uncertainty of each concentration; decay correction, units and a specific
        activity leave it alone. NaN where unknown: then no parameter that the sample enters has one.

    Raises
    ------
    InputError
        When an uncertainty is negative or their number differs from that of the samples.
    """
    spread = np.asarray(relative, float)
    place = f"profile of {profile.subject}"
    if spread.shape != profile.conc.shape:
        raise InputError(place, "uncertainties differ in number", "give one per sample")
    if np.any(spread < 0.0):
        raise InputError(place, "an uncertainty is negative", "give a standard deviation")
    rules = rules or Rules()
    estimate = known_values(profile, method, rules)
    pinned = dataclasses.replace(rules, terminal=_pinned(estimate, rules.terminal))
    variance = {code: 0.0 for code, value in estimate.items() if isinstance(value, float)}
    for i in np.flatnonzero(~below_quantification(profile) & ~np.isnan(profile.conc)):
        up, down = (_moved(profile, int(i), sign * _STEP, method, pinned) for sign in (1.0, -1.0))
        for code in variance:
            high, low = up[code], down[code]
            slope = math.nan
            if isinstance(high, float) and isinstance(low, float):
                slope = (high - low) / (2.0 * _STEP)
            if slope != 0.0:
                variance[code] += (slope * float(spread[i])) ** 2
    return {
        code: math.sqrt(value)
        for code, value in variance.items()
        if math.isfinite(value) and code not in _CHOSEN
    }


def _pinned(estimate: dict[str, Known], rule: TerminalRule) -> TerminalRule:
    """The terminal rule that takes the samples the estimate took."""
    low, high = estimate["LAMZLL"], estimate["LAMZUL"]
    if rule.times_h or isinstance(low, str) or isinstance(high, str):
        return rule
    return TerminalRule(window_h=(low, high))


def _moved(profile: Profile, i: int, step: float, method: Method, rules: Rules) -> dict[str, Known]:
    conc = np.where(below_quantification(profile), 0.0, profile.conc)
    conc[i] *= 1.0 + step
    # Lowered by more than a step, so that no sample at its limit vanishes on the way down.
    limit = None if profile.lloq is None else profile.lloq * (1.0 - 2.0 * _STEP)
    return known_values(dataclasses.replace(profile, conc=conc, lloq=limit), method, rules)
