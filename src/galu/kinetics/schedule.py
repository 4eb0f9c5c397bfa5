"""Which two scan times leave the smallest uncertainty, over a population of effective half-lives.

For each half-life of the prior, ln A and ln T are known from the scans and from the prior together; the
relative variance of Ã = A·T/ln 2 is (1 1)·(JᵀWJ + P)⁻¹·(1 1)ᵀ, and its root mean square over the prior is
compared. One scan needs the whole prior without linearising: `best_scan_time_h`.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from galu.finding import InputError
from galu.kinetics.single import prior_teff_h, refuse_longer_than_physical
from galu.quantities import LN2


def two_scans_relative(
    times_h: tuple[float, float], sigma_relative: float, teff_h: float, spread: float, half_life_h: float
) -> float:
    """Relative standard uncertainty of Ã from two scans of a single exponential.

    Parameters
    ----------
    times_h : (float, float)
        Times of the scans [h].
    sigma_relative : float
        Relative uncertainty of each activity.
    teff_h, spread : float
        Median effective half-life [h] and its coefficient of variation.
    half_life_h : float
        Physical half-life [h].
    """
    teff = prior_teff_h(teff_h, spread, half_life_h)
    weight = 1.0 / sigma_relative**2
    slopes = [LN2 * time / teff for time in times_h]
    aa = 2.0 * weight
    at = weight * (slopes[0] + slopes[1])
    tt = weight * (slopes[0] ** 2 + slopes[1] ** 2) + 1.0 / np.log1p(spread**2)
    variance = (tt - 2.0 * at + aa) / (aa * tt - at**2)
    return float(np.sqrt(variance.mean()))


def best_two_scan_times_h(
    candidates_h: tuple[float, ...], sigma_relative: float, teff_h: float, spread: float, half_life_h: float
) -> tuple[tuple[float, float], float]:
    """The two candidate times [h] with the smallest relative uncertainty of Ã, and that uncertainty.

    Raises
    ------
    InputError
        When there are fewer than two candidates, or the half-life is longer than physical decay.
    """
    refuse_longer_than_physical(teff_h, half_life_h)
    if len(set(candidates_h)) < 2:
        raise InputError("scan times", "are fewer than two", "give two candidates or more")
    scored = [
        (two_scans_relative(pair, sigma_relative, teff_h, spread, half_life_h), pair)
        for pair in combinations(sorted(set(candidates_h)), 2)
    ]
    u, times = min(scored)
    return times, u
