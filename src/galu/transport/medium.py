"""Media: composition, density, and what electrons and photons meet in them.

Everything is per mass thickness (g/cm²): a medium of another density is the same medium on another
length scale, apart from the density effect, which is below 0.1 % at the energies of radionuclides.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from galu.finding import InputError
from galu.quantities import AVOGADRO_PER_MOL, ELECTRON_REST_KEV

Array = NDArray[np.float64]
#: Classical electron radius [cm], CODATA 2018.
ELECTRON_RADIUS_CM: Final = 2.8179403262e-13
#: Pair production (nuclear and electronic field) per Z²·N_A/A, from water's values in NIST XCOM.
_PAIR_KEV: Final = np.array([1022.0, 1250.0, 1500.0, 2000.0, 3000.0, 4000.0])
_PAIR_WATER_CM2_G: Final = np.array([0.0, 1.78e-5, 9.83e-5, 3.91e-4, 1.13e-3, 1.81e-3])


@dataclass(frozen=True, slots=True)
class Medium:
    """A homogeneous medium.

    Attributes
    ----------
    name : str
        As printed in results.
    density_g_ml : float
        Usual density [g/mL].
    fractions : tuple of (int, float)
        Atomic number and mass fraction.
    excitation_ev : float
        Mean excitation energy [eV].
    plasma_ev, x0, x1, m : float
        Plasma energy [eV] and constants of the density effect (Sternheimer, Berger and Seltzer, At. Data
        Nucl. Data Tables 1984;30:261); the amplitude follows from them.
    """

    name: str
    density_g_ml: float
    fractions: tuple[tuple[int, float], ...]
    excitation_ev: float
    plasma_ev: float
    x0: float
    x1: float
    m: float

    def electrons_per_g(self) -> float:
        """Moles of electrons per gram: the mean Z/A."""
        return sum(w * z / element(z).weight for z, w in self.fractions)

    def density_effect(self, momentum: Array) -> Array:
        """Density-effect correction δ at momentum p/(m·c)."""
        x = np.log10(momentum)
        c = 2.0 * math.log(self.excitation_ev / self.plasma_ev) + 1.0
        amplitude = (c - 2.0 * math.log(10.0) * self.x0) / (self.x1 - self.x0) ** self.m
        tail = np.clip(self.x1 - x, 0.0, None) ** self.m
        value: Array = np.where(x < self.x0, 0.0, 2.0 * math.log(10.0) * x - c + amplitude * tail)
        return value

    def photoelectric_cm2_g(self, energy_kev: Array) -> Array:
        """Photoelectric mass coefficient [cm²/g]; above 800 keV extrapolated as 1/E."""
        return sum(
            (w * element(z).photoelectric(energy_kev) for z, w in self.fractions), np.zeros_like(energy_kev)
        )

    def incoherent_cm2_g(self, energy_kev: Array) -> Array:
        """Incoherent mass coefficient [cm²/g]; above 800 keV Klein-Nishina on free electrons."""
        return sum(
            (w * element(z).incoherent(energy_kev) for z, w in self.fractions), np.zeros_like(energy_kev)
        )

    def pair_cm2_g(self, energy_kev: Array) -> Array:
        """Mass coefficient of pair production [cm²/g], scaled from water by Z²/A."""
        scale = _squares(self) / _squares(WATER)
        value: Array = scale * np.interp(energy_kev, _PAIR_KEV, _PAIR_WATER_CM2_G)
        return value


def _squares(medium: Medium) -> float:
    return sum(w * z * z / element(z).weight for z, w in medium.fractions)


@dataclass(frozen=True, slots=True)
class Element:
    """One element's atomic weight [g/mol] and photon cross sections."""

    z: int
    weight: float
    energy_kev: Array
    photoelectric_cm2_g: Array
    incoherent_cm2_g: Array

    def photoelectric(self, energy_kev: Array) -> Array:
        """Photoelectric mass coefficient [cm²/g]."""
        top = self.energy_kev[-1]
        inside = _log_interp(np.minimum(energy_kev, top), self.energy_kev, self.photoelectric_cm2_g)
        value: Array = inside * np.minimum(1.0, top / energy_kev)
        return value

    def incoherent(self, energy_kev: Array) -> Array:
        """Incoherent mass coefficient [cm²/g]."""
        top = self.energy_kev[-1]
        inside = _log_interp(np.minimum(energy_kev, top), self.energy_kev, self.incoherent_cm2_g)
        free = klein_nishina_cm2(energy_kev) * AVOGADRO_PER_MOL * self.z / self.weight
        return np.where(energy_kev > top, free, inside)


def _log_interp(x: Array, xs: Array, ys: Array) -> Array:
    return np.exp(np.interp(np.log(x), np.log(xs), np.log(ys)))


def klein_nishina_cm2(energy_kev: Array) -> Array:
    """Cross section of Compton scattering per free electron [cm²] (Klein and Nishina 1929)."""
    k = energy_kev / ELECTRON_REST_KEV
    log = np.log1p(2.0 * k)
    first = (1.0 + k) / k**2 * (2.0 * (1.0 + k) / (1.0 + 2.0 * k) - log / k)
    return (
        2.0
        * math.pi
        * ELECTRON_RADIUS_CM**2
        * (first + log / (2.0 * k) - (1.0 + 3.0 * k) / (1.0 + 2.0 * k) ** 2)
    )


@cache
def _file() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(
        resources.files("galu.transport").joinpath("photon.json").read_text("utf-8")
    )
    return table


@cache
def element(z: int) -> Element:
    """The packaged element of atomic number `z`."""
    row = _file()["elements"][str(z)]
    return Element(
        z,
        row["weight"],
        np.array(_file()["energy_kev"]),
        np.array(row["photoelectric"]),
        np.array(row["incoherent"]),
    )


#: Liquid water; constants of Sternheimer et al. 1984.
WATER: Final = Medium("water", 1.0, ((1, 0.111894), (8, 0.888106)), 75.0, 21.469, 0.2400, 2.8004, 3.4773)
#: Soft tissue of ICRU report 44 at ICRP 89's density of organs; density effect of ICRU's four-component one.
SOFT_TISSUE: Final = Medium(
    "soft tissue",
    1.04,
    (
        (1, 0.102), (6, 0.143), (7, 0.034), (8, 0.708), (11, 0.002), (15, 0.003), (16, 0.003), (17, 0.002),
        (19, 0.003),
    ),
    74.7, 21.9, 0.2211, 2.7799, 3.5110,
)  # fmt: skip
#: Cortical bone of ICRU report 44; density effect as ICRP's cortical bone.
CORTICAL_BONE: Final = Medium(
    "cortical bone",
    1.92,
    (
        (1, 0.034), (6, 0.155), (7, 0.042), (8, 0.435), (11, 0.001), (12, 0.002), (15, 0.103), (16, 0.003),
        (20, 0.225),
    ),
    112.0, 28.8, 0.1161, 3.0919, 3.5919,
)  # fmt: skip
MEDIA: Final[dict[str, Medium]] = {m.name: m for m in (WATER, SOFT_TISSUE, CORTICAL_BONE)}


def medium(name: str) -> Medium:
    """Look a medium up by its name.

    Raises
    ------
    InputError
        When there is no such medium.
    """
    if name not in MEDIA:
        raise InputError(f"medium {name}", "is not packaged", f"use one of {', '.join(MEDIA)}")
    return MEDIA[name]
