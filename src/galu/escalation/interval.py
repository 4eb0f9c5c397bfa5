"""Interval designs: BOIN, keyboard, mTPI, mTPI-2 and i3+3, as boundaries on the number of DLTs.

BOIN: Liu & Yuan, J R Stat Soc C 2015;64:507. Keyboard: Yan et al., Clin Cancer Res 2017;23:3994.
mTPI: Ji et al., Clin Trials 2010;7:653. mTPI-2: Guo et al., Contemp Clin Trials 2017;58:23.
i3+3: Liu et al., J Biopharm Stat 2020;30:294.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from galu.escalation.climb import check_order
from galu.escalation.conventions import (
    COHERENT,
    at_last_end,
    before_stay,
    check_counts,
    check_when,
    group_above,
    in_cohort,
    known_in_stay,
    lower_of,
    step_back,
    waits_elsewhere,
)
from galu.escalation.crm import check_interval
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcomes, Tally
from galu.escalation.rolling_six import TableRow
from galu.escalation.selection import select_or_wait
from galu.escalation.titration import Titrated, titrated
from galu.escalation.toxic import FEWEST, beta_cdf, too_toxic
from galu.finding import InputError
from galu.words import checked_fields


def boin_lambdas(
    target: float, p_saf: float | None = None, p_tox: float | None = None
) -> tuple[float, float]:
    """BOIN's escalation and de-escalation boundaries; defaults 0.6 and 1.4 times the target."""
    low = 0.6 * target if p_saf is None else p_saf
    high = 1.4 * target if p_tox is None else p_tox
    up = math.log((1 - low) / (1 - target)) / math.log(target * (1 - low) / (low * (1 - target)))
    down = math.log((1 - target) / (1 - high)) / math.log(high * (1 - target) / (target * (1 - high)))
    return up, down


def boin(n: int, y: int, target: float, p_saf: float | None = None, p_tox: float | None = None) -> Action:
    """BOIN's decision on y of n."""
    up, down = boin_lambdas(target, p_saf, p_tox)
    if y <= math.floor(up * n):
        return Action.ESCALATE
    return Action.DE_ESCALATE if y >= math.ceil(down * n) else Action.SAME


def _strongest(parts: list[tuple[float, float]], target: float, n: int, y: int) -> int:
    """-1, 0 or 1: where the part with the greatest posterior mass per length lies against the target."""
    mass = [(beta_cdf(b, y + 1, n - y + 1) - beta_cdf(a, y + 1, n - y + 1)) / (b - a) for a, b in parts]
    a, b = parts[mass.index(max(mass))]
    return -1 if b <= target else 1 if a >= target else 0


#: Patients from which a level may be eliminated, where fewer than for the others.
_FEWEST = {"keyboard": 1, "mtpi": 2, "mtpi2": 2}
#: Designs whose target interval is the target ± this margin, and must lie within 0–1.
_WITH_MARGIN, _MARGIN = ("keyboard", "mtpi", "mtpi2"), 0.05
#: BOIN's `offset` where none is given.
_OFFSET = 0.05
_MOVES = {-1: Action.ESCALATE, 0: Action.SAME, 1: Action.DE_ESCALATE}


def _keys(low: float, high: float, whole: bool) -> list[tuple[float, float]]:
    width = high - low
    below = int(low / width + 1e-9)
    above = int((1.0 - high) / width + 1e-9)
    keys = [(low + i * width, high + i * width) for i in range(-below, above + 1)]
    if not whole and keys[0][0] > 1e-9:
        keys.insert(0, (0.0, keys[0][0]))
    if not whole and keys[-1][1] < 1.0 - 1e-9:
        keys.append((keys[-1][1], 1.0))
    return keys


def keyboard(n: int, y: int, target: float, margin: float = 0.05) -> Action:
    """Keyboard: the strongest whole key against the target key."""
    return _MOVES[_strongest(_keys(target - margin, target + margin, True), target, n, y)]


def mtpi(n: int, y: int, target: float, margin: float = 0.05) -> Action:
    """mTPI: the greatest unit probability mass of under, at and over the target."""
    low, high = target - margin, target + margin
    return _MOVES[_strongest([(0.0, low), (low, high), (high, 1.0)], target, n, y)]


