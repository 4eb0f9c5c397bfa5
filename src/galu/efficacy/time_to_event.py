"""Times to event as declared endpoints: where they start, what ends them, what they are followed by.

An endpoint names its sources; a patient is a timeline, from source to what happened on which day. The
first event counts. Without one the time is censored at the last adequate assessment (rPFS) or when
last known alive (OS). New therapy, missed scans and an unresolved bone progression change the result
only in the sensitivity variants, which stand beside the primary analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from galu.finding import InputError, Rule
from galu.words import checked_fields

NEW_THERAPY = "new therapy"


@dataclass(frozen=True, slots=True)
@checked_fields
class Dated:
    """Something on a day: an event, an assessment, a contact.

    `what` says why a time that ends here is censored, where the endpoint's own reason is too little.
    """

    day: date
    what: str = ""
    facts: tuple[str, ...] = ()


#: What an endpoint may start at, end with or be followed by.
Source = Literal[
    "first dose", "response", "death", "known alive", "soft-tissue PD", "bone PD", "unresolved bone PD",
    "radiographic assessment", "PSA progression", "PSA value", "progression", "response assessment",
    "new therapy", "left treatment", "adverse event",
]  # fmt: skip
#: What happened to one patient, by source: `death`, `bone PD`, `known alive`, …
Timeline = Mapping[str, Sequence[Dated]]


@dataclass(frozen=True, slots=True)
@checked_fields
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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A declared endpoint: names of the sources of its start, its events and its follow-up.

    `censored` is the reason given where no event was seen; `variant` tells a sensitivity analysis
    from the primary one.
    """

    name: str
    rule: Rule
    start: str
    events: tuple[str, ...]
    followed_by: tuple[str, ...]
    censored: str
    censoring: CensorRule = CensorRule()
    variant: str = ""


def sensitivity(primary: Endpoint, missed_scan_days: int) -> tuple[Endpoint, ...]:
    """Variants of an endpoint of radiographic progression that differ from its primary analysis."""
    rule = primary.censoring
    variants = (
        replace(
            primary,
            variant="censored at new therapy",
            censoring=replace(rule, at_new_therapy=True),
        ),
        replace(
            primary,
            variant="censored before two missed scans",
            censoring=replace(rule, missed_scan_days=missed_scan_days),
        ),
        replace(
            primary,
            variant="unresolved bone PD counts",
            # Only where a progression of bone is an event at all.
            events=(*primary.events, *(("unresolved bone PD",) if "bone PD" in primary.events else ())),
        ),
    )
    return tuple(one for one in variants if replace(one, variant=primary.variant) != primary)


def derive_time_to_event(endpoint: Endpoint, timeline: Timeline) -> TimeToEvent:
    """First event on or after the start, or censoring at the last assessment before what stops it.

    Raises
    ------
    InputError
        For a timeline without the start (no dose, no response), or an event before it.
    """
    starts = _ordered(timeline, (endpoint.start,))
    if not starts:
        raise InputError(endpoint.name, f"there is no {endpoint.start}", "leave the patient out")
    start = starts[0][1]
    happened = _ordered(timeline, endpoint.events)
    if happened and happened[0][1].day < start.day:
        source, early = happened[0]
        raise InputError(
            f"{endpoint.name}, {source}",
            f"{early.day} is before the start {start.day}",
            "correct one of the two dates",
        )
    event = happened[0] if happened else None
    stop = _new_therapy(endpoint, timeline, start.day)
    if event is not None and stop is not None and stop.day < event[1].day:
        event = None
    seen = [item for _, item in _ordered(timeline, endpoint.followed_by)]
    if event is None:
        last = _last_adequate(start, seen, stop.day if stop else None)
        reason = NEW_THERAPY if stop else last.what or endpoint.censored
        return _ended(endpoint, (start, last, stop), False, reason)
    source, end = event
    before = _last_adequate(start, seen, end.day - timedelta(days=1))
    gap = endpoint.censoring.missed_scan_days
    if gap is not None and (end.day - before.day).days > gap:
        return _ended(endpoint, (start, before, end), False, f"{source} after missed assessments")
    return _ended(endpoint, (start, end, None), True, source)


def _ended(
    endpoint: Endpoint, story: tuple[Dated, Dated, Dated | None], event: bool, reason: str
) -> TimeToEvent:
    """The time from the first to the second of `story`; the third is what censored it."""
    start, end, cause = story
    days = (end.day - start.day).days + 1
    facts = tuple(dict.fromkeys((*start.facts, *end.facts, *(cause.facts if cause else ()))))
    return TimeToEvent(days, event, end.day, reason, endpoint.rule, facts)


def _ordered(timeline: Timeline, sources: Sequence[str]) -> list[tuple[str, Dated]]:
    """What happened by these sources, in order; of one day the source named first counts."""
    items = [(rank, source, item) for rank, source in enumerate(sources) for item in timeline.get(source, ())]
    items.sort(key=lambda entry: (entry[2].day, entry[0], entry[2].what, entry[2].facts))
    return [(source, item) for _, source, item in items]


def _new_therapy(endpoint: Endpoint, timeline: Timeline, start: date) -> Dated | None:
    if not endpoint.censoring.at_new_therapy:
        return None
    given = (item for _, item in _ordered(timeline, (NEW_THERAPY,)))
    return next((item for item in given if item.day > start), None)


def _last_adequate(start: Dated, seen: Sequence[Dated], until: date | None) -> Dated:
    usable = [item for item in seen if item.day >= start.day and (until is None or item.day <= until)]
    return usable[-1] if usable else Dated(start.day, "no adequate assessment after the start")
