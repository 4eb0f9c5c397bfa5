"""TITE-BOIN: BOIN that counts pending patients by how long they were followed. Two rules bear the name.

`imputation-2018`: Yuan et al., Clin Cancer Res 2018;24:4921 (the pending outcomes are imputed).
`ess-2020`: Lin & Yuan, Biostatistics 2020;21:807 (an effective sample size).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import ClassVar, Literal

from galu.escalation.climb import check_order, states
from galu.escalation.conventions import (
    COHERENT,
    INITIAL,
    SEEN,
    TINY,
    UNFOLLOWED,
    as_held,
    at_last_end,
    before_stay,
    binding,
    check_counts,
    check_when,
    followed_share,
    group_above,
    held_at,
    known_in_stay,
    lower_of,
    safe_in_stay,
    step_back,
    told,
    too_early,
    unfollowed,
)
from galu.escalation.decision import Action, Decision
from galu.escalation.interval import boin_lambdas
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.escalation.rolling_six import TableRow
from galu.escalation.selection import select_or_wait
from galu.finding import InputError
from galu.words import checked_fields

RuleName = Literal["ess-2020", "imputation-2018"]
_FEWEST = 3


def stft_thresholds(tally: Tally, target: float) -> tuple[float, float]:
    """Standardised total follow-up of the pending that escalates at or above, de-escalates at or below.

    Rule of 2018. A threshold below 0 or above the number pending means always or never.

    Parameters
    ----------
    tally
        Patients of the level, at least one of them pending.
    target
        Target DLT rate.
    """
    up, down = boin_lambdas(target)
    p = (tally.dlts + target / 2.0) / (tally.enrolled - tally.pending + 1.0)
    odds = (1.0 - p) / p
    return tuple(tally.pending - (tally.enrolled * x - tally.dlts) * odds for x in (up, down))  # type: ignore[return-value]


def by_imputation(tally: Tally, stft: float, target: float, max_pending: float) -> Action:
    """Decide by the rule of 2018; a rate at the boundary whatever becomes of the pending needs no waiting."""
    up, down = boin_lambdas(target)
    if tally.dlts >= down * tally.enrolled:
        return Action.DE_ESCALATE
    if tally.pending > max_pending * tally.enrolled:
        return Action.SUSPEND
    if tally.pending == 0:
        return Action.ESCALATE if tally.dlts <= up * tally.enrolled else Action.SAME
    escalates, de_escalates = stft_thresholds(tally, target)
    if stft >= escalates:
        return Action.ESCALATE
    return Action.DE_ESCALATE if stft <= de_escalates else Action.SAME


def by_effective_size(tally: Tally, stft: float, target: float, max_pending: float) -> Action:
    """Decide by the rule of 2020: DLTs per known patient and followed share of a pending one."""
    size = tally.enrolled - tally.pending + stft
    if tally.pending > max_pending * tally.enrolled or size <= 0.0:
        return Action.SUSPEND
    up, down = boin_lambdas(target)
    rate = tally.dlts / size
    if rate <= up:
        return Action.ESCALATE
    return Action.DE_ESCALATE if rate >= down else Action.SAME


RULES: dict[RuleName, Callable[[Tally, float, float, float], Action]] = {
    "ess-2020": by_effective_size,
    "imputation-2018": by_imputation,
}


@dataclass(frozen=True, slots=True)
@checked_fields
class TiteBoin:
    """TITE-BOIN.

    Parameters
    ----------
    target
        Target DLT rate.
    rule
        Which of the two rules of this name: `ess-2020` or `imputation-2018`.
    cohort_size
        Patients enrolled at a level before it is judged again.
    largest
        Patients in all, after which the level is selected by isotonic regression.
    max_pending
        Share of a level's patients that may be pending; more suspends accrual.
    cutoff
        A level, with all above, is eliminated when Pr(rate > target) exceeds it, from three patients on.
    eliminate_by
        What counts there: `followed`, known patients and the followed share of pending ones, so that a
        pending patient adds what is known of them; `enrolled`, as R's TITEgBOIN, where pending patients
        count as without DLT.
    coherent, group
        Whether no step up follows a group whose rate is above the target, and the patients of such a
        group; None is the cohort size.
    min_followup
        Share of the window for which every pending patient at or below the new level was followed before
        a step up.
    initial_stage
        A step up needs this many windows at the level that have ended without a DLT.
    start
        Level of the first patient.
    step_down_at
        `any`: what is known inside a cohort steps down at once. `cohort`: at its end, as published.
    """

    name: ClassVar[str] = "tite-boin"
    target: float = 0.25
    rule: RuleName = "ess-2020"
    cohort_size: int = 3
    largest: int = 30
    max_pending: float = 0.5
    cutoff: float = 0.95
    eliminate_by: Literal["followed", "enrolled"] = "followed"
    coherent: bool = True
    group: int | None = None
    min_followup: float = 0.25
    initial_stage: int = 2
    start: int = 1
    step_down_at: Literal["any", "cohort"] = "any"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError("rule", f"`{self.rule}` is not known", f"use one of {', '.join(RULES)}")
        if not 0.0 < self.target < 0.7:
            raise InputError(
                "target", f"{self.target} is no target rate", "give a fraction above 0 and below 0.7"
            )
        check_counts("tite-boin", largest=self.largest, cohort_size=self.cohort_size, start=self.start)
        if not 0.0 <= self.max_pending <= 1.0 or not 0.0 <= self.min_followup <= 1.0:
            raise InputError("max_pending", "a share lies outside 0–1", "give a fraction, as in 0.5")
        if not 0.0 < self.cutoff < 1.0:
            raise InputError("cutoff", f"{self.cutoff} is no probability", "give a fraction, as in 0.95")
        if self.eliminate_by not in ("followed", "enrolled"):
            raise InputError(
                "eliminate_by", f"`{self.eliminate_by}` is not known", "use followed or enrolled"
            )
        check_when("step_down_at", self.step_down_at)
        if self.initial_stage < 0:
            raise InputError("initial_stage", "a number of patients is negative", "give 0 or more")

    @property
    def switches(self) -> dict[str, object]:
        """The numbers and conventions that define the design."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "group"}

    def table(self, above_closed: bool = False) -> tuple[TableRow, ...]:
        """Every state up to the largest number, judged before any pending patient is followed."""
        return tuple(self._row(tally, above_closed) for tally in states(self.largest) if tally.enrolled)

    def _row(self, tally: Tally, above_closed: bool) -> TableRow:
        if self._eliminates(tally):
            return TableRow(tally, Action.ELIMINATE, "eliminate", "too toxic")
        action = RULES[self.rule](tally, 0.0, self.target, self.max_pending)
        if above_closed and action is Action.ESCALATE:
            action = Action.SAME
        return TableRow(tally, action, self.rule, self._meaning(tally))

    def _meaning(self, tally: Tally) -> str:
        if tally.pending == 0:
            return f"{tally.dlts} of {tally.enrolled} against {self.target}"
        if self.rule == "imputation-2018":
            up, down = stft_thresholds(tally, self.target)
        else:
            known = tally.enrolled - tally.pending
            up, down = (tally.dlts / x - known for x in boin_lambdas(self.target))
        return f"escalates from STFT {up:.4f}, de-escalates up to {down:.4f}; decision at STFT 0"

    def _eliminates(self, tally: Tally, stft: float = 0.0) -> bool:
        if self.eliminate_by == "enrolled":
            size = float(tally.enrolled)
        else:
            size = tally.enrolled - tally.pending + stft
        return _FEWEST - TINY <= size <= eliminated_up_to(tally.dlts, self.target, self.cutoff) + TINY

    def _out(self, outcomes: Outcomes, levels: int) -> int:
        for level in range(1, levels + 1):
            stft = followed(outcomes, level) if self.eliminate_by == "followed" else 0.0
            if self._eliminates(outcomes.tally(level), stft):
                return level
        return levels + 1

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When a level does not exist or is skipped upwards, or a pending patient has no follow-up.
        """
        check_order(outcomes, levels, self.largest, fewest=1, start=self.start)
        level = outcomes.level_in_use_from(self.start)
        tally = outcomes.tally(level)
        out = self._out(outcomes, levels)
        if out == 1:
            return Decision(Action.STOP_NO_DOSE, None, "Level 1 is too toxic.", "eliminate", tally)
        tallies = [outcomes.tally(lv) for lv in range(1, levels + 1)]
        if sum(t.enrolled for t in tallies) >= self.largest:
            return select_or_wait(tallies, tally, self.target, self.cutoff)
        if out <= level:
            return self._eliminated(outcomes, out, level)
        if tally.enrolled % self.cohort_size or tally.enrolled == 0:
            filled = lower_of(self._in_cohort(outcomes, level), self.at_any_number(outcomes, level))
            return self._held(outcomes, level, filled)
        bound = self._in_cohort(outcomes, level)
        if tally.pending and binding(bound):
            return bound
        judged = self._judge(outcomes, level, min(levels, out - 1))
        return self._held(outcomes, level, lower_of(judged, bound if binding(bound) else None))

    def _held(self, outcomes: Outcomes, level: int, decision: Decision) -> Decision:
        asked = self.min_followup, self.initial_stage
        held = held_at(outcomes, level, self.cohort_size, asked)
        return as_held(decision, held, outcomes, level)

    def _eliminated(self, outcomes: Outcomes, out: int, level: int) -> Decision:
        """Below the eliminated levels, or further down where what was said before says so."""
        reason = f"Level {out} and all above are eliminated."
        found = Decision(Action.ELIMINATE, out - 1, reason, "eliminate", outcomes.tally(level))
        action, judged = self._said(outcomes)
        if action is not Action.DE_ESCALATE or judged >= out:
            return found
        lower = max(judged - 1, 1)
        reason += f" Level {judged} says to step down: level {lower} is next."
        return Decision(Action.DE_ESCALATE, lower, reason, self.rule, outcomes.tally(judged))

    def at_any_number(self, outcomes: Outcomes, level: int) -> Decision | None:
        """The step below `level` that those known of its open cohort ask for already, or None."""
        if self.step_down_at == "cohort" or level == 1 or known_in_stay(outcomes, level) == 0:
            return None
        if self._rule(outcomes, level, 1.0) is not Action.DE_ESCALATE:
            return None
        tally = outcomes.tally(level)
        known = f"{tally.dlts} DLTs of {tally.enrolled}, {tally.pending} pending at level {level}"
        reason = f"{known}: level {level - 1} is next."
        return Decision(Action.DE_ESCALATE, level - 1, reason, self.rule, tally)

    def _in_cohort(self, outcomes: Outcomes, level: int) -> Decision:
        """Fill the open cohort, unless what was said before it, read today, says to wait or step down."""
        tally = outcomes.tally(level)
        action, judged = self._said(outcomes) if tally.enrolled else (Action.SAME, level)
        following = max(judged - 1, 1)
        if action is Action.SUSPEND:
            return Decision(action, None, "Accrual waits for outcomes.", self.rule, tally)
        if action is Action.DE_ESCALATE and following < level:
            reason = f"Level {judged} says to step down: level {following} is next."
            return Decision(action, following, reason, self.rule, outcomes.tally(judged))
        return Decision(Action.SAME, level, "The cohort has a free slot.", "cohort", tally)

    def _said(self, outcomes: Outcomes) -> tuple[Action, int]:
        """Action of the rule at the last cohort end, and its level.

        Until a whole cohort of the present stay is known without a DLT, what was said before it binds; as
        published, with a minimum follow-up of 0, it does not. A step down holds while all that
        is known of the level by now says the same.
        """
        level, size = outcomes.level_in_use_from(self.start), self.cohort_size
        before = before_stay(outcomes, level) if self.min_followup > 0.0 else None
        if before is not None and before.current_level <= level and safe_in_stay(outcomes, level) < size:
            action, judged = self._said(before)
            if action in (Action.SUSPEND, Action.DE_ESCALATE):
                return action, judged
        if outcomes.tally(level).enrolled % size == 0:
            return self._rule(outcomes, level, self.max_pending), level
        end = at_last_end(outcomes, level, size)
        if end is None:
            return Action.SAME, level
        action = self._rule(end, level, self.max_pending)
        lifted = action is Action.DE_ESCALATE and self._rule(outcomes, level, 1.0) is not action
        return (Action.SAME if lifted else action), level

    def _judge(self, outcomes: Outcomes, level: int, highest: int) -> Decision:
        tally = outcomes.tally(level)
        stft = followed(outcomes, level)
        action = self._rule(outcomes, level, self.max_pending)
        counts = (
            f"{tally.dlts} DLTs of {tally.enrolled}, {tally.pending} pending followed for {stft:.2f} windows"
        )
        if action is Action.SUSPEND:
            return Decision(action, None, f"{counts}: accrual waits for outcomes.", self.rule, tally)
        step = {Action.ESCALATE: 1, Action.DE_ESCALATE: -1}.get(action, 0)
        following = min(max(level + step, 1), highest)
        back = step_back(outcomes, self.start, level) if following > level else None
        if back is not None:
            return back
        if following > level and (held := told(self._holds(outcomes, level))) is not None:
            return Decision(Action.SAME, level, f"{counts}: {held[1]}.", held[0], tally)
        moved = Action.SAME if following == level else action
        return Decision(moved, following, f"{counts}: level {following} is next.", self.rule, tally)

    def _rule(self, outcomes: Outcomes, level: int, most: float) -> Action:
        """The published rule, but nobody who was not followed at all undoes a step down by being imputed."""
        tally, stft = outcomes.tally(level), followed(outcomes, level)
        new = sum(p.outcome is Outcome.PENDING and p.followup == 0.0 for p in outcomes.at(level))
        bare = Tally(tally.enrolled - new, tally.dlts, tally.pending - new)
        if self.rule == "imputation-2018" and new and bare.enrolled:
            without = by_imputation(bare, stft, self.target, 1.0)
            if without is Action.DE_ESCALATE:
                return without
        return RULES[self.rule](tally, stft, self.target, most)

    def _holds(self, outcomes: Outcomes, level: int) -> list[tuple[bool, str, str]]:
        size = self.group or self.cohort_size
        toxic = self.coherent and group_above(outcomes, level, size, self.target, seen=SEEN)
        brief = unfollowed(outcomes, level + 1, self.min_followup)
        early = too_early(outcomes, level, self.initial_stage)
        return [
            (toxic, "coherent", COHERENT),
            (brief, "min-followup", UNFOLLOWED),
            (early, "initial-stage", INITIAL),
        ]


@lru_cache(maxsize=4096)
def eliminated_up_to(dlts: int, target: float, cutoff: float) -> float:
    """Largest number of patients, whole or in part, of whom so many DLTs are too toxic; -1 when none is."""
    from scipy.optimize import brentq
    from scipy.special import betaincc

    def excess(size: float) -> float:
        return float(betaincc(dlts + 1, size - dlts + 1, target)) - cutoff

    if dlts == 0 or excess(dlts) <= 0.0:
        return -1.0
    most = 2.0 * max(dlts, 1)
    while excess(most) > 0.0:
        most *= 2.0
    return float(brentq(excess, dlts, most, xtol=1e-12))


def followed(outcomes: Outcomes, level: int) -> float:
    """Sum of the followed fractions of the window over a level's pending patients (STFT).

    Raises
    ------
    InputError
        When a pending patient has no follow-up.
    """
    return sum(followed_share(p) for p in outcomes.at(level) if p.outcome is Outcome.PENDING)
