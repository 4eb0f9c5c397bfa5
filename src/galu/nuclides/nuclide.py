"""Radionuclides: half-life and mean energy emitted per decay, from one packaged file with its source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from galu.nuclides.data import HALF_LIFE_SOURCE, canonical, half_lives, row, table
from galu.nuclides.emissions import emissions
from galu.quantities import JOULE_PER_EV, LN2, SECONDS_PER_HOUR

_HOURS = {
    "ns": 1e-9 / 3600.0,
    "us": 1e-6 / 3600.0,
    "ms": 1e-3 / 3600.0,
    "s": 1.0 / 3600.0,
    "min": 1.0 / 60.0,
    "h": 1.0,
    "d": 24.0,
}
#: From MeV per decay to Gy·kg/(GBq·h).
DELTA_PER_MEV = 1e6 * JOULE_PER_EV * 1e9 * SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Nuclide:
    """A radionuclide with the mean energies it emits per decay.

    Energies include the progeny, which are assumed to stay with the parent and to decay with it.

    Attributes
    ----------
    name : str
        Symbol and mass number, as ``Lu-177``.
    half_life_h : float
        Physical half-life [h].
    electron_mev, photon_mev, alpha_mev : float
        Mean energy per decay [MeV] carried by β±, conversion and Auger electrons; by γ, X-ray and
        annihilation photons; by α particles and recoiling nuclei.
    progeny : tuple of (str, float)
        Radioactive descendants counted with it, and their decays per decay of the parent.
    source : str
        Where the values come from.
    """

    name: str
    half_life_h: float
    electron_mev: float
    photon_mev: float
    alpha_mev: float
    progeny: tuple[tuple[str, float], ...]
    source: str

    @property
    def decay_per_h(self) -> float:
        """Physical decay constant [1/h]."""
        return LN2 / self.half_life_h

    @property
    def emits_alpha(self) -> bool:
        """Whether the nuclide or its chain emits α particles."""
        return self.alpha_mev > 0.0

    def delta_electron(self) -> float:
        """Energy of electrons per decay [Gy·kg/(GBq·h)]."""
        return self.electron_mev * DELTA_PER_MEV

    def delta_photon(self) -> float:
        """Energy of photons per decay [Gy·kg/(GBq·h)]."""
        return self.photon_mev * DELTA_PER_MEV

    def delta_alpha(self) -> float:
        """Energy of α particles and recoiling nuclei per decay [Gy·kg/(GBq·h)]; no RBE in it."""
        return self.alpha_mev * DELTA_PER_MEV


def nuclide_names() -> tuple[str, ...]:
    """Names of the packaged nuclides, progeny last."""
    return tuple(table()["nuclides"])


def half_life_h(name: str) -> float:
    """Physical half-life [h] of a nuclide, without the work of its spectra.

    Raises
    ------
    InputError
        When the nuclide is not packaged.
    """
    row(name)
    half_life, unit = half_lives()[canonical(name) or name]
    return half_life * _HOURS[unit]


@cache
def nuclide(name: str) -> Nuclide:
    """Look a nuclide up by its name, as ``Lu-177`` or as people write it (`canonical`).

    Raises
    ------
    InputError
        When the nuclide is not packaged.
    """
    data = row(name)
    known = canonical(name) or name
    emitted = emissions(known)
    return Nuclide(
        name=known,
        half_life_h=half_life_h(known),
        electron_mev=emitted.electron_kev() / 1000.0,
        photon_mev=emitted.photon_kev() / 1000.0,
        alpha_mev=emitted.alpha_kev() / 1000.0,
        progeny=tuple((child, float(share)) for child, share in data.get("progeny", ())),
        source=f"half-lives: {HALF_LIFE_SOURCE}; emissions: {table()['source']}",
    )
