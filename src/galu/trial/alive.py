"""Signs of life: the facts that show that their subject was alive on their day."""

from __future__ import annotations

from typing import Final

import polars as pl

from galu.record import Record

#: Kinds of fact that nobody leaves after death; a disposition may be the death itself and is not among
#: them, nor is what was only said of a subject, such as a judgement.
SHOWS_ALIVE: Final = (
    "contact", "consent", "demographics", "enrolment", "administration", "visit", "lab", "vital", "ecog",
    "sample", "urine_collection", "scan", "region_activity", "bone_scan", "measurement", "transfusion",
    "withdrawal", "exposure_rate", "release",
)  # fmt: skip


def signs_of_life(record: Record) -> pl.DataFrame:
    """Subject, day and id of every fact that shows a subject alive; a visit that was missed shows nothing."""
    empty = pl.DataFrame(schema={"subject": pl.String, "day": pl.Date, "id": pl.String})
    tables = [empty]
    for kind in SHOWS_ALIVE:
        rows = record.facts(kind)
        if kind == "visit":
            rows = rows.filter(pl.col("status") != "missed")
        tables.append(rows.select("subject", "day", "id"))
    return pl.concat(tables).drop_nulls()
