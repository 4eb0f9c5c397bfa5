"""What to propose before a cycle: give, hold, reduce or stop, by the declared rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from galu.finding import Truth
from galu.safety.plan import ModificationRule, RenalRule, SafetyPlan
from galu.words import checked_fields

Action = Literal["give", "reduce", "hold", "stop"]
#: What is said of a term without a value.
NO_GRADE: Final = ": no grade is known since the last dose"
#: A value tells of the present for so many days (assumed).
PRESENT_DAYS: Final = 14
#: What is said of a term whose last value is older.
OLD_GRADE: Final = f": no value of the last {PRESENT_DAYS} days"
_SEVERITY = {"give": 0, "reduce": 1, "hold": 2, "stop": 3}


@dataclass(frozen=True, slots=True)
class TermCourse:
    """One term since the last dose: worst and present grade (None = unknown), grade before treatment.

    `applied` holds the ids of the modification rules already applied for this term in earlier cycles. A term
    that is not `recognised` may be any of those that the rules name. `old` says that there are values since
    the last dose, and none of the last days.
    """

    term: str
    worst: int | None
    present: int | None
    baseline: int | None = 0
    applied: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    recognised: bool = True
    old: bool = False


@dataclass(frozen=True, slots=True)
@checked_fields
class DoseProposal:
    """A proposal for a clinician to sign; `factor` applies to the present activity."""

    action: Action
    factor: float
    reasons: tuple[str, ...]
    facts: tuple[str, ...]


def _judge(rule: ModificationRule, course: TermCourse) -> tuple[Action, str]:
    if course.worst is None or course.present is None:
        return "hold", f"{course.term}{OLD_GRADE if course.old else NO_GRADE}"
    if course.worst < rule.min_grade:
        return "give", ""
    if not course.recognised:
        return "hold", f"{course.term} grade {course.worst} is no term that galu knows: correct or explain it"
    if rule.action == "stop" or (rule.on_recurrence == "stop" and rule.id in course.applied):
        return "stop", f"{course.term} grade {course.worst}: {rule.clause}"
    if course.present > max(rule.resume_at_grade, course.baseline or 0):
        return "hold", f"{course.term} is grade {course.present}: {rule.clause}"
    return ("reduce" if rule.action == "reduce" else "give"), f"{course.term} resolved: {rule.clause}"


@dataclass(frozen=True, slots=True)
class RenalCourse:
    """Creatinine [µmol/L] and its clearance [mL/min, Cockcroft-Gault]: (baseline, worst since the last
    dose, present), None where unknown.
    """

    creatinine_umol_l: tuple[float | None, float | None, float | None]
    clearance_ml_min: tuple[float | None, float | None, float | None]
    applied: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()


def cockcroft_gault_ml_min(creatinine_umol_l: float, age_years: float, weight_kg: float) -> float:
    """Creatinine clearance of a man [mL/min] (Cockcroft and Gault, Nephron 1976;16:31).

    Label rules of dose quote this formula; eligibility uses MDRD. The two are never mixed.
    """
    return (140.0 - age_years) * weight_kg / (72.0 * creatinine_umol_l / 88.4)


def _renal_sign(rule: RenalRule, course: RenalCourse, which: Literal[1, 2]) -> Truth:
    """Whether rise and fall are both met, by the worst (1) or the present (2) value; Kleene and."""
    rise = _change_percent(course.creatinine_umol_l[0], course.creatinine_umol_l[which])
    fall = _change_percent(course.clearance_ml_min[0], course.clearance_ml_min[which])
    rose = Truth.of(None if rise is None else rise >= rule.creatinine_rise_percent)
    return rose & Truth.of(None if fall is None else -fall > rule.clearance_fall_percent)


def _change_percent(baseline: float | None, value: float | None) -> float | None:
    if baseline is None or value is None or baseline <= 0:
        return None
    # 15 significant digits, so that a rise of exactly 40 % is one.
    return float(f"{100.0 * (value - baseline) / baseline:.15g}")


def _judge_renal(rule: RenalRule, course: RenalCourse) -> tuple[Action, str]:
    worst, present = _renal_sign(rule, course, 1), _renal_sign(rule, course, 2)
    if worst is Truth.FALSE:
        return "give", ""
    if worst is Truth.UNKNOWN:
        return "hold", "Creatinine or its clearance is not known since the last dose"
    if rule.on_recurrence == "stop" and rule.id in course.applied:
        return "stop", f"Renal toxicity recurred: {rule.clause}"
    if present is not Truth.FALSE:
        return "hold", f"Renal toxicity has not resolved: {rule.clause}"
    return "reduce", f"Renal toxicity resolved: {rule.clause}"


def propose_dose(
    courses: tuple[TermCourse, ...], plan: SafetyPlan, renal: RenalCourse | None = None
) -> DoseProposal:
    """Propose before a cycle; the most restrictive rule decides, reductions do not multiply.

    Without a renal course the renal rule is not judged.
    """
    found = [
        (*_judge(rule, course), rule.factor, course.refs)
        for course in courses
        for rule in plan.modification
        if not course.recognised or course.term in rule.terms
    ]
    if plan.renal_modification is not None and renal is not None:
        rule = plan.renal_modification
        found.append((*_judge_renal(rule, renal), rule.factor, renal.refs))
    if not found:
        return DoseProposal("give", 1.0, (), ())
    action = max((row[0] for row in found), key=_SEVERITY.__getitem__)
    deciding = [row for row in found if row[0] == action and row[1]]
    factor = min((row[2] for row in deciding), default=1.0) if action == "reduce" else 1.0
    facts = tuple(dict.fromkeys(ref for row in deciding for ref in row[3]))
    return DoseProposal(action, factor, tuple(dict.fromkeys(row[1] for row in deciding)), facts)
