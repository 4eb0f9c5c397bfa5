"""Limits of a laboratory value that came without its own: those of its site, sex, age and day.

A value keeps what its laboratory reported. Only where it has neither limit, the range that certainly holds
for it is taken; where none does, or more than one may, its limits stay unknown. Overlapping ranges are
refused when they are entered, so that no value has two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from galu.record import Record, Row
from galu.record.people import Demographics
from galu.record.review import LabRange
from galu.record.when import days_of
from galu.vocabulary.laboratory import in_unit, lab_code

#: Column of the table of laboratory values that says whose limits were taken.
RANGED: Final = "ranged"
Local = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Person:
    """Who the values are of, as far as it decides a range."""

    site: str | None = None
    sex: str | None = None
    births: tuple[date, date] | None = None
    aged: tuple[float, date] | None = None

    def ages(self, day: date) -> tuple[int, int] | None:
        """The least and the greatest age in whole years that it can be on a day; None where not known."""
        if self.births is not None:
            return _years(self.births[1], day), _years(self.births[0], day)
        if self.aged is None:
            return None
        years = int(self.aged[0]) + (day - self.aged[1]).days // 366
        return years, int(self.aged[0]) + max(0, (day - self.aged[1]).days) // 365 + 1


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def with_limits(record: Record, local: Local = ()) -> Record:
    """The record with the limits of the site in values that have none of their own.

    Parameters
    ----------
    record
        With the names of tests read.
    local
        The study's own names of tests.
    """
    labs = record.frames.get("lab")
    if labs is None or LabRange.kind not in record.frames:
        return record
    ranges = record.rows(LabRange)
    by_test: dict[str, list[Row[LabRange]]] = {}
    for row in ranges:
        by_test.setdefault(_code(row.fact, local), []).append(row)
    bare = labs.filter(
        pl.col("lower_limit").is_null() & pl.col("upper_limit").is_null() & pl.col("unit").is_not_null()
        & pl.col("test").is_in(list(by_test)) & (pl.col("on").str.len_chars() >= 10)
    )  # fmt: skip
    people = _people(record)
    found = [
        (row["id"], *limits)
        for row in bare.iter_rows(named=True)
        if (limits := _limits(row, people.get(row["subject"], _Person()), by_test[row["test"]])) is not None
    ]
    if not found:
        return record
    schema = {"id": pl.String, "low": pl.Float64, "high": pl.Float64, RANGED: pl.String}
    filled = labs.join(pl.DataFrame(found, schema=schema, orient="row"), "id", "left", maintain_order="left")
    filled = filled.with_columns(
        pl.coalesce("lower_limit", "low").alias("lower_limit"),
        pl.coalesce("upper_limit", "high").alias("upper_limit"),
    )
    return record.with_frames({"lab": filled.drop("low", "high")})


def _code(one: LabRange, local: Local) -> str:
    return lab_code(one.test, local) or one.test


def _people(record: Record) -> dict[str, _Person]:
    """What the newest facts tell of each."""
    found: dict[str, _Person] = {}
    for row in record.rows(Demographics):
        told, was = row.fact, found.get(row.subject, _Person())
        found[row.subject] = _Person(
            told.site or was.site,
            told.sex if told.sex in ("M", "F") else was.sex,
            days_of(told.birth_date) if told.birth_date else was.births,
            (told.age_years, days_of(told.on)[0]) if told.age_years is not None else was.aged,
        )
    return found


def _limits(
    lab: dict[str, Any], person: _Person, ranges: Iterable[Row[LabRange]]
) -> tuple[float | None, float | None, str] | None:
    """Limits in the unit reported, with whose they are; None where no one range certainly holds."""
    day = date.fromisoformat(lab["on"][:10])
    sure, perhaps = [], []
    for row in ranges:
        holds = _holds(row.fact, person, day, lab["specimen"])
        if holds:
            sure.append(row)
        elif holds is None:
            perhaps.append(row)
    if len(sure) != 1 or perhaps:
        return None
    one = sure[0].fact
    limits = [
        None if limit is None else in_unit(lab["test"], limit, one.unit, lab["unit"])
        for limit in (one.lower_limit, one.upper_limit)
    ]
    if limits.count(None) > (one.lower_limit, one.upper_limit).count(None):
        return None  # of another unit
    return limits[0], limits[1], f"limits of {one.site or 'every site'} since {one.on[:10]} ({one.id})"


def _holds(one: LabRange, person: _Person, day: date, specimen: str | None) -> bool | None:
    """Whether a range is of a value; None where that cannot be said."""
    until = days_of(one.until)[1] if one.until else date.max
    if not days_of(one.on)[0] <= day <= until or _blood(one.specimen) != _blood(specimen):
        return False
    ages = person.ages(day)
    answers: list[bool | None] = [
        True if one.site is None else None if person.site is None else one.site == person.site,
        True if one.sex is None else None if person.sex is None else one.sex == person.sex,
        _of_age(one, ages),
    ]
    return False if False in answers else None if None in answers else True


def _of_age(one: LabRange, ages: tuple[int, int] | None) -> bool | None:
    if one.age_from <= 0 and one.age_below is None:
        return True
    if ages is None:
        return None
    within = [one.age_from <= age < (one.age_below or float("inf")) for age in ages]
    return within[0] if within[0] == within[1] else None


def _blood(specimen: str | None) -> str:
    """Blood, serum and plasma are one: limits are those of the test."""
    told = (specimen or "").strip().casefold()
    return "" if told in ("", "blood", "serum", "plasma", "whole blood") else told


def overlaps(one: LabRange, other: LabRange, local: Local = ()) -> bool:
    """Whether a value may have both ranges."""

    def apart(a: Any, b: Any) -> bool:
        return a is not None and b is not None and a != b

    if _code(one, local) != _code(other, local) or _blood(one.specimen) != _blood(other.specimen):
        return False
    if apart(one.site, other.site) or apart(one.sex, other.sex):
        return False
    ages = max(one.age_from, other.age_from) < min(one.age_below or 999.0, other.age_below or 999.0)
    ends = [days_of(r.until)[1] if r.until else date.max for r in (one, other)]
    return ages and max(days_of(one.on)[0], days_of(other.on)[0]) <= min(ends)


def overlapping(
    new: Iterable[LabRange], known: Iterable[LabRange], local: Local
) -> Iterator[tuple[str, str]]:
    """(range, earlier range) of ranges of which a value may have both."""
    before = list(known)
    for one in new:
        yield from ((one.id, other.id) for other in before if overlaps(one, other, local))
        before.append(one)
