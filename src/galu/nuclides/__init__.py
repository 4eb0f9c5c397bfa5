"""Radionuclide data: half-lives and emissions."""

from galu.nuclides.data import HALF_LIFE_SOURCE, SHA256, canonical, file_sha256, written_nuclide
from galu.nuclides.emissions import Emissions, Lines, emissions, own_emissions
from galu.nuclides.nuclide import DELTA_PER_MEV, Nuclide, half_life_h, nuclide, nuclide_names

__all__ = [
    "DELTA_PER_MEV",
    "HALF_LIFE_SOURCE",
    "SHA256",
    "Emissions",
    "Lines",
    "Nuclide",
    "canonical",
    "emissions",
    "file_sha256",
    "half_life_h",
    "nuclide",
    "nuclide_names",
    "own_emissions",
    "written_nuclide",
]
