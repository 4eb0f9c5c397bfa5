"""Dose-transition pathways: what a design would decide after each possible result of the coming cohorts.

Yap et al., Clin Cancer Res 2017;23:7440. Patients who are pending now are resolved first, in every
possible way; then cohort follows cohort for as long as the design enrols.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from galu.escalation.decision import Action, Decision, Design
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome
from galu.finding import InputError

_MOST_PATHS = 4096


@dataclass(frozen=True, slots=True)
class Result:
    """DLTs among patients whose windows end between two decisions, at one level."""

    level: int
    patients: int
    dlts: int


@dataclass(frozen=True, slots=True)
class Pathway:
    """A decision, the results that led to it from the decision before, and what may follow.

    Parameters
    ----------
    results
        Empty at the root.
    was_pending
        Whether the results are those of patients who were pending at the start.
    """

    results: tuple[Result, ...]
    was_pending: bool
    outcomes: Outcomes
    decision: Decision
    then: tuple[Pathway, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """How far to look: cohorts of `size` patients; a design with fewer free slots gets fewer."""

    cohorts: int
    size: int

    def __post_init__(self) -> None:
        if self.cohorts < 1 or self.size < 1:
            raise InputError("--cohorts", "there is no cohort to look at", "give at least one of one patient")
        if (self.size + 1) ** self.cohorts > _MOST_PATHS:
            raise InputError(
                "--cohorts",
                f"{self.cohorts} cohorts of {self.size} give more than {_MOST_PATHS} pathways",
                "look at fewer",
            )


def pathways(design: Design, outcomes: Outcomes, levels: int, ahead: Ahead) -> Pathway:
    """Follow every possible result of the coming cohorts.

    Raises
    ------
    InputError
        When the outcomes break the design's own order, or too many patients are pending.
    """
    pending = [p.level for p in outcomes if p.outcome is Outcome.PENDING]
    ways = math.prod(pending.count(level) + 1 for level in set(pending))
    if ways * (ahead.size + 1) ** ahead.cohorts > _MOST_PATHS:
        raise InputError("--cohorts", f"more than {_MOST_PATHS} pathways", "look at fewer cohorts")
    decision = design.decide(outcomes, levels)
    if not pending:
        return Pathway((), False, outcomes, decision, _after(design, decision, outcomes, (levels, ahead)))
    branches = []
    for results, resolved in _resolutions(outcomes):
        known = design.decide(resolved, levels)
        then = _after(design, known, resolved, (levels, ahead))
        branches.append(Pathway(results, True, resolved, known, then))
    return Pathway((), False, outcomes, decision, tuple(branches))


_Look = tuple[int, Ahead]


def _after(design: Design, decision: Decision, outcomes: Outcomes, look: _Look) -> tuple[Pathway, ...]:
    """Pathways after the next cohort; none when nobody is enrolled."""
    levels, ahead = look
    if decision.action.ends_escalation or decision.level is None:
        return ()
    size = _enrolled(design, decision.level, outcomes, look)
    branches = []
    for dlts in range(size + 1):
        kinds = [Outcome.NONE] * (size - dlts) + [Outcome.DLT] * dlts
        cohort = (PatientOutcome(decision.level, kind, 1.0) for kind in kinds)
        known = outcomes.then(*cohort)
        answer = design.decide(known, levels)
        then: tuple[Pathway, ...] = ()
        if ahead.cohorts > 1:
            then = _after(design, answer, known, (levels, replace(ahead, cohorts=ahead.cohorts - 1)))
        branches.append(Pathway((Result(decision.level, size, dlts),), False, known, answer, then))
    return tuple(branches)


def _enrolled(design: Design, level: int, outcomes: Outcomes, look: _Look) -> int:
    """Patients that the design lets in at a level before a result is known, at most a cohort."""
    levels, ahead = look
    for size in range(1, ahead.size):
        outcomes = outcomes.then(PatientOutcome(level, Outcome.PENDING, 0.0))
        if design.decide(outcomes, levels).action not in (Action.SAME, Action.ESCALATE):
            return size
    return ahead.size


def _resolutions(outcomes: Outcomes) -> Iterator[tuple[tuple[Result, ...], Outcomes]]:
    """Every number of DLTs among the pending patients of each level; the first enrolled have them."""
    where = [p.level for p in outcomes if p.outcome is Outcome.PENDING]
    at = sorted(set(where))
    for dlts in itertools.product(*(range(where.count(level) + 1) for level in at)):
        left = dict(zip(at, dlts, strict=True))
        patients = []
        for patient in outcomes:
            if patient.outcome is Outcome.PENDING:
                toxic = left[patient.level] > 0
                left[patient.level] -= toxic
                patient = replace(patient, outcome=Outcome.DLT if toxic else Outcome.NONE, followup=1.0)
            patients.append(patient)
        results = (Result(level, where.count(level), y) for level, y in zip(at, dlts, strict=True))
        yield tuple(results), Outcomes(tuple(patients))
