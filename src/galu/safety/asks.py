"""What laboratory values leave to a person: results nobody can grade, toxicity that only a value shows.

None of these is a dose-limiting toxicity by rule and none may pass for no toxicity: each is an undecided
sign that a named judgement, a correction, or (where a value alone reaches the grade) the investigator's
report of the event settles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from galu.safety.calcium import PLAUSIBLE_ALBUMIN_G_PER_L, is_corrected
from galu.safety.coverage import gradable_terms
from galu.safety.ctcae import lab_rules
from galu.safety.events import is_one_of
from galu.safety.inputs import AdverseEventInput, DltPatient, LabInput
from galu.safety.notes import lab_note
from galu.safety.plan import DltRule, SafetyPlan
from galu.safety.signs import Graded, Sign, grade_patient_labs, is_unknown_test, lab_runs
from galu.vocabulary.events import read_event
from galu.vocabulary.laboratory import in_unit, lab_code, terms_of_test

Grades = Mapping[str, tuple[Graded, ...]]
#: Hy's law: aminotransferase and bilirubin, multiples of the upper limit (FDA, Drug-Induced Liver Injury,
#: 2009, section IV), and the days within which both are read together (assumed).
HYS_AMINOTRANSFERASE: Final = 3.0
HYS_BILIRUBIN: Final = 2.0
HYS_DAYS: Final = 14
#: An event tells of a value from so many days beside it (assumed).
TOLD_DAYS: Final = 3
#: Smallest upper limits in use, by test: where a laboratory gave none, a value is judged by these, so that
#: only one that no limit could make severe passes. Assumed; adult, either sex.
SMALLEST_UPPER: Final = {
    "ALT": (19.0, "U/L"), "AST": (20.0, "U/L"), "ALP": (80.0, "U/L"), "GGT": (20.0, "U/L"),
    "BILI": (12.0, "umol/L"), "CREAT": (60.0, "umol/L"), "LIPASE": (38.0, "U/L"), "AMYLASE": (53.0, "U/L"),
    "CK": (145.0, "U/L"), "URATE": (340.0, "umol/L"),
}  # fmt: skip
#: CTCAE v5.0, febrile neutropenia: neutrophils below 1.0 (grade 3 by the count) and fever.
FEBRILE_NEUTROPENIA: Final = "Febrile neutropenia"
_NEUTROPHILS: Final = "Neutrophil count decreased"
_FEVERS: Final = ("Fever", "Sepsis")
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
    if rule.evidence == "death":
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
        if rule.evidence == "other-event":
            told = rule.min_grade
            values = tuple(one for one in values if not _is_told(patient.events, term, _days(one[0]), told))
        found += _unread(rule, term, values, (window, version))
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
    """Values that cannot be graded, or that reach the grade on a day known only in part."""
    window, version = context
    found = []
    for lab, grade in values:
        if not _inside(lab, window):
            continue
        if grade is None and _worst_grade(lab, term, (version, rule.min_grade)) >= rule.min_grade:
            found.append(_ask(rule, lab, f"{lab.words} of {lab.day} cannot be graded"))
        elif grade is not None and grade < rule.min_grade and _is_open(lab, term):
            said = f"{lab.words} of {lab.day} is grade {grade} at least: how far beyond is not known"
            found.append(_ask(rule, lab, said))
        elif (
            grade is not None and grade < rule.min_grade and _may_reach(lab, term, (version, rule.min_grade))
        ):
            said = f"{lab.words} of {lab.day} is not corrected: albumin unknown, corrected it may be grade"
            found.append(_ask(rule, lab, f"{said} {rule.min_grade}"))
        elif grade is not None and lab.until is not None and grade >= rule.min_grade:
            said = f"{lab.words}, grade {grade}, between {lab.day} and {lab.until}"
            found.append(_ask(rule, lab, f"{said}: its day is known only in part"))
    return found


def _is_open(lab: LabInput, term: str) -> bool:
    """Whether a result is only known to be beyond a limit, on the side that is toxic."""
    side = dict(terms_of_test(lab.test)).get(term)
    return (lab.bound, side) in (("<", "L"), (">", "H"))


def _may_reach(lab: LabInput, term: str, sought: tuple[str, int]) -> bool:
    """Whether a calcium without albumin reaches a grade at an albumin that a patient may have."""
    return is_corrected(lab, term) and not lab.albumin and _worst_grade(lab, term, sought) >= sought[1]


def _worst_grade(lab: LabInput, term: str, sought: tuple[str, int]) -> int:
    """The highest grade that a value can have whatever its missing limits, baseline, albumin are; 5: unknown.

    `sought` is the version and the lowest grade that matters.
    """
    version = sought[0]
    if lab.value is None:
        return 5
    smallest = _smallest_upper(lab)
    upper = lab.upper if lab.upper is not None else smallest
    lower = lab.lower
    if upper is None and not _has_multiples(term, "ULN", sought):
        upper = 0.0  # an absolute cut: without a limit the value counts as above it
    if lower is None and not _has_multiples(term, "LLN", sought):
        lower = 2.0 * lab.value
    base = lab.baseline if lab.baseline is not None else smallest or lab.value
    albumin = lab.albumin or (PLAUSIBLE_ALBUMIN_G_PER_L if is_corrected(lab, term) else ())
    filled = replace(
        lab, lower=lower, upper=upper, baseline=base, baseline_flag="NORMAL", until=None, albumin=albumin
    )
    found = dict(grade_patient_labs((filled,), version)).get(term, ())
    grade = found[0][1] if found else None
    return 5 if grade is None else grade


def _smallest_upper(lab: LabInput) -> float | None:
    """The smallest upper limit in use, in the unit of the value."""
    code = lab_code(lab.test) or ""
    known = SMALLEST_UPPER.get(code)
    return None if known is None else in_unit(code, known[0], known[1], lab.unit)


def _has_multiples(term: str, limit: str, sought: tuple[str, int]) -> bool:
    """Whether a grade that matters is a multiple of a limit of the laboratory."""
    version, least = sought
    rows = (row for row in lab_rules(version) if row.term == term)
    return any(cut.reference == limit for row in rows for cuts in row.cuts[least - 1 :] for cut in cuts)


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
    for run, before, after in lab_runs(known, rule.min_grade):
        first, last = run[0], run[-1]
        if not window[0] <= first.day <= window[1]:
            continue
        worst = max(grade for lab, grade in known if lab in run and grade is not None)
        if _grade_before(first, term, version) >= worst:
            continue
        began = max(before + timedelta(1), window[0]) if before else window[0]
        if worst in exempt and after is not None and (after - began).days <= exempt[worst]:
            continue
        if _is_told(patient.events, term, (first.day, last.day), worst):
            continue
        at = next(lab for lab, grade in known if lab in run and grade == worst)
        note = lab_note(at, term, worst, version)
        resting = f" ({note})" if note else ""
        said = f"{at.words} of {at.day} is grade {worst}{resting} and no event tells of it"
        sign = _ask(rule, first, f"{said}: an investigator must judge it")
        refs = tuple(lab.ref for lab in run)
        found.append(replace(sign, facts=refs, span=(began, after)))
    return found


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


def _is_told(events: Iterable[AdverseEventInput], term: str, span: tuple[date, date], grade: int) -> bool:
    """Whether an event of the term, of that grade at least, was reported for these days.

    Sites date an event by when they learned of it: a few days beside the value count.
    """
    slack = timedelta(days=TOLD_DAYS)
    return any(
        is_one_of(event, (term,))
        and event.grade is not None
        and event.grade >= grade
        and event.onset <= span[0] + slack
        and (event.ended is None or event.ended >= span[1] - slack)
        for event in events
    )


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
        told = any(
            is_one_of(event, (term,))
            and event.grade is not None
            and event.onset <= lab.last_day
            and (event.ended is None or event.ended >= lab.day)
            for event in patient.events
        )
        if not told and _grade_before(lab, term, version) < grade:
            said = f"{lab.words} of {lab.day} is grade {grade} at least; grade {rule.min_grade} is a clinical"
            found.append(_ask(rule, lab, f"{said} judgement, and no event tells it"))
    return found


def _febrile(rule: DltRule, patient: DltPatient, graded: Grades, window: tuple[date, date]) -> list[Sign]:
    """Neutrophils of grade 3 beside a fever that nobody called febrile neutropenia."""
    hot = [event for event in patient.events if is_one_of(event, _FEVERS)]
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
            said = f"{lab.words} of {lab.day} with fever: was it febrile neutropenia? To be judged"
            found.append(replace(_ask(rule, lab, said), facts=(lab.ref, beside)))
    return found[:1]


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


def _is_clinical_above(term: str, version: str) -> bool:
    """Whether a grade above those that a value can have is a clinical judgement."""
    return any(row.term == term and row.assumes.endswith("is clinical") for row in lab_rules(version))


def _hys_law(rule: DltRule, graded: Grades, window: tuple[date, date]) -> list[Sign]:
    """Values of a possible liver injury by a drug: alternative causes are for an investigator to exclude."""
    high = [
        lab
        for term in _AMINOTRANSFERASES
        for lab, _ in graded.get(term, ())
        if _inside(lab, window) and _times_limit(lab) >= HYS_AMINOTRANSFERASE
    ]
    with_bilirubin = [
        (lab, bilirubin)
        for lab in high
        for bilirubin, _ in graded.get(_BILIRUBIN, ())
        if _inside(bilirubin, window)
        and _times_limit(bilirubin) >= HYS_BILIRUBIN
        and abs((bilirubin.day - lab.day).days) <= HYS_DAYS
    ]
    if not with_bilirubin:
        return []
    lab, bilirubin = min(with_bilirubin, key=lambda pair: (max(pair[0].day, pair[1].day), pair[0].ref))
    on = max(lab.day, bilirubin.day)
    said = f"{rule.clause}: {lab.words} and {bilirubin.words}: an investigator must judge the cause"
    return [Sign(None, on, rule.id, said, (lab.ref, bilirubin.ref), (on, None), asks=True)]


def _times_limit(lab: LabInput) -> float:
    """Multiple of the upper limit, the smallest in use where none is given; 0 where neither is known."""
    upper = lab.upper or _smallest_upper(lab)
    return lab.value / upper if lab.value is not None and upper else 0.0
