from galu.eligibility.evaluate import AtomVerdict, CriterionVerdict, eligible, evaluate
from galu.eligibility.evidence import Anchors, Concern, Evidence, Gate, Judgement, SubjectEvidence, Told
from galu.eligibility.expiry import Expiry, expiry_calendar
from galu.eligibility.plan import EligibilityPlan
from galu.eligibility.what_if import Change, what_if

__all__ = [
    "Anchors",
    "AtomVerdict",
    "Change",
    "Concern",
    "CriterionVerdict",
    "EligibilityPlan",
    "Evidence",
    "Expiry",
    "Gate",
    "Judgement",
    "SubjectEvidence",
    "Told",
    "eligible",
    "evaluate",
    "expiry_calendar",
    "what_if",
]
