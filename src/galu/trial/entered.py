"""What facts that want to enter are compared with: what stands in the record and in their own batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from galu.protocol import Study
from galu.protocol.ages import ages_of
from galu.record import Fact, Record
from galu.record.corrections import Target
from galu.record.identifiers import looks
from galu.record.people import Demographics
from galu.record.rows import F
from galu.record.treatment import (
    Administration,
    Dispensed,
    RegionActivity,
    Residual,
    Sample,
    Scan,
    UrineCollection,
)
from galu.record.when import days_of, hours_between
from galu.trial.exposure import half_lives_h
from galu.vocabulary.bodies import Ages

Measured = Residual | Scan | RegionActivity | Sample | UrineCollection
_MEASURED: Final[tuple[type[Measured], ...]] = (Residual, Scan, RegionActivity, Sample, UrineCollection)
Key = tuple[str, str, int, int]
YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True)
class Known:
    """What the checks compare a fact with: the study, and what stands in the record and in the batch."""

    study: Study
    zone: str
    latest: str | None
    ids: frozenset[str]
    targets: Mapping[str, Target]
    people: Mapping[str, str]
    doubtful: Mapping[str, tuple[tuple[str, str], ...]]
    typed: bool
    births: Mapping[str, str]
    starts: Mapping[Key, str]
    given: Mapping[Key, str]
    events: Mapping[str, str | None]
    drawn: Mapping[Key, tuple[str, float]]
    earliest: Mapping[Key, tuple[str, str]]
    half_lives: Mapping[str, float]
    orders: frozenset[str] = frozenset()

    def ages_on(self, subject: str | None, on: str | None) -> Ages:
        """How old somebody is on a day, by the birth date where the study admits children and it is known."""
        ages, birth = ages_of(self.study), self.births.get(subject or "")
        if not ages.with_children or birth is None or on is None:
            return ages
        first, last = days_of(birth)
        begins, ends = days_of(on)
        return Ages(max((begins - last).days / YEAR_DAYS, 0.0), max((ends - first).days / YEAR_DAYS, 0.0))


@dataclass(frozen=True, slots=True)
class Notation:
    """What is known of how facts were written.

    `doubtful` names, for a fact, columns whose number means something else where points group thousands,
    and that number; `unread` are ids of rows that could not be read, but are there.
    """

    doubtful: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


def gather_known(
    study: Study, record: Record, batch: tuple[Fact, ...], entered: tuple[datetime, Notation | None]
) -> Known:
    """What a batch is compared with, at a moment; it counts for itself too."""
    now, written = entered[0], entered[1] or Notation()
    replaced = {fact.supersedes for fact in batch if fact.supersedes}

    def standing(model: type[F]) -> Iterator[F]:
        """Facts of a kind that stand once the batch is written."""
        yield from (row.fact for row in record.rows(model) if row.id not in replaced)
        yield from (fact for fact in batch if isinstance(fact, model) and fact.id not in replaced)

    ids = {name for frame in record.frames.values() for name in frame["id"]}
    events = record.frames.get("adverse_event")
    told = {} if events is None else dict(events.select("id", "subject").iter_rows())
    told |= {fact.id: fact.subject for fact in batch if fact.kind == "adverse_event"}
    given = [(key, fact) for fact in standing(Administration) if (key := key_of(fact, study)) is not None]
    earliest: dict[Key, tuple[str, str]] = {}
    for model in _MEASURED:
        for fact in standing(model):
            key = key_of(fact, study)
            if key is not None and not is_predose(fact):
                seen = earliest.get(key)
                if seen is None or before(fact.on, seen[0], record.zone):
                    earliest[key] = (fact.on, fact.id)
    future = (now + timedelta(days=1)).astimezone(ZoneInfo(record.zone)).date().isoformat()
    return Known(
        study=study,
        zone=record.zone,
        latest=None if record.origin == "simulated" else future,
        ids=frozenset(ids),
        targets=_targets(record, batch, written.unread),
        people=_people(record, batch),
        doubtful=written.doubtful,
        typed=entered[1] is not None,
        births={one.subject or "": one.birth_date for one in standing(Demographics) if one.birth_date},
        starts={key: fact.on for key, fact in given},
        # Of several that name one cycle the first stands; the others are refused.
        given={key: fact.id for key, fact in reversed(given)},
        events=told | dict.fromkeys(written.unread),
        drawn={
            (one.subject or "", one.agent, one.cycle, one.fraction or 1): (one.on, one.activity_mbq)
            for one in standing(Dispensed)
        },
        earliest=earliest,
        half_lives=half_lives_h(study),
        orders=frozenset(_ids_of("activity_order", record, batch)) | written.unread,
    )


def _ids_of(kind: str, record: Record, batch: tuple[Fact, ...]) -> Iterator[str]:
    """Ids of the facts of a kind, in the record and in the batch."""
    frame = record.frames.get(kind)
    yield from () if frame is None else frame["id"]
    yield from (fact.id for fact in batch if fact.kind == kind)


def _targets(record: Record, batch: tuple[Fact, ...], unread: frozenset[str]) -> Mapping[str, Target]:
    """What the corrections of a batch name, where it is known; rows that could not be read fit anything."""
    wanted = {fact.supersedes for fact in batch if fact.supersedes}
    found: dict[str, Target] = {}
    if not wanted:
        return found
    replaced: dict[str, str] = {}
    for frame in record.frames.values():
        rows = frame.filter(pl.col("supersedes").is_in(list(wanted))).sort("seq")
        replaced.update(rows.select("supersedes", "id").iter_rows())
    for kind, frame in record.frames.items():
        for name, subject in frame.select("id", "subject").iter_rows():
            if name in wanted:
                found[name] = Target(kind, subject, replaced.get(name))
    found |= {one.id: Target(one.kind, one.subject) for one in record.left_out if one.id in wanted}
    found |= {fact.id: Target(fact.kind, fact.subject) for fact in batch if fact.id in wanted}
    for fact in batch:
        if fact.supersedes in unread:
            found[fact.supersedes] = Target(fact.kind, fact.subject)
    return found


def _people(record: Record, batch: tuple[Fact, ...]) -> Mapping[str, str]:
    """What a subject looks like to the one that is called so first: in the record, else in the batch."""
    names: dict[str, str] = {}
    for frame in record.frames.values():
        for name in frame["subject"].unique(maintain_order=True):
            if name is not None:
                names.setdefault(looks(name), name)
    for fact in batch:
        if fact.subject is not None and fact.subject not in names:
            names.setdefault(looks(fact.subject), fact.subject)
    return names


def key_of(fact: Administration | Measured, study: Study) -> Key | None:
    """Subject, agent, cycle and fraction of the administration of a fact; None where one is not told."""
    agent: str | None
    if isinstance(fact, Sample):
        agent = next((a.name for a in study.agents if fact.analyte in (a.name, a.nuclide)), None)
    else:
        agent = fact.agent
    if agent is None or fact.cycle is None:
        return None
    return fact.subject or "", agent, fact.cycle, fact.fraction or 1


def is_predose(fact: Measured) -> bool:
    """Whether a sample was drawn before the dose of its cycle, as its nominal time says."""
    return isinstance(fact, Sample) and fact.nominal_h is not None and fact.nominal_h <= 0


def before(first: str, second: str, zone: str) -> bool:
    """Whether `first` certainly lies before `second`, as far as both are known."""
    hours = hours_between(first, second, zone)
    if hours is not None:
        return hours > 0
    shared = min(len(first), len(second), len("2026-01-31"))
    return first[:shared] < second[:shared]
