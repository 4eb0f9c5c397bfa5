"""What of a record an account may see: the subjects of its sites, and of persons no more than it needs.

The board is derived from every subject, whoever looks: a board that left out other sites would be wrong and
unsafe. What is shown of single subjects, what is listed and what leaves the trial passes here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from galu.access import Sight
from galu.desk.admission import sites_of
from galu.record import KINDS, Entry, Record
from galu.record.conduct import Element

Sees = Callable[[str | None], bool]


def sees_subject(sight: Sight, record: Record) -> Sees:
    """Whether a subject is seen; what belongs to none is seen by whoever sees the trial."""
    sites = sites_of(record)
    return lambda subject: not subject or sight.sees(sites.get(subject))


def entries_seen(sight: Sight, record: Record) -> Callable[[Entry], Entry]:
    """How an entry is shown: fields that identify a person are emptied where these may not be seen."""
    sites = sites_of(record)

    def shown(entry: Entry) -> Entry:
        fact = entry.fact
        if not fact.personal or sight.knows(sites.get(fact.subject or "")):
            return entry
        return replace(entry, fact=fact.model_copy(update=dict.fromkeys(fact.personal)))

    return shown


def visible(record: Record, sight: Sight) -> Record:
    """The record with what may be seen: other facts left out, fields that identify a person emptied."""
    if sight == Sight(None, None):
        return record
    sites = sites_of(record)
    everybody = {name for name in record.names if sight.sees(sites.get(name))}
    known = {name for name in everybody if sight.knows(sites.get(name))}
    frames = {}
    for kind, frame in record.frames.items():
        own = pl.col("subject").is_in(list(everybody))
        # An item of a source without a subject may tell of anybody.
        nobody = pl.col("subject").is_null() if kind != Element.kind or sight.sites is None else False
        shown = frame.filter(own | nobody)
        for name in KINDS[kind].personal:
            may_know = pl.col("subject").is_in(list(known))
            value = pl.when(may_know).then(pl.col(name)).otherwise(pl.lit(None, dtype=frame.schema[name]))
            shown = shown.with_columns(value.alias(name))
        frames[kind] = shown
    unread = tuple(one for one in record.left_out if one.subject in everybody)
    return Record(frames, record.zone, unread)
