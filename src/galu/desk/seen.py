"""What of a record an account may see: the subjects of its sites, and of persons no more than it needs.

The board is derived from every subject, whoever looks: a board that left out other sites would be wrong and
unsafe. What is shown of single subjects, what is listed and what leaves the trial passes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from galu.access import Sight
from galu.desk.admission import sites_of
from galu.finding import NotThereError
from galu.record import KINDS, Entry, Record
from galu.record.conduct import Element

if TYPE_CHECKING:
    from galu.desk.folder import TrialFolder

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


class Eyes:
    """What may be seen of the tables of a record.

    Parameters
    ----------
    sight
        What whoever looks may see.
    record
        Tells the site of each subject.
    """

    def __init__(self, sight: Sight, record: Record) -> None:
        sites = sites_of(record)
        self._sight = sight
        self.subjects = [name for name in record.names if sight.sees(sites.get(name))]
        self._known = [name for name in self.subjects if sight.knows(sites.get(name))]

    def sees(self, kind: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Facts of a kind that may be seen, fields that identify a person emptied where these may not be."""
        if self._sight == Sight(None, None):
            return frame
        own = pl.col("subject").is_in(self.subjects)
        # An item of a source without a subject may tell of anybody.
        nobody = pl.col("subject").is_null() if kind != Element.kind or self._sight.sites is None else False
        shown = frame.filter(own | nobody)
        for name in KINDS[kind].personal:
            may_know = pl.col("subject").is_in(self._known)
            value = pl.when(may_know).then(pl.col(name)).otherwise(pl.lit(None, dtype=frame.schema[name]))
            shown = shown.with_columns(value.alias(name))
        return shown


def visible(record: Record, sight: Sight) -> Record:
    """The record with what may be seen: other facts left out, fields that identify a person emptied."""
    if sight == Sight(None, None):
        return record
    eyes = Eyes(sight, record)
    frames = {kind: eyes.sees(kind, frame) for kind, frame in record.frames.items()}
    everybody = frozenset(eyes.subjects)
    unread = tuple(one for one in record.left_out if one.subject in everybody)
    return Record(frames, record.zone, unread)


def require_seen(trial: TrialFolder, facts: Iterable[str], subject: str | None = None) -> None:
    """Refuse what names a fact or a subject that is not there, or that whoever opened the trial does not see.

    Raises
    ------
    NotThereError
        Both are told in the same words.
    """
    record = trial.record
    sees = sees_subject(trial.sight, record)
    if subject is not None and not (subject in record.names and sees(subject)):
        raise NotThereError(f"subject {subject!r}", "is not in the record", "name one of the worklist")
    wanted = tuple(dict.fromkeys(facts))
    whose = subjects_of(record, wanted) if wanted else {}
    for name in wanted:
        if name not in whose or not sees(whose[name]):
            raise NotThereError(
                f"fact {name!r}", "is not in the record", "`galu record export` lists every fact"
            )


def subjects_of(record: Record, facts: Iterable[str]) -> Mapping[str, str | None]:
    """The subject of each of these facts that is there; of what is about another fact, that one's."""
    found: dict[str, str | None] = {}
    asked: dict[str, str] = {}
    waiting = set(facts)
    while waiting:
        for frame in record.frames.values():
            rows = frame.filter(pl.col("id").is_in(list(waiting)))
            for row in rows.iter_rows(named=True) if rows.height else ():
                found[row["id"]] = row["subject"]
                named = row.get("about") or row.get("query")
                if not row["subject"] and named:
                    asked[row["id"]] = named
        waiting = {name for name in asked.values() if name not in found and name not in waiting}
    for _ in asked:  # a note on a query on a fact: as many steps as there are links
        found.update({name: found.get(named) or found[name] for name, named in asked.items()})
    return found
