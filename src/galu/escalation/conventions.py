"""Conventions that keep a step up off what is not known; named, safe by default, the same in every design.

Coherence: Cheung, Biometrika 2005;92:863; the restriction of R's dfcrm (`crmsim(restrict = TRUE)`): no
level skipped, no step up right after a group whose rate is above the target. Minimum follow-up and initial
stage: Cheung & Chappell, Biometrics 2000;56:1177; Yuan et al., Clin Cancer Res 2018;24:4921.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def at_last_end(outcomes: Outcomes, level: int, size: int) -> Outcomes | None:
    """What was known of the patients up to the last cohort end of the present stay at a level.

    A patient who is added after a cohort end does not undo what the cohort said: the decision at its end
    still binds. None where the present stay began after the level's last cohort end, or no cohort is open.
    """
    used = counting(outcomes)
    here = sum(p.level == level for p in used)
    left = here % size
    stay = next((i for i, p in enumerate(reversed(used)) if p.level != level), len(used))
    if left == 0 or stay <= left:
        return None
    return Outcomes(tuple(used[:-left]))


def binding(decision: Decision) -> bool:
    """Whether a decision at a cohort end forbids to go on filling the level."""
    return decision.action not in (Action.SAME, Action.ESCALATE)


def group_above(outcomes: Outcomes, level: int, size: int, target: float, seen: float = 2.0) -> bool:
    """Whether the last group at a level had a DLT rate above the target.

    The group is what is known of the level's last cohort; of a cohort not begun, the one before. A pending
    patient followed for the share `seen` of the window counts as without DLT; by default none does.
    """
    group = [p for p in outcomes.at(level) if _is_seen(p, seen)]
    count = len(group) % size or min(size, len(group))
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

    Until the first DLT of the trial a step up needs `stage` patients of the level whose windows have ended.
    """
    if any(p.outcome is Outcome.DLT for p in outcomes):
        return False
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
INITIAL = "too few windows have ended at this level for a step up before the first DLT (initial stage)"
