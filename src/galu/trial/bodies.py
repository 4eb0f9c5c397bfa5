"""Body weight and height over time, as activities by weight and clearances read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from galu.protocol.treatment import Body
from galu.record import Row
from galu.record.people import Vital
from galu.record.when import days_of
from galu.vocabulary.laboratory import in_unit

#: Day and value.
Measured = list[tuple[date, float]]
#: Two values of one day that differ by less are one, told twice (assumed).
SAME_SHARE: Final = 0.02


def measured(rows: Iterable[Row[Vital]], test: str, unit: str) -> dict[str, Measured]:
    """Values of a vital sign in a unit by subject, in the order of the record, as far as they are read."""
    found: dict[str, Measured] = {}
    for row in rows:
        value = _read(row.fact, unit) if row.fact.test == test else None
        if row.day is not None and value is not None:
            found.setdefault(row.subject, []).append((row.day, value))
    return found


def body_on(rows: tuple[Row[Vital], ...], day: date | None) -> Body:
    """The body of the one subject of these rows on a day, by the last weight up to it, or the newest one.

    A newest weight that cannot be read, or two of one day, leave it unknown: no earlier one stands for it.
    """
    weight, height = _last(rows, "WEIGHT", "kg", day), _last(rows, "HEIGHT", "cm", None)
    doubt = "; ".join(one.doubt for one in (weight, height) if one.doubt)
    return Body(weight.value, height.value, f" ({weight.day})" if weight.day else "", doubt)


@dataclass(frozen=True, slots=True)
class _Last:
    """The last value of a vital sign with its day, or what makes it unknown."""

    value: float | None = None
    day: date | None = None
    doubt: str = ""


def _last(rows: tuple[Row[Vital], ...], test: str, unit: str, day: date | None) -> _Last:
    own = [row for row in rows if row.fact.test == test and (day is None or days_of(row.fact.on)[0] <= day)]
    if not own:
        return _Last()
    newest = max(days_of(row.fact.on)[1] for row in own)
    values = []
    for row in own:
        if days_of(row.fact.on)[1] < newest:
            continue
        value = _read(row.fact, unit)
        if value is None or row.day is None:
            what = "day" if value is not None else "value" if row.fact.value is None else "known unit"
            return _Last(doubt=f"the {test.lower()} of {row.fact.on} ({row.id}) has no {what}")
        values.append(value)
    if max(values) > (1.0 + SAME_SHARE) * min(values):
        told = " and ".join(f"{one:g}" for one in sorted(set(values)))
        return _Last(doubt=f"the {test.lower()} of {newest} is told as {told} {unit}")
    return _Last(values[-1], newest)


def _read(fact: Vital, unit: str) -> float | None:
    return None if fact.value is None else in_unit(fact.test, fact.value, fact.unit or "", unit)
