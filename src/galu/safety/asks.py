"""What laboratory values leave to a person: results nobody can grade, toxicity that only a value shows.

None of these is a dose-limiting toxicity by rule and none may pass for no toxicity: each is an undecided
sign that a named judgement, a correction, or (where a value alone reaches the grade) the investigator's
report of the event settles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Final

from galu.safety.calcium import PLAUSIBLE_ALBUMIN_G_PER_L, is_corrected
from galu.safety.coverage import gradable_terms
from galu.safety.ctcae import lab_rules
from galu.safety.events import is_one_of, meaning
from galu.safety.inputs import AdverseEventInput, DltPatient, LabInput
from galu.safety.notes import lab_note
from galu.safety.plan import DltRule, SafetyPlan
from galu.safety.runs import Graded, lab_runs
from galu.safety.sign import Sign
from galu.safety.signs import is_unknown_test
from galu.safety.told import is_told, may_begin_inside
from galu.safety.values import grade_patient_labs
from galu.safety.worst import has_multiples, smallest_upper, worst_grade
from galu.vocabulary.events import read_event
from galu.vocabulary.laboratory import terms_of_test

Grades = Mapping[str, tuple[Graded, ...]]
#: Hy's law: aminotransferase and bilirubin, multiples of the upper limit (FDA, Drug-Induced Liver Injury,
#: 2009, section IV), and the days within which both are read together (assumed).
HYS_AMINOTRANSFERASE: Final = 3.0
HYS_BILIRUBIN: Final = 2.0
HYS_DAYS: Final = 14
#: CTCAE v5.0, febrile neutropenia: neutrophils below 1.0 (grade 3 by the count) and fever.
FEBRILE_NEUTROPENIA: Final = "Febrile neutropenia"
_NEUTROPHILS: Final = "Neutrophil count decreased"
_FEVERS: Final = ("Fever", "Sepsis", "Chills")
_INFECTIONS: Final = "Infections and infestations"
#: Words of a fever or an infection in a term that is no term.
_FEVER_WORDS: Final = re.compile(
    r"temperature|fever|febril|infect|infekt|septic|fieber|感染|发热|发烧|高热|寒战", re.I
)
#: Days between a count and a fever that are read together (assumed).
FEVER_DAYS: Final = 3
_AMINOTRANSFERASES: Final = ("Alanine aminotransferase increased", "Aspartate aminotransferase increased")
_BILIRUBIN: Final = "Blood bilirubin increased"


def ask_of_labs(
    rule: DltRule, patient: DltPatient, plan: SafetyPlan, graded: Grades, window: tuple[date, date]
) -> list[Sign]:
    """Signs of one rule that ask for a judgement, of values that may lie in the window.

    Parameters
    ----------
    graded
        Grades by term of the values known so far.
    """
    if rule.evidence in ("death", "delay"):
        return []
    if rule.evidence == "liver-injury":
        return _hys_law(rule, graded, window)
    version = plan.ctcae_version.value
    terms = tuple(graded) if rule.evidence == "other-event" else rule.terms
    found: list[Sign] = []
    for term in terms:
        if rule.evidence == "other-event" and read_event(term).blood_count:
            continue
        values = graded.get(term, ())
        if term == FEBRILE_NEUTROPENIA:
            found += _febrile(rule, patient, graded, window)
        if rule.evidence == "grade" and rule.from_events_only:
            found += _clinical(rule, term, patient, values, (window, version))
            continue
        asked = _unread(rule, term, values, (window, version))
        if rule.evidence == "other-event":
            events, least = patient.events, rule.min_grade
            asked = [a for a in asked if not is_told(events, term, (a.on, a.span[1] or a.on), least)]
        found += asked
        if _is_clinical_above(term, version):
            found += _clinical(rule, term, patient, values, (window, version))
        if rule.evidence == "other-event":
            found += _value_alone(rule, term, patient, values, (window, version))
    return found


def ask_of_names(patient: DltPatient, window: tuple[date, date], as_of: date) -> list[Sign]:
    """Results of tests of no known name: each may be a count, or any value that can be toxic."""
    return [
        Sign(
            None, lab.day, "unknown test", f"{lab.words} of {lab.day} is of a test that galu does not know: "
            "correct its name or add it to the study file", (lab.ref,), _days(lab), asks=True,
        )
        for lab in patient.labs
        if lab.day <= as_of and _inside(lab, window) and is_unknown_test(lab)
    ]  # fmt: skip


def _inside(lab: LabInput, window: tuple[date, date]) -> bool:
    return lab.day <= window[1] and lab.last_day >= window[0]


def _days(lab: LabInput) -> tuple[date, date]:
    return lab.day, lab.last_day


def _ask(rule: DltRule, lab: LabInput, said: str) -> Sign:
    return Sign(None, lab.day, rule.id, f"{rule.clause}: {said}", (lab.ref,), _days(lab), asks=True)


def _unread(
    rule: DltRule, term: str, values: Iterable[Graded], context: tuple[tuple[date, date], str]
) -> list[Sign]:
    """Values of which it is not known whether they reach the grade, or whether it was in the window."""
    window, version = context
    found = []
    for lab, grade in values:
        if _inside(lab, window):
            why = _doubt(lab, grade, term, (version, rule.min_grade))
            if why:
                found.append(_ask(rule, lab, f"{lab.words} of {lab.day} {why}"))
    return found


def _doubt(lab: LabInput, grade: int | None, term: str, sought: tuple[str, int]) -> str:
    """Why a value may reach a grade although it does not, or not surely; empty where nothing is open."""
    least = sought[1]
    if grade is None:
        return "cannot be graded" if worst_grade(lab, term, sought) >= least else ""
    if grade >= least:
        return "" if lab.until is None else f"or up to {lab.until}: its day is known only in part"
    if _lacks_baseline(lab, term, sought):
        return f"is grade {grade} by the limits; its baseline is not known"
    if _is_open(lab, term):
        return f"is grade {grade} at least: how far beyond is not known"
    if _may_reach(lab, term, sought):
        return f"is not corrected: albumin unknown, corrected it may be grade {least}"
    return ""


def _lacks_baseline(lab: LabInput, term: str, sought: tuple[str, int]) -> bool:
    """Whether a grade by the limits alone may be severe by the baseline, which is not known."""
    if lab.baseline is not None or not has_multiples(term, "BASE", sought):
        return False
    return worst_grade(lab, term, sought) >= sought[1]


def _is_open(lab: LabInput, term: str) -> bool:
    """Whether a result is only known to be beyond a limit, on the side that is toxic."""
    side = dict(terms_of_test(lab.test)).get(term)
    return (lab.bound, side) in (("<", "L"), (">", "H"))


def _may_reach(lab: LabInput, term: str, sought: tuple[str, int]) -> bool:
    """Whether a calcium without albumin reaches a grade at an albumin that a patient may have."""
    return is_corrected(lab, term) and not lab.albumin and worst_grade(lab, term, sought) >= sought[1]


def _value_alone(
    rule: DltRule,
    term: str,
    patient: DltPatient,
    values: tuple[Graded, ...],
    context: tuple[tuple[date, date], str],
) -> list[Sign]:
    """Runs of values at the grade that no event tells of: is it related and of clinical meaning?"""
    window, version = context
    found = []
    exempt = {g: e.at_most_days for e in rule.exceptions if term in e.terms for g in e.grades}
    known = tuple((lab, grade) for lab, grade in values if lab.until is None)
    for run in lab_runs(known, rule.min_grade):
        first, last, before, after = run.values[0], run.values[-1], run.before, run.after
        if first.day < window[0] or not may_begin_inside(before, first.day, window):
            continue
        worst = max(grade for lab, grade in known if lab in run.values and grade is not None)
        if _grade_before(first, term, version) >= worst:
            continue
        began = max(before + timedelta(1), window[0]) if before else window[0]
        if worst in exempt and after is not None and (after - began).days <= exempt[worst]:
            continue
        told = [event for event in patient.events if is_told((event,), term, (first.day, last.day), worst)]
        if told and not _lasts_longer(run.values, told, exempt.get(worst)):
            continue
        at = next(lab for lab, grade in known if lab in run.values and grade == worst)
        note = lab_note(at, term, worst, version)
        resting = f" ({note})" if note else ""
        what = f"until {last.day}, longer than {told[0].term} that tells of it" if told else ""
        said = f"{at.words} of {at.day} is grade {worst}{resting} {what or 'and no event tells of it'}"
        sign = _ask(rule, first, f"{said}: an investigator must judge it")
        refs = tuple(lab.ref for lab in run.values)
        found.append(replace(sign, facts=refs, span=(began, after)))
    return found


def _lasts_longer(values: list[LabInput], told: list[AdverseEventInput], most: int | None) -> bool:
    """Whether values last longer than a rule leaves out, and every event that tells of them is shorter."""
    if most is None or (values[-1].day - values[0].day).days <= most:
        return False
    return all(
        event.attribution != "unrelated"
        and event.ended is not None
        and (event.ended - event.onset).days <= most
        for event in told
    )


def _grade_before(lab: LabInput, term: str, version: str) -> int:
    """Grade of the baseline of a value, read by the limits; 0 where it is not known."""
    if lab.baseline is None:
        return 0
    # The albumin of the baseline is not at hand: the mildest reading never lets a grade pass for an old one.
    side = dict(terms_of_test(lab.test)).get(term)
    mildest = PLAUSIBLE_ALBUMIN_G_PER_L[0 if side == "L" else 1]
    albumin = (mildest,) if is_corrected(lab, term) else ()
    base = replace(lab, value=lab.baseline, baseline=None, baseline_flag="NORMAL", bound="", albumin=albumin)
    grades = dict(grade_patient_labs((base,), version)).get(term, ())
    return (grades[0][1] or 0) if grades else 0


def _clinical(
    rule: DltRule,
    term: str,
    patient: DltPatient,
    values: tuple[Graded, ...],
    context: tuple[tuple[date, date], str],
) -> list[Sign]:
    """Values at the highest grade that a value can have, where the rule's grade is a clinical one."""
    window, version = context
    highest = _highest_grade(term, version)
    if term not in gradable_terms() or highest >= rule.min_grade:
        return []
    found = []
    for lab, grade in values:
        if grade is None or grade < highest or not _inside(lab, window):
            continue
        told = is_told(patient.events, term, _days(lab), grade)
        if not told and _grade_before(lab, term, version) < grade:
            said = f"{lab.words} of {lab.day} is grade {grade} at least; grade {rule.min_grade} is a clinical"
            found.append(_ask(rule, lab, f"{said} judgement, and no event tells it"))
    return found


