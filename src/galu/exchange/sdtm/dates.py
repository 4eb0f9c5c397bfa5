"""Dates that are unambiguous without being ISO 8601: `11FEB2024`, `UN-FEB-2024`, `20240211`, `2024/2/11`."""

from __future__ import annotations

from typing import Final

import polars as pl

_WORDED: Final = r"^(\d{1,2}|UNK?|XX|--)?[-/ ]?([A-Z]{3})[-/ ]?(\d{4})(?:[ :T].*)?$"
_BARE: Final = r"^(\d{4})(?:/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))(?:[ T].*)?$"
_ISO: Final = r"^(?:\d{4}(?:-|$)|-)"
_NAMES: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS: Final = {name: f"{number:02d}" for number, name in enumerate(_NAMES, start=1)}
_ENDINGS: Final = ("DTC", "STTPT", "ENTPT")


def with_iso_dates(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with such dates as ISO 8601, a day that is not known left out; every other text as it is."""
    foreign = [
        column
        for column in frame.columns
        if column.endswith(_ENDINGS) and not frame[column].str.contains(_ISO).all()
    ]
    return frame.with_columns(pl.coalesce(_iso(column), column).alias(column) for column in foreign)


def _iso(column: str) -> pl.Expr:
    word = pl.col(column).str.to_uppercase()
    day = word.str.extract(_WORDED, 1).str.extract(r"^(\d+)$", 1).str.zfill(2)
    month = word.str.extract(_WORDED, 2).replace_strict(_MONTHS, default=None, return_dtype=pl.String)
    worded = pl.concat_str(word.str.extract(_WORDED, 3), month, separator="-")
    bare = pl.concat_str(
        word.str.extract(_BARE, 1),
        pl.coalesce(word.str.extract(_BARE, 2), word.str.extract(_BARE, 4)).str.zfill(2),
        pl.coalesce(word.str.extract(_BARE, 3), word.str.extract(_BARE, 5)).str.zfill(2),
        separator="-",
    )
    return pl.coalesce(pl.concat_str(worded, day, separator="-"), worded, bare)
