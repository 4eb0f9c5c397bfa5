"""When something happened: ISO 8601 text that keeps the precision and the zone it was given in."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import AfterValidator

#: Years in which something of a trial can lie, births included; others are slips of the hand.
FIRST_YEAR: Final = 1850
LAST_YEAR: Final = 2199
#: The clocks of the world differ from UTC by no more than this (Line Islands, +14:00) [h].
LARGEST_OFFSET_H: Final = 14

_WHEN = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?)?)?"
)


@lru_cache(maxsize=65536)
def normalise_when(text: str) -> str:
    """Canonical form: ``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD`` or ``YYYY-MM-DDTHH:MM:SS[±HH:MM]``.

    Raises
    ------
    ValueError
        When the text is no ISO 8601 date, or names a date, a time or an offset that does not exist.
    """
    match = _WHEN.fullmatch(text.strip().replace(" ", "T"))
    if match is None:
        raise ValueError(f"{text!r} is no date: write 2026, 2026-01, 2026-01-31 or 2026-01-31T09:30:00+08:00")
    part = match.groupdict()
    try:
        date(int(part["year"]), int(part["month"] or 1), int(part["day"] or 1))
        if part["hour"] is not None:
            datetime(2000, 1, 1, int(part["hour"]), int(part["minute"]), int(part["second"] or 0))
    except ValueError as error:
        raise ValueError(f"{text!r} does not exist ({error}): correct the date") from None
    if not FIRST_YEAR <= int(part["year"]) <= LAST_YEAR:
        raise ValueError(f"{text!r} lies outside {FIRST_YEAR} to {LAST_YEAR}: correct the year")
    if part["zone"] not in (None, "Z") and not _is_offset(part["zone"]):
        raise ValueError(
            f"{text!r} names an offset that no clock has: write one from -14:00 to +14:00, such as +08:00"
        )
    day = "-".join(p for p in (part["year"], part["month"], part["day"]) if p)
    if part["hour"] is None:
        return day
    zone = "+00:00" if part["zone"] == "Z" else part["zone"] or ""
    return f"{day}T{part['hour']}:{part['minute']}:{part['second'] or '00'}{zone}"


def _is_offset(text: str) -> bool:
    hours, minutes = int(text[1:3]), int(text[4:6])
    return minutes < 60 and hours * 60 + minutes <= LARGEST_OFFSET_H * 60


def _require_instant(text: str) -> str:
    text = normalise_when(text)
    if "T" not in text:
        raise ValueError(f"{text!r} has no time of day: a time-critical value needs hours and minutes")
    return text


def _require_day(text: str) -> str:
    text = normalise_when(text)
    if len(text) < len("2026-01-31"):
        raise ValueError(f"{text!r} names no day: give the full date")
    return text


#: Date or time of any precision.
When = Annotated[str, AfterValidator(normalise_when)]
#: At least a full calendar day.
DayWhen = Annotated[str, AfterValidator(_require_day)]
#: A time of day is required.
Instant = Annotated[str, AfterValidator(_require_instant)]


def day_of(text: str | None) -> date | None:
    """Local calendar day of a normalised text; None when it names none."""
    return date.fromisoformat(text[:10]) if text is not None and len(text) >= 10 else None


def days_of(text: str) -> tuple[date, date]:
    """First and last calendar day that a normalised text can mean; the same one where it names a day."""
    if len(text) >= 10:
        day = date.fromisoformat(text[:10])
        return day, day
    year, _, month = text.partition("-")
    first = date(int(year), int(month or 1), 1)
    after = (
        date(first.year + 1, 1, 1) if not month or first.month == 12 else first.replace(month=first.month + 1)
    )
    return first, after - timedelta(days=1)


def instant_of(text: str | None, zone: str = "UTC") -> datetime | None:
    """Instant of a normalised text, in `zone` unless it names its own; None without a time of day."""
    if text is None or "T" not in text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def hours_between(start: str | None, end: str | None, zone: str = "UTC") -> float | None:
    """Hours from `start` to `end`; None when either lacks a time of day."""
    first, last = instant_of(start, zone), instant_of(end, zone)
    return None if first is None or last is None else (last - first) / timedelta(hours=1)


def day_column(column: str) -> pl.Expr:
    """Local calendar day of a column of normalised texts, null where it names none."""
    return pl.col(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def unreadable(column: str) -> pl.Expr:
    """Where a column holds a text that `normalise_when` would refuse: it came in before galu did.

    Nothing that reads times has to expect these, so they are left out when the record is read.
    """
    text = pl.col(column)
    day = text.str.slice(0, 10)
    fits = text.str.contains(_READABLE) & (
        (day.str.len_chars() < 10) | day.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    )
    return text.is_not_null() & ~fits


#: What a normalised text looks like; whether its day exists is asked apart.
_READABLE: Final = (
    r"^(?:18[5-9]|19\d|20\d|21\d)\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?)?)?)?$"
)


def in_order_of_time(facts: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Facts sorted by when they happened (`on`), then by when they were written (`seq`).

    A text without a time of day comes before every time of its day, one without a day before every day of
    its month: the alphabet does that, but for texts that name a zone of their own.
    """
    if not facts.select((pl.col("on").str.len_chars() > _WITHOUT_ZONE).any()).item():
        return facts.sort("on", "seq")
    order = [local(text, zone) for text in facts["on"]]
    return facts.with_columns(pl.Series("order", order)).sort("order", "seq").drop("order")


#: Length of a normalised text with a time of day and no zone.
_WITHOUT_ZONE = len("2026-01-31T09:30:00")


def local(text: str, zone: str) -> str:
    """A normalised text as the clocks of `zone` show it; texts so written sort by time."""
    if len(text) <= _WITHOUT_ZONE:
        return text
    return datetime.fromisoformat(text).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
