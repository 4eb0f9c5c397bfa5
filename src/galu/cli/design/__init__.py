"""`galu design`: decision tables, the next patient, operating characteristics."""

from galu.cli.design import characteristics, compare, decisions, exact, expansion, pathways, stages
from galu.cli.design.group import app

__all__ = ["app", "characteristics", "compare", "decisions", "exact", "expansion", "pathways", "stages"]
