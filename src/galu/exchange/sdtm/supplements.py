"""Supplemental qualifiers (SUPP--): put beside the row they belong to, by IDVAR and IDVARVAL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from galu.exchange.sdtm.domains import DOMAINS
from galu.exchange.sdtm.facts import Outcome, with_columns
from galu.exchange.sdtm.shape import Domain
from galu.exchange.sdtm.tables import Table
from galu.exchange.sdtm.takes import known_part
from galu.finding import InputError
from galu.record.conduct import Element

_REQUIRED = ("RDOMAIN", "USUBJID", "QNAM", "QVAL")
_Key = tuple[str, str, str]


@dataclass
class Parents:
    """Where a supplemental qualifier finds the row it belongs to, and what it fills in there.

    `dates` is the date of a parent row by (subject, IDVAR, IDVARVAL); `filled` collects values for columns
    that a mapping reads and the parent lacks.
    """

    domain: Domain
    frame: pl.DataFrame
    dates: dict[_Key, str | None] = field(default_factory=dict)
    rows: dict[_Key, list[int]] = field(default_factory=dict)
    filled: dict[str, dict[int, str]] = field(default_factory=dict)
    indexed: set[str] = field(default_factory=set)

    @property
    def columns(self) -> frozenset[str]:
        """Columns that the mappings of the domain read."""
        return frozenset().union(*(home.columns for home in self.domain.homes))

    def has(self, key: _Key) -> bool:
        """Whether a row is found by subject, IDVAR and IDVARVAL; without IDVAR, by the subject alone."""
        if key[1] not in self.indexed:
            self._index(key[1])
        return key in self.rows

    def _index(self, idvar: str) -> None:
        self.indexed.add(idvar)
        wanted = frozenset(self.domain.dates) | ({idvar} if idvar else set())
        for row in with_columns(self.frame, wanted).iter_rows(named=True):
            key = (row["USUBJID"], idvar, plain(row[idvar]) if idvar else "")
            day = next((d for c in self.domain.dates if row[c] and (d := known_part(row[c]))), None)
            self.dates.setdefault(key, day)
            self.rows.setdefault(key, []).append(row["row"])

    def completed(self) -> pl.DataFrame:
        """The frame with what supplemental qualifiers filled in."""
        frame = self.frame
        for column, values in self.filled.items():
            added = pl.col("row").replace_strict(values, default=None, return_dtype=pl.String)
            own = pl.col(column) if column in frame.columns else pl.lit(None, dtype=pl.String)
            frame = frame.with_columns(pl.coalesce(own, added).alias(column))
        return frame


def plain(text: str | None) -> str:
    """A number as text without the `.0` that some exports add."""
    return (text or "").removesuffix(".0")


def merge(
    table: Table,
    parents: Mapping[str, Sequence[Parents]],
    days: Mapping[str, str],
    seen: dict[str, str],
    outcome: Outcome,
) -> None:
    """Give each supplemental qualifier to its parent's row; what no mapping reads is kept as an element.

    `seen` are the qualifiers of all files so far, with their values.

    Raises
    ------
    InputError
        When a column that identifies the parent is missing.
    """
    for column in _REQUIRED:
        if column not in table.frame.columns:
            raise InputError(f"{table.path}, header", f"column {column} is missing", "export it too")
    outcome.skipped += table.unread
    outcome.faults += table.damaged
    frame = with_columns(table.frame, frozenset({"IDVAR", "IDVARVAL"}))
    for row in frame.iter_rows(named=True):
        number = row["row"]
        reason, empty = _place(row, parents, days, (table, seen, outcome))
        if reason:
            outcome.skipped.append((number, reason))
            outcome.doubled += [(number, reason)] if empty else []


def _place(
    row: Mapping[str, Any],
    parents: Mapping[str, Sequence[Parents]],
    days: Mapping[str, str],
    into: tuple[Table, dict[str, str], Outcome],
) -> tuple[str, bool]:
    """Place one qualifier; the reason why it was skipped, and whether nothing is lost by that."""
    table, seen, outcome = into
    blank = next((column for column in _REQUIRED if row[column] is None), None)
    if blank:
        return f"{blank} is empty", blank == "QVAL"
    domain, subject, name = row["RDOMAIN"].upper(), row["USUBJID"], row["QNAM"].upper()
    if domain not in parents:
        why = f"no data set {domain} is read" if domain in DOMAINS else f"galu has no home for {domain}"
        return why, domain not in DOMAINS or domain == "EC"
    idvar, value = (row["IDVAR"] or "").upper(), plain(row["IDVARVAL"])
    key = (subject, idvar, value)
    owners = [each for each in parents[domain] if each.has(key)]
    if not owners:
        return f"{domain} has no row of {subject}" + (f" with {idvar} {value}" if idvar else ""), False
    parent = owners[0]
    identity = ":".join(part for part in (f"SDTM:SUPP{domain}", subject, idvar, value, name) if part)
    if seen.get(identity) == row["QVAL"]:
        return "repeats an earlier row", True
    while identity in seen:
        identity = f"{identity}~"
    seen[identity] = row["QVAL"]
    if name in parent.columns:
        for owner in owners:
            owner.filled.setdefault(name, {}).update(dict.fromkeys(owner.rows[key], row["QVAL"]))
        outcome.mapped.add(row["row"])
        return "", False
    day = parent.dates[key] or days.get(subject)
    if day is None:
        return "has no date, and neither has its subject", False
    outcome.facts.append(
        Element(
            id=identity,
            subject=subject,
            on=day,
            name=f"SUPP{domain}.{name}",
            value=row["QVAL"],
            source=f"{table.path.name} row {row['row']}",
        )
    )
    outcome.kept.append((row["row"], f"{name} is no field of any kind"))
    return "", False
