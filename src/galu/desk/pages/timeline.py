"""One timeline of a subject: doses, images, counts, events, visits and steps, each on its strip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from galu.desk.page_words import Said, say
from galu.record.conduct import Visit
from galu.record.people import Lab
from galu.record.treatment import Scan
from galu.trial.state import TrialState
from galu.trial.subjects import Subject


@dataclass(frozen=True, slots=True)
class Item:
    """Something on a strip from `first` to `last`; `kind` says how it is drawn, `fact` what it is."""

    first: date
    last: date
    kind: str
    label: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of the timeline."""

    name: Said
    items: tuple[Item, ...]


#: Laboratory tests that a marrow is watched by.
_COUNTS: Final = ("NEUT", "PLAT", "HGB", "WBC")


def timeline(state: TrialState, person: Subject) -> tuple[Strip, ...]:
    """The strips of one subject, without those that hold nothing."""
    strips = (
        Strip(say("steps"), tuple(_steps(person))),
        Strip(say("doses"), tuple(_doses(state, person))),
        Strip(say("images"), tuple(_images(state, person))),
        Strip(say("counts"), tuple(_counts(state, person))),
        Strip(say("events"), tuple(_events(state, person))),
        Strip(say("visits"), tuple(_visits(state, person))),
    )
    return tuple(one for one in strips if one.items)


def _steps(person: Subject) -> Iterator[Item]:
    steps = (
        (person.consent, "consent"),
        (person.enrolled, "slot"),
        (person.screen_failed, "screen failure"),
        (person.died, "death"),
        *((one.day, f"left {one.scope}") for one in person.exits),
    )
    for day, word in steps:
        if day is not None:
            yield Item(day, day, "key", word)


def _doses(state: TrialState, person: Subject) -> Iterator[Item]:
    for dose in (*person.imaging, *person.therapy):
        kind = "dose" if dose in person.therapy else "image"
        net = "?" if dose.net_mbq is None else f"{dose.net_mbq:.0f}"
        yield Item(dose.day, dose.day, kind, f"{dose.agent}, {net} MBq", dose.facts[0] if dose.facts else "")
    for one in state.proposals:
        if one.subject == person.id:
            yield Item(one.due, one.latest, "next", f"cycle {one.cycle}")


def _images(state: TrialState, person: Subject) -> Iterator[Item]:
    for row in state.record.rows_by_subject(Scan).get(person.id, ()):
        if row.day is not None:
            yield Item(row.day, row.day, "image", row.fact.modality, row.id)


def _counts(state: TrialState, person: Subject) -> Iterator[Item]:
    days: dict[date, str] = {}
    for row in state.record.rows_by_subject(Lab).get(person.id, ()):
        if row.day is not None and row.fact.test in _COUNTS:
            days.setdefault(row.day, row.id)
    for day, fact in sorted(days.items()):
        yield Item(day, day, "count", "blood count", fact)


def _events(state: TrialState, person: Subject) -> Iterator[Item]:
    for treated in state.safety.treated:
        if treated.subject == person.id:
            for one in treated.events:
                last = one.ended or state.day
                label = one.term + (f", G{one.grade}" if one.grade else "")
                yield Item(one.onset, max(last, one.onset), f"ae{min(one.grade or 1, 4)}", label, one.ref)


def _visits(state: TrialState, person: Subject) -> Iterator[Item]:
    for row in state.record.rows_by_subject(Visit).get(person.id, ()):
        if row.day is not None and row.fact.status != "missed":
            yield Item(row.day, row.day, "visit", row.fact.visit, row.id)
