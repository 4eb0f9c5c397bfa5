"""Slots: who sits at a dose level, how the window stands, what was amiss when the patient was dosed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from galu.escalation.outcomes import Outcome, PatientOutcome
from galu.protocol import Study
from galu.protocol.treatment import REFERENCE_KG, Body
from galu.protocol.versions import version
from galu.safety.dlt import DltAssessment
from galu.trial.harm import looks_like
from galu.trial.subjects import Subject
from galu.trial.versions import first_version

#: A body by which two activities by weight or surface are compared.
_ANYBODY: Final = Body(REFERENCE_KG, 170.0)


_LEFT: Final = "left before the first dose"


@dataclass(frozen=True, slots=True)
class Slot:
    """A patient at a dose level. `outcome` is N, T, P or X; `window_day` counts from the first dose.

    `facts` are all that the outcome rests on: what decided it and what was looked at, so that a correction
    of either shows. `counts` says how complete the blood counts of the window are,
    `deviations` what was amiss when the patient was dosed; `suspect` that a pending patient may have had a
    toxicity, `decided_by` which of the facts decided. `window_days` is the length of the window that was in
    force at the first dose; `weaker` says that the level had a lower activity then than it has now;
    `settled` is the day on which the outcome was settled, by a toxicity, a judgement or the window's end.
    """

    subject: str
    level: int
    phase: str
    enrolled: date | None
    first_dose: date | None
    outcome: str
    window_day: int | None
    window_ends: date | None
    rule: str
    reason: str
    facts: tuple[str, ...]
    counts: str = ""
    deviations: tuple[str, ...] = ()
    suspect: bool = False
    decided_by: tuple[str, ...] = ()
    window_days: int | None = None
    weaker: bool = False
    settled: date | None = None


def slot_of(
    study: Study,
    subject: Subject,
    assessed: DltAssessment | None,
    courses: Mapping[str, tuple[str, ...]],
    told: tuple[str, ...],
) -> Slot:
    """The slot of a subject with a level.

    Parameters
    ----------
    study
        The study as it is now; what was in force at the first dose is looked up in it.
    assessed
        What the rules say of the first dose; None where none is recorded.
    courses
        Facts of the course of each adverse event.
    told
        Facts of harm without a recorded dose.
    """
    assert subject.level is not None
    gone = is_gone(subject)
    if assessed is None and told:
        outcome, reason = "P", "no dose is recorded, but harm that may come of one: is its record missing?"
    elif assessed is None:
        left = "screening failed before the dose: the slot is free" if subject.failed else _LEFT
        outcome, reason = ("X", left) if gone else ("P", "not yet dosed")
    else:
        outcome, reason = assessed.outcome, assessed.reason
    if subject.death is not None and subject.death.day is None:
        reason = f"{reason}. Died on a day not known"
    judged = assessed.judged if assessed else ()
    steps = tuple(step for fact in judged for step in courses.get(fact, ()))
    looked = (*(assessed.facts if assessed else ()), *judged, *steps)
    first = version(study, first_version(subject))
    return Slot(
        subject=subject.id,
        level=subject.level,
        phase=subject.phase or "escalation",
        enrolled=subject.enrolled,
        first_dose=subject.first_dose,
        outcome=outcome,
        window_day=assessed.window_day if assessed else None,
        window_ends=assessed.window_ends if assessed else None,
        rule=assessed.rule_id if assessed else "slot",
        reason=reason,
        facts=tuple(dict.fromkeys((*subject.facts, *_first_dose(subject), *looked))),
        counts=assessed.coverage.words(subject.first_dose) if assessed and subject.first_dose else "",
        deviations=dosed_amiss(subject),
        suspect=assessed.suspect if assessed else bool(told),
        decided_by=assessed.facts if assessed else told,
        window_days=first.safety.dlt.window_days.value if first.safety else None,
        weaker=bool(subject.therapy) and _is_weaker(first, study, subject.level),
        settled=assessed.decided_on if assessed else None,
    )


def _is_weaker(first: Study, now: Study, level: int) -> bool:
    """Whether the activity of a level was lower in a version than it is now."""
    if first.treatment is None or now.treatment is None or first.treatment is now.treatment:
        return False
    before, after = (plan.planned(level, 1, _ANYBODY).mbq for plan in (first.treatment, now.treatment))
    return before is not None and after is not None and before < after


def with_strays(slots: tuple[Slot, ...], strays: Mapping[str, tuple[str, ...]]) -> tuple[Slot, ...]:
    """Harm told of somebody nobody knows may be that of the patient whose number it bears."""
    names = [slot.subject for slot in slots]
    found = {slot.subject: slot for slot in slots}
    for stray, facts in strays.items():
        for name in looks_like(stray, names):
            slot = found[name]
            if slot.outcome in ("N", "P", "X"):
                why = f"harm is told of {stray!r}, whom nobody knows: is it {name}? {slot.reason}"
                found[name] = replace(
                    slot, outcome="P", rule="unknown subject", reason=why, suspect=True,
                    facts=(*slot.facts, *facts), decided_by=facts,
                )  # fmt: skip
    return tuple(found[name] for name in names)


def dosed_amiss(subject: Subject) -> tuple[str, ...]:
    """What was lacking when the subject got the first therapeutic dose."""
    first = subject.first_dose
    if first is None:
        return ()
    found = []
    if subject.consent is None:
        found.append("dosed without a consent")
    elif subject.consent > first:
        found.append(f"dosed before the consent of {subject.consent}")
    if subject.unplanned:
        found.append(f"dosed without a slot; the activity is nearest to level {subject.level}")
    elif subject.enrolled is not None and subject.enrolled > first:
        found.append(f"dosed before the slot was given on {subject.enrolled}")
    if subject.failed:
        found.append("dosed although screening had failed")
    return tuple(found)


def _first_dose(subject: Subject) -> tuple[str, ...]:
    """Facts of the administration that the window counts from."""
    return subject.therapy[0].facts if subject.therapy else ()


def is_gone(subject: Subject) -> bool:
    """Whether a subject left treatment or study, died, or failed screening."""
    return subject.left("treatment") is not None or subject.dead or subject.failed


def seen_by_design(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    """Slots of the escalation that tell of their level as it is now.

    Who took a lower activity, before an amendment raised it, tells of it only by a toxicity.
    """
    return tuple(
        one for one in slots if one.phase == "escalation" and not (one.weaker and one.outcome != "T")
    )


def outcome_of(slot: Slot) -> PatientOutcome:
    """A slot as the design reads it, with the share of its window that has passed."""
    passed = min(1.0, (slot.window_day or 0) / (slot.window_days or 1))
    dosed = slot.first_dose is not None
    return PatientOutcome(slot.level, Outcome(slot.outcome), max(0.0, passed), ref=slot.subject, dosed=dosed)
