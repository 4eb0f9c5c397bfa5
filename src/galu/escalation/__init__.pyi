from .blrm import Blrm
from .crm_design import Crm, tite_crm
from .decision import Action, Decision, Design
from .designs import DESIGNS, design_named
from .interval import IntervalDesign
from .iq_rolling_six import IqRollingSix
from .outcomes import Outcome, Outcomes, PatientOutcome, Tally
from .rolling_six import RollingSix
from .three_plus_three import ThreePlusThree
from .tite_boin import TiteBoin

__all__ = [
    "DESIGNS",
    "Action",
    "Blrm",
    "Crm",
    "Decision",
    "Design",
    "IntervalDesign",
    "IqRollingSix",
    "Outcome",
    "Outcomes",
    "PatientOutcome",
    "RollingSix",
    "Tally",
    "ThreePlusThree",
    "TiteBoin",
    "design_named",
    "tite_crm",
]
