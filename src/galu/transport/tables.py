"""Tables of one medium on a common logarithmic energy grid, as the walk reads them."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from galu.transport.medium import Medium
from galu.transport.stopping import (
    annihilation_in_flight,
    bremsstrahlung,
    collision,
    elastic,
    moller,
    radiative,
)

Array = NDArray[np.float64]
LOW_KEV: Final = 1.0
HIGH_KEV: Final = 5000.0
POINTS: Final = 400
#: Electrons below this stop where they are: their range is 0.8 µm of water.
ELECTRON_STOP_KEV: Final = 5.0
#: Bremsstrahlung photons below this are spread along the path.
SOFT_PHOTON_KEV: Final = 10.0
#: Single scatterings are kept so rare that their mean free path is this part of the transport mean free path.
HARD_SCATTER: Final = 0.05


class Tables(NamedTuple):
    """Rows over the energy grid; columns are named in ``build``.

    `electron` has shape (POINTS, 10, 2), the last axis for e⁻ and e⁺: restricted stopping power, straggling,
    hard collisions, bremsstrahlung photons, single scatterings, their smallest μ, soft scattering,
    screening, range, annihilation in flight (zero for e⁻).
    `photon` has shape (POINTS, 3): photoelectric, incoherent, pair.
    """

    electron: Array
    photon: Array


def grid() -> Array:
    """Return the energies of the tables [keV]."""
    return np.geomspace(LOW_KEV, HIGH_KEV, POINTS)


def collision_cut_kev(energy_kev: Array) -> Array:
    """Energy loss above which a collision is simulated singly [keV]: 5 % of the energy, 1 to 10 keV."""
    return np.clip(0.05 * energy_kev, 1.0, 10.0)


@cache
def build(medium: Medium) -> Tables:
    """Tabulate a medium."""
    energy = grid()
    cut = collision_cut_kev(energy)
    number, loss, straggling = moller(energy, cut, medium)
    photons, photon_loss = bremsstrahlung(energy, SOFT_PHOTON_KEV, medium)
    strength, screening = elastic(energy, medium)
    total = strength / (screening * (1.0 + screening))
    transport = 2.0 * strength * (np.log((1.0 + screening) / screening) - 1.0 / (1.0 + screening))
    single = np.minimum(transport / HARD_SCATTER, total)
    # The tail of Q/(μ+A)² above the smallest μ holds `single`: Q·[1/(μ₀+A) − 1/(1+A)] = single.
    smallest = np.clip(1.0 / (single / strength + 1.0 / (1.0 + screening)) - screening, 0.0, 1.0)
    soft = 2.0 * strength * (
        np.log((smallest + screening) / screening) - smallest / (smallest + screening)
    )  # fmt: skip
    electron = np.empty((POINTS, 10, 2))
    for column, charge in ((0, -1), (1, 1)):
        full = collision(energy, medium, charge) + radiative(energy, medium)
        steps = 0.5 * (1.0 / full[1:] + 1.0 / full[:-1]) * np.diff(energy)
        ranges = np.concatenate(([energy[0] / full[0]], energy[0] / full[0] + np.cumsum(steps)))
        restricted = full - loss - photon_loss
        annihilation = annihilation_in_flight(energy, medium) * (charge > 0)
        rows = (
            restricted, straggling, number, photons, single, smallest, soft, screening, ranges, annihilation
        )  # fmt: skip
        electron[:, :, column] = np.stack(rows, axis=1)
    photon = np.stack(
        [medium.photoelectric_cm2_g(energy), medium.incoherent_cm2_g(energy), medium.pair_cm2_g(energy)],
        axis=1,
    )
    return Tables(electron, photon)
