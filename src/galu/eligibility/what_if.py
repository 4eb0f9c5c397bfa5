"""What changes with another reading of the record: every switch, every option, every subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from galu.eligibility.evaluate import Verdict, evaluate, settings_of
from galu.eligibility.evidence import Gate, SubjectEvidence
from galu.eligibility.plan import EligibilityPlan
from galu.words import checked, checked_fields


@dataclass(frozen=True, slots=True)
@checked_fields
class Change:
    """One criterion of one subject whose verdict another setting of a switch changes."""

    switch: str
    setting: str
    subject: str
    criterion: str
    before: Verdict
    after: Verdict


@checked
def what_if(
    plan: EligibilityPlan,
    cases: Iterable[SubjectEvidence],
    gate: Gate | str,
    as_of: date,
    settings: Mapping[str, str] | None = None,
) -> tuple[Change, ...]:
    """Judge every subject with each other option of each switch, one switch at a time.

    Parameters
    ----------
    plan
        The eligibility section of the study file.
    cases
        The subjects.
    gate, as_of
        As for `evaluate`.
    settings
        Switches that the comparison starts from, where not those of the plan.

    Returns
    -------
    tuple of Change
        In the order of the switches and their options, then of the subjects; verdicts over all atoms.
    """
    base = settings_of(plan, settings or {})
    subjects = tuple(cases)
    changes: list[Change] = []
    for switch in plan.switches:
        touched = tuple(c for c in plan.criteria if any(switch.name in atom.switches for atom in c.atoms))
        part = plan.model_copy(update={"criteria": touched})
        before = [evaluate(part, subject, gate, as_of, base) for subject in subjects]
        for option in switch.options:
            if option == base[switch.name]:
                continue
            for subject, old in zip(subjects, before, strict=True):
                new = evaluate(part, subject, gate, as_of, {**base, switch.name: option})
                changes += [
                    Change(switch.name, option, subject.subject, a.criterion, a.verdict, b.verdict)
                    for a, b in zip(old, new, strict=True)
                    if a.verdict != b.verdict
                ]
    return tuple(changes)
