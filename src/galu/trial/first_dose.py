"""The first dose: whether all of the level's activity was given, and given into a vein."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from galu.protocol import Study
from galu.quantities import mbq_in_words
from galu.record import Record, Row
from galu.record.conduct import Visit
from galu.record.site import Incident
from galu.record.when import days_of
from galu.safety.events import is_one_of
from galu.safety.inputs import AdverseEventInput
from galu.safety.plan import SafetyPlan
from galu.trial.exposure import Dose, half_lives_h
from galu.trial.subjects import Subject


def full_dose(subject: Subject, plan: SafetyPlan, fractions: int = 1) -> bool | None:
    """Whether the first cycle had the activity of the level; of a dose outside the plan that is not known."""
    dose, least = subject.therapy[0], plan.dlt.full_dose_fraction.value
    planned = dose.level_mbq or dose.planned_mbq
    if dose.net_mbq is None or not planned:
        return None
    # Of several administrations of one cycle nobody knows which were given, of an activity whether all was.
    if dose.repeated_by:
        return None
    fraction = dose.net_mbq / planned
    if subject.unplanned:
        return True if least <= fraction <= 2.0 - least else None
    return _others_of_the_cycle(subject, fractions, least) if fraction >= least else False


def _others_of_the_cycle(subject: Subject, fractions: int, least: float) -> bool | None:
    """Whether the further fractions of the first cycle were given whole; one not given yet is no other."""
    given = {dose.number: dose for dose in subject.therapy}
    known: list[bool | None] = []
    for number in range(2, fractions + 1):
        dose = given.get(number)
        if dose is None:
            continue  # what is not given is asked for when it is overdue
        if dose.net_mbq is None or dose.repeated_by:
            known.append(None)
            continue
        planned = dose.level_mbq or dose.planned_mbq
        known.append(dose.net_mbq >= least * planned if planned else None)
    return False if False in known else None if None in known else True


_INTRAVENOUS: Final = re.compile(r"intra-?ven|\bi\.?\s?v\b|静脉|静注", re.IGNORECASE)
#: Terms of an injection that did not all reach the blood.
_BESIDE_THE_VEIN: Final = ("Infusion site extravasation",)


#: Incidents after which all of a dose may not have arrived, or another one did.
_NOT_WHOLE: Final = frozenset(
    (
        "stopped",
        "leak",
        "extravasation",
        "skin-contamination",
        "wrong-drug",
        "wrong-patient",
        "wrong-activity",
    )
)


def dose_doubts(
    subject: Subject,
    study: Study,
    events: tuple[AdverseEventInput, ...],
    visits: Mapping[date, str],
    incidents: Iterable[Row[Incident]] = (),
) -> tuple[str, ...]:
    """What makes the first administration none of the level, given into a vein and whole.

    `visits` says of a dosing visit, by day, that it was not whole. What an incident did to the dose is asked,
    whatever it says of its effect: a judgement of `dlt-evaluable` answers.
    """
    assert study.safety is not None
    dose, most = subject.therapy[0], 2.0 - study.safety.dlt.full_dose_fraction.value
    planned = dose.level_mbq
    found = []
    if dose.net_mbq is not None and planned and dose.net_mbq > most * planned:
        above = dose.net_mbq / planned - 1.0
        given = mbq_in_words(dose.net_mbq)
        found.append(f"the first dose of {given} is {above:+.0%} of level {subject.level}")
    if dose.route and not _INTRAVENOUS.search(dose.route) and dose.agent in half_lives_h(study):
        found.append(f"the first dose was given by the route {dose.route!r}")
    if dose.day in visits:
        found.append(f"the visit of the first dose was {visits[dose.day]}")
    found += [
        f"{event.term} on {event.onset}: whether all of the first dose arrived is not known"
        for event in events
        if event.onset <= dose.day + timedelta(1)
        and (event.onset_until or event.onset) >= dose.day
        and is_one_of(event, _BESIDE_THE_VEIN)
    ]
    found += [
        f"{row.fact.what} at the first dose ({row.id}): whether it can be judged is not known"
        for row in incidents
        if row.fact.what in _NOT_WHOLE and _is_of(row, dose)
    ]
    return tuple(found)


def _is_of(row: Row[Incident], dose: Dose) -> bool:
    """Whether an incident may be one of a dose: of its agent and cycle, where told, else of its day."""
    told = row.fact
    if told.agent not in (None, dose.agent):
        return False
    if told.cycle is not None and dose.cycle is not None:
        return (told.cycle, told.fraction or 1) == (dose.cycle, dose.fraction or 1)
    first, last = days_of(told.on)
    return first <= dose.day <= last


def dosing_visits(study: Study, record: Record) -> dict[str, dict[date, str]]:
    """Dosing visits that were not whole, by subject and day."""
    named = {one.id for one in study.schedule.visits if "dose" in one.procedures} if study.schedule else set()
    found: dict[str, dict[date, str]] = {}
    for row in record.rows(Visit):
        whole = row.fact.status == "done" or row.fact.visit not in named
        if not whole and row.day is not None:
            found.setdefault(row.subject, {})[row.day] = row.fact.status
    return found
