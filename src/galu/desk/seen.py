"""What of a record an account may see: the subjects of its sites, and of persons no more than it needs.

The board is derived from every subject, whoever looks: a board that left out other sites would be wrong and
unsafe. What is shown of single subjects, what is listed and what leaves the trial passes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


def sees_fact(sight: Sight, record: Record) -> Callable[[str, str | None], bool]:
    """Whether a fact of a subject is seen; one of nobody, such as a query, where all that it is about is."""
    sees, about = sees_subject(sight, record), _About(record)
    return lambda name, subject: sees(subject) if subject else all(map(sees, about.subjects(name)))


class _About:
    """Of whom facts are that have no subject of their own and are about other facts."""

    def __init__(self, record: Record) -> None:
        self._subjects: dict[str, str] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        links = [kind for kind in record.frames if not KINDS[kind].about_subject]
        for kind in links:
            frame = record.frames[kind].filter(pl.col("subject").is_null())
            for row in frame.iter_rows(named=True):
                self._names[row["id"]] = tuple(_named(row))
        waiting = {one for names in self._names.values() for one in names} if self._names else set()
        for frame in record.frames.values() if waiting else ():
            told = frame.filter(pl.col("id").is_in(list(waiting)) & pl.col("subject").is_not_null())
            self._subjects.update(told.select("id", "subject").iter_rows())

    def subjects(self, name: str) -> frozenset[str]:
        """Everybody whom a fact tells of, through whatever it names."""
        found: set[str] = set()
        done: set[str] = set()
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one in self._subjects:
                found.add(self._subjects[one])
            elif one not in done:
                waiting += self._names.get(one, ())
            done.add(one)
        return frozenset(found)


def _named(row: Mapping[str, object]) -> Iterator[str]:
    for column in ("about", "query", "signs", "supersedes"):
        if row.get(column):
            yield str(row[column])
    rests = row.get("rests_on")
    if isinstance(rests, list | tuple):
        yield from map(str, rests)


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
        self._sees_fact = sees_fact(sight, record)
        self._known = [name for name in self.subjects if sight.knows(sites.get(name))]

    def sees(self, kind: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Facts of a kind that may be seen, fields that identify a person emptied where these may not be."""
        if self._sight == Sight(None, None):
            return frame
        own = pl.col("subject").is_in(self.subjects)
        # An item of a source without a subject may tell of anybody.
        nobody = pl.col("subject").is_null() if kind != Element.kind or self._sight.sites is None else False
        shown = frame.filter(own | nobody)
        if not KINDS[kind].about_subject and self._sight.sites is not None:
            loose = shown.filter(pl.col("subject").is_null())["id"].to_list()
            hidden = [name for name in loose if not self._sees_fact(name, None)]
            shown = shown.filter(~pl.col("id").is_in(hidden))
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
    whose = _subjects_of(record, wanted)
    fact_seen = sees_fact(trial.sight, record) if None in whose.values() else None
    for name in wanted:
        seen = name in whose and (
            fact_seen(name, None) if whose[name] is None and fact_seen else sees(whose[name])
        )
        if not seen:
            raise NotThereError(
                f"fact {name!r}", "is not in the record", "`galu record export` lists every fact"
            )


def _subjects_of(record: Record, facts: Iterable[str]) -> Mapping[str, str | None]:
    """The subject of each of these facts that is there."""
    wanted = list(facts)
    found: dict[str, str | None] = {}
    for frame in record.frames.values() if wanted else ():
        found.update(frame.filter(pl.col("id").is_in(wanted)).select("id", "subject").iter_rows())
    return found
