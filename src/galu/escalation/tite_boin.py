"""TITE-BOIN: BOIN that counts pending patients by how long they were followed. Two rules bear the name.

`imputation-2018`: Yuan et al., Clin Cancer Res 2018;24:4921 (the pending outcomes are imputed).
`ess-2020`: Lin & Yuan, Biostatistics 2020;21:807 (an effective sample size).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from galu.escalation.climb import check_order, states
from galu.escalation.decision import Action, Decision
from galu.escalation.interval import boin_lambdas, select_or_wait, too_toxic
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.escalation.rolling_six import TableRow
from galu.finding import InputError

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
        A level, with all above, is eliminated when Pr(rate > target) exceeds it, from three enrolled on;
        pending patients count as without DLT, so that haste alone eliminates nothing.
    """

    name: ClassVar[str] = "tite-boin"
    target: float = 0.25
    rule: RuleName = "ess-2020"
    cohort_size: int = 3
    largest: int = 30
    max_pending: float = 0.5
    cutoff: float = 0.95

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError("rule", f"`{self.rule}` is not known", f"use one of {', '.join(RULES)}")
        if not 0.0 < self.target < 0.7:
            raise InputError(
                "target", f"{self.target} is no target rate", "give a fraction above 0 and below 0.7"
            )
        if self.largest < 1 or self.cohort_size < 1:
            raise InputError("n", "there is no patient", "give at least one")
        if not 0.0 <= self.max_pending <= 1.0:
            raise InputError("max_pending", "the share lies outside 0–1", "give a fraction, as in 0.5")

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

    def _eliminates(self, tally: Tally) -> bool:
        return tally.enrolled >= _FEWEST and too_toxic(tally.enrolled, tally.dlts, self.target, self.cutoff)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When a level does not exist or is skipped upwards, or a pending patient has no follow-up.
        """
        check_order(outcomes, levels, self.largest, fewest=1)
        level = outcomes.level_in_use
        tally = outcomes.tally(level)
        tallies = [outcomes.tally(lv) for lv in range(1, levels + 1)]
        out = next((lv for lv, t in enumerate(tallies, start=1) if self._eliminates(t)), levels + 1)
        if out == 1:
            return Decision(Action.STOP_NO_DOSE, None, "Level 1 is too toxic.", "eliminate", tally)
        if sum(t.enrolled for t in tallies) >= self.largest:
            return select_or_wait(tallies, tally, self.target, self.cutoff)
        if out <= level:
            return Decision(
                Action.ELIMINATE, out - 1, f"Level {out} and all above are eliminated.", "eliminate", tally
            )
        if tally.enrolled % self.cohort_size or tally.enrolled == 0:
            return Decision(Action.SAME, level, "The cohort has a free slot.", "cohort", tally)
        return self._judge(outcomes, level, min(levels, out - 1))

    def _judge(self, outcomes: Outcomes, level: int, highest: int) -> Decision:
        tally = outcomes.tally(level)
        stft = followed(outcomes, level)
        action = RULES[self.rule](tally, stft, self.target, self.max_pending)
        counts = (
            f"{tally.dlts} DLTs of {tally.enrolled}, {tally.pending} pending followed for {stft:.2f} windows"
        )
        if action is Action.SUSPEND:
            return Decision(action, None, f"{counts}: accrual waits for outcomes.", self.rule, tally)
        step = {Action.ESCALATE: 1, Action.DE_ESCALATE: -1}.get(action, 0)
        following = min(max(level + step, 1), highest)
        moved = Action.SAME if following == level else action
        return Decision(moved, following, f"{counts}: level {following} is next.", self.rule, tally)


def followed(outcomes: Outcomes, level: int) -> float:
    """Sum of the followed fractions of the window over a level's pending patients (STFT).

    Raises
    ------
    InputError
        When a pending patient has no follow-up.
    """
    fractions = [p.followup for p in outcomes.at(level) if p.outcome is Outcome.PENDING]
    if any(fraction is None for fraction in fractions):
        raise InputError("followup", "a pending patient has no follow-up", "say --followup and --window-days")
    return sum(fraction for fraction in fractions if fraction is not None)
