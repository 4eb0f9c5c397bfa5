"""Absorbed dose of an organ or lesion from its time-integrated activity, and whether it is plausible.

D = Ã·S, with S from this package's own transport (`self_dose`) or from a file of S values (`s_values`);
MIRD pamphlet 21, J Nucl Med 2009;50:477.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from galu.dosimetry.plan import Region
from galu.dosimetry.self_dose import (
    SelfDose,
    local_self_dose,
    refuse_no_sphere,
    sphere_self_dose,
    wall_self_dose,
)
from galu.finding import InputError
from galu.nuclides import Nuclide
from galu.quantities import LN2


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
    alpha_gy : float
        The part of the dose from α particles and recoiling nuclei [Gy], without RBE.
    """

    region: str
    dose_gy: float
    u_dose_gy: float
    gy_per_gbq: float
    method: str
    assumptions: tuple[str, ...] = ()
    alpha_gy: float = 0.0


def self_dose_of(region: str, stated: Region, mass_g: float, nuclide: Nuclide) -> SelfDose:
    """Self-dose of a region by the model that the study states for it, a sphere unless it states one.

    Parameters
    ----------
    region : str
        Name of the region.
    stated : Region
        What the study states of it.
    mass_g : float
        Mass in this patient, of the contents for a wall [g].
    nuclide : Nuclide
        The nuclide.

    Raises
    ------
    InputError
        When the mass is not positive, or no model is stated for what a sphere is no model of (walls, marrow,
        bone, lung).
    """
    if not mass_g > 0:
        raise InputError(f"region {region}", f"has a mass of {mass_g:g} g", "give one above zero")
    if stated.self_dose == "local":
        return local_self_dose(mass_g, nuclide)
    if stated.self_dose == "wall":
        return wall_self_dose(mass_g, nuclide)
    if stated.self_dose is None:
        refuse_no_sphere(region)
    return sphere_self_dose(mass_g, nuclide, stated.density_g_ml, stated.parts)


def absorbed_dose(
    region: str, tia: tuple[float, float], per_tia: SelfDose, administered_mbq: float, nuclide: Nuclide
) -> OrganDose:
    """Absorbed dose of a region from its time-integrated activity.

    Parameters
    ----------
    region : str
        Name of the region.
    tia : (float, float)
        Time-integrated activity and its standard uncertainty [MBq·h].
    per_tia : SelfDose
        Dose per time-integrated activity, by a model or by S values.
    administered_mbq : float
        Administered activity [MBq].
    nuclide : Nuclide
        The nuclide.

    Raises
    ------
    InputError
        When a number is not positive or not finite, or the time-integrated activity exceeds all decays of
        the administered activity (a mixed-up unit).
    """
    _refuse_units(region, (*tia, administered_mbq), nuclide)
    dose = tia[0] * per_tia.gy_per_mbq_h
    return OrganDose(
        region=region,
        dose_gy=dose,
        u_dose_gy=tia[1] * per_tia.gy_per_mbq_h,
        gy_per_gbq=dose / (administered_mbq / 1000.0),
        method=per_tia.method,
        assumptions=per_tia.assumptions,
        alpha_gy=tia[0] * per_tia.alpha_gy_per_mbq_h,
    )


def _refuse_units(region: str, numbers: tuple[float, float, float], nuclide: Nuclide) -> None:
    tia, u_tia, administered = numbers
    place = f"region {region}"
    if not (tia >= 0 and u_tia >= 0 and administered > 0):
        raise InputError(place, "has a number that is not positive", "check activity and dose given")
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

    An unusual dose may be true and the first sign of harm: it counts, marked, whether or not it was signed.

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
        When the value is impossible, which is a mixed-up unit (Gy per cycle for Gy/GBq, mGy for Gy).
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
    said = f"accepted by {override}" if override else "counted, to be checked and signed"
    return f"{place} is {value:.4g} Gy/GBq, outside the usual {low:g} to {high:g}; {said}"
