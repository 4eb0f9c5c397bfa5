"""The audit trail: every entry of the record that is seen, searched by who, whom, what, when and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from galu.desk.identity import acts
from galu.desk.pages.look import Look, look

#: So many entries are shown at most, the newest first.
MOST: Final = 200
_STAMPS: Final = frozenset(
    {"id", "seq", "recorded", "supersedes", "reason", "by", "source", "subject", "account", "on"}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty is everything."""

    words: str = ""
    subject: str = ""
    kind: str = ""
    by: str = ""
    first: date | None = None
    last: date | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """One entry: who wrote what of whom, when, and why if it corrects."""

    entry: int
    recorded: datetime
    kind: str
    fact: str
    subject: str
    on: str
    by: str
    account: str
    words: str
    supersedes: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trail:
    """The entries that fit, how many there are in all, and the kinds that can be asked for."""

    look: Look
    rows: tuple[Act, ...]
    found: int
    kinds: tuple[str, ...]


@acts("read-history")
def audit_trail(folder: Path, wanted: Wanted, as_of: date | None = None) -> Trail:
    """Entries known on a day that fit what is looked for, newest first.

    Raises
    ------
    InputError
        When the record had not begun on that day.
    """
    seen = look(folder, as_of)
    zone = ZoneInfo(seen.record.zone)
    rows = [
        row
        for kind, frame in seen.record.frames.items()
        if wanted.kind in ("", kind)
        for row in _fitting(frame, kind, wanted, zone)
    ]
    rows.sort(key=lambda one: -one.entry)
    return Trail(seen, tuple(rows[:MOST]), len(rows), tuple(sorted(seen.record.frames)))


def _fitting(frame: pl.DataFrame, kind: str, wanted: Wanted, zone: ZoneInfo) -> Iterator[Act]:
    day = pl.col("recorded").dt.convert_time_zone(zone.key).dt.date()
    tests = [pl.lit(True)]
    if wanted.subject:
        tests.append(pl.col("subject").str.contains(wanted.subject, literal=True).fill_null(False))
    if wanted.by:
        named = [
            pl.col(name).fill_null("").str.contains(wanted.by, literal=True) for name in ("by", "account")
        ]
        tests.append(named[0] | named[1])
    if wanted.first is not None:
        tests.append(day >= wanted.first)
    if wanted.last is not None:
        tests.append(day <= wanted.last)
    if wanted.changed:
        tests.append(pl.col("supersedes").is_not_null())
    words = wanted.words.casefold().split()
    for row in frame.filter(pl.all_horizontal(tests)).iter_rows(named=True):
        told = words_of(row)
        text = " ".join((told, row["id"], row["reason"] or "", row["source"] or "", row["on"])).casefold()
        if all(word in text for word in words):
            yield Act(
                row["seq"], row["recorded"].astimezone(zone), kind, row["id"], row["subject"] or "",
                row["on"], row["by"] or "", row["account"] or "", told or row["id"],
                row["supersedes"] or "", row["reason"] or "",
            )  # fmt: skip


def words_of(row: dict[str, Any]) -> str:
    """What a fact says, in one line: its values without their stamps."""
    told = [
        str(value)
        for name, value in row.items()
        if name not in _STAMPS and value not in (None, "") and not isinstance(value, list)
    ]
    return ", ".join(told[:8])
