"""How a field of a fact is taken from the columns of a data set: small pieces that the tables compose.

A `Take` says which columns it reads, the value, where the value is broken (`fault`: the field stays unknown
and the row is named) and where something the source says does not reach the fact (`loss`: noted).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

#: As much of an ISO 8601 date as is known from the left; SDTM marks what is unknown with a hyphen.
_KNOWN = r"^(\d{4}(?:-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?)"
_PARTIAL = r"^(?:(?:---\d{2}|--)?(?:T[\d:-]+)?|(?::[\d-]+)?|/.*)$"
_UNKNOWN_YEAR = r"^-{1,2}(?:\d{2}|-)"


@dataclass(frozen=True)
class Take:
    """One field: columns read, value, rows that are broken, rows of which something is left behind."""

    value: pl.Expr
    fault: pl.Expr | None = None
    fault_text: str = ""
    loss: pl.Expr | None = None
    loss_text: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns read, each once."""
        return tuple(dict.fromkeys(self.value.meta.root_names()))


def known_part(written: str) -> str | None:
    """As much of a date as is known from the left; None where not even the year is."""
    match = re.match(_KNOWN, written)
    return match[1] if match else None


def as_number(column: str) -> pl.Expr:
    """Finite number of a text column, null where it is none."""
    number = pl.col(column).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def text(*columns: str) -> Take:
    """First text that is there."""
    return Take(pl.coalesce(*columns))


def joined(first: str, second: str) -> Take:
    """Text of `first`, followed by that of `second` where both are there."""
    both = pl.concat_str(pl.col(first), pl.lit(" "), pl.col(second))
    return Take(pl.coalesce(both, pl.col(first)))


def number(column: str) -> Take:
    """A number; any other text is none."""
    value = as_number(column)
    return Take(value, pl.col(column).is_not_null() & value.is_null(), "is no number")


#: Roman numerals of grades.
_ROMAN: Final = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5}
_GRADE: Final = r"^(?:CTCAE\s*)?(?:GRADE|GR\.?|G)?\s*([0-5])(?:\.0+)?(?:\s*[-:=(,]?\s*[A-Z].*)?$"


def graded(column: str) -> pl.Expr:
    """A grade, written `3`, `GRADE 3`, `G3`, `3 - SEVERE` or `III`; null where it is none of these."""
    word = pl.col(column).str.to_uppercase()
    roman = word.str.strip_prefix("GRADE").str.strip_chars()
    return pl.coalesce(
        word.str.extract(_GRADE, 1).cast(pl.Int64, strict=False),
        roman.replace_strict(_ROMAN, default=None, return_dtype=pl.Int64),
    )


def grade(column: str) -> Take:
    """A grade; any other text is none."""
    value = graded(column)
    return Take(value, pl.col(column).is_not_null() & value.is_null(), "is no grade")


def date(*columns: str) -> Take:
    """First date that is there, as precisely as it is known."""
    known = [pl.col(column).str.extract(_KNOWN, 1) for column in columns]
    lost, broken = [], []
    for column, value in zip(columns, known, strict=True):
        rest = pl.col(column).str.strip_prefix(value.fill_null(""))
        partial = pl.col(column).str.contains(_UNKNOWN_YEAR) | ((rest != "") & rest.str.contains(_PARTIAL))
        lost.append(partial.fill_null(False))
        broken.append(pl.col(column).is_not_null() & ~partial.fill_null(False) & (rest != ""))
    return Take(
        pl.coalesce(*known),
        pl.any_horizontal(broken),
        "is no ISO 8601 date",
        pl.any_horizontal(lost),
        "is known only in part and kept so far",
    )


def known(column: str) -> pl.Expr:
    """As much of a date as is known from the left; null where that is nothing."""
    return pl.col(column).str.extract(_KNOWN, 1)


def year_of(column: str) -> pl.Expr:
    """Year of a date."""
    return known(column).str.slice(0, 4)


def day_before(column: str) -> pl.Expr:
    """The day before a date; null where that names no day."""
    day = known(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return day.dt.offset_by("-1d").dt.to_string("%Y-%m-%d")


def last_day(column: str) -> pl.Expr:
    """The last day that a date known only in part can mean; a full date is itself."""
    stated = known(column)
    month_end = pl.concat_str(stated.str.slice(0, 7), pl.lit("-01")).str.to_date("%Y-%m-%d", strict=False)
    return (
        pl.when(stated.str.len_chars() == len("2026"))
        .then(pl.concat_str(stated, pl.lit("-12-31")))
        .when(stated.str.len_chars() == len("2026-01"))
        .then(month_end.dt.month_end().dt.to_string("%Y-%m-%d"))
        .otherwise(stated)
    )


def coded(column: str, table: Mapping[str, Any], dtype: Any = pl.String) -> Take:
    """Value of a code list, upper or lower case; a code that the table lacks stays unknown."""
    value = pl.col(column).str.to_uppercase().replace_strict(dict(table), default=None, return_dtype=dtype)
    left = (
        pl.col(column).is_not_null()
        & value.is_null()
        & ~pl.col(column)
        .str.to_uppercase()
        .is_in([code for code, meaning in table.items() if meaning is None])
    )
    return Take(value, loss=left, loss_text="is not in galu's table and left unknown")


def flag(column: str) -> Take:
    """Y or N."""
    return coded(column, {"Y": True, "N": False, "U": None, "NA": None}, pl.Boolean)


def nominal_hours(elapsed: str, label: str) -> Take:
    """Planned hours after the dose: from an ISO 8601 duration, else from a label such as `1.5h Post-dose`.

    A pre-dose sample is at 0 h, as profiles are drawn. --TPTNUM only orders time points (SDTMIG 3.4,
    4.4.10) and is not read as hours. An interval such as `0-6h` has no single nominal time.
    """
    hours = pl.lit(None, dtype=pl.Float64)
    for pattern, size in (
        (r"^P(\d+)D", 24.0),
        (r"^P(?:\d+D)?T(\d+(?:\.\d+)?)H", 1.0),
        (r"^P.*T(?:.*H)?(\d+)M$", 1 / 60),
    ):
        part = pl.col(elapsed).str.extract(pattern, 1).cast(pl.Float64, strict=False) * size
        hours = pl.when(hours.is_null()).then(part).otherwise(hours + part.fill_null(0.0))
    lower = pl.col(label).str.to_lowercase()
    post = r"^(\d+(?:\.\d+)?)\s*{}\w*[\s-]*post"
    spoken = pl.coalesce(
        pl.when(lower.str.contains(r"^pre[\s-]?dose")).then(0.0),
        lower.str.extract(post.format("h"), 1).cast(pl.Float64, strict=False),
        lower.str.extract(post.format("m"), 1).cast(pl.Float64, strict=False) / 60,
        lower.str.extract(post.format("d"), 1).cast(pl.Float64, strict=False) * 24,
    )
    return Take(pl.coalesce(hours, spoken))


def activity(domain: str, sizes: Mapping[str, float]) -> dict[str, Take]:
    """Dose as activity [MBq] where its unit is one of activity, else as amount with its unit."""
    dose = f"{domain}DOSE"
    unit = pl.coalesce(f"{domain}DOSU", f"{domain}DOSEU")
    size = unit.replace_strict(dict(sizes), default=None, return_dtype=pl.Float64)
    value = as_number(dose)
    broken = pl.col(dose).is_not_null() & value.is_null()
    return {
        "activity_mbq": Take(value * size, broken, "is no number"),
        "amount": Take(pl.when(size.is_null()).then(value)),
        "unit": Take(pl.when(size.is_null()).then(unit)),
    }
