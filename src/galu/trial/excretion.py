"""Urine of each administration wired to the record: what was excreted, and how fast blood gives it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from galu.finding import InputError
from galu.pharmacokinetics import Collection, Parameter, Urine, urinary
from galu.protocol import Study
from galu.record import Record, Row
from galu.record.treatment import UrineCollection
from galu.record.when import hours_between
from galu.trial.exposure import Dose, half_lives_h, number_of
from galu.trial.subjects import Subject

#: Area of the blood or plasma profile over the window of the urine [h], decay-corrected.
AreaBetween = Callable[[float, float], Parameter | None]
Rows = Sequence[Row[UrineCollection]]


class Excreted(NamedTuple):
    """Whose urine, of which agent, in which cycle."""

    subject: str
    agent: str
    cycle: int


def cycle_of(number: int | None) -> int:
    """The administration of a fact; one that names none belongs to the first. Imaging (0) is one."""
    return 1 if number is None else number


def derive_excretion(
    study: Study,
    record: Record,
    people: Mapping[str, Subject],
    area_of: Callable[[Subject, Dose], AreaBetween],
) -> Iterator[tuple[Excreted, Parameter]]:
    """Amount, percentage and renal clearance of each agent and cycle, decay-corrected.

    Urine that belongs to no known administration has its rows, too, with the reason.
    """
    half_lives = half_lives_h(study)
    groups: dict[Excreted, list[Row[UrineCollection]]] = {}
    for row in record.rows(UrineCollection):
        number = cycle_of(number_of(study, row.fact.cycle, row.fact.fraction))
        groups.setdefault(Excreted(row.subject, row.fact.agent, number), []).append(row)
    for key, rows in sorted(groups.items()):
        subject, half_life = people.get(key.subject), half_lives.get(key.agent)
        dose = None if subject is None else administration(subject, key.agent, key.cycle)
        if subject is None or dose is None:
            found = _none(f"no administration of {key.agent} in cycle {key.cycle} is recorded", rows)
        elif half_life is None:
            found = _none(f"the study names no nuclide of {key.agent}", rows)
        else:
            found = excretion(key, rows, (dose, half_life, record.zone), area_of(subject, dose))
        yield from ((key, row) for row in found)


def administration(subject: Subject, agent: str, cycle: int) -> Dose | None:
    """The administration of an agent in a cycle, therapeutic or for imaging."""
    given = (*subject.therapy, *subject.imaging)
    return next((one for one in given if (one.agent, cycle_of(one.number)) == (agent, cycle)), None)


def excretion(
    key: Excreted, rows: Rows, given: tuple[Dose, float, str], area: AreaBetween
) -> tuple[Parameter, ...]:
    """Amount, percentage and renal clearance over the whole collection, decay-corrected.

    Parameters
    ----------
    rows
        Facts `urine_collection` of this administration.
    given
        The administration, the half-life of its nuclide [h] and the record's zone.
    area
        AUC of blood over a window, or None where there is no profile.
    """
    dose, half_life_h, zone = given
    try:
        collections = _collections(rows, dose.start, zone, half_life_h)
        urine = Urine(key.subject, key.cycle, collections, dose.net_mbq, "MBq/mL", "MBq", "mL")
    except InputError as error:
        return _none(str(error), rows)
    if not collections:
        return _none("no collection after the start of the administration", rows)
    first, last = collections[0].start_h, collections[-1].end_h
    return urinary(urine, first, last, area(first, last))


def _none(reason: str, rows: Rows) -> tuple[Parameter, ...]:
    ids = tuple(row.id for row in rows)
    codes = (
        ("RCAMINT", "Amt Rec from T1 to T2", "MBq"),
        ("RCPCINT", "Pct Rec from T1 to T2", "%"),
        ("RENALCL", "Renal CL", "L/h"),
    )
    return tuple(Parameter(code, name, None, unit, reason, 0.0, None, ids) for code, name, unit in codes)


def _collections(rows: Rows, start: str, zone: str, half_life_h: float) -> tuple[Collection, ...]:
    """Collections in order of time, their activity corrected to the start of the administration.

    A measured activity of urine is that at the end of its collection. One that ended before the
    administration holds nothing of it and is left out.

    Raises
    ------
    InputError
        When one began before the administration and ended after it, or the time of day is not known.
    """
    found = []
    for row in rows:
        begin, end = hours_between(start, row.fact.on, zone), hours_between(start, row.fact.ended, zone)
        if begin is None or end is None:
            raise InputError("urine", "the administration has no time of day", "record when it began")
        if end <= 0.0:
            continue
        if begin < 0.0:
            place = f"urine from {row.fact.on} to {row.fact.ended}"
            raise InputError(place, f"it begins before the administration ({start})", "correct its start")
        conc = None
        if row.fact.activity_mbq is not None and row.fact.volume_ml:
            decay = 1.0 if row.fact.decay_state == "corrected" else 2.0 ** (end / half_life_h)
            conc = row.fact.activity_mbq * decay / row.fact.volume_ml
        found.append(Collection(begin, end, conc, row.fact.volume_ml, bool(row.fact.missed_void), row.id))
    return tuple(sorted(found, key=lambda one: (one.start_h, one.end_h, one.ref)))
