"""Harm told of somebody to whom no dose is recorded: the record of it may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from galu.record import Record
from galu.record.disease import AdverseEvent
from galu.record.when import days_of
from galu.safety.terms import VERSIONS
from galu.safety.values import grade_patient_labs
from galu.trial.adjudication import judged_toxic
from galu.trial.labs import SEVERE_GRADE, labs_by_subject
from galu.trial.subjects import Subject


def harm_without_dose(record: Record, subjects: Iterable[Subject]) -> dict[str, tuple[str, ...]]:
    """Facts of harm since the slot was given, of subjects without a recorded dose.

    Events of grade 3 or more or of no grade that are not called unrelated, a judgement of a toxicity, a death
    that is not known to be unrelated, a severe value that was not so before.
    """
    waiting = {one.id: one for one in subjects}
    if not waiting:
        return {}
    found: dict[str, list[str]] = {}
    for row in record.of(waiting).rows(AdverseEvent):
        grave = row.fact.grade is None or row.fact.grade >= SEVERE_GRADE
        slot = waiting[row.subject].enrolled
        if (
            grave
            and row.fact.attribution != "unrelated"
            and (slot is None or days_of(row.fact.on)[1] >= slot)
        ):
            found.setdefault(row.subject, []).append(row.id)
    for name, fact in _severe_values(record, waiting):
        found.setdefault(name, []).append(fact)
    for name, fact in judged_toxic(record, waiting):
        found.setdefault(name, []).append(fact)
    for one in waiting.values():
        if one.death is not None and one.death.related is not False:
            found.setdefault(one.id, []).append(one.death.fact)
    return {name: tuple(facts) for name, facts in found.items() if facts}


def _severe_values(record: Record, waiting: Mapping[str, Subject]) -> Iterator[tuple[str, str]]:
    """(subject, fact) of each value since the slot of grade 3 or more and two grades worse than before."""
    for name, labs in labs_by_subject(record.of(set(waiting)), waiting.values()).items():
        slot = waiting[name].enrolled
        for graded in grade_patient_labs(labs, VERSIONS[-1]).values():
            known = [(lab, grade) for lab, grade in graded if grade is not None]
            before = max((grade for lab, grade in known if slot is None or lab.day < slot), default=0)
            for lab, grade in known:
                if slot is not None and lab.last_day >= slot and grade >= max(SEVERE_GRADE, before + 2):
                    yield name, lab.ref


def looks_like(name: str, others: Iterable[str]) -> tuple[str, ...]:
    """Names that are written with the same number: `S-10` and `010` beside `S10`.

    >>> looks_like("S-10", ["S10", "S11"]), looks_like("GHOST", ["S10"])
    (('S10',), ())
    """
    number = _number(name)
    return tuple(other for other in others if number and _number(other) == number and other != name)


def _number(name: str) -> str:
    return "".join(sign for sign in name if sign.isdigit()).lstrip("0")
