"""A fitted time-activity curve, and what every fit says of itself in the same words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from galu.kinetics.curve import ExponentialSum
from galu.kinetics.misfit import is_misfit
from galu.kinetics.samples import DecayState
from galu.words import checked_fields

AT_BOUND: Final = "the effective half-life is held at physical decay"


@dataclass(frozen=True, slots=True)
@checked_fields
class FittedCurve:
    """A fitted time-activity curve and its time-integrated activity.

    Attributes
    ----------
    model : str
        Name of the model that was used.
    parameters : tuple of (str, float)
        Names, with their unit, and values.
    tia_mbq_h, u_tia_mbq_h : float or None
        Time-integrated activity and its standard uncertainty from the scans' σ [MBq·h].
    t_eff_h : float or None
        Effective half-life of the terminal phase [h].
    at_bound : bool
        Whether the terminal phase sits at physical decay.
    reason : str
        Why a value is missing, or what the reader must know.
    curve : ExponentialSum or None
        The curve, where the model has one.
    aicc, chi2 : float
        AICc, infinite when the scans are too few for it, and χ², infinite where nothing was fitted.
    degrees : int or None
        Degrees of freedom of χ²: scans less free parameters, one at its bound being none.
    decay_state : str
        Activities as measured, decay included.
    interval_mbq_h : (float, float) or None
        95 % interval of the time-integrated activity [MBq·h]; not always symmetric.
    u_t_eff_h : float
        Standard uncertainty of `t_eff_h` from the scans' σ [h]; zero where it is held or given.
    shared_mbq_h : float
        Part of `u_tia_mbq_h`, with its sign, that jointly fitted curves of a patient's organ share [MBq·h].
    """

    model: str
    parameters: tuple[tuple[str, float], ...]
    tia_mbq_h: float | None
    u_tia_mbq_h: float | None
    t_eff_h: float | None
    at_bound: bool
    reason: str = ""
    curve: ExponentialSum | None = None
    aicc: float = math.inf
    chi2: float = math.inf
    degrees: int | None = None
    decay_state: DecayState = "measured"
    interval_mbq_h: tuple[float, float] | None = None
    u_t_eff_h: float = 0.0
    shared_mbq_h: float = 0.0

    def contradicted(self) -> bool:
        """Whether the curve's own scans contradict it (`galu.kinetics.misfit`)."""
        return self.degrees is not None and is_misfit(self.chi2, self.degrees)


def unfitted(model: str, reason: str) -> FittedCurve:
    """A model that has no value for these scans, and why."""
    return FittedCurve(model, (), None, None, None, False, reason)


def joined(*remarks: str) -> str:
    """Remarks that are not empty, as one."""
    return "; ".join(remark for remark in remarks if remark)


def aicc(chi2: float, scans: int, free: int) -> float:
    """AICc with known σ, infinite where the scans are too few for it."""
    if scans <= free + 1:
        return math.inf
    return chi2 + 2.0 * free + 2.0 * free * (free + 1) / (scans - free - 1)
