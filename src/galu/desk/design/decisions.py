"""Decision tables, boundaries and the next patient."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from galu.escalation import Outcomes, design_named
from galu.escalation.interval import IntervalDesign
from galu.finding import InputError


def table(name: str, switches: dict[str, Any], above_closed: bool) -> dict[str, Any]:
    """Print a design's decision table as data.

    The rolling six table is the published one unless a top-level rule is asked for: the default rule
    (six complete) concerns trials, and would hide two cells of the published column.
    """
    if name == "rolling-six":
        switches = {"top_level_rule": "table", **switches}
    design = design_named(name, **switches)
    rows = getattr(design, "table", None)
    if rows is None:
        raise InputError("design", f"{name} has no decision table", "ask `galu design next` for one decision")
    return {
        "design": name,
        "switches": getattr(design, "switches", {}),
        "above_closed": above_closed,
        "rows": [
            {
                "enrolled": row.tally.enrolled,
                "dlts": row.tally.dlts,
                "pending": row.tally.pending,
                "decision": row.action.value,
                "rule": row.rule,
                "reason": row.reason,
            }
            for row in rows(above_closed)
        ],
    }


def next_decision(name: str, switches: dict[str, Any], outcomes: Outcomes, levels: int) -> dict[str, Any]:
    """Decide on the next patient of a trial."""
    decision = design_named(name, **switches).decide(outcomes, levels)
    answer: dict[str, Any] = {
        "decision": decision.action.value,
        "level": decision.level,
        "reason": decision.reason,
        "rule": decision.rule,
    }
    if decision.alert:
        answer["alert"] = decision.alert
    return answer


def boundaries(name: str, target: float, n: int) -> dict[str, Any]:
    """Boundaries of an interval design for 1 to n patients."""
    design = design_named(name, target=target, largest=n)
    if not isinstance(design, IntervalDesign):
        raise InputError("design", f"{name} has no boundaries", "use boin, keyboard, mtpi, mtpi2 or i3+3")
    return {"design": name, "rows": [asdict(row) for row in design.boundaries()]}
