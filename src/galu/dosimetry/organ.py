"""Absorbed dose of an organ or lesion to itself.

D = Ã·(Δe + Δp·φ(m))/m (MIRD pamphlet 21, J Nucl Med 2009;50:477): electrons are absorbed where they
are emitted, photons in a sphere of the same mass. Photon cross-dose from other organs is not in
this; for Lu-177 in large organs leaving photons out altogether costs 1.5 % (kidneys) to 4 % (liver).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from galu.dosimetry.plan import Region
from galu.finding import InputError
from galu.nuclides import Nuclide
from galu.quantities import LN2

#: Density of soft tissue [g/mL], ICRP publication 89.
SOFT_TISSUE_G_ML: Final = 1.04
#: Mass energy-absorption coefficient of water near 0.03 cm²/g between 60 keV and 1 MeV
#: (Hubbell and Seltzer, NISTIR 5632); assumed 20 % uncertain here.
MU_EN_CM2_G: Final = 0.030
#: Regions whose self-dose is no sphere: walls, red marrow, bone, lung.
NOT_A_SPHERE: Final = (
    "wall", "bladder", "bowel", "colon", "stomach", "intestine", "marrow", "bone", "osteo", "lung",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrganDose:
    """Absorbed dose of one region in one cycle, with how it was reached.

    Attributes
    ----------
    region : str
        Organ or lesion.
    dose_gy, u_dose_gy : float
        Absorbed dose and its standard uncertainty from that of the activity [Gy].
    gy_per_gbq : float
        Dose per administered activity [Gy/GBq].
    method : str
        How self-dose was computed.
    assumptions : tuple of str
        What was assumed.
    refs : tuple of str
        Ids of the facts it rests on.
    """

    region: str
    dose_gy: float
    u_dose_gy: float
    gy_per_gbq: float
    method: str
    assumptions: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()


def photon_absorbed_fraction(mass_g: float) -> float:
    """Share of photon energy a soft-tissue sphere of `mass_g` [g] absorbs from its own activity.

    1 − exp(−μ_en·ℓ) with ℓ = ¾·R, the mean distance from a uniform source to the surface; scales as
    m^(1/3), so the dose per decay scales as m^(−2/3).
    """
    radius_cm = (3.0 * mass_g / (4.0 * math.pi * SOFT_TISSUE_G_ML)) ** (1.0 / 3.0)
    return 1.0 - math.exp(-MU_EN_CM2_G * SOFT_TISSUE_G_ML * 0.75 * radius_cm)


def self_dose_gy_per_mbq_h(mass_g: float, nuclide: Nuclide) -> float:
    """Self-dose per time-integrated activity of a soft-tissue region [Gy/(MBq·h)]."""
    energy = nuclide.delta_electron() + nuclide.delta_photon() * photon_absorbed_fraction(mass_g)
    return energy / mass_g  # Gy·kg/(GBq·h)/g = Gy/(MBq·h): the factors of a thousand cancel


def absorbed_dose(
    region: str,
    tia_mbq_h: float,
    u_tia_mbq_h: float,
    mass_g: float,
    administered_mbq: float,
    nuclide: Nuclide,
) -> OrganDose:
    """Self-dose of a soft-tissue organ or lesion.

    Parameters
    ----------
    region : str
        Name; walls, marrow, bone and lung are refused, since a sphere is no model of them.
    tia_mbq_h, u_tia_mbq_h : float
        Time-integrated activity and its standard uncertainty [MBq·h].
    mass_g : float
        Mass of the region in this patient [g].
    administered_mbq : float
        Administered activity [MBq].
    nuclide : Nuclide
        The nuclide.

    Raises
    ------
    InputError
        When the region or the nuclide has no stated model, a number is not positive, or the
        time-integrated activity exceeds all decays of the administered activity (a mixed-up unit).
    """
    if any(word in region.lower() for word in NOT_A_SPHERE):
        raise InputError(
            f"region {region}", "is no sphere of soft tissue", "use the blood model for marrow, or S values"
        )
    if nuclide.name != "Lu-177":
        raise InputError(
            f"region {region}", f"has no self-dose model for {nuclide.name}", "give S values of that nuclide"
        )
    _refuse_units(region, (tia_mbq_h, u_tia_mbq_h, mass_g, administered_mbq), nuclide)
    per_tia = self_dose_gy_per_mbq_h(mass_g, nuclide)
    dose = tia_mbq_h * per_tia
    return OrganDose(
        region=region,
        dose_gy=dose,
        u_dose_gy=u_tia_mbq_h * per_tia,
        gy_per_gbq=dose / (administered_mbq / 1000.0),
        method="self-dose, local electrons and photons of a sphere of the same mass",
        assumptions=("uniform activity", "no cross-dose from other organs", "soft tissue, 1.04 g/mL")
        + (("below 1 g: electrons leave, the dose is 2 to 21 % too high",) if mass_g < 1.0 else ()),
    )


def _refuse_units(region: str, numbers: tuple[float, float, float, float], nuclide: Nuclide) -> None:
    tia, u_tia, mass, administered = numbers
    place = f"region {region}"
    if not (tia >= 0 and u_tia >= 0 and mass > 0 and administered > 0):
        raise InputError(place, "has a number that is not positive", "check activity, mass and dose given")
    if not all(map(math.isfinite, numbers)):
        raise InputError(place, "has a number that is not finite", "leave the region out")
    most = administered * nuclide.half_life_h / LN2
    if tia > most:
        raise InputError(
            place,
            f"has {tia:.4g} MBq·h, above the {most:.4g} MBq·h of every decay of the administered activity",
            "check whether MBq and GBq, or hours and seconds, were mixed up",
        )


def check_plausible(dose: OrganDose, region: Region, override: str = "") -> str:
    """Judge a dose per activity against the study's ranges; gives a warning, or nothing.

    Parameters
    ----------
    dose : OrganDose
        The dose.
    region : Region
        Its usual and possible ranges [Gy/GBq].
    override : str
        Id of the signed statement that accepts an unusual value.

    Raises
    ------
    InputError
        When the value is impossible, which is a mixed-up unit (Gy per cycle for Gy/GBq, mGy for Gy),
        or unusual without a signed override.
    """
    least, most = region.possible_gy_per_gbq
    low, high = region.usual_gy_per_gbq
    value = dose.gy_per_gbq
    place = f"dose of {dose.region}"
    if not least <= value <= most:
        raise InputError(
            place,
            f"is {value:.4g} Gy/GBq, outside the possible {least:g} to {most:g}",
            "check for Gy per cycle given as Gy/GBq, or mGy as Gy",
        )
    if low <= value <= high:
        return ""
    fault = f"is {value:.4g} Gy/GBq, outside the usual {low:g} to {high:g}"
    if not override:
        raise InputError(place, fault, "check it, or give the signed override that accepts it")
    return f"{place} {fault}; accepted by {override}"
