"""Stopping and safety rules around a design: each may overrule the design's answer, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from galu.escalation.conventions import TINY, check_counts, followed_share, unfollowed
from galu.escalation.decision import Action, Decision, Design
from galu.escalation.interval import boin_lambdas
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.escalation.toxic import FEWEST, too_toxic
from galu.finding import InputError

_ENROLLING = (Action.ESCALATE, Action.SAME, Action.DE_ESCALATE, Action.ELIMINATE)
#: Name of the rule that leads below a level with too many DLTs to be declared.
_BARRED = "too-toxic"
_STEPS = {1: Action.ESCALATE, 0: Action.SAME, -1: Action.DE_ESCALATE}
#: What a guard says of a decision.
Asked = Callable[[Decision], "Decision | None"]
#: Gives the tally of a level.
Tallies = Callable[[int], Tally]


class Guard(Protocol):
    """A rule that may overrule a design."""

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """The answer in place of the design's, or None."""


def _share(name: str, share: float) -> None:
    if not 0.0 <= share <= 1.0:
        raise InputError(name, f"{share} of the window is outside 0–1", "give a fraction of the window")


def _enrols(decision: Decision) -> bool:
    return decision.action in _ENROLLING and decision.level is not None


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A level's first patient is followed for a share of the window before the next is dosed there or above.

    A step down below that level is not held up.
    """

    share: float

    def __post_init__(self) -> None:
        _share("sentinel", self.share)

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """Suspend while the first patient of a level, up to the next patient's, is followed too briefly."""
        if not _enrols(decision) or decision.level is None:
            return None
        for level in range(1, decision.level + 1):
            first = next((p for p in outcomes.at(level) if p.outcome is not Outcome.INEVALUABLE), None)
            if first is None or first.outcome is not Outcome.PENDING:
                continue
            if (followed := followed_share(first)) < self.share - TINY:
                reason = f"The first patient of level {level} is followed for {followed:.0%} of the window, "
                reason += f"{self.share:.0%} are asked for."
                return Decision(Action.SUSPEND, None, reason, "sentinel", decision.tally)
        return None


@dataclass(frozen=True, slots=True)
class MinFollowup:
    """A step up waits until all pending at or below the new level are followed for a share of the window."""

    share: float

    def __post_init__(self) -> None:
        _share("min_followup", self.share)

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """Suspend a step up while somebody is followed too briefly."""
        if decision.action is not Action.ESCALATE or decision.level is None:
            return None
        if not unfollowed(outcomes, decision.level, self.share):
            return None
        reason = f"A pending patient is followed for less than {self.share:.0%} of the window."
        return Decision(Action.SUSPEND, None, reason, "min-followup", decision.tally)


@dataclass(frozen=True, slots=True)
class EnoughAtLevel:
    """The escalation ends when the next patient would go to a level that has this many patients."""

    patients: int

    def __post_init__(self) -> None:
        check_counts("design", enough_at_level=self.patients)

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """Declare the level once its patients are known, and wait until then."""
        return self.by_tallies(decision, outcomes.tally)

    def by_tallies(self, decision: Decision, tallies: Tallies) -> Decision | None:
        """The same from tallies."""
        if not _enrols(decision) or decision.level is None:
            return None
        tally = tallies(decision.level)
        if tally.enrolled < self.patients:
            return None
        return _declare(decision.level, tally, f"has {tally.enrolled} patients", "enough")


@dataclass(frozen=True, slots=True)
class PreciseAtLevel:
    """The escalation ends when the DLT rate of the next patient's level is known precisely enough.

    Its 95 % credible interval under a uniform prior is at most this wide.
    """

    width: float

    def __post_init__(self) -> None:
        if not 0.0 < self.width < 1.0:
            raise InputError("precise_width", f"{self.width} is no width", "give a fraction, as in 0.4")

    def holds(self, n: int, y: int) -> bool:
        """Whether y DLTs of n known patients are precise enough."""
        low, high = credible(n, y)
        return n > 0 and high - low <= self.width

    def overrule(self, decision: Decision, outcomes: Outcomes) -> Decision | None:
        """Declare the level once its patients are known, and wait until then."""
        return self.by_tallies(decision, outcomes.tally)

    def by_tallies(self, decision: Decision, tallies: Tallies) -> Decision | None:
        """The same from tallies."""
        if not _enrols(decision) or decision.level is None:
            return None
        tally = tallies(decision.level)
        known = tally.enrolled - tally.pending
        if not self.holds(known, tally.dlts):
            return None
        low, high = credible(known, tally.dlts)
        words = f"is known to {low:.2f}–{high:.2f} (95 % credible, uniform prior)"
        return _declare(decision.level, tally, words, "precise")


def credible(n: int, y: int, level: float = 0.95) -> tuple[float, float]:
    """Equal-tailed credible interval of a DLT rate under a uniform prior."""
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2.0
    low, high = (float(betaincinv(y + 1, n - y + 1, x)) for x in (tail, 1.0 - tail))
    return low, high


def too_high(n: int, y: int, target: float) -> bool:
    """Whether y DLTs of n known patients are a rate at which BOIN steps down: no level to declare."""
    return n > 0 and y >= boin_lambdas(target)[1] * n - TINY


