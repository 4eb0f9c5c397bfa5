"""Measured activities of one region, as they were at scan time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from galu.finding import InputError
from galu.quantities import decay_factor
from galu.words import checked_fields

Floats: TypeAlias = npt.NDArray[np.float64]
#: `measured`: as it was at scan time; `corrected`: decay-corrected to time zero.
DecayState = Literal["measured", "corrected"]


#: Smallest and largest size of an activity or its σ [MBq], and the latest scan [h], that are no mistake.
LEAST_MBQ, MOST_MBQ, LATEST_H = 1e-12, 1e12, 1e5


@dataclass(frozen=True, slots=True)
@checked_fields
class Samples:
    """Activities of one region at scan time, not decay-corrected; time zero is the start of infusion.

    Attributes
    ----------
    time_h, activity_mbq, sigma_mbq : tuple of float
        Times [h], activities [MBq] and their known standard uncertainties [MBq], one each per scan.
    half_life_h : float
        Physical half-life [h]: no effective half-life can be longer.
    decay_state : {"measured"}
        Fits take activities as measured; see `measured_from_corrected`.
    """

    time_h: tuple[float, ...]
    activity_mbq: tuple[float, ...]
    sigma_mbq: tuple[float, ...]
    half_life_h: float
    decay_state: DecayState = "measured"

    def __post_init__(self) -> None:
        if not len(self.time_h) == len(self.activity_mbq) == len(self.sigma_mbq):
            raise InputError("samples", "times, activities and sigmas differ in number", "give one of each")
        if self.decay_state != "measured":
            raise InputError("samples", "are decay-corrected", "pass them through measured_from_corrected")
        if not self.time_h:
            raise InputError("samples", "are empty", "give at least one scan")
        _refuse_bad_numbers(self)

    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """Times [h], activities [MBq] and sigmas [MBq] as arrays sorted by time, shape (scans,)."""
        scans = sorted(zip(self.time_h, self.activity_mbq, self.sigma_mbq, strict=True))
        time, activity, sigma = zip(*scans, strict=True)
        return np.array(time, np.float64), np.array(activity, np.float64), np.array(sigma, np.float64)


def _refuse_bad_numbers(samples: Samples) -> None:
    # Plain Python: a curve has a handful of scans, and an array costs more than all its checks.
    times, activities, sigmas = samples.time_h, samples.activity_mbq, samples.sigma_mbq
    if not all(map(math.isfinite, (*times, *activities, *sigmas))):
        raise InputError("samples", "hold a number that is not finite", "leave missing scans out")
    if min(times) < 0:
        raise InputError("samples", "have a time before the start of infusion", "count time from its start")
    if len(set(times)) != len(times):
        raise InputError("samples", "have two activities at one time", "combine them or leave one out")
    if not min(sigmas) > 0:
        raise InputError(
            "samples", "have a sigma that is not positive", "state the uncertainty of every scan"
        )
    sizes = [abs(one) for one in (*activities, *sigmas) if one != 0]
    if max(sizes) > MOST_MBQ or min(sizes) < LEAST_MBQ or max(times) > LATEST_H:
        raise InputError(
            "samples",
            f"hold what no camera sees: activities and sigmas lie within {LEAST_MBQ:g} and {MOST_MBQ:g} MBq, "
            f"times below {LATEST_H:g} h",
            "check the units",
        )
    if not samples.half_life_h > 0:
        raise InputError("samples", "have no positive physical half-life", "give it in hours")


def measured_from_corrected(
    time_h: tuple[float, ...], corrected_mbq: tuple[float, ...], half_life_h: float
) -> tuple[float, ...]:
    """Activities at scan time [MBq] from activities decay-corrected to time zero [MBq]."""
    return tuple(a * decay_factor(t, half_life_h) for t, a in zip(time_h, corrected_mbq, strict=True))


def trapezoid_weights(time: Floats) -> Floats:
    """Weight of each activity [h], the first one held back to time zero."""
    weights = np.zeros_like(time)
    gaps = np.diff(time)
    weights[:-1] += gaps / 2.0
    weights[1:] += gaps / 2.0
    weights[0] += time[0]
    return weights
