"""Rows of a data set as facts: each row finds its home, or is kept verbatim, or is skipped with a reason.

A cell that cannot be read leaves its field unknown and is named; it never costs another row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
from pydantic import ValidationError

from galu.exchange.sdtm.lines import Line
from galu.exchange.sdtm.shape import Domain, Home
from galu.exchange.sdtm.tables import Table
from galu.exchange.sdtm.takes import known_part
from galu.record import KINDS
from galu.record.conduct import Element
from galu.record.fact import Fact

#: Kinds that say more than a day only with a full day, by the models of the record.
_FULL_DAY: Final = ("administration", "sample")
_DATES: Final = ("on", "ended", "started", "birth_date")


@dataclass
class Outcome:
    """What became of the rows of one file, filled while reading.

    `lost` are kept rows that a kind was meant for, `doubled` skipped rows that stand elsewhere or say
    nothing, `faults` cells that could not be read.
    """

    facts: list[Fact] = field(default_factory=list)
    mapped: set[int] = field(default_factory=set)
    kept: list[Line] = field(default_factory=list)
    lost: list[Line] = field(default_factory=list)
    skipped: list[Line] = field(default_factory=list)
    doubled: list[Line] = field(default_factory=list)
    faults: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)


def with_columns(frame: pl.DataFrame, columns: frozenset[str]) -> pl.DataFrame:
    """The frame with an empty column for each that it lacks."""
    absent = [pl.lit(None, dtype=pl.String).alias(c) for c in sorted(columns) if c not in frame.columns]
    return frame.with_columns(absent)


def map_rows(
    domain: Domain, table: Table, frame: pl.DataFrame, days: Mapping[str, str], outcome: Outcome
) -> None:
    """Add the facts of every row of `frame` to `outcome`; `days` dates a subject's undated rows."""
    wanted = frozenset().union(*(home.columns for home in domain.homes), domain.dates)
    full = with_columns(frame, wanted | {"USUBJID"})
    for home in domain.homes:
        _write(table, full, home, outcome)
    rest = full.filter(~pl.col("row").is_in(list(outcome.mapped)))
    meant = domain.homes[0].when
    meant_for = set((rest if meant is None else rest.filter(meant))["row"].to_list())
    for row in rest.iter_rows(named=True):
        own = next((d for c in domain.dates if row[c] and (d := known_part(row[c]))), None)
        _keep(domain, table, row, own or days.get(row["USUBJID"]), outcome)
        if row["row"] in meant_for and outcome.kept and outcome.kept[-1][0] == row["row"]:
            outcome.lost.append(outcome.kept[-1])


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
    values = {
        "id": row["id"],
        "subject": row["USUBJID"],
        "name": f"{table.domain}.{topic}",
        "value": json.dumps(cells, ensure_ascii=False),
        "source": f"{table.path.name} row {number}",
    }
    fact = next((f for d in (day, day[:7], day[:4]) if (f := _fact(Element, {**values, "on": d}))), None)
    if fact is None:
        outcome.skipped.append((number, f"{day!r} is no date"))
        return
    outcome.facts.append(fact)
    outcome.kept.append((number, _why_homeless(domain, row)))


def _fact(model: type[Fact], values: dict[str, Any]) -> Fact | None:
    try:
        return model(**values)
    except ValidationError:
        return None


def _why_homeless(domain: Domain, row: Mapping[str, Any]) -> str:
    if row.get(domain.dates[0]) is None:
        return f"{domain.dates[0]} is empty"
    shown = next((f"{c} {row[c]!r}" for c in domain.topic if row.get(c) is not None), "the row")
    return f"{shown} has no kind of its own, or lacks what its kind needs"


def _write(table: Table, frame: pl.DataFrame, home: Home, outcome: Outcome) -> None:
    rows = frame if home.when is None else frame.filter(home.when)
    _tell(rows, home, outcome)
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
        row["source"] = f"{table.path.name} row {number}"
        try:
            fact: Fact | None = model(**row)
        except ValidationError as error:
            fact = _mended(model, row, error, (home, number, outcome))
        if fact is None:
            continue
        outcome.facts.append(fact)
        outcome.mapped.add(number)
        if len(fact.on) < len("2026-01-31"):
            outcome.notes.append((number, f"{home.kind}: the day is known only in part"))


def _tell(rows: pl.DataFrame, home: Home, outcome: Outcome) -> None:
    """Name the cells that are broken, and those of which something is left behind."""
    for take in home.takes.values():
        for condition, text, told in (
            (take.fault, take.fault_text, outcome.faults),
            (take.loss, take.loss_text, outcome.notes),
        ):
            if condition is not None:
                for row in rows.filter(condition).iter_rows(named=True):
                    shown = next((f"{c} {row[c]!r}" for c in take.columns if row[c] is not None), "")
                    line = (row["row"], f"{shown} {text}")
                    if line not in told[-3:]:
                        told.append(line)


def _mended(
    model: type[Fact], row: dict[str, Any], error: ValidationError, at: tuple[Home, int, Outcome]
) -> Fact | None:
    """The fact without what is impossible; None where its kind needs just that.

    A day that does not exist leaves the month, a month that does not the year.
    """
    home, number, outcome = at
    values = dict(row)
    for _ in range(2 * len(row)):
        fault = error.errors()[0]
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name not in home.takes:
            return None
        columns = home.takes[name].columns
        message = str(fault["msg"]).removeprefix("Value error, ").partition(": ")[0]
        line = (number, f"{' or '.join(columns)} {message}")
        if line not in outcome.faults:
            outcome.faults.append(line)
        text = values[name]
        if name in _DATES and isinstance(text, str) and len(text) > len("2026"):
            values[name] = text[:7] if len(text) > len("2026-01") else text[:4]
        elif model.model_fields[name].is_required():
            return None
        else:
            values[name] = None
        try:
            return model(**values)
        except ValidationError as next_error:
            error = next_error
    return None
