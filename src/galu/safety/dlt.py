"""Dose-limiting toxicity: declared rules over one patient's facts, at a date.

Durations are counted on consecutive days; a laboratory run between visits is interval-censored: it is
proven from its first to its last value at the grade, and possible from the value before to the one after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

import polars as pl

from galu.safety.ctcae import grade_labs, terms_of_test
from galu.safety.inputs import AdverseEventInput, DltPatient, LabInput
from galu.safety.plan import DltRule, SafetyPlan

HAEMATOLOGIC: Final = frozenset(
    {"Anemia", "Neutrophil count decreased", "Platelet count decreased", "White blood cell decreased"}
    | {"Lymphocyte count decreased", "Lymphocyte count increased", "CD4 lymphocytes decreased"}
    | {"Leukocytosis", "Febrile neutropenia"}
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
class _Sign:
    """What one rule sees: `met`, or undecided (None), since when and why."""

    met: bool | None
    on: date
    rule_id: str
    reason: str
    facts: tuple[str, ...]


Graded = tuple[LabInput, int | None]


@lru_cache(maxsize=4096)
def grade_patient_labs(labs: tuple[LabInput, ...], version: str) -> Mapping[str, tuple[Graded, ...]]:
    """Grade each value for each term its test can decide; by term, ordered by day."""
    pairs = [(lab, term, side) for lab in labs for term, side in terms_of_test(lab.test)]
    if not pairs:
        return {}
    rows: dict[str, list[str | None]] = {
        "TERM": [term for _, term, _ in pairs],
        "DIRECTION": [side for _, _, side in pairs],
        "AVALU": [lab.unit for lab, _, _ in pairs],
        "BNRIND": [lab.baseline_flag for lab, _, _ in pairs],
    }
    numbers: dict[str, list[float | None]] = {
        "AVAL": [lab.value for lab, _, _ in pairs],
        "ANRLO": [lab.lower for lab, _, _ in pairs],
        "ANRHI": [lab.upper for lab, _, _ in pairs],
        "BASE": [lab.baseline for lab, _, _ in pairs],
    }
    columns = [pl.Series(name, values, dtype=pl.String) for name, values in rows.items()]
    columns += [pl.Series(name, values, dtype=pl.Float64) for name, values in numbers.items()]
    grades = grade_labs(pl.DataFrame(columns), version)
    by_term: dict[str, list[Graded]] = defaultdict(list)
    for (lab, term, _), grade in zip(pairs, grades, strict=True):
        by_term[term].append((lab, grade))
    return {term: tuple(sorted(found, key=lambda r: (r[0].day, r[0].ref))) for term, found in by_term.items()}


def _duration_sign(
    rule: DltRule, days: tuple[int, int | None], on: date, ref: tuple[str, ...]
) -> _Sign | None:
    """Judge a duration known to lie in [least, most] days; `most` None = still open."""
    limit = rule.longer_than_days or 0
    least, most = days
    span = f"lasting {least} to {most if most is not None else 'an open number of'} days"
    if least > limit:
        return _Sign(True, on + timedelta(limit), rule.id, f"{rule.clause}: {span}", ref)
    if most is not None and most <= limit:
        return None
    return _Sign(None, on, rule.id, f"{rule.clause}: {span}, undecided", ref)


def _lab_runs(
    graded: tuple[Graded, ...], min_grade: int
) -> list[tuple[list[LabInput], date | None, date | None]]:
    """Runs of values at or above a grade, each with the day of the value before and after it."""
    runs: list[tuple[list[LabInput], date | None, date | None]] = []
    run: list[LabInput] = []
    before: date | None = None
    for lab, grade in graded:
        if grade is None:
            continue
        if grade >= min_grade:
            run.append(lab)
            continue
        if run:
            runs.append((run, before, lab.day))
            run = []
        before = lab.day
    if run:
        runs.append((run, before, None))
    return runs


def _lab_signs(rule: DltRule, graded: tuple[Graded, ...], window: tuple[date, date]) -> list[_Sign]:
    signs: list[_Sign] = []
    for run, before, after in _lab_runs(graded, rule.min_grade):
        start = run[0].day
        if not window[0] <= start <= window[1]:
            continue
        refs = tuple(lab.ref for lab in run)
        if rule.longer_than_days is None:
            signs.append(_Sign(True, start, rule.id, f"{rule.clause}: {run[0].test} {run[0].value}", refs))
            continue
        earliest = max(before + timedelta(1), window[0]) if before else window[0]
        most = None if after is None else (after - earliest).days
        sign = _duration_sign(rule, ((run[-1].day - start).days + 1, most), start, refs)
        if sign:
            signs.append(sign)
    return signs


def _event_days(event: AdverseEventInput, as_of: date) -> tuple[int, int | None]:
    if event.ended is not None and event.ended <= as_of:
        days = (event.ended - event.onset).days + 1
        return days, days
    return (as_of - event.onset).days + 1, None


def _event_sign(rule: DltRule, event: AdverseEventInput, as_of: date) -> _Sign | None:
    refs = (event.ref,)
    if event.grade is None:
        return _Sign(None, event.onset, rule.id, f"{rule.clause}: {event.term}, grade unknown", refs)
    if event.grade < rule.min_grade:
        return None
    said = "" if event.attribution else ", attribution unknown counts as related"
    if rule.longer_than_days is not None:
        return _duration_sign(rule, _event_days(event, as_of), event.onset, refs)
    for exception in rule.exceptions:
        if event.term in exception.terms:
            # Elapsed days, not calendar days touched: 72 h is three days after onset.
            end = event.ended if event.ended and event.ended <= as_of else None
            elapsed = ((end or as_of) - event.onset).days
            if elapsed > exception.at_most_days:
                on = event.onset + timedelta(exception.at_most_days + 1)
                return _Sign(True, on, rule.id, f"{rule.clause}: {event.term} {elapsed} days{said}", refs)
            return None if end else _Sign(None, event.onset, rule.id, f"{event.term} may still resolve", refs)
    return _Sign(True, event.onset, rule.id, f"{rule.clause}: {event.term} grade {event.grade}{said}", refs)


def _event_signs(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> list[_Sign]:
    signs: list[_Sign] = []
    for event in patient.events:
        inside = window[0] <= event.onset <= min(window[1], as_of)
        if not inside or event.attribution == "unrelated":
            continue
        if rule.evidence == "grade":
            applies = event.term in rule.terms
        else:
            blood = event.haematologic if event.haematologic is not None else event.term in HAEMATOLOGIC
            applies = not blood and event.clinically_meaningful is not False
        sign = _event_sign(rule, event, as_of) if applies else None
        if sign:
            signs.append(sign)
    return signs


def _with_support(
    signs: list[_Sign], patient: DltPatient, window: tuple[date, date], as_of: date
) -> list[_Sign]:
    """Keep the signs that bleeding or a platelet transfusion goes with."""
    last = min(window[1], as_of)
    support = [(t.day, t.ref) for t in patient.transfusions if t.product == "platelets"]
    support += [(e.onset, e.ref) for e in patient.events if e.bleeding]
    found = sorted((day, ref) for day, ref in support if window[0] <= day <= last)
    if not found:
        return []
    day, ref = found[0]
    return [_Sign(s.met, max(s.on, day), s.rule_id, s.reason, (*s.facts, ref)) for s in signs]


def _death_signs(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> list[_Sign]:
    if patient.died is None or patient.died[1] is False:
        return []
    day = patient.died[0]
    return [_Sign(True, day, rule.id, rule.clause, ())] if window[0] <= day <= min(window[1], as_of) else []


def _signs(patient: DltPatient, plan: SafetyPlan, window: tuple[date, date], as_of: date) -> list[_Sign]:
    labs = tuple(lab for lab in patient.labs if lab.day <= as_of)
    graded = grade_patient_labs(labs, plan.ctcae_version.value)
    signs: list[_Sign] = []
    for rule in plan.dlt.rules:
        if rule.evidence == "death":
            signs += _death_signs(rule, patient, window, as_of)
            continue
        found = _event_signs(rule, patient, window, as_of)
        if rule.evidence == "grade" and not rule.from_events_only:
            for term in rule.terms:
                found += _lab_signs(rule, graded.get(term, ()), window)
        if rule.with_bleeding_or_transfusion:
            found = _with_support(found, patient, window, as_of)
        signs += found
    return sorted(signs, key=lambda s: (s.on, s.rule_id, s.facts))


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: Literal["N", "T", "P", "X"]
    on: date | None
    rule_id: str
    reason: str
    facts: tuple[str, ...] = ()


def _left_early(patient: DltPatient, window: tuple[date, date], as_of: date) -> _Verdict | None:
    last = min(window[1], as_of)
    if patient.full_dose is False:
        return _Verdict("X", patient.first_dose, "evaluability", "The full first dose was not received")
    if patient.died and patient.died[0] <= last:
        return _Verdict("X", patient.died[0], "evaluability", "Died inside the window, not related")
    if patient.withdrew and patient.withdrew[0] <= last:
        day, related = patient.withdrew
        if related is False:
            return _Verdict("X", day, "evaluability", "Withdrew inside the window, not for toxicity")
        return _Verdict("P", None, "evaluability", "Withdrew, perhaps for toxicity: needs adjudication")
    return None


def _verdict(patient: DltPatient, plan: SafetyPlan, signs: list[_Sign], as_of: date) -> _Verdict:
    first = patient.first_dose - timedelta(plan.dlt.first_day.value - 1)
    window = (patient.first_dose, first + timedelta(plan.dlt.window_days.value - 1))
    met = next((s for s in signs if s.met), None)
    if met:
        return _Verdict("T", met.on, met.rule_id, met.reason, met.facts)
    left = _left_early(patient, window, as_of)
    if left:
        return left
    if as_of < window[1]:
        return _Verdict(
            "P", None, "window", "The window is running", tuple(f for s in signs for f in s.facts)
        )
    if patient.full_dose is None:
        return _Verdict("P", None, "evaluability", "It is not known whether the full first dose was received")
    open_sign = signs[0] if signs else None
    dosed = patient.cycle2 is not None and patient.cycle2 <= as_of
    if dosed or not (open_sign or patient.cycle2_withheld_for_toxicity):
        return _Verdict("N", window[1], "window", "The window was completed without a dose-limiting toxicity")
    reason = open_sign.reason if open_sign else "Cycle 2 is withheld for related toxicity"
    facts = open_sign.facts if open_sign else ()
    deadline = first + timedelta(plan.dlt.unresolved_until_day.value - 1)
    if as_of >= deadline:
        return _Verdict("T", deadline, "unresolved", f"{reason}; undosed at the last day allowed", facts)
    return _Verdict("P", None, open_sign.rule_id if open_sign else "unresolved", reason, facts)


def assess_dlt(patient: DltPatient, plan: SafetyPlan, as_of: date) -> DltAssessment:
    """Judge one patient at the end of a day by the declared rules and what was signed.

    A signed adjudication decides the outcome; what the rules say stays beside it.
    """
    ends = patient.first_dose + timedelta(plan.dlt.window_days.value - plan.dlt.first_day.value)
    signs = _signs(patient, plan, (patient.first_dose, ends), as_of)
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
        cleared = replace(patient, cycle2_withheld_for_toxicity=False)
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
