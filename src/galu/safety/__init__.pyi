from .calcium import albumin_g_per_l, corrected_calcium, with_albumin
from .clinical import febrile_neutropenia, grade_range
from .course import Episode, episodes, present_grade
from .coverage import Coverage, derive_coverage
from .ctcae import Cut, LabRule, grade_labs, lab_rules, parse_cut, rules_for
from .dlt import DltAssessment, assess_dlt
from .duties import FollowUp, Narrative, ReportDuty, Reporting, long_term_follow_up, narratives, report_duties
from .incidence import DltRow, ExposureRate, dlt_listing, exposure_adjusted, shift_rows
from .inputs import (
    AdverseEventInput,
    Clue,
    Departure,
    DltAdjudication,
    DltPatient,
    EvaluabilityJudgement,
    LabInput,
    PlannedCount,
    TransfusionInput,
)
from .late import (
    Exposure,
    LateToxicity,
    WatchBand,
    WatchedPatient,
    bands_by_activity,
    bands_by_dose,
    late_toxicities,
)
from .modification import DoseProposal, RenalCourse, TermCourse, cockcroft_gault_ml_min, propose_dose
from .plan import DltRule, FollowUpRule, ModificationRule, RenalRule, SafetyPlan
from .regrade import Regraded, regrade_labs
from .reporting import rate_per_100_patient_years
from .sign import Sign
from .signs import derive_signs
from .tables import (
    AeCount,
    TreatedSubject,
    ae_by_soc_and_term,
    ae_overview,
    emergent_since,
    lab_shift,
    phase_of,
)
from .terms import shipped_terms
from .values import grade_patient_labs, grade_together
from .worst import worst_grade

__all__ = [
    "AdverseEventInput",
    "AeCount",
    "Clue",
    "Coverage",
    "Cut",
    "Departure",
    "DltAdjudication",
    "DltAssessment",
    "DltPatient",
    "DltRow",
    "DltRule",
    "DoseProposal",
    "Episode",
    "EvaluabilityJudgement",
    "Exposure",
    "ExposureRate",
    "FollowUp",
    "FollowUpRule",
    "LabInput",
    "LabRule",
    "LateToxicity",
    "ModificationRule",
    "Narrative",
    "PlannedCount",
    "Regraded",
    "RenalCourse",
    "RenalRule",
    "ReportDuty",
    "Reporting",
    "SafetyPlan",
    "Sign",
    "TermCourse",
    "TransfusionInput",
    "TreatedSubject",
    "WatchBand",
    "WatchedPatient",
    "ae_by_soc_and_term",
    "ae_overview",
    "albumin_g_per_l",
    "assess_dlt",
    "bands_by_activity",
    "bands_by_dose",
    "cockcroft_gault_ml_min",
    "corrected_calcium",
    "derive_coverage",
    "derive_signs",
    "dlt_listing",
    "emergent_since",
    "episodes",
    "exposure_adjusted",
    "febrile_neutropenia",
    "grade_labs",
    "grade_patient_labs",
    "grade_range",
    "grade_together",
    "lab_rules",
    "lab_shift",
    "late_toxicities",
    "long_term_follow_up",
    "narratives",
    "parse_cut",
    "phase_of",
    "present_grade",
    "propose_dose",
    "rate_per_100_patient_years",
    "regrade_labs",
    "report_duties",
    "rules_for",
    "shift_rows",
    "shipped_terms",
    "with_albumin",
    "worst_grade",
]
