"""Conventions that keep a step up off what is not known; named, safe by default, the same in every design.

Coherence: Cheung, Biometrika 2005;92:863; the restriction of R's dfcrm (`crmsim(restrict = TRUE)`): no
level skipped, no step up right after a group whose rate is above the target. Minimum follow-up and initial
stage: Cheung & Chappell, Biometrics 2000;56:1177; Yuan et al., Clin Cancer Res 2018;24:4921.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome
from galu.finding import InputError

#: How far a model may step up: to the next level; to the lowest untried one; anywhere.
Skipping = Literal["none", "untried", "any"]
SKIPPING: tuple[Skipping, ...] = ("none", "untried", "any")
#: Against rounding, where a rate or a time lies on its limit.
TINY = 1e-9
#: Share of the window after which a pending patient of a TITE design is part of the last group (assumed).
SEEN = 0.5


def counting(outcomes: Outcomes) -> list[PatientOutcome]:
    """Patients who count, in order of enrolment."""
    return [p for p in outcomes if p.outcome is not Outcome.INEVALUABLE]


def at_last_end(outcomes: Outcomes, level: int, size: int, apart: int = 0) -> Outcomes | None:
    """What was known of the patients up to the last cohort end of the present stay at a level.

    `apart` patients of the level were enrolled before its cohorts, one by one.

    A patient who is added after a cohort end does not undo what the cohort said: the decision at its end
    still binds. None where the present stay began after the level's last cohort end, or no cohort is open.
    """
    used = counting(outcomes)
    left = (sum(p.level == level for p in used) - apart) % size
    if left == 0 or _stay(used, level) <= left:
        return None
    return Outcomes(tuple(used[:-left]))


def before_stay(outcomes: Outcomes, level: int) -> Outcomes | None:
    """What is known of those enrolled before the present stay at a level; None where there are none."""
    used = counting(outcomes)
    stay = _stay(used, level)
    return Outcomes(tuple(used[:-stay])) if 0 < stay < len(used) else None


def known_in_stay(outcomes: Outcomes, level: int) -> int:
    """Patients of the present stay at a level whose outcome is known."""
    used = counting(outcomes)
    here = used[len(used) - _stay(used, level) :]
    return sum(p.outcome is not Outcome.PENDING for p in here)


def safe_in_stay(outcomes: Outcomes, level: int) -> int:
    """Patients of the present stay at a level whose window has ended without a DLT."""
    used = counting(outcomes)
    return sum(p.outcome is Outcome.NONE for p in used[len(used) - _stay(used, level) :])


def _stay(used: list[PatientOutcome], level: int) -> int:
    return next((i for i, p in enumerate(reversed(used)) if p.level != level), len(used))


def binding(decision: Decision) -> bool:
    """Whether a decision at a cohort end forbids to go on filling the level."""
    return decision.action not in (Action.SAME, Action.ESCALATE)


def in_cohort(
    decide: Callable[[Outcomes], Decision], outcomes: Outcomes, level: int, size: int, apart: int = 0
) -> Decision:
    """Fill the open cohort of a design by cohorts, as far as what came before it allows.

    What the design says of the patients at the last cohort end, or of those before the present stay where
    it began later, binds whoever was enrolled since: also a patient whom it would not have enrolled.
    """
    before = at_last_end(outcomes, level, size, apart) or before_stay(outcomes, level)
    bound = None if before is None else decide(before)
    if bound is None or (bound.level is not None and bound.level >= level):
        return Decision(Action.SAME, level, "The cohort has a free slot.", "cohort", outcomes.tally(level))
    if bound.action in (Action.SAME, Action.ESCALATE):
        return replace(bound, action=Action.DE_ESCALATE)
    return bound


def lower_of(first: Decision, second: Decision | None) -> Decision:
    """The more careful of two answers: a stop before a wait before a lower level."""

    def reach(decision: Decision) -> tuple[int, bool]:
        return decision.level or 0, decision.action is not Action.STOP_NO_DOSE

    return first if second is None or reach(first) <= reach(second) else second


def check_when(name: str, value: str) -> None:
    """Refuse an unknown word for when something is judged.

    Raises
    ------
    InputError
        Naming the switch.
    """
    if value not in ("any", "cohort"):
        raise InputError(name, f"`{value}` is not known", "use any or cohort")


def held_at(outcomes: Outcomes, level: int, size: int, asked: tuple[float, int]) -> int | None:
    """Lowest level that the patients above it were not to leave yet; None where there is none.

    What held a step up from a level, read today, binds whoever was enrolled above it all the same, until a
    cohort there is known without a DLT: no DLT opens a level. `asked` is the minimum follow-up and the
    initial stage.
    """
    found, seen = None, outcomes
    while (before := before_stay(seen, level)) is not None:
        lower = before.level_in_use
        if lower < level:
            if safe_in_stay(seen, level) >= size:
                return found
            if unfollowed(before, level, asked[0]) or too_early(before, lower, asked[1]):
                found = lower
        seen, level = before, lower
    return found


def as_held(decision: Decision, held: int | None, outcomes: Outcomes, level: int) -> Decision:
    """The decision, or, where it would dose above, the level that was not to be left yet.

    `level` is the one in use.
    """
    if held is None or decision.level is None or decision.level <= held or decision.action.ends_escalation:
        return decision
    reason = f"Level {held} was left before the step up was allowed, so the next patient goes there."
    action = Action.DE_ESCALATE if held < level else Action.SAME if held == level else Action.ESCALATE
    return Decision(action, held, reason, "held", outcomes.tally(level))


def waits_elsewhere(outcomes: Outcomes, level: int, size: int, closed: int, apart: int = 0) -> bool:
    """Whether somebody is pending below level `closed` who is not of the open cohort of `level`.

    A design by cohorts knows every cohort before it begins another, whoever was enrolled meanwhile.
    """
    waiting = [p for p in outcomes if p.outcome is Outcome.PENDING and p.level < closed]
    here = [p for p in counting(outcomes) if p.level == level]
    left = (len(here) - apart) % size
    opened = sum(p.outcome is Outcome.PENDING for p in here[len(here) - left :])
    return len(waiting) > opened


def unobserved(outcomes: Outcomes, start: int, level: int) -> int | None:
    """Lowest level from `start` to below `level` at which patients were enrolled, none of whom counts."""
    tried = {p.level for p in outcomes if start <= p.level < level}
    return min(tried - {p.level for p in counting(outcomes)}, default=None)


def step_back(outcomes: Outcomes, start: int, level: int) -> Decision | None:
    """In place of a step up from `level`: back to a level whose patients were all inevaluable, or None.

    Their slots are open, so nobody goes above before somebody was observed there.
    """
    lower = unobserved(outcomes, start, level)
    if lower is None:
        return None
    reason = f"All patients of level {lower} were inevaluable, so the next patient goes there (step back)."
    return Decision(Action.DE_ESCALATE, lower, reason, "unobserved", outcomes.tally(level))


def group_above(
    outcomes: Outcomes, level: int, size: int, target: float, *, seen: float = 2.0, apart: int = 0
) -> bool:
    """Whether the last group at a level had a DLT rate above the target.

    The group is what is known of the level's last cohort; of a cohort not begun, the one before. A pending
    patient followed for the share `seen` of the window counts as without DLT; by default none does.
    """
    group = [p for p in outcomes.at(level) if _is_seen(p, seen)]
    own = len(group) - apart if len(group) > apart else len(group)
    count = own % size or min(size, own)
    dlts = sum(p.outcome is Outcome.DLT for p in group[len(group) - count :])
    return dlts > target * count + TINY


def _is_seen(patient: PatientOutcome, share: float) -> bool:
    if patient.outcome is not Outcome.PENDING:
        return patient.outcome is not Outcome.INEVALUABLE
    return share <= 1.0 and followed_share(patient) >= share - TINY


def unfollowed(outcomes: Outcomes, highest: int, share: float) -> bool:
    """Whether somebody pending at or below a level was followed for less than a share of the window."""
    if share <= 0.0:
        return False
    waiting = (p for p in outcomes if p.outcome is Outcome.PENDING and p.level <= highest)
    return any(followed_share(p) < share - TINY for p in waiting)


def followed_share(patient: PatientOutcome) -> float:
    """Followed share of the window.

    Raises
    ------
    InputError
        When it is not known: nobody without follow-up passes for followed.
    """
    if patient.followup is None:
        raise InputError("followup", "a pending patient has no follow-up", "say --followup and --window-days")
    return patient.followup


def too_early(outcomes: Outcomes, level: int, stage: int) -> bool:
    """Whether the initial stage forbids a step up from a level.

    A step up needs `stage` patients of the level whose windows have ended without a DLT. A first DLT does not
    lift this (assumed; as published the stage ends there), since no DLT may open a level.
    """
    return outcomes.tally(level).no_dlts < stage


def reachable(skipping: Skipping, level: int, tried: int, levels: int) -> int:
    """Highest level that a model may go to from `level`, `tried` being the highest tried."""
    return {"none": min(level + 1, levels), "untried": min(tried + 1, levels), "any": levels}[skipping]


def check_skipping(skipping: str) -> None:
    """Refuse an unknown word for skipping.

    Raises
    ------
    InputError
        Naming those there are.
    """
    if skipping not in SKIPPING:
        raise InputError("skipping", f"`{skipping}` is not known", f"use one of {', '.join(SKIPPING)}")


def check_counts(place: str, **counts: int) -> None:
    """Refuse what is no number of patients.

    Raises
    ------
    InputError
        Naming the switch.
    """
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise InputError(f"{place} {name}", f"{count} is no number of patients", "give 1 or more")


def told(held: Sequence[tuple[bool, str, str]]) -> tuple[str, str] | None:
    """The first convention that holds a step up back: (rule, sentence), or None."""
    return next(((rule, sentence) for holds, rule, sentence in held if holds), None)


COHERENT = "the last group had more DLTs than the target, so no step up right after it (coherence)"
UNFOLLOWED = "a pending patient was followed too briefly for a step up (minimum follow-up)"
INITIAL = "too few windows have ended without a DLT at this level for a step up (initial stage)"
