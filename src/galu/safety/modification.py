"""What to propose before a cycle: give, hold, reduce or stop, by the declared rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from galu.safety.plan import ModificationRule, SafetyPlan

_SEVERITY = {"give": 0, "reduce": 1, "hold": 2, "stop": 3}


@dataclass(frozen=True, slots=True)
class TermCourse:
    """One term since the last dose: worst and present grade (None = unknown), grade before treatment.

    `applied` holds the ids of the modification rules already applied for this term in earlier cycles.
    """

    term: str
    worst: int | None
    present: int | None
    baseline: int | None = 0
    applied: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DoseProposal:
    """A proposal for a clinician to sign; `factor` applies to the present activity."""

    action: Literal["give", "reduce", "hold", "stop"]
    factor: float
    reasons: tuple[str, ...]
    facts: tuple[str, ...]


def _judge(
    rule: ModificationRule, course: TermCourse
) -> tuple[Literal["give", "reduce", "hold", "stop"], str]:
    if course.worst is None or course.present is None:
        return "hold", f"{course.term}: the grade is not known; {rule.clause}"
    if course.worst < rule.min_grade:
        return "give", ""
    if rule.action == "stop" or (rule.on_recurrence == "stop" and rule.id in course.applied):
        return "stop", f"{course.term} grade {course.worst}: {rule.clause}"
    if course.present > max(rule.resume_at_grade, course.baseline or 0):
        return "hold", f"{course.term} is grade {course.present}: {rule.clause}"
    return ("reduce" if rule.action == "reduce" else "give"), f"{course.term} resolved: {rule.clause}"


def propose_dose(courses: tuple[TermCourse, ...], plan: SafetyPlan) -> DoseProposal:
    """Propose before a cycle; the most restrictive rule decides, reductions do not multiply."""
    found = [
        (*_judge(rule, course), rule, course)
        for course in courses
        for rule in plan.modification
        if course.term in rule.terms
    ]
    if not found:
        return DoseProposal("give", 1.0, (), ())
    action = max((row[0] for row in found), key=_SEVERITY.__getitem__)
    deciding = [row for row in found if row[0] == action and row[1]]
    factor = min((row[2].factor for row in deciding), default=1.0) if action == "reduce" else 1.0
    facts = tuple(dict.fromkeys(ref for row in deciding for ref in row[3].refs))
    return DoseProposal(action, factor, tuple(dict.fromkeys(row[1] for row in deciding)), facts)
