"""`galu design`: decision tables, the next patient, operating characteristics."""

from galu.cli.design import characteristics, decisions, exact, expansion, pathways, stages
from galu.cli.design.group import app

__all__ = ["app", "characteristics", "decisions", "exact", "expansion", "pathways", "stages"]
