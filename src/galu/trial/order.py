"""When something of the record happened, as exactly as it is known, and what came after what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from galu.record import end_of_day
from galu.record.when import instant_of


@dataclass(frozen=True, slots=True)
class Moment:
    """The first and the last instant that a text can mean, and the number of its fact in the record."""

    first: datetime
    last: datetime
    seq: int

    def after(self, other: Moment) -> bool:
        """Whether this came later; where the texts do not tell, what was written later did."""
        if self.first > other.last or self.last < other.first:
            return self.first > other.last
        return self.seq > other.seq


def moment_of(row: Mapping[str, Any], zone: str) -> Moment:
    """Moment of a row of a record's table."""
    text = row["on"]
    instant = instant_of(text, zone)
    if instant is not None:
        return Moment(instant, instant, row["seq"])
    first, last = possible_days(text)
    begins = end_of_day(first - timedelta(days=1), zone) + timedelta(microseconds=1)
    return Moment(begins.astimezone(UTC), end_of_day(last, zone).astimezone(UTC), row["seq"])


def possible_days(text: str) -> tuple[date, date]:
    """First and last calendar day that a normalised text can mean."""
    if len(text) >= len("2026-01-31"):
        day = date.fromisoformat(text[:10])
        return day, day
    year, _, month = text.partition("-")
    first = date(int(year), int(month or 1), 1)
    following = (
        first.replace(day=28) + timedelta(days=4) if month else date(first.year, 12, 28) + timedelta(4)
    )
    return first, following.replace(day=1) - timedelta(days=1)
