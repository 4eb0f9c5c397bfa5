"""Energy spectra of β decay: the statistical shape with the Fermi function of a finite nucleus.

N(W) ∝ F(Z, W)·p·W·(W₀ − W)²·C(W), with C = 1 for allowed and non-unique forbidden branches and
C = q² + λ₂p² for unique first-forbidden ones, λ₂ = F₁/F₀ (H. Behrens and W. Bühring, 1982); no
screening by atomic electrons. Inside, energies are in units of the electron's rest energy.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from galu.quantities import ELECTRON_REST_KEV

Array = NDArray[np.float64]
_FINE_STRUCTURE: Final = 1.0 / 137.035999
#: Energies at which a branch is tabulated.
POINTS: Final = 400


def coulomb(k: int, z: int, momentum: Array, mass_number: int) -> Array:
    """Coulomb function F_{k−1} of a daughter of charge `z` (negative for β⁺) at momentum p/(m·c).

    With k = 1 the Fermi function; H. Behrens and W. Bühring, Electron radial wave functions and nuclear
    β-decay, 1982, eq. 4.20: 4^{k−1}(2k)(k+γ)[(2k−1)!!]²·e^{πη}·(2pR)^{2(γ−k)}·(|Γ(γ+iη)|/Γ(1+2γ))².
    """
    from scipy.special import loggamma

    gamma = math.sqrt(k * k - (_FINE_STRUCTURE * z) ** 2)
    radius = 0.5 * _FINE_STRUCTURE * mass_number ** (1.0 / 3.0)
    eta = _FINE_STRUCTURE * z * np.sqrt(1.0 + momentum**2) / momentum
    odd = math.prod(range(1, 2 * k, 2))
    logs = math.pi * eta + 2.0 * np.real(loggamma(gamma + 1j * eta)) - 2.0 * math.lgamma(1.0 + 2.0 * gamma)
    value: Array = (
        4.0 ** (k - 1)
        * 2.0
        * k
        * (k + gamma)
        * odd**2
        * (2.0 * momentum * radius) ** (2.0 * (gamma - k))
        * np.exp(logs)
    )
    return value


def branch_spectrum(
    endpoint_kev: float, daughter_z: int, mass_number: int, unique: bool
) -> tuple[Array, Array]:
    """Spectrum of one branch.

    Parameters
    ----------
    endpoint_kev : float
        Largest kinetic energy [keV].
    daughter_z : int
        Charge of the daughter, negated for β⁺.
    mass_number : int
        Mass number.
    unique : bool
        Whether the branch is unique first-forbidden.

    Returns
    -------
    tuple of arrays
        Midpoint energies [keV] and probabilities that sum to one, each of length ``POINTS``.
    """
    energy = (np.arange(POINTS) + 0.5) * endpoint_kev / POINTS
    total = 1.0 + energy / ELECTRON_REST_KEV
    momentum = np.sqrt(total**2 - 1.0)
    neutrino = (endpoint_kev - energy) / ELECTRON_REST_KEV
    fermi = coulomb(1, daughter_z, momentum, mass_number)
    density = fermi * momentum * total * neutrino**2
    if unique:
        second = coulomb(2, daughter_z, momentum, mass_number) / fermi
        density = density * (neutrino**2 + second * momentum**2)
    return energy, density / density.sum()
