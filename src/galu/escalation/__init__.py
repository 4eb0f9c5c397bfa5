"""Dose escalation: designs as values, their decisions and their operating characteristics."""

from galu.escalation.decision import Action, Decision, Design
from galu.escalation.designs import DESIGNS, design_named
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome, Tally
from galu.escalation.rolling_six import RollingSix
from galu.escalation.three_plus_three import ThreePlusThree

__all__ = [
    "DESIGNS",
    "Action",
    "Decision",
    "Design",
    "Outcome",
    "Outcomes",
    "PatientOutcome",
    "RollingSix",
    "Tally",
    "ThreePlusThree",
    "design_named",
]
