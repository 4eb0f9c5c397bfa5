"""CRM and TITE-CRM as designs: the model of `crm`, with the conventions that a trial needs around it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from typing import Any, ClassVar, Final, Literal

from galu.escalation.climb import check_order
from galu.escalation.conventions import (
    COHERENT,
    INITIAL,
    SEEN,
    UNFOLLOWED,
    Skipping,
    as_held,
    binding,
    check_counts,
    check_skipping,
    check_when,
    counting,
    group_above,
    held_at,
    in_cohort,
    known_in_stay,
    lower_of,
    reachable,
    step_back,
    told,
    too_early,
    unfollowed,
    waits_elsewhere,
)
from galu.escalation.crm import SCALE, Fit, Model, check_interval, fit_bayes, skeleton, weighted
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.escalation.toxic import FEWEST, too_toxic
from galu.finding import InputError
from galu.words import checked_fields

#: Half the width of the indifference interval of the skeleton that is made where none is given.
_HALFWIDTH = 0.05


@dataclass(frozen=True, slots=True)
@checked_fields
class Crm:
    """CRM as a design: one level up at a time, cohort after cohort.

    Parameters
    ----------
    prior
        Skeleton, one probability per level; None is an indifference interval of ±0.05 around the
        target with the middle level as the expected MTD.
    target
        Target DLT rate.
    model, scale
        Curve and prior deviation of its parameter.
    largest
        Patients in all, after which the recommended level is declared.
    cohort_size
        Patients enrolled before the model is asked again.
    tite
        Whether pending patients count by the followed fraction of the window; else the cohort waits.
    coherent, group
        Whether no step up follows a group whose rate is above the target (dfcrm's restriction), and the
        patients of such a group; None is the cohort size.
    skipping
        How far a step up may go: `none`, to the next level; `untried`, to the lowest untried; `any`.
    min_followup
        Share of the window for which every pending patient at or below the new level was followed before
        a step up; TITE only.
    initial_stage
        A step up needs this many windows at the level that have ended without a DLT; TITE only.
    start
        Level of the first patient.
    step_down_at
        `any`: what is known inside a cohort steps down at once. `cohort`: at its end, as published; not TITE,
        which asks at every patient.
    cutoff
        A level with Pr(DLT rate > target) above it under a uniform prior, from three patients on, is not
        declared, nor one above it; 1: whatever the DLTs, as published.
    """

    name: ClassVar[str] = "crm"
    prior: tuple[float, ...] | None = None
    target: float = 0.25
    model: Literal["empiric", "logistic"] = "empiric"
    scale: float = SCALE
    largest: int = 30
    cohort_size: int = 3
    tite: bool = False
    coherent: bool = True
    group: int | None = None
    skipping: Skipping = "none"
    min_followup: float = 0.25
    initial_stage: int = 3
    start: int = 1
    step_down_at: Literal["any", "cohort"] = "any"
    cutoff: float = 0.95

    def __post_init__(self) -> None:
        if not 0.0 < self.target < 1.0:
            raise InputError("target", f"{self.target} is no target rate", "give a fraction between 0 and 1")
        check_counts("crm", largest=self.largest, cohort_size=self.cohort_size, start=self.start)
        check_skipping(self.skipping)
        check_when("step_down_at", self.step_down_at)
        if self.tite and self.step_down_at == "cohort":
            raise InputError("step_down_at", "TITE-CRM asks at every patient", "leave it out, or use crm")
        if not 0.0 < self.cutoff <= 1.0:
            raise InputError("cutoff", f"{self.cutoff} is no probability", "give a fraction, as in 0.95")
        if not 0.0 <= self.min_followup <= 1.0 or self.initial_stage < 0:
            fault = "the minimum follow-up is no share, or the initial stage no number of patients"
            raise InputError("crm", fault, "give a fraction in 0–1, and 0 or more patients")
        if self.prior is None:
            check_interval("target", self.target, _HALFWIDTH, "or give a skeleton of your own (prior)")
        Model((self.target,) if self.prior is None else self.prior, self.model, self.scale)

    @property
    def switches(self) -> dict[str, object]:
        """The numbers and conventions that define the design; those of TITE only where they act."""
        idle = {"group", *(() if self.tite else ("min_followup", "initial_stage"))}
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in idle}

    def model_for(self, levels: int) -> Model:
        """The curve through the skeleton of a trial of `levels` levels.

        Raises
        ------
        InputError
            When the skeleton and the levels differ in number.
        """
        curve = Model((self.target,), self.model, self.scale)
        prior = self.prior or skeleton(_HALFWIDTH, self.target, (levels + 1) // 2, levels, curve)
        if levels != len(prior):
            raise InputError("prior", f"{len(prior)} probabilities for {levels} levels", "give one per level")
        return Model(prior, self.model, self.scale)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When the skeleton and the levels differ in number, the outcomes break the design's order,
            or TITE lacks a follow-up.
        """
        model = self.model_for(levels)
        skips = self.skipping == "any"
        check_order(outcomes, levels, self.largest, fewest=0, start=self.start, skips=skips)
        used = counting(outcomes)
        level = outcomes.level_in_use_from(self.start)
        tally = outcomes.tally(level)
        pending = any(p.outcome is Outcome.PENDING for p in used)
        full = len(used) >= self.largest
        if not used or (not full and tally.enrolled % self.cohort_size):
            return self._held(outcomes, level, self._in_cohort(model, outcomes, level))
        if pending and (full or not self.tite):
            return self._waiting(tally)
        answer = self._answer(outcomes, fit_bayes(model, weighted(used), self.target), full)
        return self._held(outcomes, level, answer)

    def _held(self, outcomes: Outcomes, level: int, decision: Decision) -> Decision:
        if not self.tite:
            return decision
        held = held_at(outcomes, level, self.cohort_size, (self.min_followup, self.initial_stage))
        return as_held(decision, held, outcomes, level)

    def at_any_number(self, outcomes: Outcomes, level: int, levels: int) -> Decision | None:
        """The step below `level` that those known of its open cohort ask for already, or None."""
        if self.step_down_at == "cohort" or known_in_stay(outcomes, level) == 0:
            return None
        known = [p for p in counting(outcomes) if p.outcome is not Outcome.PENDING]
        fit = fit_bayes(self.model_for(levels), weighted(known), self.target)
        if fit.recommended >= level:
            return None
        reason = self._because(fit, fit.recommended)
        return Decision(Action.DE_ESCALATE, fit.recommended, reason, "nearest", outcomes.tally(level))

    def _in_cohort(self, model: Model, outcomes: Outcomes, level: int) -> Decision:
        """Fill the cohort, unless what is known already says to step down or to wait."""
        levels, size = len(model.skeleton), self.cohort_size
        if not self.tite:
            if waits_elsewhere(outcomes, level, size, levels + 1):
                return self._waiting(outcomes.tally(level))
            filled = in_cohort(partial(self.decide, levels=levels), outcomes, level, size)
            return lower_of(filled, self.at_any_number(outcomes, level, levels))
        if counting(outcomes):
            bound = self._answer(outcomes, fit_bayes(model, weighted(counting(outcomes)), self.target), False)
            if binding(bound):
                return bound
        return Decision(Action.SAME, level, "The cohort has a free slot.", "cohort", outcomes.tally(level))

    def _waiting(self, tally: Tally) -> Decision:
        return Decision(Action.SUSPEND, None, "Some outcomes are not yet known.", "waiting", tally)

    def _answer(self, outcomes: Outcomes, fit: Fit, full: bool) -> Decision:
        level = outcomes.level_in_use_from(self.start)
        tally = outcomes.tally(level)
        tried = max(p.level for p in counting(outcomes))
        if full:
            following = min(fit.recommended, tried, self._closed_from(outcomes, tried) - 1)
            if following == 0:
                return Decision(Action.STOP_NO_DOSE, None, "Level 1 is too toxic.", "eliminate", tally)
            return Decision(Action.DECLARE_MTD, following, self._because(fit, following), "largest", tally)
        following = min(fit.recommended, reachable(self.skipping, level, tried, len(fit.p_tox)))
        back = (
            step_back(outcomes, self.start, level) if following > level and self.skipping != "any" else None
        )
        if back is not None:
            return back
        held = told(self._holds(outcomes, level, following)) if following > level else None
        if held is not None:
            reason = f"{self._because(fit, following)[:-1]}, but {held[1]}."
            return Decision(Action.SAME, level, reason, held[0], tally)
        step = (following > level) - (following < level)
        action = {1: Action.ESCALATE, 0: Action.SAME, -1: Action.DE_ESCALATE}[step]
        return Decision(action, following, self._because(fit, following), "nearest", tally)

    def _closed_from(self, outcomes: Outcomes, tried: int) -> int:
        """Lowest level with too many DLTs to be declared, else the one above those tried."""
        tallies = ((level, outcomes.tally(level)) for level in range(1, tried + 1))
        toxic = (lv for lv, t in tallies if t.dlts >= fewest_toxic(t.enrolled, self.target, self.cutoff))
        return next(toxic, tried + 1)

    def _holds(self, outcomes: Outcomes, level: int, following: int) -> list[tuple[bool, str, str]]:
        size = self.group or self.cohort_size
        toxic = self.coherent and group_above(
            outcomes, level, size, self.target, seen=SEEN if self.tite else 2.0
        )
        brief = self.tite and unfollowed(outcomes, following, self.min_followup)
        early = self.tite and too_early(outcomes, level, self.initial_stage)
        return [
            (toxic, "coherent", COHERENT),
            (brief, "min-followup", UNFOLLOWED),
            (early, "initial-stage", INITIAL),
        ]

    def _because(self, fit: Fit, level: int) -> str:
        return f"The estimate at level {level} is {fit.p_tox[level - 1]:.3f} at target {self.target}."


def fewest_toxic(n: int, target: float, cutoff: float) -> int:
    """Fewest DLTs of n patients that forbid to declare a level; n + 1 where none do."""
    found = (y for y in range(n + 1) if n >= FEWEST and too_toxic(n, y, target, cutoff))
    return next(found, n + 1)


#: What CRM takes for granted when it weighs pending patients by their follow-up.
TITE_DEFAULTS: Final[dict[str, Any]] = {"tite": True, "cohort_size": 1}


def tite_crm(**switches: Any) -> Crm:
    """CRM with pending patients weighted by the followed fraction of the window, asked for every patient.

    Raises
    ------
    InputError
        When `tite` is switched off, which would be another design under this name.
    """
    if not switches.get("tite", True):
        raise InputError("tite", "TITE-CRM without its follow-up is a CRM", "use crm, with its cohort size")
    return Crm(**{**TITE_DEFAULTS, **switches})
