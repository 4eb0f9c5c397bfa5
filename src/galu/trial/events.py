"""Adverse events as their facts tell them: with their course, their corrections, their partly known days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from galu.record import Fact, Record, Row
from galu.record.disease import AdverseEvent, AdverseEventCourse
from galu.record.when import day_of, days_of, instant_of
from galu.safety.fatal import FATAL
from galu.safety.inputs import AdverseEventInput, Attribution
from galu.trial.adjudication import event_roots
from galu.vocabulary.events import may_tell_of_death, mildest_grade, read_event, tells_of_death, told_severity
from galu.vocabulary.persons import is_named


def events_by_subject(record: Record) -> dict[str, tuple[AdverseEventInput, ...]]:
    """Adverse events with their course folded in: worst grade so far, latest attribution, end.

    A course may name any fact of the chain of corrections of its event.
    """
    roots = event_roots(record)
    courses: dict[str, list[Row[AdverseEventCourse]]] = {}
    # A course counts for its event, whoever it was entered under.
    for step in record.everybody.rows(AdverseEventCourse):
        courses.setdefault(roots.get(step.fact.event, step.fact.event), []).append(step)
    found: dict[str, list[AdverseEventInput]] = {}
    for row in record.rows(AdverseEvent):
        event = _event(row, courses.get(row.root, []), record.zone)
        found.setdefault(row.subject, []).append(event)
    # A course whose event is not there, or was taken back: what it told of may have been moved or forgotten.
    standing, mine = {row.root for row in record.everybody.rows(AdverseEvent)}, record.names
    for event_id in sorted(courses.keys() - standing):
        subject, event = _untold(event_id, courses[event_id], event_id in roots)
        if subject in mine:
            found.setdefault(subject, []).append(event)
    return {subject: tuple(events) for subject, events in found.items()}


@dataclass(frozen=True, slots=True)
class FatalEvent:
    """An event that its subject died of; `day` None where it is not known, and lies in `between`."""

    event: AdverseEventInput
    day: date | None
    between: tuple[date, date]

    @property
    def related(self) -> bool | None:
        """Whether it is related to the therapy; None is not known."""
        return None if self.event.attribution is None else self.event.attribution == "related"


def fatal_events(record: Record) -> dict[str, FatalEvent]:
    """The event that a subject died of, by subject; of several one that is not called unrelated."""
    names = {row.subject for row in record.rows(AdverseEvent) if _was_fatal(row)}
    deadly = {
        record.root(step.fact.event)
        for step in record.everybody.rows(AdverseEventCourse)
        if step.fact.grade == FATAL
    }
    names.update(row.subject for row in record.rows(AdverseEvent) if row.root in deadly)
    names.update(step.subject for step in record.rows(AdverseEventCourse) if step.fact.grade == FATAL)
    if not names:
        return {}
    found = {}
    for subject, events in events_by_subject(record.of(names)).items():
        fatal = [_fatal(event) for event in events if event.grade == FATAL]
        if fatal:
            found[subject] = min(fatal, key=lambda one: (one.related is False, one.between, one.event.ref))
    return found


def _fatal(event: AdverseEventInput) -> FatalEvent:
    """When it was fatal: at the step of its course, at its end, else between its onset and its report."""
    steps = [day for day, grade in event.course if grade == FATAL and day > event.onset]
    day = min(steps, default=event.ended)
    last = max(event.onset, event.reported or event.onset)
    return FatalEvent(event, day, (day, day) if day else (event.onset, last))


def _event(row: Row[AdverseEvent], course: list[Row[AdverseEventCourse]], zone: str) -> AdverseEventInput:
    grades = [g for g in (row.fact.grade, *(step.fact.grade for step in course)) if g is not None]
    if _was_fatal(row):
        grades.append(5)
    worst = max(grades, default=None)
    told = _told(row)
    onset, until = days_of(row.fact.on)
    # A step before its event began is of another day: it counts from the beginning.
    dated = [(max(step.day, onset), step.fact.grade) for step in course if step.day is not None]
    known = [day for day in (*(day for day, _ in dated), day_of(row.fact.ended)) if day is not None]
    # What is known of the end or the course narrows down when an event can have begun.
    until = max(onset, min([until, *known]))
    return AdverseEventInput(
        ref=row.id,
        term=row.fact.term,
        grade=worst,
        onset=onset,
        ended=_ended(_possible(day_of(row.fact.ended), onset), course),
        attribution=_attribution(row, course),
        serious=row.fact.serious,
        # That a toxicity means nothing is a judgement: who says so?
        clinically_meaningful=row.fact.clinically_meaningful
        if row.fact.clinically_meaningful or is_named(row.fact.by)
        else None,
        soc=row.fact.soc or "",
        action=row.fact.action or "",
        # Empty where nothing but the first grade was reported.
        course=_course(onset, row, dated) if course else (),
        outcome=row.fact.outcome or "",
        expected=row.fact.expected,
        life_threatening=row.fact.life_threatening,
        aware=instant_of(row.fact.aware, zone),
        sponsor_aware=instant_of(row.fact.sponsor_aware, zone),
        onset_until=until if row.day is None else None,
        undated=tuple(_undated(step, onset) for step in course if step.day is None),
        reported=row.recorded.astimezone(ZoneInfo(zone)).date(),
        coded=row.meant or "",
        perhaps=told if worst is not None and told > worst else None,
        retold=_retold(row, course),
    )


def _retold(row: Row[AdverseEvent], course: list[Row[AdverseEventCourse]]) -> tuple[tuple[date, int], ...]:
    """(day, grade) of steps that call it related themselves, or come after its stated end."""
    over = day_of(row.fact.ended)
    return tuple(
        (day, step.fact.grade)
        for step in course
        for day in dict.fromkeys(days_of(step.fact.on))
        if step.fact.attribution == "related" or (over is not None and day > over)
    )


#: CTCAE: hospitalization or its prolongation; life-threatening consequences.
_HOSPITAL, _LIFE_THREATENING = 3, 4


def _told(row: Row[AdverseEvent]) -> int:
    """The highest grade that anything but the grade itself tells; 0 where nothing does.

    The severity in words, a grade among the words of the term, a term that has no milder grade, that it was
    life-threatening, or serious: in hospital, as a rule; an outcome in words that are not known may be death.
    """
    meant = read_event(row.meant or row.fact.term)
    said = (told_severity(row.fact.severity), told_severity(row.fact.term), mildest_grade(meant))
    fatal = FATAL * may_tell_of_death(row.fact.outcome or "")
    flags = (_LIFE_THREATENING * bool(row.fact.life_threatening), _HOSPITAL * bool(row.fact.serious))
    return max(*(grade or 0 for grade in said), *flags, fatal)


def _was_fatal(row: Row[AdverseEvent]) -> bool:
    told = tells_of_death(row.fact.outcome or "") or tells_of_death(row.fact.severity or "")
    return told or bool(row.fact.grade == FATAL)


def _possible(ended: date | None, onset: date) -> date | None:
    """The stated end; not known where it lies before the onset."""
    return None if ended is None or ended < onset else ended


def _course(
    onset: date, row: Row[AdverseEvent], dated: list[tuple[date, int]]
) -> tuple[tuple[date, int | None], ...]:
    """Grades from day to day; who died of it had the highest at the last of them."""
    steps: list[tuple[date, int | None]] = [(onset, row.fact.grade), *dated]
    if _was_fatal(row):
        last = day_of(row.fact.ended) or max(day for day, _ in steps)
        steps.append((last, 5))
    return tuple(steps)


def _untold(
    event: str, course: list[Row[AdverseEventCourse]], taken_back: bool
) -> tuple[str, AdverseEventInput]:
    """An event of which only the course is in the record: what it was, and since when, is not known."""
    lacks = "was taken back: take back its course too" if taken_back else "is not recorded"
    grades = [step.fact.grade for step in course if step.fact.grade]
    first, until = days_of(course[0].fact.on)
    told = AdverseEventInput(
        ref=course[0].id,
        term=f"event {event}, which {lacks}",
        grade=max(grades, default=None),
        onset=first - timedelta(days=365),
        attribution=_attribution(course[0], course),
        onset_until=until,
    )
    return course[0].subject, told


def _undated(step: Row[AdverseEventCourse], onset: date) -> tuple[date, date, int]:
    first, last = days_of(step.fact.on)
    return max(first, onset), max(last, onset), step.fact.grade


def _ended(stated: date | None, course: list[Row[AdverseEventCourse]]) -> date | None:
    """Day on which an event was over; None where it went on, or came back, after that."""
    steps = [(step.day, step.fact.grade) for step in course if step.day is not None]
    if stated is not None:
        return None if any(day > stated and grade > 0 for day, grade in steps) else stated
    if not steps or steps[-1][1] > 0:
        return None
    over: date = steps[-1][0]
    for day, grade in reversed(steps):
        if grade > 0:
            break
        over = day
    return over


def _attribution(
    row: Row[AdverseEvent] | Row[AdverseEventCourse], course: list[Row[AdverseEventCourse]]
) -> Attribution | None:
    """The last that was written, in the event or its course; None where that is unknown.

    Nor is it known where a step calls unrelated what was not, and nobody says who judged so.
    """
    stated = sorted((one for one in (row, *course) if one.fact.attribution is not None), key=_written)
    known: dict[str, Attribution] = {"related": "related", "unrelated": "unrelated"}
    if not stated:
        return None
    last = stated[-1]
    changed = any(one.fact.attribution != "unrelated" for one in stated)
    if last.fact.attribution == "unrelated" and changed and not is_named(last.fact.by):
        return None
    return known.get(last.fact.attribution or "")


def _written(row: Row[Fact]) -> int:
    return row.seq
