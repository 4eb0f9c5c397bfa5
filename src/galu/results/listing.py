"""Listings by subject: every record of its kind, in the order of level, subject and day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from galu.results.lines import Cell, Facts, Row
from galu.results.table import Page

Value = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing: its columns, and of each subject the rows with the facts that they show.

    The subject and the dose level are the first two columns of each.
    """

    number: str
    title: str
    population: str
    columns: tuple[str, ...]
    rows: Mapping[str, Sequence[tuple[tuple[Value, ...], Facts]]]
    notes: tuple[str, ...] = ()


def lay_out_listing(
    listing: Listing, people: Sequence[tuple[str, str]], populations: Mapping[str, str]
) -> Page:
    """Lay out a listing; `people` are subject and level in words, in the order in which they are shown."""
    rows = [
        Row(subject, 0, tuple(map(Cell, (level, *map(_text, values)))), who={subject: facts})
        for subject, level in people
        for values, facts in listing.rows.get(subject, ())
    ]
    said = populations.get(listing.population, listing.population)
    notes = listing.notes if rows else (*listing.notes, "Nothing to be listed so far.")
    heads = ("Subject", "Level", *listing.columns)
    return Page(listing.number, listing.title, said, heads, tuple(rows), notes, "listing", repeats=2)


def _text(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
