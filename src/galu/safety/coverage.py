"""Whether a window was watched: which of its planned blood counts are known, and what is missing.

Silence is not an outcome. A window without a toxicity counts as free of one only when the counts that
would have shown it are there: at most so many planned counts wholly missing, every count that was done
gradable for each term of the rules, and one of each term at or after the window's end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from galu.safety.calcium import ALBUMIN, CORRECTED_TERMS
from galu.safety.inputs import DltPatient, LabInput
from galu.safety.leukocytes import LEUKOCYTES, NEUTROPENIA
from galu.safety.measured import asked_from
from galu.safety.plan import SafetyPlan
from galu.safety.told import CLOSING_DAYS
from galu.safety.worst import worst_grade
from galu.vocabulary.laboratory import DECLARED_OTHER, lab_code, lab_tests, terms_of_test
from galu.words import checked, checked_fields

#: A value that cannot reach this grade whatever is not known of it tells enough (assumed).
_SEVERE: Final = 3


@dataclass(frozen=True, slots=True)
@checked_fields
class Coverage:
    """Counts due by now and done, the last day with one, and what keeps the window from being judged.

    `gaps` is empty where nothing of what was due is missing; `complete_on` is then the first day, at or
    after the end of the window, on which every term was known; None while one is not. `unknown` are tests of
    chemistry without a value in the window.
    """

    planned: int
    done: int
    last: date | None
    gaps: tuple[str, ...]
    complete_on: date | None
    unknown: tuple[str, ...] = ()

    def words(self, first_dose: date) -> str:
        """Completeness in words, days counted from the first dose: `4 of 6 counts, none since day 22`."""
        said = f"{self.done} of {self.planned} counts" if self.planned else "counts"
        if self.unknown and len(self.gaps) == 1:  # nothing else is missing
            return f"{said}, {self.gaps[0].replace('no value of', 'no')}"
        if self.complete_on is not None:
            return said
        if self.last is None or self.last < first_dose:
            return f"{said}, none since the dose"
        return f"{said}, none since day {(self.last - first_dose).days + 1}"


def rule_terms(plan: SafetyPlan) -> frozenset[str]:
    """Terms that a rule grades from laboratory values and that a laboratory test can grade at all."""
    named = {
        term
        for rule in plan.dlt.rules
        if rule.evidence == "grade" and not rule.from_events_only
        for term in rule.terms
    }
    return frozenset(named & gradable_terms())


def gradable_terms() -> frozenset[str]:
    """Terms that some laboratory test can grade."""
    return frozenset(term for test in lab_tests().values() for term, _ in test.terms)


def is_read(test: str, plan: SafetyPlan) -> bool:
    """Whether the rules look at values of a laboratory test.

    Non-haematologic toxicity may show in any test that can be graded; one of no known name may be any.
    """
    found = {term for term, _ in terms_of_test(test)}
    if lab_code(test) == ALBUMIN:
        found.update(CORRECTED_TERMS)  # which are graded by it
    if lab_code(test) == LEUKOCYTES:
        found.add(NEUTROPENIA)  # of which it is the most there can be
    other = any(rule.evidence == "other-event" for rule in plan.dlt.rules)
    if other and lab_code(test) in asked_from():
        return True
    if not found:
        return test != DECLARED_OTHER and lab_code(test) is None
    return any(
        rule.evidence in ("other-event", "liver-injury")
        or (rule.evidence == "grade" and not found.isdisjoint(rule.terms))
        for rule in plan.dlt.rules
    )


@checked
def derive_coverage(
    patient: DltPatient,
    plan: SafetyPlan,
    graded: Mapping[str, tuple[tuple[LabInput, int | None], ...]],
    ends: date,
    as_of: date,
) -> Coverage:
    """What is known of the counts of a window at the end of a day.

    Parameters
    ----------
    graded
        Grades by term of the values known by `as_of`.
    ends
        Last day of the window.
    """
    terms = sorted(rule_terms(plan))
    chemistry = _chemistry(patient, plan, graded, ends, as_of)
    unknown = tuple(test for test, first in chemistry.items() if first is None) if as_of >= ends else ()
    since = (ends - timedelta(CLOSING_DAYS) - patient.first_dose).days + 1
    lacking = (f"no value of {', '.join(unknown)} from day {since} on",) if unknown else ()
    if not terms:
        return Coverage(0, 0, None, lacking, None if lacking else ends, unknown)
    known = {term: _known_days(graded.get(term, ()), term, plan) for term in terms}
    seen = sorted({lab.day for lab in patient.labs if lab.day <= as_of and _is_count(lab, terms)})
    due = [one for one in patient.counts if one.earliest <= min(ends, as_of)]
    done, gaps, missing = 0, [], []
    for one in due:
        looked = [day for day in seen if one.earliest <= day <= one.latest]
        lacks = [t for t in terms if not any(one.earliest <= day <= one.latest for day in known[t])]
        number = (one.planned - patient.first_dose).days + 1
        if looked and lacks:
            gaps.append(f"the count of day {number} tells nothing of {_list(lacks)}")
        elif not looked and one.latest < as_of:
            missing.append(number)
        done += not lacks
    allowed = plan.dlt.assessments.may_miss.value if plan.dlt.assessments else 0
    if len(missing) > allowed:
        days = ", ".join(str(number) for number in missing)
        gaps.insert(0, f"no count of days {days} (at most {allowed} may be missing)")
    firsts = [min((day for day in known[t] if day >= ends), default=None) for t in terms]
    late = [term for term, first in zip(terms, firsts, strict=True) if first is None]
    if late and as_of >= ends:
        gaps.append(f"no value of {_list(late)} at or after the end of the window, {ends}")
    gaps += lacking
    known_on = (*firsts, *(chemistry.values() if as_of >= ends else ()))
    complete = None if late or gaps else max(day for day in known_on if day is not None)
    return Coverage(len(due), done, seen[-1] if seen else None, tuple(gaps), complete, unknown)


def _chemistry(
    patient: DltPatient,
    plan: SafetyPlan,
    graded: Mapping[str, tuple[tuple[LabInput, int | None], ...]],
    ends: date,
    as_of: date,
) -> dict[str, date | None]:
    """First day with a value of each test of chemistry that tells of the window; None where there is none.

    An early value tells nothing of what came later: it counts from two weeks before the end on (assumed).
    """
    asked = plan.dlt.assessments.chemistry if plan.dlt.assessments else None
    sought = (plan.ctcae_version.value, _SEVERE)
    found: dict[str, date | None] = {}
    for test in asked.value if asked else ():
        days = [
            lab.day
            for term, _ in terms_of_test(test)
            for lab, grade in graded.get(term, ())
            if lab_code(lab.test) == lab_code(test)
            and patient.first_dose < lab.day
            and ends - timedelta(CLOSING_DAYS) <= lab.day <= min(ends + timedelta(CLOSING_DAYS), as_of)
            and lab.until is None
            and (grade is not None or worst_grade(lab, term, sought) < _SEVERE)
        ]
        found[test] = min(days, default=None)
    return found


def _known_days(
    graded: tuple[tuple[LabInput, int | None], ...], term: str, plan: SafetyPlan
) -> tuple[date, ...]:
    """Days with a value that is graded, or that no limit could make as severe as a rule asks."""
    named = (rule for rule in plan.dlt.rules if rule.evidence == "grade" and term in rule.terms)
    least = min(rule.min_grade for rule in named)
    sought = (plan.ctcae_version.value, least)
    return tuple(
        lab.day
        for lab, grade in graded
        if lab.until is None and (grade is not None or worst_grade(lab, term, sought) < least)
    )


def _is_count(lab: LabInput, terms: list[str]) -> bool:
    """Whether a value of a known day is of a test that grades one of the terms."""
    return lab.until is None and any(term in terms for term, _ in terms_of_test(lab.test))


def _list(terms: list[str]) -> str:
    return " and ".join(terms)
