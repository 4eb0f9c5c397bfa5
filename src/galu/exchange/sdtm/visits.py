"""Days of lesions that the identification does not date: those on which they were measured at that visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from galu.exchange.sdtm.facts import with_columns
from galu.exchange.sdtm.tables import Table

_KEYS = ("USUBJID", "VISIT")


def date_lesions(tables: Sequence[Table]) -> list[Table]:
    """The tables, rows of TU without TUDTC dated by the first measurement (TR) of the same visit."""
    measured = [
        table.frame.select(*_KEYS, "TRDTC")
        for table in tables
        if table.domain == "TR" and {*_KEYS, "TRDTC"} <= set(table.frame.columns)
    ]
    if not measured:
        return list(tables)
    days = pl.concat(measured).drop_nulls().group_by(_KEYS).agg(pl.col("TRDTC").min())
    return [_dated(table, days) if table.domain == "TU" else table for table in tables]


def _dated(table: Table, days: pl.DataFrame) -> Table:
    if not set(_KEYS) <= set(table.frame.columns):
        return table
    frame = with_columns(table.frame, frozenset({"TUDTC"}))
    frame = frame.join(days, on=list(_KEYS), how="left", maintain_order="left")
    frame = frame.with_columns(pl.coalesce("TUDTC", "TRDTC").alias("TUDTC")).drop("TRDTC")
    return replace(table, frame=frame)
