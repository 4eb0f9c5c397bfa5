"""What tells the rows of a domain apart, over all of its files.

The same row given twice is one row. Rows that share an identifier and differ are all kept: the first in
the order of their content has the plain identifier, so that neither files nor their order matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from galu.exchange.sdtm.lines import Line
from galu.exchange.sdtm.shape import Domain
from galu.exchange.sdtm.tables import Table
from galu.finding import InputError

_DECIMAL: Final = r"^(-?\d+)\.0+$"
#: Two files that share more of their identifiers, of the same items, are two versions of one. Assumed.
_SAME: Final = 0.5
#: Fewer shared identifiers are slips of single rows. Assumed.
_SLIPS: Final = 10


@dataclass(frozen=True, slots=True)
class Identified:
    """Rows of one file with their `id`; rows left out, given twice, or sharing an identifier."""

    frame: pl.DataFrame
    skipped: tuple[Line, ...]
    doubled: tuple[Line, ...]
    notes: tuple[Line, ...]


def identify(domain: Domain, tables: Sequence[Table]) -> tuple[Identified, ...]:
    """Give each row of a domain its `id`.

    Raises
    ------
    InputError
        When a column that identifies rows is missing, or two files hold two versions of one data set.
    """
    needed = ("USUBJID", *domain.key) if domain.about_subject else domain.key
    for table in tables:
        _require(table, needed, domain)
    prefix = f"SDTM:{tables[0].domain}"
    subject = needed[:1] if domain.about_subject else ()
    frames = [_named(table.frame, prefix, needed, number) for number, table in enumerate(tables)]
    keys = pl.concat([f.select("@table", "row", "id") for f in frames])
    shared = keys.filter(pl.col("id").is_duplicated() & pl.col("id").is_not_null())["id"].unique()
    nameless = [f.filter(pl.col("id").is_null()) for f in frames]
    rows = [
        (row, _content(row))
        for f, lost in zip(frames, nameless, strict=True)
        for row in (
            *f.filter(pl.col("id").is_in(shared.to_list())).iter_rows(named=True),
            *lost.iter_rows(named=True),
        )
    ]
    _refuse_versions(tables, rows, domain)
    names = _names(rows, prefix, subject)
    return tuple(
        _identified(table, frame, names, needed) for table, frame in zip(tables, frames, strict=True)
    )


def _require(table: Table, needed: Sequence[str], domain: Domain) -> None:
    topic = () if not domain.topic or set(domain.topic) & set(table.frame.columns) else domain.topic[:1]
    for column in (*needed, *topic):
        if column not in table.frame.columns:
            raise InputError(f"{table.path}, header", f"column {column} is missing", "export it too")


def _named(frame: pl.DataFrame, prefix: str, needed: Sequence[str], number: int) -> pl.DataFrame:
    parts = [pl.lit(prefix), *(pl.col(column).str.replace(_DECIMAL, "$1") for column in needed)]
    named = pl.concat_str(parts, separator=":").alias("id")
    return frame.with_columns(named, pl.lit(number).alias("@table"))


def _content(row: dict[str, Any]) -> str:
    """What a row says, whatever its file and the order of its columns."""
    said = (
        f"{name}={value}" for name, value in sorted(row.items()) if value is not None and name not in _OWN
    )
    return "\n".join(said)


_OWN: Final = ("row", "id", "@table")
_Row = tuple[dict[str, Any], str]
#: File and row to the name of the row; empty for a row given twice, with the row that has it.
_Names = dict[tuple[int, int], tuple[str, str]]


def _names(rows: Sequence[_Row], prefix: str, subject: Sequence[str]) -> _Names:
    """Identifiers of rows that share one or have none."""
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row, content in rows:
        name = row["id"]
        if name is None:
            if any(row[column] is None for column in subject):
                continue
            digest = hashlib.sha256(content.encode()).hexdigest()[:12]
            name = ":".join((prefix, *(row[column] for column in subject), f"#{digest}"))
        groups.setdefault(name, {}).setdefault(content, []).append(row)
    found: _Names = {}
    for name, contents in groups.items():
        for number, content in enumerate(sorted(contents), start=1):
            first, *others = contents[content]
            own = name if number == 1 else f"{name}~{number}"
            found[first["@table"], first["row"]] = own, "differs" if len(contents) > 1 else ""
            for other in others:
                found[other["@table"], other["row"]] = "", str(first["row"])
    return found


def _identified(table: Table, frame: pl.DataFrame, names: _Names, needed: Sequence[str]) -> Identified:
    number = frame["@table"][0] if frame.height else 0
    own = {row: named for (at, row), named in names.items() if at == number}
    doubled = [(row, f"is the same as row {first}") for row, (name, first) in own.items() if not name]
    key = " and ".join(needed)
    notes = [
        (row, f"shares {key} with a row that says otherwise: both are kept")
        for row, (name, why) in own.items()
        if name and why
    ]
    lost = frame.filter(pl.col("id").is_null())
    skipped = []
    for row in lost.iter_rows(named=True):
        blank = next(column for column in needed if row[column] is None)
        if row["row"] in own:
            notes.append((row["row"], f"{blank} is empty: told apart by what it says"))
        else:
            skipped.append((row["row"], f"{blank} is empty"))
    renamed = {row: name for row, (name, _) in own.items() if name}
    given = pl.col("row").replace_strict(renamed, default=None, return_dtype=pl.String)
    kept = frame.with_columns(pl.coalesce(given, pl.col("id")).alias("id")).drop("@table")
    kept = kept.filter(~pl.col("row").is_in([row for row, _ in (*doubled, *skipped)]))
    return Identified(kept, tuple(skipped), tuple(doubled), tuple(sorted(notes)))


def _refuse_versions(tables: Sequence[Table], rows: Sequence[_Row], domain: Domain) -> None:
    """Refuse two files of one data set: who reads both counts everything twice."""
    if len(tables) < 2:
        return
    said: dict[int, dict[str, str]] = {}
    for row, content in rows:
        if row["id"] is not None:
            said.setdefault(row["@table"], {})[row["id"]] = content
    items = [_items(table, domain) for table in tables]
    for one in range(len(tables)):
        for two in range(one + 1, len(tables)):
            first, second = said.get(one, {}), said.get(two, {})
            rivals = sum(content != first.get(name, content) for name, content in second.items())
            least = min(tables[one].frame.height, tables[two].frame.height)
            common = len(items[one] & items[two])
            if rivals > max(_SLIPS, _SAME * least) and common > _SAME * min(len(items[one]), len(items[two])):
                name = tables[one].path.name
                raise InputError(
                    str(tables[two].path),
                    f"is another version of {name} (both have most of their identifiers in common)",
                    "choose one of the two files and name the files that belong together as sources",
                )


def _items(table: Table, domain: Domain) -> set[tuple[str | None, ...]]:
    """Subjects and what was asked of them."""
    columns = [c for c in ("USUBJID", *domain.topic[:1]) if c in table.frame.columns]
    return set(table.frame.select(columns).unique().iter_rows())
