"""Stopping and safety rules around a design: each may overrule the design's answer, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from galu.escalation.decision import Action, Decision, Design
from galu.escalation.interval import too_toxic
from galu.escalation.outcomes import Outcome, Outcomes
from galu.finding import InputError

_ENROLLING = (Action.ESCALATE, Action.SAME, Action.DE_ESCALATE, Action.ELIMINATE)


class Guard(Protocol):
    """A rule that may overrule a design."""

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """The answer in place of the design's, or None."""


@dataclass(frozen=True, slots=True)
class Sentinel:
    """The first patient of a level is followed for a share of the window before the second is dosed."""

    share: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise InputError("sentinel", f"{self.share} of the window is outside 0–1", "shorten the interval")

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """Suspend while the first patient of the next patient's level is followed too briefly."""
        if decision.action not in _ENROLLING or decision.level is None:
            return None
        counting = [p for p in outcomes.at(decision.level) if p.outcome is not Outcome.INEVALUABLE]
        if len(counting) != 1 or counting[0].outcome is not Outcome.PENDING:
            return None
        followed = counting[0].followup
        if followed is None:
            raise InputError(
                "followup", "the sentinel patient has no follow-up", "say --followup and --window-days"
            )
        if followed >= self.share:
            return None
        reason = f"The first patient of level {decision.level} is followed for {followed:.0%} of the window, "
        reason += f"{self.share:.0%} are asked for."
        return Decision(Action.SUSPEND, None, reason, "sentinel", decision.tally)


@dataclass(frozen=True, slots=True)
class EnoughAtLevel:
    """The escalation ends when the next patient would go to a level that has this many patients."""

    patients: int

    def __post_init__(self) -> None:
        if self.patients < 1:
            raise InputError("enough_at_level", f"{self.patients} patients are none", "give at least one")

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """Declare the level once its patients are known, and wait until then."""
        if decision.action not in _ENROLLING or decision.level is None:
            return None
        tally = outcomes.tally(decision.level)
        if tally.enrolled < self.patients:
            return None
        if tally.pending:
            return Decision(Action.SUSPEND, None, "Enough are enrolled, some are pending.", "enough", tally)
        reason = f"Level {decision.level} has {tally.enrolled} patients."
        return Decision(Action.DECLARE_MTD, decision.level, reason, "enough", tally)


@dataclass(frozen=True, slots=True)
class LowestToxic:
    """The trial stops when Pr(DLT rate of level 1 > `limit`) exceeds `certainty` under a uniform prior."""

    limit: float
    certainty: float = 0.95

    def __post_init__(self) -> None:
        if not 0.0 < self.limit < 1.0 or not 0.0 < self.certainty < 1.0:
            raise InputError("lowest_toxic", "the limit or the certainty is outside 0–1", "give fractions")

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """Stop without a dose."""
        tally = outcomes.tally(1)
        known = tally.enrolled - tally.pending
        if not too_toxic(known, tally.dlts, self.limit, self.certainty):
            return None
        reason = f"Level 1 has {tally.dlts} DLTs of {known} known: its rate exceeds {self.limit:.0%}."
        return Decision(Action.STOP_NO_DOSE, None, reason, "lowest-toxic", tally)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A design with its guards; the first that objects answers."""

    design: Design
    guards: tuple[Guard, ...]

    @property
    def name(self) -> str:
        """Name of the design inside."""
        return self.design.name

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Ask the design, then the guards."""
        decision = self.design.decide(outcomes, levels)
        answers = (guard.overrule(decision, outcomes) for guard in self.guards)
        return next((answer for answer in answers if answer is not None), decision)
