"""Which version of an amended study judges whom, and the plan that holds for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from galu.protocol import Study
from galu.protocol.treatment import Treatment
from galu.protocol.versions import history_of, version
from galu.trial.planned import plan_by
from galu.trial.subjects import Subject


def first_version(subject: Subject) -> int:
    """Number of the version in force at the first dose; of who was not dosed, the one of today."""
    return subject.therapy[0].version if subject.therapy else subject.under.now


def version_now(subject: Subject) -> int:
    """Number of the version in force for a subject today."""
    return subject.under.now


def study_now(study: Study, subject: Subject) -> Study:
    """The version in force for a subject today."""
    return version(study, subject.under.now)


def groups(
    study: Study, subjects: Iterable[Subject], number: Callable[[Subject], int]
) -> Iterator[tuple[Study, tuple[Subject, ...]]]:
    """The subjects by the version that judges them; all together where there is only one."""
    people = tuple(subjects)
    if history_of(study) is None:
        yield study, people
        return
    numbers = {subject.id: number(subject) for subject in people}
    for one in sorted(set(numbers.values())):
        yield version(study, one), tuple(subject for subject in people if numbers[subject.id] == one)


def plan_at(study: Study, subject: Subject, number: int) -> Treatment | None:
    """The plan of a subject by a version; whoever was dosed keeps the activities of the first dose."""
    return plan_by(version(study, number), version(study, first_version(subject)))


def plan_now(study: Study, subject: Subject) -> Treatment | None:
    """The plan of the next dose of a subject."""
    return plan_at(study, subject, subject.under.now)
