"""Use cases of the design laboratory: what `galu design …` and the page do."""

from galu.desk.design.characteristics import (
    backfill_rule,
    characteristics,
    characteristics_by_cohorts,
    characteristics_with_expansion,
)
from galu.desk.design.compare import Scene, compare, write_comparison
from galu.desk.design.decisions import boundaries, crm, crm_mle, next_decision, table
from galu.desk.design.exact_characteristics import ExactPlan, exact
from galu.desk.design.expansion import (
    Monitor,
    Predictive,
    bop2,
    monitor,
    precision,
    predictive,
    read_truths,
    two_stage,
    whole,
)
from galu.desk.design.pages import write_page
from galu.desk.design.pathways import pathways
from galu.desk.design.reading import (
    make_design,
    read_numbers,
    read_outcomes,
    read_share,
    read_switches,
    with_options,
)
from galu.desk.design.review import write_review
from galu.desk.design.stages import simon
from galu.desk.design.truths import compare_truths, write_truths
from galu.simulation.scale import Crew

__all__ = [
    "Crew",
    "ExactPlan",
    "Monitor",
    "Predictive",
    "Scene",
    "backfill_rule",
    "bop2",
    "boundaries",
    "characteristics",
    "characteristics_by_cohorts",
    "characteristics_with_expansion",
    "compare",
    "compare_truths",
    "crm",
    "crm_mle",
    "exact",
    "make_design",
    "monitor",
    "next_decision",
    "pathways",
    "precision",
    "predictive",
    "read_numbers",
    "read_outcomes",
    "read_share",
    "read_switches",
    "read_truths",
    "simon",
    "table",
    "two_stage",
    "whole",
    "with_options",
    "write_comparison",
    "write_page",
    "write_review",
    "write_truths",
]
