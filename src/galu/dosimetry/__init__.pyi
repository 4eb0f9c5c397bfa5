from .bed import (
    BiologicalDose,
    biological_dose,
    cumulative_bed,
    lea_catcheside,
    refuse_alpha,
    u_bed,
)
from .bladder import bladder_tia_mbq_h
from .budget import Budget, Chain, dose_budget
from .calibration import (
    CalibrationChain,
    CalibrationStep,
    RecoveryCurve,
    outlining_u_relative,
)
from .course import CycleDose, LimitCheck, derive_course, judge_course
from .curves import CycleActivity, fit_course
from .effective import effective_dose_msv
from .marrow import marrow_dose_from_blood, red_marrow_to_blood_ratio
from .organ import OrganDose, absorbed_dose, check_plausible, self_dose_of
from .plan import DoseLimit, DosimetryPlan, Region, RelativeUncertainty, organ_of
from .projection import (
    Cumulative,
    NextCycle,
    cumulative_dose,
    largest_next_dose,
    probability_above,
)
from .s_values import (
    BODY,
    REMAINDER,
    S_UNITS,
    SPair,
    SValues,
    TargetDose,
    named,
    organ_doses,
    parse_s_list,
    parse_s_matrix,
    parse_saf,
    with_remainder,
)
from .self_dose import (
    SelfDose,
    local_self_dose,
    self_dose_gy_per_mbq_h,
    sphere_self_dose,
    wall_self_dose,
)
from .sides import join_sides
from .together import fit_together

__all__ = [
    "BODY",
    "REMAINDER",
    "S_UNITS",
    "BiologicalDose",
    "Budget",
    "CalibrationChain",
    "CalibrationStep",
    "Chain",
    "Cumulative",
    "CycleActivity",
    "CycleDose",
    "DoseLimit",
    "DosimetryPlan",
    "LimitCheck",
    "NextCycle",
    "OrganDose",
    "RecoveryCurve",
    "Region",
    "RelativeUncertainty",
    "SPair",
    "SValues",
    "SelfDose",
    "TargetDose",
    "absorbed_dose",
    "biological_dose",
    "bladder_tia_mbq_h",
    "check_plausible",
    "cumulative_bed",
    "cumulative_dose",
    "derive_course",
    "dose_budget",
    "effective_dose_msv",
    "fit_course",
    "fit_together",
    "join_sides",
    "judge_course",
    "largest_next_dose",
    "lea_catcheside",
    "local_self_dose",
    "marrow_dose_from_blood",
    "named",
    "organ_doses",
    "organ_of",
    "outlining_u_relative",
    "parse_s_list",
    "parse_s_matrix",
    "parse_saf",
    "probability_above",
    "red_marrow_to_blood_ratio",
    "refuse_alpha",
    "self_dose_gy_per_mbq_h",
    "self_dose_of",
    "sphere_self_dose",
    "u_bed",
    "wall_self_dose",
    "with_remainder",
]
