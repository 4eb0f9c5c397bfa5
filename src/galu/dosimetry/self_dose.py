"""Dose of a region to itself per decay in it: the stated models.

| model | formula | meant for |
|---|---|---|
| sphere | point kernel in a sphere of its mass and density, or in `parts` equal ones | organs, lesions |
| local | Δ/m of electrons and α, photons left out | red marrow from images |
| wall | ½·Δe/m of the contents, the surface dose of electrons | walls of hollow organs |

A region that is no sphere of soft tissue (walls, marrow, bone, lung) is refused unless the study states a
model for it. α and recoil energy is reported apart, without RBE.
MIRD pamphlet 21, J Nucl Med 2009;50:477; walls: Stabin, Fundamentals of Nuclear Medicine Dosimetry, 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from galu.finding import InputError
from galu.nuclides import Nuclide
from galu.quantities import SECONDS_PER_HOUR
from galu.transport import point_kernel, sphere_dose

#: Density of soft tissue [g/mL], ICRP publication 89.
SOFT_TISSUE_G_ML: Final = 1.04
#: Regions that are no sphere of soft tissue: walls, red marrow, bone, lung.
NOT_A_SPHERE: Final = (
    "wall", "bladder", "bowel", "colon", "stomach", "intestine", "marrow", "bone", "osteo", "lung",
)  # fmt: skip
Kind = Literal["sphere", "local", "wall"]


@dataclass(frozen=True, slots=True)
class SelfDose:
    """Self-dose per time-integrated activity [Gy/(MBq·h)], the part of it from α, and how it was reached."""

    gy_per_mbq_h: float
    alpha_gy_per_mbq_h: float
    method: str
    assumptions: tuple[str, ...]


@lru_cache(maxsize=4096)
def _sphere(nuclide_name: str, mass_g: float, density_g_ml: float) -> tuple[float, float]:
    dose = sphere_dose(point_kernel(nuclide_name), mass_g, density_g_ml)
    scale = 1e6 * SECONDS_PER_HOUR
    return dose.s_gy_per_bq_s * scale, dose.alpha * scale


def self_dose_gy_per_mbq_h(mass_g: float, nuclide: Nuclide, parts: int = 1) -> float:
    """Self-dose per time-integrated activity of soft tissue in `parts` equal spheres [Gy/(MBq·h)].

    Raises
    ------
    InputError
        When the mass is that of no sphere of tissue.
    """
    return _sphere(nuclide.name, mass_g / parts, SOFT_TISSUE_G_ML)[0] / parts


def sphere_self_dose(
    mass_g: float, nuclide: Nuclide, density_g_ml: float = SOFT_TISSUE_G_ML, parts: int = 1
) -> SelfDose:
    """Self-dose of a region that is `parts` equal spheres of tissue.

    Parameters
    ----------
    mass_g : float
        Mass of the whole region [g].
    nuclide : Nuclide
        The nuclide; its progeny decay where it decays.
    density_g_ml : float
        Density of its tissue [g/mL].
    parts : int
        Number of spheres, 2 for a paired organ.
    """
    total, alpha = _sphere(nuclide.name, mass_g / parts, density_g_ml)
    shape = "a sphere" if parts == 1 else f"{parts} spheres"
    chain = ("progeny stay and decay with the parent",) if nuclide.progeny else ()
    return SelfDose(
        total / parts,
        alpha / parts,
        f"self-dose by Monte Carlo of {shape} of the same mass",
        (
            "uniform activity",
            "no cross-dose from other organs",
            f"soft tissue, {density_g_ml:g} g/mL",
            *chain,
        ),
    )


def local_self_dose(mass_g: float, nuclide: Nuclide) -> SelfDose:
    """Self-dose with every electron and α absorbed where it is emitted, photons left out."""
    alpha = nuclide.delta_alpha() / mass_g
    return SelfDose(
        nuclide.delta_electron() / mass_g + alpha,
        alpha,
        "self-dose, electrons absorbed where they are emitted",
        ("uniform activity", "photons left out"),
    )


def wall_self_dose(contents_mass_g: float, nuclide: Nuclide) -> SelfDose:
    """Dose of a wall from its contents: half the electron dose inside them; α does not reach the wall."""
    return SelfDose(
        0.5 * nuclide.delta_electron() / contents_mass_g,
        0.0,
        "wall from its contents, half the electron dose inside them",
        ("mass is that of the contents", "photons left out", "no activity in the wall"),
    )


def refuse_no_sphere(region: str) -> None:
    """Refuse a region that is no sphere of soft tissue.

    Raises
    ------
    InputError
        When its name is that of a wall, marrow, bone or lung.
    """
    if any(word in region.lower() for word in NOT_A_SPHERE):
        raise InputError(
            f"region {region}",
            "is no sphere of soft tissue",
            "state its self-dose model in the study, use the blood model for marrow, or give S values",
        )
