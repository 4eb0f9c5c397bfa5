"""Times to event from declared events and censorings: rPFS, OS, PSA progression, duration of response.

The first declared event counts. Censoring is at the last adequate assessment (rPFS) or last known
alive (OS); new therapy and missed scans censor only in the sensitivity variants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from galu.finding import InputError, Rule

RPFS_RULE = Rule("rPFS", "PCWG3", "Scher, JCO 2016;34:1402, table 4")
OS_RULE = Rule("OS", "1", "death from any cause")
TTPP_RULE = Rule("Time to PSA progression", "PCWG3", "Scher, JCO 2016;34:1402, table 2")
DOR_RULE = Rule("Duration of response", "RECIST 1.1", "Eisenhauer 2009, section 4.7")


@dataclass(frozen=True, slots=True)
class Dated:
    """Something on a day: an event (`what`), an assessment, a contact."""

    day: date
    what: str = ""
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class TimeToEvent:
    """Days from the start (the start is day 1), whether the event was seen, and why it ended there."""

    days: int
    event: bool
    on: date
    reason: str
    rule: Rule
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CensorRule:
    """Sensitivity switches: censor at the last assessment before new therapy, or before a gap.

    `missed_scan_days`: an event later than this after the last adequate assessment (two missed
    scans) is censored there; None: it counts.
    """

    at_new_therapy: bool = False
    missed_scan_days: int | None = None


def _end(start: date, end: Dated, event: bool, reason: str, rule: Rule) -> TimeToEvent:
    days = max((end.day - start).days, 0) + 1
    return TimeToEvent(days, event, end.day, reason, rule, (end.ref,) if end.ref else ())


def _in_order(items: Iterable[Dated]) -> list[Dated]:
    return sorted(items, key=lambda item: (item.day, item.what, item.ref or ""))


def derive_time_to_event(
    start: date,
    events: Iterable[Dated],
    assessments: Iterable[Dated],
    rule: Rule,
    censoring: CensorRule | None = None,
    new_therapy: Dated | None = None,
) -> TimeToEvent:
    """First event on or after `start`, or censoring at the last assessment before what stops it.

    Raises
    ------
    InputError
        For an event or new therapy before `start`.
    """
    switch = censoring or CensorRule()
    happened, seen = _in_order(events), _in_order(assessments)
    if happened and happened[0].day < start:
        raise InputError(
            f"{rule.name}, {happened[0].what}",
            f"{happened[0].day} is before the start {start}",
            "correct one of the two dates",
        )
    event = happened[0] if happened else None
    stop = new_therapy.day if new_therapy is not None and switch.at_new_therapy else None
    if event is not None and stop is not None and stop < event.day:
        event = None
    last = _last_adequate(start, seen, stop if event is None else event.day)
    if event is None:
        reason = last.what or "no event by the last adequate assessment"
        return _end(start, last, False, "new therapy" if stop is not None else reason, rule)
    gap = switch.missed_scan_days
    if gap is not None:
        before = _last_adequate(start, seen, event.day - timedelta(days=1))
        if (event.day - before.day).days > gap:
            return _end(start, before, False, f"{event.what} after missed assessments", rule)
    return _end(start, event, True, event.what, rule)


def _last_adequate(start: date, seen: list[Dated], until: date | None) -> Dated:
    usable = [item for item in seen if item.day >= start and (until is None or item.day <= until)]
    return usable[-1] if usable else Dated(start, "no adequate assessment after the start")


@dataclass(frozen=True, slots=True)
class RpfsSources:
    """What rPFS rests on: progressions (None: none), death, adequate radiographic assessments."""

    soft_tissue: Dated | None
    bone: Dated | None
    death: Dated | None
    assessments: tuple[Dated, ...]
    new_therapy: Dated | None = None


def derive_rpfs(start: date, sources: RpfsSources, censoring: CensorRule | None = None) -> TimeToEvent:
    """Radiographic progression-free survival: RECIST PD, confirmed bone PD (dated at its first scan), death.

    PSA and clinical progression are no events.
    """
    named = (("soft-tissue PD", sources.soft_tissue), ("bone PD", sources.bone), ("death", sources.death))
    events = [Dated(item.day, what, item.ref) for what, item in named if item is not None]
    return derive_time_to_event(start, events, sources.assessments, RPFS_RULE, censoring, sources.new_therapy)


def derive_os(start: date, death: Dated | None, known_alive: Iterable[Dated]) -> TimeToEvent:
    """Overall survival, censored when last known alive."""
    events = [] if death is None else [Dated(death.day, "death", death.ref)]
    alive = [Dated(item.day, "last known alive", item.ref) for item in known_alive]
    return derive_time_to_event(start, events, alive, OS_RULE)


def derive_psa_progression(start: date, progression: Dated | None, values: Iterable[Dated]) -> TimeToEvent:
    """Time to PSA progression, censored at the last PSA value."""
    events = [] if progression is None else [Dated(progression.day, "PSA progression", progression.ref)]
    return derive_time_to_event(start, events, values, TTPP_RULE)


def derive_duration_of_response(
    response: Dated | None, ends: Iterable[Dated], assessments: Iterable[Dated]
) -> TimeToEvent | None:
    """From the first confirmed CR or PR to progression or death; None for a patient without response."""
    if response is None:
        return None
    return derive_time_to_event(response.day, ends, assessments, DOR_RULE)
