"""What a nuclide and its progeny emit per decay of the parent.

Progeny are assumed to stay where the parent decays and to decay with it (secular equilibrium).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from galu.arrays import read_only_arrays
from galu.nuclides.beta import branch_spectrum
from galu.nuclides.data import row
from galu.quantities import ELECTRON_REST_KEV

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
@read_only_arrays
class Lines:
    """Energies [keV] and how many are emitted per decay; arrays of one length."""

    energy_kev: Array
    per_decay: Array

    def total_kev(self) -> float:
        """Mean energy per decay [keV]."""
        return float(self.energy_kev @ self.per_decay)

    def __add__(self, other: Lines) -> Lines:
        return Lines(
            np.concatenate((self.energy_kev, other.energy_kev)),
            np.concatenate((self.per_decay, other.per_decay)),
        )

    def times(self, factor: float) -> Lines:
        """Return the lines of `factor` decays."""
        return Lines(self.energy_kev, self.per_decay * factor)


NONE = Lines(np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Emissions:
    """Radiations per decay, kept apart by what they do.

    Attributes
    ----------
    electrons : Lines
        β⁻ spectrum, conversion and Auger electrons.
    positrons : Lines
        β⁺ spectrum; each is followed by two photons of 511 keV, which are not in `photons`.
    photons : Lines
        γ and X-rays.
    alphas : Lines
        α particles, each with its recoiling nucleus in the energy given by `recoil_kev`.
    recoil_kev : float
        Energy of the recoiling nuclei per decay [keV].
    """

    electrons: Lines
    positrons: Lines
    photons: Lines
    alphas: Lines
    recoil_kev: float

    def electron_kev(self) -> float:
        """Energy of electrons and positrons per decay [keV]."""
        return self.electrons.total_kev() + self.positrons.total_kev()

    def photon_kev(self) -> float:
        """Energy of γ, X-ray and annihilation photons per decay [keV]."""
        return self.photons.total_kev() + 2.0 * ELECTRON_REST_KEV * float(self.positrons.per_decay.sum())

    def alpha_kev(self) -> float:
        """Energy of α particles and recoiling nuclei per decay [keV]."""
        return self.alphas.total_kev() + self.recoil_kev

    def _plus(self, other: Emissions, factor: float) -> Emissions:
        return Emissions(
            self.electrons + other.electrons.times(factor),
            self.positrons + other.positrons.times(factor),
            self.photons + other.photons.times(factor),
            self.alphas + other.alphas.times(factor),
            self.recoil_kev + other.recoil_kev * factor,
        )


@cache
def emissions(name: str) -> Emissions:
    """Radiations of a nuclide with its progeny in equilibrium, per decay of the parent.

    Raises
    ------
    InputError
        When the nuclide is not packaged.
    """
    total = own_emissions(name)
    for child, branching in row(name).get("progeny", ()):
        total = total._plus(own_emissions(child), branching)
    return total


@cache
def own_emissions(name: str) -> Emissions:
    """Radiations of a nuclide alone, without progeny.

    Raises
    ------
    InputError
        When the nuclide is not packaged.
    """
    data = row(name)
    alphas = _lines(data.get("alpha", ()))
    return Emissions(
        electrons=_betas(data, "beta_minus", 1)
        + _lines(data.get("conversion", ()))
        + _lines(data.get("auger", ())),
        positrons=_betas(data, "beta_plus", -1),
        photons=_lines(data.get("gamma", ())) + _lines(data.get("x", ())),
        alphas=alphas,
        recoil_kev=alphas.total_kev() * 4.0 / (data["a"] - 4.0),
    )


def _lines(rows: Any) -> Lines:
    table = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return Lines(table[:, 0].copy(), table[:, 1].copy())


def _betas(data: dict[str, Any], kind: str, sign: int) -> Lines:
    total = NONE
    for endpoint, per_decay, shape, z in data.get(kind, ()):
        energy, probability = branch_spectrum(endpoint, sign * z, data["a"], shape == "1U")
        total = total + Lines(energy, probability * per_decay)
    return total
