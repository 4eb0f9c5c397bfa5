"""What a safety committee reviews between cohorts: tallies, the design's answer, what may follow.

The recommended dose is the committee's signed decision; nothing here computes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from galu.escalation.decision import Decision, Design
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.escalation.pathways import Ahead, Pathway, pathways


@dataclass(frozen=True, slots=True)
class LevelReview:
    """One level: evaluable patients, and those inevaluable whose slot reopened."""

    level: int
    tally: Tally
    inevaluable: int


@dataclass(frozen=True, slots=True)
class CohortReview:
    """The review of a trial of planned levels, tried or not.

    Parameters
    ----------
    levels
        One entry per planned level.
    decision
        The design's answer now, with the row that gave it; None where it gives none.
    ahead
        What the design would answer after each possible result of the coming cohorts; None likewise.
    """

    levels: tuple[LevelReview, ...]
    decision: Decision | None
    ahead: Pathway | None


def review_cohort(design: Design, outcomes: Outcomes, levels: int, ahead: Ahead) -> CohortReview:
    """Put together what the committee sees.

    Raises
    ------
    InputError
        When the outcomes break the design's own order.
    """
    tree = pathways(design, outcomes, levels, ahead)
    return replace(review_levels(outcomes, levels), decision=tree.decision, ahead=tree)


def review_levels(outcomes: Outcomes, levels: int) -> CohortReview:
    """The levels alone, for a cohort of which the design says nothing."""
    return CohortReview(tuple(_level(outcomes, level) for level in range(1, levels + 1)), None, None)


def _level(outcomes: Outcomes, level: int) -> LevelReview:
    lost = sum(patient.outcome is Outcome.INEVALUABLE for patient in outcomes.at(level))
    return LevelReview(level, outcomes.tally(level), lost)
