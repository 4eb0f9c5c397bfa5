"""Whether an event tells of a value, and whether a value first seen after the window may have begun in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from galu.safety.events import is_one_of
from galu.safety.inputs import AdverseEventInput

#: Days after the window in which a first value tells of it (assumed).
CLOSING_DAYS: Final = 14
#: An event tells of a value from so many days beside it (assumed).
TOLD_DAYS: Final = 3


def may_begin_inside(before: date | None, seen: date, window: tuple[date, date]) -> bool:
    """Whether a value seen on a day may have been there before the window ended.

    The value before it says from when on; without one a value seen soon after the window tells of it.
    """
    if seen <= window[1]:
        return True
    return before < window[1] if before else seen <= window[1] + timedelta(days=CLOSING_DAYS)


def is_told(events: Iterable[AdverseEventInput], term: str, span: tuple[date, date], grade: int) -> bool:
    """Whether an event of the term, of that grade at least, was reported for these days.

    Sites date an event by when they learned of it: a few days beside the value count.
    """
    return any(
        is_one_of(event, (term,))
        and event.grade is not None
        and event.grade >= grade
        and tells_of_days(event, span)
        for event in events
    )


def tells_of_days(event: AdverseEventInput, span: tuple[date, date]) -> bool:
    """Whether an event was there in these days, or a few days beside them."""
    slack = timedelta(days=TOLD_DAYS)
    return event.onset <= span[0] + slack and (event.ended is None or event.ended >= span[1] - slack)
