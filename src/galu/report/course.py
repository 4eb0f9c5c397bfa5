"""The course of a running escalation and what it says of each level, for the report and the committee."""

from __future__ import annotations

from galu.escalation.decision import Decision, Design
from galu.escalation.estimates import estimates
from galu.escalation.guarded import bare
from galu.escalation.outcomes import Outcomes
from galu.finding import InputError
from galu.report.blocks import Block
from galu.report.design_answers import estimate_blocks
from galu.report.figures.design import course
from galu.trial.design import trial_design
from galu.trial.slots import outcome_of, seen_by_design
from galu.trial.state import TrialState


def course_blocks(
    design: Design | None, outcomes: Outcomes, levels: int, decision: Decision | None
) -> tuple[Block, ...]:
    """Draw the patients in order, and the estimates of the levels where the design can make them.

    Nothing is drawn before the first patient, and no estimate before the first known outcome.
    """
    if not len(outcomes):
        return ()
    then = None if decision is None else (decision.action.value, decision.level)
    drawn = course(outcomes, max(levels, *outcomes.levels_tried), then)
    if design is None or levels < max(outcomes.levels_tried):
        return (drawn,)
    try:
        rows = estimates(design, outcomes, levels)
    except InputError:
        return (drawn,)  # the design's silence is told beside its missing answer
    if not any(row["patients"] - row["pending"] for row in rows):
        return (drawn,)
    inner = bare(design)
    limits = (getattr(inner, "target", None), getattr(inner, "overdose", 0.25))
    return (drawn, *estimate_blocks(rows, limits))


def trial_course(state: TrialState) -> tuple[Block, ...]:
    """The same of a trial as it stands; no next level is drawn where nobody may be enrolled."""
    study, board = state.study, state.board
    outcomes = Outcomes(tuple(outcome_of(slot) for slot in seen_by_design(board.slots)))
    levels = len(study.treatment.levels) if study.treatment else 0
    design = None if study.escalation is None else trial_design(study, study.escalation)
    return course_blocks(design, outcomes, levels, board.decision if board.may_enrol else None)