def barred(level: int, n: int, y: int, target: float) -> bool:
    """Whether y DLTs of n known patients forbid to declare a level.

    None is declared that the elimination rule closes, nor level 1, below which no design steps, with so many
    DLTs that BOIN would step down.
    """
    return (n >= FEWEST and too_toxic(n, y, target)) or (level == 1 and too_high(n, y, target))


def _overrule(guard: Guard, outcomes: Outcomes, decision: Decision) -> Decision | None:
    return guard.overrule(decision, outcomes)


def _declare(level: int, tally: Tally, words: str, rule: str) -> Decision:
    if tally.pending:
        reason = f"Level {level} {words}, some are pending."
        return Decision(Action.SUSPEND, None, reason, rule, tally)
    return Decision(Action.DECLARE_MTD, level, f"Level {level} {words}.", rule, tally)


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
        return self.by_tallies(decision, outcomes.tally)

    def by_tallies(self, decision: Decision, tallies: Tallies) -> Decision | None:
        """The same from tallies."""
        tally = tallies(1)
        known = tally.enrolled - tally.pending
        if not too_toxic(known, tally.dlts, self.limit, self.certainty):
            return None
        reason = f"Level 1 has {tally.dlts} DLTs of {known} known: its rate exceeds {self.limit:.0%}."
        return Decision(Action.STOP_NO_DOSE, None, reason, "lowest-toxic", tally)


#: Guards in the order in which they are asked, wherever each was put around the design.
ORDER: tuple[type, ...] = (LowestToxic, Sentinel, MinFollowup, EnoughAtLevel, PreciseAtLevel)


def _place(guard: Guard) -> int:
    return ORDER.index(type(guard)) if type(guard) in ORDER else len(ORDER)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A design with its guards; the first that objects answers.

    Guards around a design that has some are one set: a study's sentinel interval is asked when the same
    interval as a switch would be.
    """

    design: Design
    guards: tuple[Guard, ...]

    def __post_init__(self) -> None:
        inner = self.design
        if isinstance(inner, Guarded):
            object.__setattr__(self, "design", inner.design)
            object.__setattr__(self, "guards", inner.guards + self.guards)
        object.__setattr__(self, "guards", tuple(sorted(self.guards, key=_place)))

    @property
    def name(self) -> str:
        """Name of the design inside."""
        return self.design.name

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of the window at which an answer may change without an outcome."""
        return tuple(g.share for g in self.guards if isinstance(g, (Sentinel, MinFollowup)))

    @property
    def target(self) -> float | None:
        """Target DLT rate of the design inside, or the highest of its target interval; None of a table."""
        found = getattr(self.design, "target", getattr(self.design, "over", None))
        return None if found is None else float(found)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Ask the design, then the guards."""
        decision = self.design.decide(outcomes, levels)
        asked = (partial(_overrule, guard, outcomes) for guard in self.guards)
        answer = self._overruled(tuple(asked), decision, outcomes.tally)
        if answer.rule != _BARRED or answer.level is None:
            return answer
        level = outcomes.level_in_use_from(int(getattr(self.design, "start", 1)))
        step = (answer.level > level) - (answer.level < level)
        return replace(answer, action=_STEPS[step])

    def _overruled(self, guards: tuple[Asked, ...], decision: Decision, tallies: Tallies) -> Decision:
        """The first guard's answer, else the decision; for a level too toxic to be declared the one below.

        Below level 1 there is none, so that the trial ends without a dose.
        """
        answer = next((found for guard in guards if (found := guard(decision)) is not None), None)
        if answer is None:
            return decision
        if answer.action is not Action.DECLARE_MTD or answer.level is None:
            return answer
        if not self._barred(answer.level, answer.tally):
            return answer
        reason = f"{answer.reason[:-1]}, with too many DLTs ({answer.tally.dlts})"
        if answer.level == 1:
            return Decision(Action.STOP_NO_DOSE, None, f"{reason}.", answer.rule, answer.tally)
        lower = answer.level - 1
        action = Action.SAME if decision.action is Action.ESCALATE else Action.DE_ESCALATE
        reason += f": level {lower} is next."
        return self._overruled(guards, Decision(action, lower, reason, _BARRED, tallies(lower)), tallies)

    def _barred(self, level: int, tally: Tally) -> bool:
        return self.target is not None and barred(level, tally.enrolled, tally.dlts, self.target)

    def by_tallies(self, decision: Decision, tallies: Tallies) -> Decision | None:
        """What the first guard that objects answers from tallies; those that ask for time are passed over."""
        judges = (guard for guard in self.guards if not isinstance(guard, (Sentinel, MinFollowup)))
        asked = (partial(guard.by_tallies, tallies=tallies) for guard in judges)  # type: ignore[attr-defined]
        answer = self._overruled(tuple(asked), decision, tallies)
        return None if answer is decision else answer

    def inside(self, **changes: Any) -> Guarded:
        """The same guards around the design with some of its switches changed."""
        return replace(self, design=replace(self.design, **changes))  # type: ignore[type-var]


def bare(design: Design) -> Design:
    """A design without its guards."""
    return design.design if isinstance(design, Guarded) else design
