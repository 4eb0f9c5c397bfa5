"""Rows of a data set as facts: each row finds its home, or is kept verbatim, or is skipped with a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from pydantic import ValidationError

from galu.exchange.sdtm.domains import Domain, Home
from galu.exchange.sdtm.tables import Line, Table
from galu.exchange.sdtm.takes import known_part
from galu.finding import InputError
from galu.record import KINDS
from galu.record.conduct import Element
from galu.record.fact import Fact

#: Kinds that say more than a day only with a full day, by the models of the record.
_FULL_DAY = ("administration", "sample")


@dataclass
class Outcome:
    """What became of the rows of one file, filled while reading."""

    facts: list[Fact] = field(default_factory=list)
    mapped: set[int] = field(default_factory=set)
    kept: list[Line] = field(default_factory=list)
    skipped: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)


def with_columns(frame: pl.DataFrame, columns: frozenset[str]) -> pl.DataFrame:
    """The frame with an empty column for each that it lacks."""
    absent = [pl.lit(None, dtype=pl.String).alias(c) for c in sorted(columns) if c not in frame.columns]
    return frame.with_columns(absent)


def identified(domain: Domain, table: Table, outcome: Outcome) -> pl.DataFrame:
    """Rows with their `id`; rows without one, or that repeat one, are skipped.

    Raises
    ------
    InputError
        When a column that identifies rows is missing.
    """
    needed = ("USUBJID", *domain.key) if domain.about_subject else domain.key
    topic = () if not domain.topic or set(domain.topic) & set(table.frame.columns) else domain.topic[:1]
    for column in (*needed, *topic):
        if column not in table.frame.columns:
            raise InputError(f"{table.path}, header", f"column {column} is missing", "export it too")
    parts = [pl.lit(f"SDTM:{table.domain}")]
    parts += [pl.col(column).str.replace(r"^(-?\d+)\.0+$", "$1") for column in needed]
    frame = table.frame.with_columns(pl.concat_str(parts, separator=":").alias("id"))
    outcome.skipped += table.unread
    nameless = frame.filter(pl.any_horizontal(pl.col(*needed).is_null()))
    for row in nameless.iter_rows(named=True):
        blank = next(column for column in needed if row[column] is None)
        outcome.skipped.append((row["row"], f"{blank} is empty"))
    frame = frame.filter(pl.col("id").is_not_null())
    first = pl.col("row").first().over("id")
    for row_number, before in (
        frame.with_columns(first.alias("first"))
        .filter(pl.col("row") != pl.col("first"))
        .select("row", "first")
        .iter_rows()
    ):
        key = " and ".join(needed)
        outcome.skipped.append((row_number, f"repeats {key} of row {before}"))
    return frame.unique("id", keep="first", maintain_order=True)


def map_rows(
    domain: Domain, table: Table, frame: pl.DataFrame, days: Mapping[str, str], outcome: Outcome
) -> None:
    """Add the facts of every row of `frame` to `outcome`; `days` dates a subject's undated rows."""
    wanted = frozenset().union(*(home.columns for home in domain.homes), domain.dates)
    full = with_columns(frame, wanted | {"USUBJID"})
    for home in domain.homes:
        _write(table, full, home, outcome)
    rest = full.filter(~pl.col("row").is_in(list(outcome.mapped)))
    for row in rest.iter_rows(named=True):
        own = next((d for c in domain.dates if row[c] and (d := known_part(row[c]))), None)
        _keep(domain, table, row, own or days.get(row["USUBJID"]), outcome)


def map_trial_summary(table: Table, frame: pl.DataFrame, day: str | None, outcome: Outcome) -> None:
    """Keep each trial parameter; it has no date, so that it carries the first of the set."""
    parts = [c for c in frame.columns if c == "TSVAL" or (c.startswith("TSVAL") and c[5:].isdigit())]
    for row in frame.iter_rows(named=True):
        if day is None:
            outcome.skipped.append((row["row"], "has no date, and neither has the set"))
            continue
        value = "".join(row[part] or "" for part in parts) or None
        source = f"{table.path.name} row {row['row']}"
        name = f"TS.{row['TSPARMCD']}"
        outcome.facts.append(Element(id=row["id"], on=day, name=name, value=value, source=source))
        outcome.kept.append((row["row"], "describes the trial"))


