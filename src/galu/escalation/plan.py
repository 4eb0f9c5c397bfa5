"""The escalation section of a study file."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from galu.escalation.decision import Design
from galu.escalation.designs import DESIGNS, design_named
from galu.statement import Section, Stated


class EscalationPlan(Section):
    """What the study says, or galu assumes, about its dose escalation."""

    design: Stated[str]
    top_level_rule: Stated[Literal["six-complete", "table", "3-of-3"]]
    six_zero_one_escalates: Stated[bool]
    replace_inevaluable: Stated[bool]
    sentinel_interval_days: Stated[int]
    max_per_level: Stated[int]
    safe_top_label: Stated[str]

    @field_validator("design")
    @classmethod
    def _known(cls, stated: Stated[str]) -> Stated[str]:
        if stated.value not in DESIGNS:
            raise ValueError(f"`{stated.value}` is no design; use one of {', '.join(DESIGNS)}")
        return stated


def design_from_plan(plan: EscalationPlan) -> Design:
    """Make the design that a plan names, with its switches."""
    if plan.design.value != "rolling-six":
        return design_named(plan.design.value)
    return design_named(
        "rolling-six",
        top_level_rule=plan.top_level_rule.value,
        six_zero_one_escalates=plan.six_zero_one_escalates.value,
        replace_inevaluable=plan.replace_inevaluable.value,
        max_per_level=plan.max_per_level.value,
        safe_top_label=plan.safe_top_label.value,
    )
