"""When something of the record happened, as exactly as it is known, and what came after what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cmp_to_key
from typing import TypeVar

from galu.record import Fact, Row, end_of_day
from galu.record.when import days_of, instant_of

_Item = TypeVar("_Item")


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


def moment_of(row: Row[Fact], zone: str) -> Moment:
    """Moment of a fact that stands."""
    text = row.fact.on
    instant = instant_of(text, zone)
    if instant is not None:
        return Moment(instant, instant, row.seq)
    first, last = days_of(text)
    begins = end_of_day(first - timedelta(days=1), zone) + timedelta(microseconds=1)
    return Moment(begins, end_of_day(last, zone), row.seq)


def in_order(found: Iterable[tuple[_Item, Moment]]) -> list[tuple[_Item, Moment]]:
    """Things with their moments, each before what came after it."""

    def compare(one: tuple[_Item, Moment], other: tuple[_Item, Moment]) -> int:
        return 1 if one[1].after(other[1]) else -1

    return sorted(sorted(found, key=lambda pair: pair[1].seq), key=cmp_to_key(compare))
