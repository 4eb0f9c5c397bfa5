"""Backfill: more patients on levels below the one that is escalated on.

They inform exposure and activity and count for safety (`bound_by`), but not in the slots of the
escalation, so they come as outcomes of their own. Dehbi et al., Pharm Stat 2021;20:1; Zhao et al.,
Clin Cancer Res 2024;30:673 (BF-BOIN).
"""

from __future__ import annotations

from dataclasses import dataclass

from galu.escalation.conventions import TINY
from galu.escalation.decision import Action, Decision
from galu.escalation.interval import boin_lambdas
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.escalation.toxic import FEWEST, too_toxic
from galu.finding import InputError

#: Most patients of a level with backfill.
MOST = 100
#: Rule of a suspension that only waits for outcomes: nobody is backfilled any more.
CLOSING = "backfill-pending"


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
        if not 1 <= self.most <= MOST or not 0.0 < self.target < 0.7:
            raise InputError(
                "backfill",
                f"{self.most} patients at target {self.target}",
                f"give 1 to {MOST} and a rate below 0.7",
            )

    @property
    def words(self) -> str:
        """The rule in words."""
        return (
            "arrivals of a suspension are treated at the highest cleared level below, up to "
            f"{self.most} patients there; DLT rates pooled, target {self.target:g}"
        )


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
    answers: list[BackfillLevel] = []
    toxic: int | None = None
    for level in range(1, max(escalation.levels_tried, default=0)):
        pooled = _pooled(escalation, added, level)
        known = pooled.enrolled - pooled.pending
        if level >= ceiling:
            reason = f"the escalation stands at level {ceiling}"
        elif toxic is not None:
            reason = f"level {toxic} below it calls for de-escalation"
        elif known == 0 or pooled.dlts >= down * known - TINY:
            reason, toxic = f"{pooled.dlts} DLTs of {known} known call for de-escalation", level
        elif pooled.enrolled >= rule.most:
            reason = f"it has {pooled.enrolled} patients"
        else:
            reason = ""
        answers.append(
            BackfillLevel(level, not reason, pooled, reason or "it is cleared and has a free slot")
        )
    return tuple(answers)


def bound_by(
    decision: Decision, escalation: Outcomes, added: Outcomes, rule: BackfillRule, ends: bool
) -> Decision:
    """What backfilled patients leave of a design's answer: their DLTs count.

    A backfilled level whose pooled rate calls for a step down is closed with all above: nobody of the
    escalation is dosed there, and none of them is declared; of level 1 only when it is too toxic by BOIN's
    elimination rule, which ends the trial. No level is declared while a backfilled patient is pending.

    Parameters
    ----------
    ends
        Whether the design has no place for more patients at a level (a decision table): the level below is
        declared. Otherwise the next patient goes there.
    """
    _, down = boin_lambdas(rule.target)
    tallies = {lv: _pooled(escalation, added, lv) for lv in (*escalation.levels_tried, *added.levels_tried)}
    known = {lv: t.enrolled - t.pending for lv, t in tallies.items()}
    judged = (lv for lv in sorted(tallies) if added.tally(lv).enrolled > added.tally(lv).pending)
    toxic = next((lv for lv in judged if tallies[lv].dlts >= down * known[lv] - TINY), None)
    cap = None if toxic is None else max(toxic - 1, 1)
    declares = decision.action in (Action.DECLARE_MTD, Action.DECLARE_HIGHEST)
    reason = f"With the backfilled patients level {toxic} calls for de-escalation."
    lowest = tallies.get(1, Tally(0, 0, 0))
    stops = known.get(1, 0) >= FEWEST and too_toxic(known[1], lowest.dlts, rule.target)
    if cap == 1 and added.at(1) and stops:
        return Decision(Action.STOP_NO_DOSE, None, reason, "backfill", lowest)
    if cap is not None and decision.level is not None and decision.level > cap:
        waits = not declares and any(p.outcome is Outcome.PENDING for p in escalation)
        if waits:
            return Decision(Action.SUSPEND, None, f"{reason} Some are pending.", "backfill", tallies[cap])
        action = Action.DECLARE_MTD if declares or ends else Action.DE_ESCALATE
        decision = Decision(action, cap, reason, "backfill", tallies[cap])
    waiting = any(p.outcome is Outcome.PENDING for p in added)
    if waiting and decision.action in (Action.DECLARE_MTD, Action.DECLARE_HIGHEST):
        reason = "Backfilled patients are pending."
        return Decision(Action.SUSPEND, None, reason, CLOSING, decision.tally)
    return decision


def _pooled(escalation: Outcomes, added: Outcomes, level: int) -> Tally:
    a, b = escalation.tally(level), added.tally(level)
    return Tally(a.enrolled + b.enrolled, a.dlts + b.dlts, a.pending + b.pending)
