"""Absorbed doses of organs and lesions, their uncertainty and the next cycle."""

from galu.dosimetry.bed import BiologicalDose, biological_dose, cumulative_bed, lea_catcheside, u_bed
from galu.dosimetry.course import CycleActivity, CycleDose, LimitCheck, derive_course
from galu.dosimetry.marrow import marrow_dose_from_blood, red_marrow_to_blood_ratio
from galu.dosimetry.organ import OrganDose, absorbed_dose, check_plausible, self_dose_gy_per_mbq_h
from galu.dosimetry.plan import DoseLimit, DosimetryPlan, Region, RelativeUncertainty
from galu.dosimetry.projection import (
    Cumulative,
    Proposal,
    cumulative_dose,
    largest_next_dose,
    probability_above,
    propose_next,
)

__all__ = [
    "BiologicalDose",
    "Cumulative",
    "CycleActivity",
    "CycleDose",
    "DoseLimit",
    "DosimetryPlan",
    "LimitCheck",
    "OrganDose",
    "Proposal",
    "Region",
    "RelativeUncertainty",
    "absorbed_dose",
    "biological_dose",
    "check_plausible",
    "cumulative_bed",
    "cumulative_dose",
    "derive_course",
    "largest_next_dose",
    "lea_catcheside",
    "marrow_dose_from_blood",
    "probability_above",
    "propose_next",
    "red_marrow_to_blood_ratio",
    "self_dose_gy_per_mbq_h",
    "u_bed",
]
