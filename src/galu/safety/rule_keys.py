"""Which keys a clause of the definition of a dose-limiting toxicity reads, by what it judges.

A key that it does not read would leave out, or let in, nothing; a term at a grade that CTCAE does not have
can never be met. A file that says so is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from galu.vocabulary.events import event_terms

if TYPE_CHECKING:
    from galu.safety.plan import DltRule

#: (key, fault, remedy)
Fault = tuple[str, str, str]
#: Keys that a rule reads besides its id and clause.
READS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "grade": (
            "terms", "min_grade", "longer_than_days", "with_bleeding_or_transfusion", "from_events_only",
            "related_only",
        ),
        "other-event": ("min_grade", "longer_than_days", "exceptions"),
        "liver-injury": (),
        "death": (),
        "delay": ("longer_than_days",),
    }
)  # fmt: skip
#: What a rule cannot do without.
NEEDS: Final[Mapping[str, str]] = MappingProxyType({"delay": "longer_than_days"})
_KEYS: Final = (
    "terms", "min_grade", "longer_than_days", "with_bleeding_or_transfusion", "from_events_only",
    "related_only", "exceptions",
)  # fmt: skip
_REMEDIES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("grade", "exceptions"): "remove it, or write longer_than_days",
        ("other-event", "terms"): "remove it, or write evidence: grade",
        ("other-event", "related_only"): "remove it: events called unrelated are left out",
        ("death", "related_only"): "remove it: deaths called unrelated are left out",
    }
)
#: The fall beside which bleeding and transfusion are looked for.
_WITH_SUPPORT: Final = "Platelet count decreased"


def faults_of_rule(rule: DltRule) -> Iterator[Fault]:
    """Keys that a clause does not read, that it lacks, and grades that cannot be."""
    of = f"{rule.id}: a rule with evidence: {rule.evidence}"
    for key in _KEYS:
        if key not in READS[rule.evidence] and getattr(rule, key) != type(rule).model_fields[key].default:
            remedy = _REMEDIES.get((rule.evidence, key), "remove it")
            yield key, f"{of} does not read `{key}`", remedy
    needed = NEEDS.get(rule.evidence)
    if needed is not None and getattr(rule, needed) is None:
        yield "evidence", f"{of} needs `{needed}`", "add it"
    if rule.with_bleeding_or_transfusion and set(rule.terms) != {_WITH_SUPPORT}:
        fault = f"{rule.id}: bleeding and transfusions are looked for beside {_WITH_SUPPORT} only"
        yield "with_bleeding_or_transfusion", fault, f"remove it, or write terms: [{_WITH_SUPPORT}]"
    if rule.longer_than_days is not None and rule.exceptions:
        fault = f"{rule.id}: `exceptions` are not read beside `longer_than_days`"
        yield "exceptions", fault, "keep one of the two"
    yield from _no_such_grades(rule.id, "terms", rule.terms, range(rule.min_grade, 6))
    for exception in rule.exceptions:
        grades = [grade for grade in exception.grades if grade >= rule.min_grade]
        if not grades:
            fault = f"{rule.id}: leaves out grades below {rule.min_grade}, which it does not judge"
            yield "exceptions", fault, f"write grades of {rule.min_grade} or more"
        yield from _no_such_grades(rule.id, "exceptions", exception.terms, grades or range(1, 6))


def faults_of_terms(name: str, terms: Iterable[str], least: int) -> Iterator[Fault]:
    """Terms that have no grade from `least` on."""
    yield from _no_such_grades(name, "terms", terms, range(least, 6))


def _no_such_grades(name: str, key: str, terms: Iterable[str], grades: Iterable[int]) -> Iterator[Fault]:
    wanted = set(grades)
    for term in terms:
        known = event_terms().get(term)
        if known is not None and wanted.isdisjoint(known.grades):
            has = ", ".join(str(grade) for grade in known.grades)
            fault = f"{name}: CTCAE has no {term} of grade {min(wanted)} (it has {has})"
            yield key, fault, "write a grade that it has, or leave the term out"