def _febrile(rule: DltRule, patient: DltPatient, graded: Grades, window: tuple[date, date]) -> list[Sign]:
    """Neutrophils of grade 3 beside a fever that nobody called febrile neutropenia."""
    hot = [event for event in patient.events if _is_feverish(event)]
    fevers = [(e.onset, e.ended or e.onset_until or e.onset, e.ref) for e in hot]
    fevers += [(day, day, ref) for day, ref in patient.fevers]
    named = any(is_one_of(event, (FEBRILE_NEUTROPENIA,)) for event in patient.events)
    near = timedelta(days=FEVER_DAYS)
    found = []
    for lab, grade in graded.get(_NEUTROPHILS, ()):
        if named or grade is None or grade < rule.min_grade or not _inside(lab, window):
            continue
        beside = next((ref for a, b, ref in fevers if a - near <= lab.last_day and b + near >= lab.day), None)
        if beside is not None:
            said = f"{lab.words} of {lab.day} with fever or treated infection: was it febrile neutropenia?"
            found.append(replace(_ask(rule, lab, said), facts=(lab.ref, beside)))
    # One question, of which every such count is a fact.
    refs = tuple(dict.fromkeys(ref for sign in found for ref in sign.facts))
    return [replace(found[0], facts=refs)] if found else []


