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
    refs : tuple of str
        Ids of the facts it rests on.
    alpha_gy : float
        The part of the dose from α particles and recoiling nuclei [Gy], without RBE.
    """

    region: str
    dose_gy: float
    u_dose_gy: float
    gy_per_gbq: float
    method: str
    assumptions: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    alpha_gy: float = 0.0


def absorbed_dose(
    region: str,
    tia_mbq_h: float,
    u_tia_mbq_h: float,
    mass_g: float,
    administered_mbq: float,
    nuclide: Nuclide,
) -> OrganDose:
    """Self-dose of a soft-tissue organ or lesion, one sphere of tissue.

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
        When the region has no stated model, a number is not positive, or the
        time-integrated activity exceeds all decays of the administered activity (a mixed-up unit).
    """
    refuse_no_sphere(region)
    _refuse_units(region, (tia_mbq_h, u_tia_mbq_h, mass_g, administered_mbq), nuclide)
    return dose_by(region, (tia_mbq_h, u_tia_mbq_h), sphere_self_dose(mass_g, nuclide), administered_mbq)


def region_dose(
    region: str,
    stated: Region,
    tia: tuple[float, float],
    mass_g: float,
    given: tuple[float, Nuclide],
    by_file: SelfDose | None = None,
) -> OrganDose:
    """Self-dose of a region by S values, or by the model that the study states for it.

    Parameters
    ----------
    region : str
        Name of the region.
    stated : Region
        What the study states of it; without a model, a region that is no sphere is refused.
    tia : (float, float)
        Time-integrated activity and its standard uncertainty [MBq·h].
    mass_g : float
        Mass of the region, of the contents for a wall [g].
    given : (float, Nuclide)
        Administered activity [MBq] and the nuclide.
    by_file : SelfDose or None
        Self-dose of the user's S values, which any region may have.

    Raises
    ------
    InputError
        As `absorbed_dose`.
    """
    administered, nuclide = given
    if stated.self_dose is None and by_file is None:
        refuse_no_sphere(region)
    _refuse_units(region, (*tia, mass_g, administered), nuclide)
    if by_file is not None:
        per_tia = by_file
    elif stated.self_dose == "local":
        per_tia = local_self_dose(mass_g, nuclide)
    elif stated.self_dose == "wall":
        per_tia = wall_self_dose(mass_g, nuclide)
    else:
        per_tia = sphere_self_dose(mass_g, nuclide, stated.density_g_ml, stated.parts)
    return dose_by(region, tia, per_tia, administered)


def dose_by(region: str, tia: tuple[float, float], per_tia: SelfDose, administered_mbq: float) -> OrganDose:
    """Dose from a time-integrated activity and its uncertainty [MBq·h], by a model of self-dose."""
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