def mtpi2(n: int, y: int, target: float, margin: float = 0.05) -> Action:
    """mTPI-2: as mTPI with intervals of equal length, shorter at the ends."""
    return _MOVES[_strongest(_keys(target - margin, target + margin, False), target, n, y)]


def i3plus3(n: int, y: int, target: float, margin: float = 0.05) -> Action:
    """i3+3: the observed rate against the equivalence interval, and the rate with one DLT fewer."""
    low, high = target - margin - 1e-12, target + margin + 1e-12
    if y / n < low:
        return Action.ESCALATE
    if y / n <= high:
        return Action.SAME
    return Action.SAME if (y - 1) / n < low else Action.DE_ESCALATE


RULES: dict[str, Callable[[int, int, float], Action]] = {
    "boin": boin,
    "keyboard": keyboard,
    "mtpi": mtpi,
    "mtpi2": mtpi2,
    "i3+3": i3plus3,
}


@dataclass(frozen=True, slots=True)
class Boundary:
    """Numbers of DLTs among n that move the dose; None where no number does."""

    n: int
    escalate_if_le: int | None
    deescalate_if_ge: int | None
    eliminate_if_ge: int | None


@dataclass(frozen=True, slots=True)
@checked_fields
class IntervalDesign:
    """A design of boundaries on the DLT rate of the current level.

    Parameters
    ----------
    name
        boin, keyboard, mtpi, mtpi2 or i3+3.
    target
        Target DLT rate.
    cohort_size
        The next cohort waits until the last is known.
    largest
        Patients in all, after which the level is selected by isotonic regression.
    cutoff
        A level, with all above, is eliminated when Pr(rate > target) exceeds it, from a few patients on.
    eliminate_at
        `any`: judged at any number known. `cohort`: only when a cohort is known, as published.
    step_down_at
        `any`: what is known inside a cohort steps down at once. `cohort`: at its end, as published.
    coherent
        Whether no step up follows a group whose rate is above the target (Cheung 2005).
    group
        Patients of such a group; None is the cohort size.
    start
        Level of the first patient; levels below it are for de-escalation ("level −1").
    p_saf, p_tox
        BOIN's rates that are too low and too high; None is 0.6 and 1.4 times the target.
    extra_safe, offset
        Level 1 ends the trial when Pr(rate > target) exceeds `cutoff` − `offset` (BOIN's `extrasafe`).
    n_earlystop
        The level is selected once the design stays at a level with so many patients; None: never.
    titration
        One patient to a level until the first DLT, then cohorts from one level lower (see `titration`).
    """

    name: str
    target: float = 0.25
    cohort_size: int = 3
    largest: int = 30
    cutoff: float = 0.95
    eliminate_at: Literal["any", "cohort"] = "any"
    step_down_at: Literal["any", "cohort"] = "any"
    coherent: bool = True
    group: int | None = None
    start: int = 1
    p_saf: float | None = None
    p_tox: float | None = None
    extra_safe: bool = False
    offset: float = _OFFSET
    n_earlystop: int | None = None
    titration: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.target < 0.7:
            raise InputError(
                "target", f"{self.target} is no target rate", "give a fraction above 0 and below 0.7"
            )
        if self.name in _WITH_MARGIN:
            check_interval("target", self.target, _MARGIN, "or use boin")
        if not 0.0 < self.cutoff < 1.0:
            raise InputError("cutoff", f"{self.cutoff} is no probability", "give a fraction, as in 0.95")
        check_counts(self.name, largest=self.largest, cohort_size=self.cohort_size, start=self.start)
        check_when("eliminate_at", self.eliminate_at)
        check_when("step_down_at", self.step_down_at)
        if (self.p_saf, self.p_tox) != (None, None):
            self._check_rates()
        self._check_options()

    def _check_options(self) -> None:
        if self.n_earlystop is not None:
            check_counts(self.name, n_earlystop=self.n_earlystop)
        if not 0.0 < self.offset < min(0.5, self.cutoff):
            raise InputError("offset", f"{self.offset} is no offset", "give a fraction below 0.5, as in 0.05")
        if self.offset != _OFFSET and not self.extra_safe:
            raise InputError("offset", "it is read with extra_safe=true only", "add that, or leave it out")
        if self.titration and self.cohort_size == 1:
            raise InputError("titration", "cohorts of one need none", "leave it out, or use larger cohorts")

    def _check_rates(self) -> None:
        if self.name != "boin":
            raise InputError("p_saf", f"{self.name} has no such rate", "leave p_saf and p_tox out")
        low, high = self.rates
        if not 0.0 < low < self.target < high < 1.0:
            fault = f"{low:g} and {high:g} do not lie around the target {self.target:g}"
            raise InputError("p_saf", fault, "give 0 < p_saf < target < p_tox < 1")

    @property
    def rates(self) -> tuple[float, float]:
        """BOIN's rates that are too low and too high."""
        low = 0.6 * self.target if self.p_saf is None else self.p_saf
        return low, 1.4 * self.target if self.p_tox is None else self.p_tox

    @property
    def switches(self) -> dict[str, object]:
        """The numbers and conventions that define the design."""
        own: dict[str, object] = {
            "target": self.target,
            "cohort_size": self.cohort_size,
            "n": self.largest,
            "cutoff": self.cutoff,
            "eliminate_at": self.eliminate_at,
            "step_down_at": self.step_down_at,
            "coherent": self.coherent,
        }
        if self.start != 1:
            own["start"] = self.start
        own |= {key: getattr(self, key) for key in ("n_earlystop", "titration") if getattr(self, key)}
        if self.extra_safe:
            own |= {"extra_safe": True, "offset": self.offset}
        if self.name == "boin":
            own |= dict(zip(("p_saf", "p_tox"), self.rates, strict=True))
        return own

    def judge(self, n: int, y: int) -> Action:
        """Decide on y DLTs of n known patients."""
        if n == 0:
            return Action.SAME
        if n >= _FEWEST.get(self.name, FEWEST) and too_toxic(n, y, self.target, self.cutoff):
            return Action.ELIMINATE
        if self.name == "boin":
            return boin(n, y, self.target, *self.rates)
        return RULES[self.name](n, y, self.target)

    def boundaries(self) -> tuple[Boundary, ...]:
        """Boundaries for n = 1 to `largest`."""
        return tuple(self._boundary(n) for n in range(1, self.largest + 1))

    def _boundary(self, n: int) -> Boundary:
        actions = [self.judge(n, y) for y in range(n + 1)]
        up = [y for y, action in enumerate(actions) if action is Action.ESCALATE]
        down = [y for y, action in enumerate(actions) if action in (Action.DE_ESCALATE, Action.ELIMINATE)]
        out = [y for y, action in enumerate(actions) if action is Action.ELIMINATE]
        return Boundary(n, max(up, default=None), min(down, default=None), min(out, default=None))

    def table(self, above_closed: bool = False) -> tuple[TableRow, ...]:
        """All states without pending patients; under a closed level nothing escalates."""
        rows = []
        for n in range(1, self.largest + 1):
            for y in range(n + 1):
                action = self.judge(n, y)
                if above_closed and action is Action.ESCALATE:
                    action = Action.SAME
                rows.append(TableRow(Tally(n, y, 0), action, self.name, f"{y} of {n} against {self.target}"))
        return tuple(rows)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When a level does not exist or is skipped upwards.
        """
        check_order(outcomes, levels, self.largest, fewest=1, start=self.start)
        level = outcomes.level_in_use_from(self.start)
        tallies = [outcomes.tally(lv) for lv in range(1, levels + 1)]
        tally = tallies[level - 1]
        ended = titrated(outcomes, levels) if self.titration else None
        size = 1 if self.titration and ended is None else self.cohort_size
        apart = [0 if ended is None else ended.apart(lv, t.enrolled, size) for lv, t in _numbered(tallies)]
        toxic = (lv for lv, t in _numbered(tallies) if self._eliminated(lv, t, size, apart[lv - 1]))
        out = next(toxic, levels + 1)
        if out == 1:
            return Decision(Action.STOP_NO_DOSE, None, "Level 1 is too toxic.", "eliminate", tally)
        if sum(t.enrolled for t in tallies) >= self.largest or self._stopped(outcomes, levels, size, apart):
            return select_or_wait(tallies, tally, self.target, self.cutoff, self.lowest_cutoff)
        below = tallies[out - 2]
        if out <= level and not (below.pending and (below.enrolled - apart[out - 2]) % size == 0):
            return Decision(
                Action.ELIMINATE, out - 1, f"Level {out} and all above are eliminated.", "eliminate", tally
            )
        left = apart[level - 1]
        if out <= level or waits_elsewhere(outcomes, level, size, out, left):
            return Decision(Action.SUSPEND, None, "The cohort is not yet known.", "cohort", tally)
        if ended is not None and not ended.since:
            return _after_titration(ended, tally)
        if (tally.enrolled - left) % size or tally.enrolled == left:
            filled = in_cohort(partial(self.decide, levels=levels), outcomes, level, size, left)
            return lower_of(filled, self.at_any_number(outcomes, level))
        highest = min(levels, out - 1)
        moved = self._move(outcomes, level, highest, left)
        if moved.level == level and tally.enrolled >= (self.n_earlystop or self.largest):
            return select_or_wait(tallies, tally, self.target, self.cutoff, self.lowest_cutoff)
        return moved

    @property
    def lowest_cutoff(self) -> float | None:
        """The more stringent cutoff of level 1, if there is one."""
        return self.cutoff - self.offset if self.extra_safe else None

    def _stopped(self, outcomes: Outcomes, levels: int, size: int, apart: list[int]) -> bool:
        """Whether enough were at a level before somebody was enrolled all the same, who undoes nothing."""
        if self.n_earlystop is None:
            return False
        level = outcomes.level_in_use_from(self.start)
        before = at_last_end(outcomes, level, size, apart[level - 1]) or before_stay(outcomes, level)
        return before is not None and self.decide(before, levels).action is Action.DECLARE_MTD

    def at_any_number(self, outcomes: Outcomes, level: int) -> Decision | None:
        """The step below `level` that those known of its open cohort ask for already, or None."""
        if self.step_down_at == "cohort" or level == 1 or known_in_stay(outcomes, level) == 0:
            return None
        tally = outcomes.tally(level)
        known = tally.enrolled - tally.pending
        if self.judge(known, tally.dlts) not in (Action.DE_ESCALATE, Action.ELIMINATE):
            return None
        reason = f"{tally.dlts} DLTs of {known} known at level {level}: level {level - 1} is next."
        return Decision(Action.DE_ESCALATE, level - 1, reason, self.name, tally)

    def _move(self, outcomes: Outcomes, level: int, highest: int, apart: int) -> Decision:
        tally = outcomes.tally(level)
        action = self.judge(tally.enrolled, tally.dlts)
        step = {Action.ESCALATE: 1, Action.DE_ESCALATE: -1}.get(action, 0)
        following = min(max(level + step, 1), highest)
        counts = f"{tally.dlts} DLTs of {tally.enrolled} at target {self.target}"
        size = self.group or self.cohort_size
        if following > level and (back := step_back(outcomes, self.start, level)) is not None:
            return back
        above = self.coherent and group_above(outcomes, level, size, self.target, apart=apart)
        if following > level and above:
            return Decision(Action.SAME, level, f"{counts}: {COHERENT}.", "coherent", tally)
        moved = Action.SAME if following == level else action
        return Decision(moved, following, f"{counts}: level {following} is next.", self.name, tally)

    def _eliminated(self, level: int, tally: Tally, size: int, apart: int) -> bool:
        """Pending patients add no information: what is known is judged, at any number or at cohort ends."""
        known = tally.enrolled - tally.pending
        if known == 0 or (self.eliminate_at == "cohort" and (known - apart) % size):
            return False
        return self.judge(known, tally.dlts) is Action.ELIMINATE or (
            level == 1 and self.extra_toxic(known, tally.dlts)
        )

    def extra_toxic(self, n: int, y: int) -> bool:
        """Whether y DLTs of n known patients of level 1 end the trial by the more stringent cutoff."""
        lowest = self.lowest_cutoff
        return lowest is not None and n >= FEWEST and too_toxic(n, y, self.target, lowest)


def _numbered(tallies: list[Tally]) -> Iterator[tuple[int, Tally]]:
    return enumerate(tallies, start=1)


def _after_titration(ended: Titrated, tally: Tally) -> Decision:
    level = ended.following
    action = Action.DE_ESCALATE if level < ended.level else Action.SAME
    reason = f"Titration ended at level {ended.level}: cohorts begin at level {level}."
    return Decision(action, level, reason, "titration", tally)


def interval_design(name: str) -> Callable[..., Any]:
    """Make the factory of a named interval design."""
    return partial(IntervalDesign, name)
