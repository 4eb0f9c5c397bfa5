"""What may enter a record and how it is sealed, whoever keeps it: pure rules over what is there already."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import polars as pl

from galu.finding import InputError, OvertakenError
from galu.record import Fact, Unread, canonical
from galu.record.corrections import Target, correction_fault
from galu.record.record import frame_from_payloads, readable
from galu.record.seal import Head, digest_of

#: An entry as stored: number, stamp, kind, canonical JSON, digest before it, its own.
Row = tuple[int, str, str, str, str, str]


class There(Protocol):
    """What is in a record already, as far as something new must know of it."""

    def targets(self, ids: Collection[str]) -> Mapping[str, Target]:
        """The facts with these ids, where there are any, with what replaced them."""
        ...

    def first(self) -> tuple[str, str] | None:
        """Kind and canonical JSON of the first fact."""
        ...

    def last(self) -> tuple[Head, str]:
        """The head, and the stamp of the newest entry; an empty text where there is none."""
        ...

    def is_fresh(self) -> bool:
        """Whether nothing but study versions is there."""
        ...


def stamp(moment: datetime) -> str:
    """UTC text of a moment; texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(stamped: str) -> datetime:
    """Moment of a stamp."""
    return datetime.fromisoformat(stamped)


def require_not_overtaken(place: str, head: Head, after: Head | None) -> None:
    """Refuse what was concluded from a record that has grown since.

    Raises
    ------
    OvertakenError
        When `after` is given and is not the head.
    """
    if after is not None and after != head:
        raise OvertakenError(
            place,
            f"somebody wrote entry {head.seq} meanwhile",
            "look again, and repeat it if it still holds; nothing was written",
        )


def admitted(
    there: There, batch: Sequence[Fact], recorded: Sequence[datetime] | None, now: datetime
) -> tuple[str, ...]:
    """Stamps of a batch that may enter: the present moment, never before the newest entry, or its own.

    Raises
    ------
    InputError
        When an id is taken, a correction names nothing it may correct, or `recorded` is not allowed.
    """
    _require_new_and_known(there, batch)
    if recorded is not None:
        return _own_times(there, batch, recorded)
    return (max(stamp(now), there.last()[1]),) * len(batch)


def _require_new_and_known(there: There, batch: Sequence[Fact]) -> None:
    """Ids are new; a correction names an earlier fact that it may correct."""
    named = {fact.id for fact in batch} | {fact.supersedes for fact in batch if fact.supersedes}
    known = dict(there.targets(named))
    for fact in batch:
        place = f"{fact.kind} {fact.id!r}" + (f" ({fact.source})" if fact.source else "")
        if fact.id in known:
            raise InputError(
                place,
                "this id is in the record already",
                "give each fact its own id, or correct a fact with `supersedes`",
            )
        fault = correction_fault(fact, known.get(fact.supersedes or ""))
        if fault is not None:
            raise InputError(place, fault[1], fault[2])
        known[fact.id] = Target(fact.kind, fact.subject)
        if fact.supersedes is not None:
            known[fact.supersedes] = replace(known[fact.supersedes], replaced_by=fact.id)


def _own_times(there: There, batch: Sequence[Fact], recorded: Sequence[datetime]) -> tuple[str, ...]:
    """Stamps that the batch brings itself, where the record's origin allows it."""
    place = "recorded times"
    if len(recorded) != len(batch):
        raise InputError(place, f"{len(recorded)} times for {len(batch)} facts", "give one for each fact")
    if any(moment.tzinfo is None for moment in recorded):
        raise InputError(place, "a time has no zone", "give every time its zone")
    kind, payload = there.first() or (batch[0].kind, canonical(batch[0]))
    origin = json.loads(payload).get("origin") if kind == "study_version" else None
    if origin == "imported" and not there.is_fresh():
        origin = "observed"
    if origin not in ("simulated", "imported"):
        raise InputError(
            place,
            "only a simulated or freshly imported record may bring its own",
            "leave them out, and the store stamps the time of writing",
        )
    stamps = tuple(stamp(moment) for moment in recorded)
    if any(b < a for a, b in itertools.pairwise((there.last()[1], *stamps))):
        raise InputError(place, "a time lies before the one of the fact written before it", "order the facts")
    return stamps


def chained(batch: Sequence[Fact], stamps: Sequence[str], head: Head) -> list[Row]:
    """The entries of a batch after a head, each bound to all before it."""
    rows: list[Row] = []
    previous = head.digest
    for seq, (fact, recorded) in enumerate(zip(batch, stamps, strict=True), head.seq + 1):
        payload = canonical(fact)
        digest = digest_of(previous, seq, recorded, fact.kind, payload)
        rows.append((seq, recorded, fact.kind, payload, previous, digest))
        previous = digest
    return rows


def table_of(
    place: str, kind: str, seqs: list[int], moments: list[str], payloads: list[str]
) -> tuple[pl.DataFrame, tuple[Unread, ...]]:
    """Table of entries of one kind, and the facts among them that no rule can read.

    Raises
    ------
    InputError
        When they are no entries of this kind.
    """
    try:
        stamps = pl.DataFrame({"seq": seqs, "recorded": moments}).with_columns(
            pl.col("recorded")
            .str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
            .dt.replace_time_zone("UTC")
        )
        return readable(kind, frame_from_payloads(kind, payloads, stamps))
    except (KeyError, pl.exceptions.PolarsError):
        raise InputError(
            place,
            f"entries of kind {kind!r} cannot be read",
            "check the record with `galu record verify`",
        ) from None


class Tables:
    """Tables by kind that grow with the entries read."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.frames: dict[str, pl.DataFrame] = {}
        self.unread: tuple[Unread, ...] = ()

    def take(self, rows: Sequence[Row]) -> None:
        """Read entries in the order in which they were written."""
        columns: dict[str, tuple[list[int], list[str], list[str]]] = {}
        for seq, recorded, kind, payload, *_ in rows:
            seqs, moments, payloads = columns.setdefault(kind, ([], [], []))
            seqs.append(seq)
            moments.append(recorded)
            payloads.append(payload)
        for kind, (seqs, moments, payloads) in columns.items():
            fresh, unread = table_of(self.place, kind, seqs, moments, payloads)
            self.unread += unread
            seen = self.frames.get(kind)
            self.frames[kind] = fresh if seen is None else pl.concat([seen, fresh])
