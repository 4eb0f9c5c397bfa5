"""A place of a study file that cannot hold beside another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One place of the file that cannot hold beside another."""

    place: Place
    fault: str
    remedy: str


def declared_twice(place: Place, names: Iterable[str], what: str) -> Iterator[Contradiction]:
    """Names that stand more than once in one list."""
    told = list(names)
    for name, count in Counter(told).items():
        if count > 1:
            second = told.index(name, told.index(name) + 1)
            yield Contradiction(
                (*place, second), f"{what} {name!r} is declared {count} times", "keep one of them"
            )
