"""Radiometabolites: the part of the activity of a sample that is still the intact compound.

The counter sees parent and metabolites alike. The concentration of the compound is the activity times its
intact fraction; a fraction is a ratio of activities of one sample, so decay leaves it alone. Between
measured fractions it is interpolated linearly from 1 at time 0 (assumed: the product is pure when given),
and beyond the last one it is unknown. The modelled fraction is the Hill curve
``f(t) = 1 − α t^β / (t^β + t₅₀^β)`` (models compared in Tonietto et al., J Cereb Blood Flow Metab
2016;36:326–339).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.blq import below_quantification
from galu.pharmacokinetics.profile import Floats, Profile


@dataclass(frozen=True, slots=True)
class Hill:
    """Modelled intact fraction: it falls from 1 towards 1 − `lost`, half the way at `half_time_h` [h]."""

    lost: float
    steepness: float
    half_time_h: float

    def at(self, time_h: Floats) -> Floats:
        """Intact fraction at times (n,) [h]."""
        power = np.asarray(time_h, float) ** self.steepness
        return np.asarray(1.0 - self.lost * power / (power + self.half_time_h**self.steepness))


def interpolated(time_h: Floats, measured_h: Floats, fraction: Floats) -> Floats:
    """Intact fraction at times (n,) [h] between fractions (m,) measured at measured_h [h], increasing.

    NaN after the last measured one.

    Raises
    ------
    InputError
        When a fraction lies outside 0 to 1, or the times do not increase.
    """
    at, known = _checked(measured_h, fraction)
    if len(at) == 0 or at[0] > 0.0:
        at, known = np.concatenate(([0.0], at)), np.concatenate(([1.0], known))
    return np.asarray(np.interp(time_h, at, known, right=np.nan))


def fit_hill(measured_h: Floats, fraction: Floats) -> Hill | str:
    """Least squares of the Hill curve on fractions (m,) at measured_h [h], or why there is none.

    Raises
    ------
    InputError
        When a fraction lies outside 0 to 1, or the times do not increase.
    """
    from scipy.optimize import least_squares

    at, known = _checked(measured_h, fraction)
    at, known = at[at > 0.0], known[at > 0.0]
    if len(at) < 3:
        return "fewer than 3 fractions after time 0, and the curve has three parameters"
    if known.min() >= 1.0:
        return "no metabolite was seen"

    def residual(x: Floats) -> Floats:
        return Hill(float(x[0]), float(np.exp(x[1])), float(np.exp(x[2]))).at(at) - known

    start = (min(1.0, 1.1 * (1.0 - float(known.min()))), 0.0, float(np.log(np.median(at))))
    low, high = (0.0, np.log(0.1), np.log(1e-4)), (1.0, np.log(20.0), np.log(1e5))
    found = least_squares(residual, start, bounds=(low, high), xtol=1e-14, ftol=1e-14, gtol=1e-14)
    return Hill(float(found.x[0]), float(np.exp(found.x[1])), float(np.exp(found.x[2])))


def intact(profile: Profile, fraction: Floats) -> Profile:
    """The profile of the intact compound: activity (n,) times the fraction (n,) of each sample.

    A sample whose fraction is unknown is missing. Below quantification is told on the activity that was
    counted, so the limit takes the fraction, too.

    Raises
    ------
    InputError
        When a fraction lies outside 0 to 1 or their number differs from that of the samples.
    """
    share = np.asarray(fraction, float)
    if share.shape != profile.conc.shape:
        raise InputError(f"profile of {profile.subject}", "fractions differ in number", "give one per sample")
    _check_range(share[~np.isnan(share)])
    conc = np.where(below_quantification(profile), 0.0, profile.conc * share)
    limit = None if profile.lloq is None else profile.lloq * np.where(np.isnan(share), 1.0, share)
    return dataclasses.replace(profile, conc=conc, lloq=limit)


def _checked(time_h: Floats, fraction: Floats) -> tuple[Floats, Floats]:
    at, known = np.asarray(time_h, float), np.asarray(fraction, float)
    if np.any(np.diff(at) <= 0.0):
        raise InputError("intact fraction", "its times do not increase", "give each time once, in order")
    _check_range(known)
    return at, known


def _check_range(fraction: Floats) -> None:
    if np.any(~((fraction >= 0.0) & (fraction <= 1.0))):
        raise InputError(
            "intact fraction", "a value lies outside 0 to 1", "give a fraction, not a percentage"
        )
