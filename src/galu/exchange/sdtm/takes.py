"""How a field of a fact is taken from the columns of a data set: small pieces that the tables compose.

A `Take` says which columns it reads, the value, where the value is broken (`fault`, refused) and where
something the source says does not reach the fact (`loss`, reported).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

#: As much of an ISO 8601 date as is known from the left; SDTM marks what is unknown with a hyphen.
_KNOWN = r"^(\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?)"
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
    """A number; any other text is refused."""
    value = as_number(column)
    return Take(value, pl.col(column).is_not_null() & value.is_null(), "is no number")


def whole(column: str) -> Take:
    """A whole number, also as `GRADE 3`; any other text is refused."""
    digits = pl.col(column).str.to_uppercase().str.strip_prefix("GRADE").str.strip_chars()
    value = digits.cast(pl.Float64, strict=False)
    whole_value = pl.when(value == value.floor()).then(value).cast(pl.Int64)
    return Take(whole_value, pl.col(column).is_not_null() & whole_value.is_null(), "is no grade")


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


def reported(domain: str) -> dict[str, Take]:
    """Value, text and unit of a result as reported; the standardised ones where no original is there.

    Value and unit always come from the same pair. A result that is no number, such as `<0.2`, and
    the word for a result that was not obtained, are text.
    """
    original, standard = f"{domain}ORRES", f"{domain}STRESN"
    has = pl.col(original).is_not_null()
    value = pl.when(has).then(as_number(original)).otherwise(as_number(standard))
    words = pl.when(has).then(pl.col(original)).otherwise(pl.coalesce(f"{domain}STRESC", f"{domain}STAT"))
    broken = pl.col(standard).is_not_null() & as_number(standard).is_null()
    return {
        "value": Take(value, broken, "is no number"),
        "text": Take(pl.when(value.is_null()).then(words)),
        "unit": _of_pair(domain, "ORRESU", "STRESU"),
    }


def limit(domain: str, original: str, standard: str) -> Take:
    """A limit of normal in the unit of the reported value; unknown where only another unit's is there."""
    has = pl.col(f"{domain}ORRES").is_not_null()
    same_unit = pl.col(f"{domain}ORRESU") == pl.col(f"{domain}STRESU")
    stated, other = as_number(f"{domain}{original}"), as_number(f"{domain}{standard}")
    value = pl.when(~has).then(other).otherwise(pl.coalesce(stated, pl.when(same_unit).then(other)))
    return Take(value)


def _of_pair(domain: str, original: str, standard: str) -> Take:
    has = pl.col(f"{domain}ORRES").is_not_null()
    value = pl.when(has).then(pl.col(f"{domain}{original}")).otherwise(pl.col(f"{domain}{standard}"))
    return Take(value)


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