def _is_feverish(event: AdverseEventInput) -> bool:
    """Whether an event is a fever or an infection, by its term or the words of one that is not known."""
    terms = meaning(event).terms
    if terms:
        return bool(is_one_of(event, _FEVERS)) or any(term.soc == _INFECTIONS for term in terms)
    return _FEVER_WORDS.search(event.term) is not None


def _highest_grade(term: str, version: str) -> int:
    return max(
        (
            number
            for row in lab_rules(version)
            if row.term == term
            for number, cuts in enumerate(row.cuts, 1)
            if cuts
        ),
        default=0,
    )


@cache
def _is_clinical_above(term: str, version: str) -> bool:
    """Whether a grade above those that a value can have is a clinical judgement."""
    return any(row.term == term and row.assumes.endswith("is clinical") for row in lab_rules(version))


def _hys_law(rule: DltRule, graded: Grades, window: tuple[date, date]) -> list[Sign]:
    """Values of a possible liver injury by a drug: alternative causes are for an investigator to exclude."""
    high = [
        lab
        for term in _AMINOTRANSFERASES
        for lab in _high(graded.get(term, ()), HYS_AMINOTRANSFERASE, window)
    ]
    with_bilirubin = [
        (lab, bilirubin)
        for lab in high
        for bilirubin in _high(graded.get(_BILIRUBIN, ()), HYS_BILIRUBIN, window)
        if abs((bilirubin.day - lab.day).days) <= HYS_DAYS
    ]
    if not with_bilirubin:
        return []
    # Every pair is a fact of the question: a later one opens again what was judged.
    with_bilirubin.sort(key=lambda pair: (max(pair[0].day, pair[1].day), pair[0].ref))
    lab, bilirubin = with_bilirubin[0]
    on = max(lab.day, bilirubin.day)
    refs = tuple(dict.fromkeys(one.ref for pair in with_bilirubin for one in pair))
    said = f"{rule.clause}: {lab.words} and {bilirubin.words}: an investigator must judge the cause"
    return [Sign(None, on, rule.id, said, refs, (on, None), asks=True)]


def _high(values: Iterable[Graded], times: float, window: tuple[date, date]) -> Iterator[LabInput]:
    """Values of so many upper limits that were, or may have been, there in the window."""
    before: date | None = None
    for _, rows in groupby(values, lambda row: row[0].day):
        labs = [lab for lab, _ in rows]
        high = [lab for lab in labs if _times_limit(lab) >= times]
        yield from (
            lab for lab in high if lab.last_day >= window[0] and may_begin_inside(before, lab.day, window)
        )
        if not high:
            before = max((lab.last_day for lab in labs if lab.value is not None), default=before)


def _times_limit(lab: LabInput) -> float:
    """Multiple of the upper limit, the smallest in use where none is given; 0 where neither is known."""
    upper = lab.upper or smallest_upper(lab)
    return lab.value / upper if lab.value is not None and upper else 0.0
