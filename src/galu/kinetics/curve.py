"""Time curves that are sums of exponentials, and their closed-form integrals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from galu.finding import InputError
from galu.quantities import LN2


@dataclass(frozen=True, slots=True)
class ExponentialSum:
    """A(t) = Σ Aᵢ·2^(−t/Tᵢ) from the start of infusion, decay included.

    Attributes
    ----------
    amplitude_mbq : tuple of float
        Amplitudes at time zero [MBq]; uptake phases are negative.
    half_life_h : tuple of float
        Effective half-lives [h].
    """

    amplitude_mbq: tuple[float, ...]
    half_life_h: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.amplitude_mbq) != len(self.half_life_h) or not self.half_life_h:
            raise InputError(
                "curve", "amplitudes and half-lives do not pair up", "give one half-life for each"
            )
        if any(not 0 < t < math.inf for t in self.half_life_h):
            raise InputError("curve", "a half-life is not positive", "give half-lives in hours, above zero")
        if not all(map(math.isfinite, self.amplitude_mbq)):
            raise InputError("curve", "an amplitude is not finite", "give amplitudes in MBq")

    def at(self, time_h: float) -> float:
        """Activity [MBq] at `time_h` [h]."""
        return math.fsum(
            a * math.exp(-LN2 * time_h / t) for a, t in zip(self.amplitude_mbq, self.half_life_h, strict=True)
        )

    def integral(self) -> float:
        """Time-integrated activity from zero to infinity [MBq·h]: Σ Aᵢ/λᵢ."""
        return math.fsum(a * t / LN2 for a, t in zip(self.amplitude_mbq, self.half_life_h, strict=True))

    def integral_between(self, start_h: float, end_h: float) -> float:
        """Time-integrated activity between two times [MBq·h]."""
        return math.fsum(
            a * t / LN2 * (math.exp(-LN2 * start_h / t) - math.exp(-LN2 * end_h / t))
            for a, t in zip(self.amplitude_mbq, self.half_life_h, strict=True)
        )

    def terminal_half_life_h(self) -> float:
        """Effective half-life of the slowest phase [h]."""
        return max(self.half_life_h)


def uptake_peak_h(washout_half_life_h: float, uptake_half_life_h: float) -> float:
    """Time of the peak of 2^(−t/Tw) − 2^(−t/Tu) [h]; of t·2^(−t/T), its limit, where both are T."""
    washout, uptake = LN2 / washout_half_life_h, LN2 / uptake_half_life_h
    if math.isclose(washout, uptake, rel_tol=1e-12):
        return 1.0 / washout
    return math.log(uptake / washout) / (uptake - washout)
