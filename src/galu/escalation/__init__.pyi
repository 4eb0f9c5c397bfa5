from .decision import Action, Decision, Design
from .designs import DESIGNS, design_named
from .outcomes import Outcome, Outcomes, PatientOutcome, Tally
from .rolling_six import RollingSix
from .three_plus_three import ThreePlusThree

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
