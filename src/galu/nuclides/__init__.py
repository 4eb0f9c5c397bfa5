"""Radionuclide data: half-lives and emissions."""

from galu.nuclides.nuclide import Nuclide, nuclide, nuclide_names

__all__ = ["Nuclide", "nuclide", "nuclide_names"]
