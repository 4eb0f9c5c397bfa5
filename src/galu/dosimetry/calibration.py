"""From counts to activity: the traceable chain of calibrations, recovery and volume.

EANM practical guidance on uncertainty analysis, Gear et al., Eur J Nucl Med Mol Imaging 2018;45:2456.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from galu.finding import InputError
from galu.quantities import LN2
from galu.words import checked_fields


@dataclass(frozen=True, slots=True)
@checked_fields
class CalibrationStep:
    """One instrument calibrated against the one before it, or against a certified source.

    Attributes
    ----------
    instrument : str
        As ``dose calibrator``, ``well counter``, ``camera``.
    on : date
        Day of the measurement.
    u_relative : float
        Relative standard uncertainty that this step adds (certificate, counting, filling, weighing).
    decay_h : float
        Time over which the source was decay-corrected to the measurement [h].
    """

    instrument: str
    on: date
    u_relative: float
    decay_h: float = 0.0


@dataclass(frozen=True, slots=True)
class CalibrationChain:
    """Steps from the certified source to the instrument in use, in the order of their days.

    Attributes
    ----------
    steps : tuple of CalibrationStep
        The first is certified, each other is calibrated against the one before it.
    half_life_h, u_half_life_h : float
        Half-life of the source and its standard uncertainty [h].
    """

    steps: tuple[CalibrationStep, ...]
    half_life_h: float
    u_half_life_h: float = 0.0

    def __post_init__(self) -> None:
        if not self.steps:
            raise InputError("calibration", "has no steps", "start with the certified source")
        for earlier, later in zip(self.steps, self.steps[1:], strict=False):
            if later.on < earlier.on:
                raise InputError(
                    f"calibration of the {later.instrument}",
                    f"is of {later.on}, before that of the {earlier.instrument} it rests on ({earlier.on})",
                    "give the calibration that was valid then",
                )
        if not all(0 <= step.u_relative < 1 for step in self.steps):
            raise InputError(
                "calibration", "an uncertainty is not between 0 and 1", "give relative uncertainties"
            )

    def parts(self) -> tuple[tuple[str, float], ...]:
        """Relative standard uncertainty of each step, decay correction last."""
        decay = LN2 / self.half_life_h * math.fsum(step.decay_h for step in self.steps)
        return (
            *((step.instrument, step.u_relative) for step in self.steps),
            ("decay between the measurements", decay * self.u_half_life_h / self.half_life_h),
        )

    def u_relative(self) -> float:
        """Relative standard uncertainty of an activity that the last instrument measures."""
        return math.hypot(*(u for _, u in self.parts()))

    def age_days(self, used_on: date) -> int:
        """Days since the last step.

        Raises
        ------
        InputError
            When the instrument was used before it was calibrated.
        """
        last = self.steps[-1]
        if used_on < last.on:
            raise InputError(
                f"calibration of the {last.instrument}",
                f"is of {last.on}, after its use on {used_on}",
                "give the calibration that was valid then",
            )
        return (used_on - last.on).days


@dataclass(frozen=True, slots=True)
class RecoveryCurve:
    """Recovery coefficient R(v) = 1/(1 + (b/v)^c), fitted to phantom spheres of volume v.

    Attributes
    ----------
    b_ml, c : float
        Volume of half recovery [mL] and steepness; b of zero is full recovery.
    u_b_ml, u_c : float
        Their standard uncertainties.
    correlation : float
        Correlation of b and c in the fit.
    """

    b_ml: float
    c: float
    u_b_ml: float = 0.0
    u_c: float = 0.0
    correlation: float = 0.0

    def at(self, volume_ml: float) -> float:
        """Recovery coefficient of a region of `volume_ml` [mL]."""
        return 1.0 / (1.0 + (self.b_ml / volume_ml) ** self.c) if self.b_ml > 0 else 1.0


def outlining_u_relative(volume_ml: float, voxel_mm: float, fwhm_mm: float) -> float:
    """Relative standard uncertainty of a volume outlined by hand on an image.

    u(v)/v = 3·u(d)/d with u²(d) = a²/6 + FWHM²/(4·ln 2): voxels and blur at both ends of a diameter d.

    Parameters
    ----------
    volume_ml : float
        Volume of the region [mL].
    voxel_mm, fwhm_mm : float
        Edge of a voxel, and resolution of the image the region was drawn on [mm].
    """
    diameter = 2.0 * math.cbrt(3.0 * volume_ml * 1000.0 / (4.0 * math.pi))
    return 3.0 * math.sqrt(voxel_mm**2 / 6.0 + fwhm_mm**2 / (4.0 * LN2)) / diameter
