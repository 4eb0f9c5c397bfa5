"""Dose-transition pathways as plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from galu.desk.design.reading import check_path, make_design
from galu.escalation import Design, Outcomes
from galu.escalation.pathways import Ahead, Pathway
from galu.escalation.pathways import pathways as follow


def pathways(
    name: str, switches: dict[str, Any], outcomes: Outcomes, levels: int | None, ahead: tuple[int, int | None]
) -> dict[str, Any]:
    """Follow the coming cohorts; `ahead` is (cohorts, their size).

    Without `levels`: as many as the skeleton has, else two, or more when the outcomes tell of more. A
    cohort is the design's own when no size is given, else three.
    """
    design = make_design(name, switches)
    count, look = planned(design, outcomes, levels, ahead)
    check_path(design, outcomes, count)
    tree = follow(design, outcomes, count, look)
    return {"design": name, "levels": count, "cohorts": look.cohorts, "cohort_size": look.size, **_node(tree)}


def planned(
    design: Design, outcomes: Outcomes, levels: int | None, ahead: tuple[int, int | None]
) -> tuple[int, Ahead]:
    """Fill in the number of levels and the size of a cohort where they were not given."""
    count = levels or len(getattr(design, "prior", ())) or max((2, *outcomes.levels_tried))
    size = ahead[1] if ahead[1] is not None else int(getattr(design, "cohort_size", 3))
    return count, Ahead(ahead[0], size)


def _node(pathway: Pathway) -> dict[str, Any]:
    decision = pathway.decision
    node: dict[str, Any] = {
        "results": [asdict(result) for result in pathway.results],
        "was_pending": pathway.was_pending,
        "outcomes": str(pathway.outcomes),
        "decision": decision.action.value,
        "level": decision.level,
        "reason": decision.reason,
        "rule": decision.rule,
    }
    if decision.alert:
        node["alert"] = decision.alert
    node["then"] = [_node(branch) for branch in pathway.then]
    return node
