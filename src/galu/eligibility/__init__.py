from galu.eligibility.evaluate import AtomVerdict, CriterionVerdict, eligible, evaluate
from galu.eligibility.evidence import Anchors, Evidence, Gate, Judgement, SubjectEvidence
from galu.eligibility.plan import EligibilityPlan

__all__ = [
    "Anchors",
    "AtomVerdict",
    "CriterionVerdict",
    "EligibilityPlan",
    "Evidence",
    "Gate",
    "Judgement",
    "SubjectEvidence",
    "eligible",
    "evaluate",
]
