"""Use cases of the design laboratory: what `galu design …` and the page do."""

from galu.desk.design.characteristics import characteristics
from galu.desk.design.decisions import boundaries, next_decision, table
from galu.desk.design.exact_characteristics import ExactPlan, exact
from galu.desk.design.reading import read_numbers, read_outcomes, read_switches
from galu.desk.design.stages import simon

__all__ = [
    "ExactPlan",
    "boundaries",
    "characteristics",
    "exact",
    "next_decision",
    "read_numbers",
    "read_outcomes",
    "read_switches",
    "simon",
    "table",
]
