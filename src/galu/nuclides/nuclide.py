"""Radionuclides: half-life and mean energy emitted per decay, from one packaged file with its source."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from galu.finding import InputError
from galu.quantities import JOULE_PER_EV, LN2, SECONDS_PER_HOUR

_HOURS = {"s": 1.0 / 3600.0, "min": 1.0 / 60.0, "h": 1.0, "d": 24.0}
#: From MeV per decay to Gy·kg/(GBq·h).
DELTA_PER_MEV = 1e6 * JOULE_PER_EV * 1e9 * SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Nuclide:
    """A radionuclide with the mean energies it emits per decay.

    Attributes
    ----------
    name : str
        Symbol and mass number, as ``Lu-177``.
    half_life_h : float
        Physical half-life [h].
    electron_mev, photon_mev, alpha_mev : float or None
        Mean energy per decay [MeV] carried by β±, conversion and Auger electrons; by γ, X-ray and
        annihilation photons; by α. None where this file does not say.
    source : str
        Where the values come from.
    """

    name: str
    half_life_h: float
    electron_mev: float | None
    photon_mev: float | None
    alpha_mev: float | None
    source: str

    @property
    def decay_per_h(self) -> float:
        """Physical decay constant [1/h]."""
        return LN2 / self.half_life_h

    @property
    def emits_alpha(self) -> bool:
        """Whether the nuclide or its chain emits α particles."""
        return self.name in _ALPHA_CHAINS

    def delta_electron(self) -> float:
        """Energy of electrons per decay [Gy·kg/(GBq·h)].

        Raises
        ------
        InputError
            When the mean energies of the nuclide are not packaged.
        """
        if self.electron_mev is None:
            raise InputError(f"nuclide {self.name}", "has no packaged emissions", "use one that has them")
        return self.electron_mev * DELTA_PER_MEV

    def delta_photon(self) -> float:
        """Energy of photons per decay [Gy·kg/(GBq·h)].

        Raises
        ------
        InputError
            When the mean energies of the nuclide are not packaged.
        """
        if self.photon_mev is None:
            raise InputError(f"nuclide {self.name}", "has no packaged emissions", "use one that has them")
        return self.photon_mev * DELTA_PER_MEV


_ALPHA_CHAINS = frozenset({"Ac-225", "Pb-212"})


@cache
def _table() -> dict[str, Any]:
    text = resources.files("galu.nuclides").joinpath("decay.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def nuclide_names() -> tuple[str, ...]:
    """Names of the packaged nuclides."""
    return tuple(_table()["nuclides"])


def nuclide(name: str) -> Nuclide:
    """Look a nuclide up by its name, as ``Lu-177``.

    Raises
    ------
    InputError
        When the nuclide is not packaged.
    """
    table = _table()
    row = table["nuclides"].get(name)
    if row is None:
        raise InputError(f"nuclide {name}", "is not packaged", f"use one of {', '.join(table['nuclides'])}")
    return Nuclide(
        name=name,
        half_life_h=row["half_life"] * _HOURS[row["unit"]],
        electron_mev=row.get("electron_mev"),
        photon_mev=row.get("photon_mev"),
        alpha_mev=row.get("alpha_mev"),
        source=table["source"],
    )
