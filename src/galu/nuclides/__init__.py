"""Radionuclide data: half-lives and emissions."""

from galu.nuclides.data import SHA256, file_sha256
from galu.nuclides.emissions import Emissions, Lines, emissions, own_emissions
from galu.nuclides.nuclide import DELTA_PER_MEV, Nuclide, nuclide, nuclide_names

__all__ = [
    "DELTA_PER_MEV",
    "SHA256",
    "Emissions",
    "Lines",
    "Nuclide",
    "emissions",
    "file_sha256",
    "nuclide",
    "nuclide_names",
    "own_emissions",
]
