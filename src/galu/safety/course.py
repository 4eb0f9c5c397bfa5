"""The course of an adverse event: from when to when it was at or above a grade."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product

from galu.safety.inputs import AdverseEventInput
from galu.words import checked, checked_fields


@dataclass(frozen=True, slots=True)
@checked_fields
class Episode:
    """Days at or above a grade; `end` is the day it ended or fell below, None while it lasts.

    `last` is the last day at the grade: the day it ended, but the day before it fell below.
    """

    start: date
    end: date | None
    last: date | None
    grade: int

    def days(self, as_of: date) -> int:
        """Consecutive calendar days at the grade so far."""
        return ((self.last or as_of) - self.start).days + 1


@checked
def episodes(event: AdverseEventInput, min_grade: int, as_of: date) -> tuple[Episode, ...]:
    """Runs of an event at or above a grade, as known at the end of a day.

    Without a course the whole event counts at its grade. A step whose grade is not known counts at the
    worst grade of the event.
    """
    ended = event.ended if event.ended is not None and event.ended <= as_of else None
    if event.grade is None or event.onset > as_of:
        return ()
    if not event.course:
        whole = Episode(event.onset, ended, ended, event.grade)
        return (whole,) if event.grade >= min_grade else ()
    worst = event.grade
    steps = [(day, worst if grade is None else grade) for day, grade in sorted_course(event) if day <= as_of]
    found: list[Episode] = []
    start: date | None = None
    high = 0
    for day, grade in steps:
        if grade >= min_grade:
            start, high = start or day, max(high, grade)
        elif start is not None:
            found.append(Episode(start, day, day - timedelta(days=1), high))
            start, high = None, 0
    if start is not None:
        found.append(Episode(start, ended, ended, high))
    return tuple(found)


def sorted_course(event: AdverseEventInput) -> Sequence[tuple[date, int | None]]:
    """Steps of the course by day; where one day has several the last given holds."""
    return sorted(dict(event.course).items())


def readings(event: AdverseEventInput, days: Iterable[date]) -> tuple[AdverseEventInput, ...]:
    """Every way to read the days of an event that are known only in part.

    Each such day is read as the first and the last it can have been, and as those of `days` in between.
    """
    if event.onset_until is None and not event.undated:
        return (event,)
    marks = tuple(days)

    def possible(first: date, last: date) -> list[date]:
        return sorted({first, last, *(day for day in marks if first <= day <= last)})

    onsets = possible(event.onset, event.onset_until or event.onset)
    steps = [possible(first, last) for first, last, _ in event.undated]
    grades = [grade for _, _, grade in event.undated]
    return tuple(
        replace(
            event,
            onset=onset,
            onset_until=None,
            undated=(),
            course=_with_steps(event, onset, tuple(zip(picked, grades, strict=True))),
        )
        for onset in onsets
        for picked in product(*steps)
    )


def _with_steps(
    event: AdverseEventInput, onset: date, steps: tuple[tuple[date, int], ...]
) -> tuple[tuple[date, int | None], ...]:
    if not event.course:
        return ()
    placed = tuple((max(day, onset), grade) for day, grade in steps)
    return ((onset, event.course[0][1]), *event.course[1:], *placed)


def present_grade(event: AdverseEventInput) -> int | None:
    """Grade by the last step of the course; the worst where its day is known only in part, or none."""
    if not event.course:
        return event.grade
    last = [sorted_course(one)[-1][1] for one in readings(event, ())]
    return event.grade if None in last else max((grade for grade in last if grade is not None), default=None)


def worsened_since(event: AdverseEventInput, day: date) -> date | None:
    """First day, from `day` on, on which an event that began earlier is worse than it had been by then.

    A step whose day is known only in part counts when it may have come after `day`.
    """
    found = [since for one in readings(event, (day,)) if (since := _worsened_since(one, day))]
    return min(found, default=None)


def _worsened_since(event: AdverseEventInput, day: date) -> date | None:
    before = 0
    for step, grade in sorted_course(event):
        if step < day:
            before = max(before, grade or 0)
        elif grade is not None and grade > before:
            return step
    return None