def _keep(domain: Domain, table: Table, row: Mapping[str, Any], day: str | None, outcome: Outcome) -> None:
    number = row["row"]
    if day is None:
        outcome.skipped.append((number, "has no date, and neither has its subject"))
        return
    cells = {c: row[c] for c in table.frame.columns if c != "row" and row[c] is not None}
    topic = next((row[c] for c in domain.topic if row.get(c) is not None), "row")
    try:
        fact = Element(
            id=row["id"],
            subject=row["USUBJID"],
            on=day,
            name=f"{table.domain}.{topic}",
            value=json.dumps(cells, ensure_ascii=False),
            source=f"{table.path.name} row {number}",
        )
    except ValidationError:
        raise InputError(f"{table.path}, row {number}", f"{day!r} is no date", "correct it") from None
    outcome.facts.append(fact)
    outcome.kept.append((number, _why_homeless(domain, row)))


def _why_homeless(domain: Domain, row: Mapping[str, Any]) -> str:
    if row.get(domain.dates[0]) is None:
        return f"{domain.dates[0]} is empty"
    shown = next((f"{c} {row[c]!r}" for c in domain.topic if row.get(c) is not None), "the row")
    return f"{shown} has no kind of its own, or lacks what its kind needs"


def _write(table: Table, frame: pl.DataFrame, home: Home, outcome: Outcome) -> None:
    rows = frame if home.when is None else frame.filter(home.when)
    for take in home.takes.values():
        if take.fault is not None:
            for row in rows.filter(take.fault).head(1).iter_rows(named=True):
                place = f"{table.path}, row {row['row']}, column {take.columns[0]}"
                shown = next((row[c] for c in take.columns if row[c] is not None), "")
                raise InputError(place, f"{shown!r} {take.fault_text}", "correct the value")
        if take.loss is not None:
            for row in rows.filter(take.loss).iter_rows(named=True):
                shown = next((f"{c} {row[c]!r}" for c in take.columns if row[c] is not None), "")
                outcome.notes.append((row["row"], f"{shown} {take.loss_text}"))
    model = KINDS[home.kind]
    required = [
        name for name, info in model.model_fields.items() if info.is_required() and name in home.takes
    ]
    values = rows.select(
        "row", "id", pl.col("USUBJID").alias("subject"), **{n: t.value for n, t in home.takes.items()}
    )
    values = values.filter(pl.all_horizontal(pl.col(*required).is_not_null()))
    if home.kind in _FULL_DAY:
        values = values.filter(pl.col("on").str.len_chars() >= 10)
    for row in values.iter_rows(named=True):
        number = row.pop("row")
        if home.suffix:
            row["id"] = f"{row['id']}:{home.suffix}"
        try:
            fact = model(**row, source=f"{table.path.name} row {number}")
        except ValidationError as error:
            raise _refused(table, home, number, error) from None
        outcome.facts.append(fact)
        outcome.mapped.add(number)
        if len(fact.on) < len("2026-01-31"):
            outcome.notes.append((number, f"{home.kind}: the day is known only in part"))


def _refused(table: Table, home: Home, number: int, error: ValidationError) -> InputError:
    fault = error.errors()[0]
    name = str(fault["loc"][0]) if fault["loc"] else ""
    columns = home.takes[name].columns if name in home.takes else (name,)
    message = str(fault["msg"]).removeprefix("Value error, ")
    text, _, remedy = message.partition(": ")
    place = f"{table.path}, row {number}, column {' or '.join(columns)}"
    return InputError(place, text, remedy or "correct the value")
