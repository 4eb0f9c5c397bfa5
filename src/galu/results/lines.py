"""Lines of a table: who counts or what was measured, by subject, each with the facts that show it.

A table never holds a number that its analysis computed elsewhere: a line says of each subject what it is, and
the statistic of a column is taken over the members of that column, in one place for every table.
"""

from __future__ import annotations

import math
import operator
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, Protocol

from galu.results.numbers import (
    MORE_PLACES,
    count_text,
    geometric,
    places_of,
    quartiles,
    rounded,
    significant,
)

Facts = tuple[str, ...]
Statistic = Literal["n", "mean (SD)", "median", "Q1, Q3", "min, max", "geometric mean (CV %)"]
#: What a measured value is told by, where a table does not say otherwise.
USUAL: Final[tuple[Statistic, ...]] = ("n", "mean (SD)", "median", "min, max")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, the numbers behind it in the order of the text, and who counted."""

    text: str
    numbers: tuple[float, ...] = ()
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it is shown: its label, how far it is set in, a cell for each column.

    `heads` says that the rows below it belong to it and a page never ends with it; `who` has the facts that
    the row rests on, by subject.
    """

    label: str
    indent: int
    cells: tuple[Cell, ...]
    heads: bool = False
    who: Mapping[str, Facts] = field(default_factory=dict)


class Line(Protocol):
    """Something that becomes rows once it is known who belongs to each column."""

    def rows(self, columns: Sequence[Sequence[str]]) -> Iterable[Row]:
        """Rows of it, with a cell for each of `columns`, which are the members of each."""
        ...


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that only names those below it."""

    label: str
    indent: int = 0

    def rows(self, columns: Sequence[Sequence[str]]) -> Iterable[Row]:
        """One row of empty cells."""
        yield Row(self.label, self.indent, (Cell(""),) * len(columns), heads=True)


@dataclass(frozen=True, slots=True)
class Counted:
    """Subjects of whom something holds, `n (%)`; with `events` also how often: `n (%) [events]`.

    `of` are the subjects of the denominator where it is not the whole column; `heads` as in a row.
    """

    label: str
    who: Mapping[str, Facts]
    indent: int = 0
    events: Mapping[str, int] | None = None
    of: frozenset[str] | None = None
    heads: bool = False

    def rows(self, columns: Sequence[Sequence[str]]) -> Iterable[Row]:
        """One row."""
        yield Row(self.label, self.indent, tuple(map(self._cell, columns)), self.heads, self.who)

    def _cell(self, members: Sequence[str]) -> Cell:
        base = [one for one in members if self.of is None or one in self.of]
        those = tuple(one for one in base if one in self.who)
        text, numbers = count_text(len(those), len(base)), [float(len(those)), float(len(base))]
        if self.events is not None:
            events = sum(self.events.get(one, 0) for one in those)
            text, numbers = f"{text} [{events}]", [*numbers, float(events)]
        elif self.of is not None:
            text = f"{len(those)}/{len(base)}" + (f" ({text.partition('(')[2]}" if "(" in text else "")
        return Cell(text, tuple(numbers), those)


@dataclass(frozen=True, slots=True)
class Measured:
    """A value of each subject, told by `statistics`, a row for each; a subject without one is not counted.

    `places` fixes the decimals as collected, -1 takes three significant digits of what was derived, and None
    those of the values. Geometric statistics leave nobody out: one value of zero, and they are not estimable.
    """

    label: str
    values: Mapping[str, tuple[float, Facts]]
    statistics: tuple[Statistic, ...] = USUAL
    places: int | None = None
    indent: int = 0

    def rows(self, columns: Sequence[Sequence[str]]) -> Iterable[Row]:
        """A heading and a row for each statistic."""
        yield Row(self.label, self.indent, (Cell(""),) * len(columns), heads=True)
        known = [value for value, _ in self.values.values()]
        places = places_of(known) if self.places is None else self.places
        who = {one: facts for one, (_, facts) in self.values.items()}
        for name in self.statistics:
            cells = tuple(self._cell(name, members, places) for members in columns)
            yield Row(name, self.indent + 1, cells, who=who)

    def _cell(self, name: Statistic, members: Sequence[str], places: int) -> Cell:
        those = tuple(one for one in members if one in self.values)
        values = [self.values[one][0] for one in those]
        if name == "n":
            return Cell(str(len(values)), (float(len(values)),), those)
        numbers = _STATISTICS[name](values) if values else ()
        if not numbers:
            return Cell("NE" if values else "–", (), those)
        return Cell(_written(name, numbers, places), numbers, those)


def _spread(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else math.nan


_STATISTICS: Final[Mapping[str, Callable[[Sequence[float]], tuple[float, ...]]]] = {
    "mean (SD)": lambda values: (statistics.fmean(values), _spread(values)),
    "median": lambda values: (statistics.median(values),),
    "Q1, Q3": lambda values: quartiles(values),
    "min, max": lambda values: (min(values), max(values)),
    "geometric mean (CV %)": lambda values: geometric(values) or (),
}


def _written(name: Statistic, numbers: tuple[float, ...], places: int) -> str:
    def to(value: float, statistic: str) -> str:
        return significant(value) if places < 0 else rounded(value, places + MORE_PLACES[statistic])

    if name == "mean (SD)":
        return f"{to(numbers[0], 'mean')} ({to(numbers[1], 'sd')})"
    if name == "median":
        return to(numbers[0], "median")
    if name == "Q1, Q3":
        return f"{to(numbers[0], 'median')}, {to(numbers[1], 'median')}"
    if name == "min, max":
        return f"{to(numbers[0], 'min')}, {to(numbers[1], 'max')}"
    return f"{significant(numbers[0])} ({rounded(numbers[1], 1)})"


@dataclass(frozen=True, slots=True)
class Stated:
    """A line whose statistic needs all members of a column at once, such as a median of a curve."""

    label: str
    of: Callable[[Sequence[str]], Cell]
    indent: int = 0
    who: Mapping[str, Facts] = field(default_factory=dict)

    def rows(self, columns: Sequence[Sequence[str]]) -> Iterable[Row]:
        """One row."""
        yield Row(self.label, self.indent, tuple(self.of(members) for members in columns), who=self.who)


@dataclass(frozen=True, slots=True)
class Grades:
    """Subjects by the worst of several grades: any, a row for each grade that occurs, grade 3 or more.

    A worst of None was graded by nobody: its own row, never grade 0 or 1. `full` shows every grade.
    """

    label: str
    worst: Mapping[str, tuple[int | None, Facts]]
    indent: int = 0
    full: bool = False

    def rows(self, columns: Sequence[Sequence[str]]) -> Iterable[Row]:
        """Any grade, each grade, ungraded, grade 3 or more."""

        def of(label: str, keep: Callable[[int | None], bool], indent: int, heads: bool = False) -> Counted:
            who = {one: facts for one, (grade, facts) in self.worst.items() if keep(grade)}
            return Counted(label, who, indent, heads=heads)

        yield from of(self.label, lambda _: True, self.indent, heads=True).rows(columns)
        for number in range(1, 6):
            if not self.full and all(grade != number for grade, _ in self.worst.values()):
                continue
            yield from of(f"grade {number}", partial(operator.eq, number), self.indent + 1).rows(columns)
        if any(grade is None for grade, _ in self.worst.values()):
            yield from of("grade not stated", lambda grade: grade is None, self.indent + 1).rows(columns)
        yield from of(
            "grade 3 or more", lambda grade: grade is not None and grade >= 3, self.indent + 1
        ).rows(columns)
