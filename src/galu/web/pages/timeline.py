"""The timeline of a subject laid out: days to places on a drawing of fixed width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from galu.desk.page_words import Said
from galu.desk.pages.timeline import Item, Strip

WIDTH: Final = 1060
_LEFT: Final = 84
_RIGHT: Final = 30
_STRIP: Final = 26
_TOP: Final = 26


@dataclass(frozen=True, slots=True)
class Mark:
    """One item drawn."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One strip drawn at a height."""

    name: Said
    y: int
    marks: tuple[Mark, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """The first of a month."""

    x: float
    word: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole drawing."""

    width: int
    height: int
    first: date
    last: date
    now: float
    level: int
    ticks: tuple[Tick, ...]
    strips: tuple[Drawn, ...]


def chart_of(strips: tuple[Strip, ...], today: date, level: int | None) -> Chart:
    """The strips on one axis of days that holds all of them and today."""
    days = [today, *(day for strip in strips for item in strip.items for day in (item.first, item.last))]
    first, last = min(days), max(days)
    span = max((last - first).days, 1)

    def x(day: date) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (day - first).days / span, 1)

    def drawn(item: Item) -> Mark:
        least = 7.0 if item.kind in ("dose", "next") else 4.0
        width = max(x(item.last) - x(item.first), least)
        when = str(item.first) if item.first == item.last else f"{item.first} – {item.last}"
        return Mark(x(item.first), round(width, 1), item.kind, f"{when}: {item.label}")

    placed = tuple(
        Drawn(strip.name, _TOP + place * _STRIP, tuple(map(drawn, strip.items)), strip.items)
        for place, strip in enumerate(strips)
    )
    height = _TOP + len(strips) * _STRIP + 12
    return Chart(WIDTH, height, first, last, x(today), level or 1, _ticks(first, last, x), placed)


def _ticks(first: date, last: date, x: Callable[[date], float]) -> tuple[Tick, ...]:
    months = []
    year, month = first.year, first.month + 1
    while True:
        year, month = (year + 1, 1) if month > 12 else (year, month)
        day = date(year, month, 1)
        if day > last:
            break
        months.append(day)
        month += 1
    every = max(1, -(-len(months) // 12))
    return tuple(
        Tick(x(day), f"{day:%Y-%m}")
        for day in months
        if (day.year * 12 + day.month - 1) % every == 0 and x(day) < WIDTH - 2 * _RIGHT
    )
