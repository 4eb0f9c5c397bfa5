"""Body weight and height over time, as activities by weight and clearances read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from galu.protocol.treatment import Body
from galu.record import Row
from galu.record.people import Vital
from galu.vocabulary.laboratory import in_unit

#: Day and value.
Measured = list[tuple[date, float]]


def measured(rows: Iterable[Row[Vital]], test: str, unit: str) -> dict[str, Measured]:
    """Values of a vital sign in a unit by subject, in the order of the record, as far as they are read."""
    found: dict[str, Measured] = {}
    for row in rows:
        if row.fact.test != test or row.day is None or row.fact.value is None:
            continue
        value = in_unit(test, row.fact.value, row.fact.unit or "", unit)
        if value is not None:
            found.setdefault(row.subject, []).append((row.day, value))
    return found


def body_on(rows: tuple[Row[Vital], ...], day: date | None) -> Body:
    """The body of the one subject of these rows on a day, by the last weight up to it, or the newest one."""
    weight = _last(measured(rows, "WEIGHT", "kg"), day)
    height = _last(measured(rows, "HEIGHT", "cm"), None)
    if weight is None:
        return Body()
    return Body(weight[1], None if height is None else height[1], f" ({weight[0]})")


def _last(values: dict[str, Measured], day: date | None) -> tuple[date, float] | None:
    before = [one for own in values.values() for one in own if day is None or one[0] <= day]
    return max(before, key=lambda one: one[0], default=None)
