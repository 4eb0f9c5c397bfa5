"""Red-marrow dose from the activity in blood.

C_marrow = C_blood·RMBLR, RMBLR = 0.19/(1 − Hct) (Sgouros, J Nucl Med 1993;34:689), self-dose of the
marrow's own electrons (EANM guideline, Hindorf et al., Eur J Nucl Med Mol Imaging 2010;37:1238).
Not valid with marrow metastases.
"""

from __future__ import annotations

from galu.dosimetry.organ import OrganDose
from galu.finding import InputError
from galu.nuclides import Nuclide


def red_marrow_to_blood_ratio(hematocrit: float) -> float:
    """RMBLR = 0.19/(1 − Hct); an assumption for a new ligand, 1 being the other convention.

    Raises
    ------
    InputError
        When the hematocrit is no fraction below one (a percentage, perhaps).
    """
    if not 0.0 < hematocrit < 0.75:
        raise InputError("hematocrit", f"{hematocrit:g} is no fraction", "give it between 0 and 0.75")
    return 0.19 / (1.0 - hematocrit)


def marrow_dose_from_blood(
    blood_tia_mbq_h_per_g: float,
    u_relative: float,
    ratio: float,
    administered_mbq: float,
    nuclide: Nuclide,
) -> OrganDose:
    """Red-marrow self-dose from the time-integrated blood concentration.

    Parameters
    ----------
    blood_tia_mbq_h_per_g : float
        Time-integrated activity per gram of blood [MBq·h/g].
    u_relative : float
        Its relative standard uncertainty.
    ratio : float
        Red marrow to blood activity ratio.
    administered_mbq : float
        Administered activity [MBq].
    nuclide : Nuclide
        The nuclide.
    """
    dose = blood_tia_mbq_h_per_g * ratio * nuclide.delta_electron()
    return OrganDose(
        region="red marrow",
        dose_gy=dose,
        u_dose_gy=dose * u_relative,
        gy_per_gbq=dose / (administered_mbq / 1000.0),
        method=f"blood, red marrow to blood ratio {ratio:.3g}",
        assumptions=("no specific marrow uptake", "no marrow metastases", "remainder photons left out"),
    )
