"""Backfill: more patients on levels below the one that is escalated on.

They inform exposure and activity and count for safety, but not in the slots of the escalation, so they
come as outcomes of their own. Dehbi et al., Pharm Stat 2021;20:1; Zhao et al., Stat Med 2023 (BF-BOIN).
"""

from __future__ import annotations

from dataclasses import dataclass

from galu.escalation.decision import Decision
from galu.escalation.interval import boin_lambdas
from galu.escalation.outcomes import Outcomes, Tally
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class BackfillRule:
    """When a level takes more patients.

    Parameters
    ----------
    most
        Patients of a level with backfill.
    target
        Target DLT rate: a level closes while its pooled rate calls for de-escalation (BOIN's λd).
    """

    most: int = 12
    target: float = 0.25

    def __post_init__(self) -> None:
        if self.most < 1 or not 0.0 < self.target < 0.7:
            raise InputError("backfill", "the rule has no patient or no target rate", "correct the two")


@dataclass(frozen=True, slots=True)
class BackfillLevel:
    """Whether a level takes a backfill patient, with the pooled counts and the reason."""

    level: int
    open: bool
    pooled: Tally
    reason: str


def backfill(
    escalation: Outcomes, added: Outcomes, decision: Decision, rule: BackfillRule
) -> tuple[BackfillLevel, ...]:
    """Judge every level below the one in use.

    Parameters
    ----------
    escalation, added
        Patients of the escalation, and those backfilled so far.
    decision
        The design's answer for the next patient of the escalation.
    """
    _, down = boin_lambdas(rule.target)
    ceiling = decision.level if decision.level is not None else escalation.level_in_use
    answers = []
    for level in range(1, max(escalation.levels_tried, default=0)):
        a, b = escalation.tally(level), added.tally(level)
        pooled = Tally(a.enrolled + b.enrolled, a.dlts + b.dlts, a.pending + b.pending)
        known = pooled.enrolled - pooled.pending
        if level >= ceiling:
            reason = f"the escalation stands at level {ceiling}"
        elif known == 0 or pooled.dlts >= down * known:
            reason = f"{pooled.dlts} DLTs of {known} known call for de-escalation"
        elif pooled.enrolled >= rule.most:
            reason = f"it has {pooled.enrolled} patients"
        else:
            reason = ""
        answers.append(
            BackfillLevel(level, not reason, pooled, reason or "it is cleared and has a free slot")
        )
    return tuple(answers)
