"""Facts as whoever looks may see them: by kind and subject, of any day, all or what stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from galu.desk.clock import utc_now
from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.seen import Eyes
from galu.desk.status import day_of_report
from galu.finding import InputError
from galu.record import KINDS
from galu.store.sql import Clock

#: The most facts of one answer.
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Sought:
    """Which facts are wanted: of a kind, of a subject, as known on a day, after an entry, so many.

    `standing` leaves out what was corrected or taken back.
    """

    kind: str | None = None
    subject: str | None = None
    as_of: date | None = None
    after: int = 0
    most: int = 100
    standing: bool = False


@dataclass(frozen=True, slots=True)
class FactShown:
    """A fact with its stamps; `values` are its own fields, `stands` whether nothing replaced it."""

    id: str
    kind: str
    seq: int
    recorded: datetime
    stands: bool
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FactPage:
    """Facts in the order written; `next` is what `after` must be for more, None where there is no more."""

    day: date
    facts: tuple[FactShown, ...]
    next: int | None


@acts("read")
def find_facts(folder: Path, sought: Sought, clock: Clock = utc_now) -> FactPage:
    """Facts of a trial that whoever looks may see.

    Raises
    ------
    InputError
        When there is no such kind, or the day is still to come.
    """
    if sought.kind is not None and sought.kind not in KINDS:
        raise InputError("kind", f"{sought.kind!r} is no kind of fact", "`galu record kinds` lists them")
    trial = open_trial(folder, clock)
    everything = trial.record
    day = day_of_report(everything, sought.as_of, clock)
    record, eyes = everything.as_of(day), Eyes(trial.sight, everything)
    rows: list[tuple[str, dict[str, Any]]] = []
    for kind, frame in record.frames.items():
        if sought.kind not in (None, kind):
            continue
        wanted = frame.filter(pl.col("seq") > sought.after)
        if sought.subject is not None:
            wanted = wanted.filter(pl.col("subject") == sought.subject)
        if sought.standing:
            gone = list(record.superseded)
            wanted = wanted.filter(~pl.col("id").is_in(gone)) if kind != "retraction" else wanted.clear()
        seen = eyes.sees(kind, wanted).sort("seq").head(sought.most + 1)
        rows += [(kind, row) for row in seen.iter_rows(named=True)]
    rows.sort(key=lambda one: int(one[1]["seq"]))
    page = rows[: sought.most]
    more = int(page[-1][1]["seq"]) if len(rows) > len(page) else None
    return FactPage(day, tuple(_shown(kind, row, record.superseded) for kind, row in page), more)


def _shown(kind: str, row: dict[str, Any], superseded: frozenset[str]) -> FactShown:
    values = {
        name: value for name, value in row.items() if value is not None and name not in ("seq", "recorded")
    }
    stands = row["id"] not in superseded and kind != "retraction"
    return FactShown(row["id"], kind, row["seq"], row["recorded"], stands, values)
