"""Deaths as signs of a dose-limiting toxicity: told as a death, or by an event that was fatal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from galu.safety.course import sorted_course
from galu.safety.inputs import AdverseEventInput, DltPatient
from galu.safety.plan import DltRule
from galu.safety.sign import Sign

#: CTCAE: death related to the adverse event.
FATAL: Final = 5


def death_signs(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> list[Sign]:
    """Signs of a death, told as such or by an event, that is not known to be unrelated."""
    return [*_of_event(rule, patient, window, as_of), *_of_death(rule, patient, window, as_of)]


def _of_event(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> Iterator[Sign]:
    """An event of whatever term that was fatal and is not called unrelated."""
    for event in patient.events:
        if event.grade != FATAL or event.attribution == "unrelated":
            continue
        on = patient.died.known_on if patient.died else _fatal_on(event)
        if window[0] <= on <= min(window[1], as_of):
            related = "" if event.attribution else ", attribution unknown counts as related"
            said = f"{rule.clause}: {event.term} grade {FATAL}{related}"
            yield Sign(True, on, rule.id, said, (event.ref,), (on, on))


def _fatal_on(event: AdverseEventInput) -> date:
    """Day from which an event was fatal, as far as that is told."""
    steps = (day for day, grade in sorted_course(event) if grade == FATAL)
    return next(steps, event.ended or event.onset)


def _of_death(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> list[Sign]:
    died = patient.died
    if died is None or died.related is False:
        return []
    inside = False if died.known_on < window[0] else died.by(min(window[1], as_of))
    if inside is False:
        return []
    said = rule.clause if died.related else f"{rule.clause}; not known to be unrelated"
    if inside is None:
        said = f"{said}; its day is known only in part"
    return [Sign(inside, died.known_on, rule.id, said, died.facts, (died.day, died.known_on))]
