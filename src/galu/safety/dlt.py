"""Dose-limiting toxicity: declared rules over one patient's facts, at a date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from galu.safety.inputs import AdverseEventInput, DltPatient
from galu.safety.plan import SafetyPlan
from galu.safety.signs import HAEMATOLOGIC, Sign, derive_signs, grade_patient_labs

#: What was done with the therapy, as collected, that puts off the next cycle.
WITHHOLDING: Final = frozenset(
    {"drug interrupted", "dose delayed", "dose withheld", "dose interrupted", "delayed", "withheld", "hold"}
)


@dataclass(frozen=True, slots=True)
class DltAssessment:
    """N no DLT, T toxicity, P pending, X not evaluable; with the rule, the reason and the facts.

    `rule_dlt` is what the declared rules say (None = undecided), `adjudicated` what was signed.
    """

    outcome: Literal["N", "T", "P", "X"]
    decided_on: date | None
    window_ends: date
    window_day: int
    rule_id: str
    reason: str
    facts: tuple[str, ...]
    rule_dlt: bool | None
    adjudicated: bool | None


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: Literal["N", "T", "P", "X"]
    on: date | None
    rule_id: str
    reason: str
    facts: tuple[str, ...] = ()


def _left_early(patient: DltPatient, window: tuple[date, date], as_of: date) -> _Verdict | None:
    """Leaving before the window ended, for a reason that is not toxicity; toxicity keeps it pending."""
    last = min(window[1], as_of)
    if patient.full_dose is False:
        return _Verdict("X", patient.first_dose, "evaluability", "The full first dose was not received")
    if patient.died and patient.died[0] <= last:
        return _Verdict("X", patient.died[0], "evaluability", "Died inside the window, not related")
    if patient.withdrew and patient.withdrew[0] <= last and patient.withdrew[1] is False:
        return _Verdict(
            "X", patient.withdrew[0], "evaluability", "Withdrew inside the window, not for toxicity"
        )
    return None


def _withheld(
    patient: DltPatient, window: tuple[date, date], as_of: date
) -> tuple[str, tuple[str, ...]] | None:
    """Why the second cycle waits for a toxicity, with the facts; None when it does not."""
    if patient.withdrew and patient.withdrew[0] <= min(window[1], as_of):
        return "Withdrew, perhaps for toxicity: needs adjudication", ()
    waiting = tuple(event.ref for event in patient.events if _puts_off(event, window, as_of))
    if waiting or patient.cycle2_withheld_for_toxicity:
        return "Cycle 2 is withheld for related toxicity", waiting
    return None


def _puts_off(event: AdverseEventInput, window: tuple[date, date], as_of: date) -> bool:
    open_ = event.ended is None or event.ended > as_of
    began = window[0] <= event.onset <= as_of
    return (
        began and open_ and event.attribution != "unrelated" and event.action.strip().lower() in WITHHOLDING
    )


def _verdict(patient: DltPatient, plan: SafetyPlan, signs: list[Sign], as_of: date) -> _Verdict:
    first = patient.first_dose - timedelta(plan.dlt.first_day.value - 1)
    window = (patient.first_dose, first + timedelta(plan.dlt.window_days.value - 1))
    met = next((s for s in signs if s.met), None)
    if met:
        return _Verdict("T", met.on, met.rule_id, met.reason, met.facts)
    left = _left_early(patient, window, as_of)
    if left:
        return left
    waits = _withheld(patient, window, as_of)
    if as_of < window[1]:
        facts = tuple(f for s in signs for f in s.facts)
        reason = waits[0] if waits and patient.withdrew else "The window is running"
        return _Verdict("P", None, "window", reason, facts)
    if patient.full_dose is None:
        return _Verdict("P", None, "evaluability", "It is not known whether the full first dose was received")
    open_ = _open(patient, window, signs, as_of)
    if open_ is None:
        return _Verdict("N", window[1], "window", "The window was completed without a dose-limiting toxicity")
    deadline = first + timedelta(plan.dlt.unresolved_until_day.value - 1)
    if as_of >= deadline:
        reason = f"{open_.reason}; undosed at the last day allowed"
        return _Verdict("T", deadline, "unresolved", reason, open_.facts)
    return open_


def _open(patient: DltPatient, window: tuple[date, date], signs: list[Sign], as_of: date) -> _Verdict | None:
    """What a completed window leaves unresolved; a second dose settles it."""
    if patient.cycle2 is not None and patient.cycle2 <= as_of:
        return None
    if signs:
        return _Verdict("P", None, signs[0].rule_id, signs[0].reason, signs[0].facts)
    waits = _withheld(patient, window, as_of)
    return None if waits is None else _Verdict("P", None, "unresolved", waits[0], waits[1])


def assess_dlt(patient: DltPatient, plan: SafetyPlan, as_of: date) -> DltAssessment:
    """Judge one patient at the end of a day by the declared rules and what was signed.

    A signed adjudication decides the outcome; what the rules say stays beside it.
    """
    ends = patient.first_dose + timedelta(plan.dlt.window_days.value - plan.dlt.first_day.value)
    signs = derive_signs(patient, plan, (patient.first_dose, ends), as_of)
    verdict = _verdict(patient, plan, signs, as_of)
    rule_dlt = {"T": True, "N": False}.get(verdict.outcome)
    signed = sorted((a for a in patient.adjudications if a.day <= as_of), key=lambda a: (a.day, a.ref))
    adjudicated = signed[-1].is_dlt if signed else None
    if signed and adjudicated:
        last = signed[-1]
        verdict = _Verdict(
            "T", last.day, "adjudicated", f"Adjudicated a DLT by {last.signed_by}", (last.ref,)
        )
    elif signed:
        last = signed[-1]
        # A signed "no DLT" settles what was known that day; a toxicity first met later still counts.
        later = [sign for sign in signs if sign.on > last.day]
        cleared = replace(
            patient, cycle2_withheld_for_toxicity=False, events=(), withdrew=_unrelated(patient)
        )
        without = _verdict(cleared, plan, later, as_of)
        if without.outcome == "T":
            verdict = without
        else:
            reason = f"Adjudicated no DLT by {last.signed_by}. {without.reason}"
            verdict = _Verdict(without.outcome, without.on, "adjudicated", reason, (last.ref,))
    day = (as_of - patient.first_dose).days + plan.dlt.first_day.value
    return DltAssessment(
        outcome=verdict.outcome,
        decided_on=verdict.on,
        window_ends=ends,
        window_day=day,
        rule_id=verdict.rule_id,
        reason=verdict.reason,
        facts=verdict.facts,
        rule_dlt=rule_dlt,
        adjudicated=adjudicated,
    )


def _unrelated(patient: DltPatient) -> tuple[date, bool | None] | None:
    """Leaving for a reason of which a signature says that it was no dose-limiting toxicity."""
    return None if patient.withdrew is None else (patient.withdrew[0], False)


__all__ = ["HAEMATOLOGIC", "WITHHOLDING", "DltAssessment", "assess_dlt", "grade_patient_labs"]
