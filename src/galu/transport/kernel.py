"""Point kernels: the energy that one decay at a point leaves in shells around it, in an infinite medium.

Radii are mass thicknesses [g/cm²], so one kernel serves every density of its medium. Electrons, photons and
α particles are kept apart by what the nuclide emitted: bremsstrahlung counts as electron, annihilation
photons count as photon.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from galu.arrays import read_only_arrays
from galu.finding import InputError
from galu.nuclides import Lines, emissions
from galu.transport.alpha import alpha_shells
from galu.transport.medium import SOFT_TISSUE, Medium
from galu.transport.tables import build

Array = NDArray[np.float64]
#: Shells: one inside the smallest radius, then 40 per decade up to 300 g/cm².
SMALLEST_G_CM2: Final = 1e-5
PER_DECADE: Final = 40
EDGES_G_CM2: Final = SMALLEST_G_CM2 * 10.0 ** (np.arange(300) / PER_DECADE)
#: Independent parts of a simulation, for its statistical error.
BATCHES: Final = 16
#: Histories per kind of radiation unless said otherwise.
HISTORIES: Final = 40_000
CLOSURE: Final = 0.005


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the energy of a decay went.

    Attributes
    ----------
    emitted_kev : float
        Mean energy emitted per decay, from the nuclide's data [keV].
    deposited_kev : float
        Energy left inside the shells or the grid [keV].
    escaped_kev : float
        Energy beyond them [keV].
    """

    emitted_kev: float
    deposited_kev: float
    escaped_kev: float

    @property
    def closure(self) -> float:
        """(deposited + escaped)/emitted − 1."""
        return (self.deposited_kev + self.escaped_kev) / self.emitted_kev - 1.0

    @property
    def holds(self) -> bool:
        """Whether the energy balance closes within 0.5 %."""
        return abs(self.closure) <= CLOSURE


@dataclass(frozen=True, slots=True, eq=False)
@read_only_arrays
class PointKernel:
    """Energy per decay in each shell, by what was emitted.

    Attributes
    ----------
    nuclide, medium : str
        Names.
    electron_kev, photon_kev, alpha_kev : array of shape (n + 1,)
        Energy per shell [keV]; the last lies beyond the outermost edge.
    error_kev : array of shape (n + 1,)
        Standard error of the energy inside each outer edge, of electrons and photons together [keV].
    emitted_kev : float
        Mean energy emitted per decay [keV].
    """

    nuclide: str
    medium: str
    electron_kev: Array
    photon_kev: Array
    alpha_kev: Array
    error_kev: Array
    emitted_kev: float

    def total_kev(self) -> Array:
        """Energy per shell of all radiations [keV]."""
        return self.electron_kev + self.photon_kev + self.alpha_kev

    def certificate(self) -> Certificate:
        """Return the energy balance of the kernel."""
        total = self.total_kev()
        return Certificate(self.emitted_kev, float(total[:-1].sum()), float(total[-1]))


def shell_radii_g_cm2() -> Array:
    """Radius that stands for each shell [g/cm²]: the geometric mean of its edges, half of the first one's."""
    inner = EDGES_G_CM2[:-1]
    return np.concatenate(([0.5 * SMALLEST_G_CM2], np.sqrt(inner * EDGES_G_CM2[1:])))


def simulate_point_kernel(
    nuclide_name: str, medium: Medium = SOFT_TISSUE, histories: int = HISTORIES, seed: int = 1
) -> PointKernel:
    """Simulate the kernel of a nuclide; the same seed gives the same kernel on any number of cores.

    Parameters
    ----------
    nuclide_name : str
        As ``Lu-177``; its progeny stay with it.
    medium : Medium
        Homogeneous medium.
    histories : int
        Histories for electrons, for positrons and for photons each.
    seed : int
        Seed.

    Raises
    ------
    InputError
        When the nuclide is unknown or there are fewer histories than batches.
    """
    if histories < BATCHES:
        raise InputError("histories", f"{histories} are too few", f"use at least {BATCHES}")
    emitted = emissions(nuclide_name)
    size = EDGES_G_CM2.size + 1
    tally = np.zeros((BATCHES, 2, size))
    for kind, lines, by_energy in (
        (0, emitted.photons, True),
        (1, emitted.electrons, True),
        (2, emitted.positrons, False),
    ):
        if lines.energy_kev.size:
            energies, weights = draw(lines, histories, by_energy)
            tally += _walk(kind, energies, weights, medium, seed * 8 + kind)
    total = tally.sum(axis=0)
    inside = np.cumsum(tally.sum(axis=1), axis=1)
    spread = inside.std(axis=0, ddof=1) * math.sqrt(BATCHES)
    return PointKernel(
        nuclide=nuclide_name,
        medium=medium.name,
        electron_kev=total[0],
        photon_kev=total[1],
        alpha_kev=alpha_shells(emitted, medium, EDGES_G_CM2),
        error_kev=spread,
        emitted_kev=emitted.electron_kev() + emitted.photon_kev() + emitted.alpha_kev(),
    )


def _walk(kind: int, energies: Array, weights: Array, medium: Medium, seed: int) -> Array:
    from galu.transport.walk import simulate

    tables = build(medium)
    shells = (math.log(SMALLEST_G_CM2), PER_DECADE / math.log(10.0))
    size = EDGES_G_CM2.size + 1

    def one(batch: int) -> Array:
        tally: Array = simulate(kind, energies, weights, *tables, shells, size, seed, (batch, BATCHES))
        return tally

    with ThreadPoolExecutor() as threads:
        return np.stack(list(threads.map(one, range(BATCHES))))


def draw(lines: Lines, histories: int, by_energy: bool) -> tuple[Array, Array]:
    """Energies and weights of histories, spread evenly over a spectrum (systematic sampling).

    Parameters
    ----------
    lines : Lines
        The spectrum.
    histories : int
        How many.
    by_energy : bool
        Whether every history carries the same energy (weights 1/E) instead of the same number.

    Returns
    -------
    tuple of arrays
        Energies [keV] and weights, in an order that deals the spectrum evenly to the batches.
    """
    order = np.argsort(lines.energy_kev, kind="stable")
    energy, share = lines.energy_kev[order], lines.per_decay[order]
    density = share * energy if by_energy else share
    upto = np.cumsum(density)
    picked = energy[np.searchsorted(upto, (np.arange(histories) + 0.5) / histories * upto[-1])]
    weight = density.sum() / histories / (picked if by_energy else 1.0)
    return picked, weight * np.ones(histories)
