"""Self-dose of a sphere with uniform activity, from a point kernel.

In an infinite homogeneous medium the energy that stays in a sphere of radius R is exactly
Σ e(r)·g(r/R): e(r) the point kernel's energy at distance r and g(x) = 1 − ¾x + x³/16 (x ≤ 2) the chance that
a point at distance r from a uniformly drawn point of the sphere, in a random direction, is inside
(M. J. Berger, MIRD pamphlet 2, 1968: the geometric reduction factor). Tissue around the sphere scatters
radiation back, as around a lesion or an organ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galu.finding import InputError
from galu.quantities import JOULE_PER_EV
from galu.transport.kernel import PointKernel, shell_radii_g_cm2
from galu.transport.medium import SOFT_TISSUE

Array = NDArray[np.float64]
#: Masses [g] and densities [g/mL] beyond which no sphere of tissue is meant.
MASS_G = (1e-9, 1e7)
DENSITY_G_ML = (0.05, 5.0)


@dataclass(frozen=True, slots=True)
class SphereDose:
    """Self-dose of a sphere per decay.

    Attributes
    ----------
    mass_g, density_g_ml : float
        The sphere.
    s_gy_per_bq_s : float
        Absorbed dose per decay, all radiations [Gy/(Bq·s)]; no RBE in it.
    electron, photon, alpha : float
        Its parts [Gy/(Bq·s)].
    statistical_error : float
        Relative standard error from the simulation.
    """

    mass_g: float
    density_g_ml: float
    s_gy_per_bq_s: float
    electron: float
    photon: float
    alpha: float
    statistical_error: float


def reduction(ratio: Array) -> Array:
    """Geometric reduction factor of a sphere at distance/radius `ratio`; zero beyond the diameter."""
    x = np.minimum(ratio, 2.0)
    return 1.0 - 0.75 * x + x**3 / 16.0


def radius_cm(mass_g: float, density_g_ml: float) -> float:
    """Radius of a sphere [cm]."""
    return math.cbrt(3.0 * mass_g / (4.0 * math.pi * density_g_ml))


def sphere_dose(
    kernel: PointKernel, mass_g: float, density_g_ml: float = SOFT_TISSUE.density_g_ml
) -> SphereDose:
    """Self-dose of a sphere.

    Raises
    ------
    InputError
        When the mass or the density is that of no sphere of tissue.
    """
    check(mass_g, MASS_G, "mass", "g")
    check(density_g_ml, DENSITY_G_ML, "density", "g/mL")
    thickness = radius_cm(mass_g, density_g_ml) * density_g_ml
    kept = reduction(shell_radii_g_cm2() / thickness)
    gy_per_kev = 1000.0 * JOULE_PER_EV / (mass_g / 1000.0)
    electron, photon, alpha = (
        float(energy[:-1] @ kept) * gy_per_kev
        for energy in (kernel.electron_kev, kernel.photon_kev, kernel.alpha_kev)
    )
    # Summation by parts: Σ e·g = Σ (energy inside)·(−Δg); errors of neighbouring shells move together.
    slope = kept - np.concatenate((kept[1:], [0.0]))
    error = float(np.abs(slope) @ kernel.error_kev[:-1]) * gy_per_kev
    total = electron + photon + alpha
    return SphereDose(mass_g, density_g_ml, total, electron, photon, alpha, error / total)


def check(value: float, limits: tuple[float, float], what: str, unit: str) -> None:
    """Refuse a number outside what tissue can be.

    Raises
    ------
    InputError
        When it is not finite or outside `limits`.
    """
    if not limits[0] <= value <= limits[1]:
        raise InputError(
            what,
            f"{value:g} {unit} is outside {limits[0]:g} to {limits[1]:g} {unit}",
            f"give a {what} in {unit}",
        )
