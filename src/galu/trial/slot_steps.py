"""Slots asked for, reserved, approved and cancelled, apart from the cohort being open or closed.

A slot that is reserved or approved holds a place at its level from then on, as that of a patient who is
enrolled and not dosed yet: two sites that reserve on one day cannot both have the sixth place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from galu.record import Record, Row
from galu.record.site import SlotStep
from galu.record.treatment import Enrolment
from galu.record.when import day_of
from galu.trial.order import moment_of
from galu.trial.slots import Slot, is_gone
from galu.trial.subjects import Subject
from galu.vocabulary.persons import is_named

#: Steps after which a place is taken.
HOLDS: Final = ("reserved", "approved")


@dataclass(frozen=True, slots=True)
class Reservation:
    """Where the slot of one subject stands; `planned` is the day of the first dose, if it is told.

    `used` says that the subject is enrolled, or dosed; `freed` that an enrolment was cancelled before a dose.
    """

    subject: str
    step: Literal["requested", "reserved", "approved", "cancelled"]
    phase: str
    level: int
    since: date | None
    planned: date | None
    by: str
    facts: tuple[str, ...]
    used: bool = False
    freed: bool = False

    @property
    def holds(self) -> bool:
        """Whether it takes up a place that no enrolment has taken yet."""
        return self.step in HOLDS and not self.used

    @property
    def in_words(self) -> str:
        """As the board says it."""
        by = f" by {self.by}" if self.by and is_named(self.by) else ", by nobody named"
        when = "" if self.since is None else f" on {self.since}"
        planned = "" if self.planned is None else f", first dose planned for {self.planned}"
        return f"slot {self.step}{when}{by if self.step == 'approved' else ''}{planned}"


def derive_reservations(record: Record, subjects: Iterable[Subject]) -> tuple[Reservation, ...]:
    """The slot of everybody for whom a step is recorded, in the order in which they were last changed."""
    steps = record.rows_by_subject(SlotStep)
    if not steps:
        return ()
    people = {one.id: one for one in subjects}
    enrolled: dict[str, Row[Enrolment]] = {row.subject: row for row in record.rows(Enrolment)}
    found = []
    for name, rows in steps.items():
        if name in people:
            found.append(_reservation(people[name], rows, enrolled.get(name), record.zone))
    return tuple(found)


def _reservation(
    subject: Subject, rows: tuple[Row[SlotStep], ...], enrolment: Row[Enrolment] | None, zone: str
) -> Reservation:
    last = rows[-1]
    planned = [row.fact.planned for row in rows if row.fact.planned]
    used = subject.has_slot or bool(subject.therapy) or is_gone(subject)
    after = enrolment is not None and moment_of(last, zone).after(moment_of(enrolment, zone))
    return Reservation(
        subject.id,
        last.fact.step,
        last.fact.phase,
        last.fact.level,
        last.day,
        day_of(planned[-1]) if planned else None,
        last.fact.by,
        tuple(row.id for row in rows),
        used,
        freed=last.fact.step == "cancelled" and after and not subject.therapy,
    )


def with_reservations(slots: tuple[Slot, ...], reservations: Iterable[Reservation]) -> tuple[Slot, ...]:
    """The slots with those that are reserved, and without a place for whose enrolment was cancelled."""
    own = {one.subject: one for one in reservations}
    found = [_freed(slot, own) for slot in slots]
    held = [_held(one) for one in own.values() if one.holds]
    return (*found, *sorted(held, key=lambda slot: slot.enrolled or date.max))


def _freed(slot: Slot, own: Mapping[str, Reservation]) -> Slot:
    one = own.get(slot.subject)
    if one is None or not one.freed or slot.suspect:
        return slot
    return replace(slot, outcome="X", reason=one.in_words, facts=(*slot.facts, *one.facts))


def _held(one: Reservation) -> Slot:
    return Slot(
        subject=one.subject,
        level=one.level,
        phase=one.phase,
        enrolled=one.since,
        first_dose=None,
        outcome="P",
        window_day=None,
        window_ends=None,
        rule="slot",
        reason=f"{one.in_words}; not enrolled yet",
        facts=one.facts,
    )
