"""What a report is made of: tables, pictures, matrices, lanes, and the sections that hold them."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Final

from galu.cells import guarded_cell
from galu.protocol import Element

Cell = str | int | float | bool | date | None
Row = tuple[Cell, ...]
#: Rows of a table that a page shows; the CSV beside it has them all.
PAGE_ROWS: Final = 250
#: Text of a column up to this long is never broken over lines.
SHORT: Final = 24


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; `name` is the stem of its CSV file.

    `assumed` says why what shapes this table is an assumption; empty when nothing is. `decimals` fixes
    the places of a column on the page; `links` says where on it a text of the last column leads. A table
    that is `part_of` another has its rows in the CSV of that one.
    """

    kind: ClassVar[str] = "table"
    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    assumed: str = ""
    page_rows: int = PAGE_ROWS
    decimals: Mapping[str, int] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    part_of: str = ""

    @property
    def looks(self) -> tuple[str, ...]:
        """How each column is set: `n` numbers to the right, `s` short text in one line, `t` running text."""
        return tuple(self._look(i) for i in range(len(self.columns)))

    def _look(self, column: int) -> str:
        if _is_numeric(row[column] for row in self.rows):
            return "n"
        return "s" if all(len(row[column]) <= SHORT for row in self.shown) else "t"

    @property
    def shown(self) -> tuple[tuple[str, ...], ...]:
        """The first rows as text."""
        places = [self.decimals.get(column) for column in self.columns]
        return tuple(
            tuple(text_of(cell, place) for cell, place in zip(row, places, strict=True))
            for row in self.rows[: self.page_rows]
        )

    @property
    def hidden(self) -> int:
        """Rows that only the CSV has."""
        return max(0, len(self.rows) - self.page_rows)

    def csv(self, origin: str) -> str:
        """Every row as CSV, numbers in full; the last column says what kind of record it comes from."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*self.columns, "origin"])
        writer.writerows([*map(_plain, row), origin] for row in self.rows)
        return out.getvalue()


def _is_numeric(cells: Iterable[Cell]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(isinstance(c, (int, float)) and not isinstance(c, bool) for c in known)


def text_of(cell: Cell, places: int | None = None) -> str:
    """A cell as a page shows it, to so many decimal places; what is not known is a dash."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return number(cell) if places is None else f"{cell:.{places}f}"
    return str(cell)


def number(value: float) -> str:
    """Three significant digits, never an exponent between 0.001 and 100,000."""
    if value == 0.0:
        return "0"
    size = abs(value)
    if not 1e-3 <= size < 1e5:
        return f"{value:.3g}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(size)))}f}"


def _plain(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return guarded_cell(cell)
    return repr(cell) if isinstance(cell, float) else str(cell)


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: SVG for the page, PNG for a file, and words for who cannot see it."""

    kind: ClassVar[str] = "picture"
    name: str
    caption: str
    alt: str
    svg: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Matrix:
    """Subjects by criteria; each cell is a verdict word that the page colours."""

    kind: ClassVar[str] = "matrix"
    name: str
    caption: str
    columns: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]

    def table(self) -> Table:
        """The same as a plain table, for its CSV."""
        rows = tuple((subject, gate, *cells) for subject, gate, cells in self.rows)
        return Table(self.name, self.caption, ("subject", "gate", *self.columns), rows)


@dataclass(frozen=True, slots=True)
class Card:
    """A slot of a lane. `state` is none, dlt, pending, replaced or free."""

    subject: str
    state: str
    word: str
    window: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A dose level of one phase with its slots, counted."""

    title: str
    tally: str
    cards: tuple[Card, ...]
    level: int = 1
    phase: str = "escalation"


@dataclass(frozen=True, slots=True)
class Lanes:
    """The board's lanes."""

    kind: ClassVar[str] = "lanes"
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """One number that says where the trial stands; `to` is the section that holds more."""

    name: str
    value: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Chips:
    """The few numbers of the first look."""

    kind: ClassVar[str] = "chips"
    chips: tuple[Chip, ...]


Block = Table | Picture | Matrix | Lanes | Chips


@dataclass(frozen=True, slots=True)
class Section:
    """One section: sentences, then blocks, then what of it is assumed.

    `silent` says in a sentence why there is nothing to show; empty otherwise.
    """

    id: str
    title: str
    sentences: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    assumed: tuple[Element, ...] = ()
    silent: str = ""

    @property
    def assumed_areas(self) -> tuple[tuple[str, str, int], ...]:
        """Parts of the study file with assumptions that shape the section: name, id on the page, number."""
        counts = Counter(area_of(one) for one in self.assumed)
        return tuple((name, assumed_id(name), count) for name, count in counts.items())

    @property
    def assumed_at(self) -> str:
        """Id on the page of what a mark `assumed` in this section leads to."""
        return self.assumed_areas[0][1] if self.assumed else ASSUMED


#: Id of the section that lists every assumption.
ASSUMED: Final = "assumed"


def area_of(element: Element) -> str:
    """Part of the study file that an element stands in."""
    return element.place.partition(".")[0].partition("[")[0].replace("_", " ")


def assumed_id(area: str) -> str:
    """Id on the page of the assumptions of one part of the study file."""
    return f"table-{assumed_name(area)}"


def assumed_name(area: str) -> str:
    """Name of the table of the assumptions of one part of the study file."""
    return f"assumed-{area.replace(' ', '-')}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What every page of a report carries: whose data, as of when, from which record."""

    title: str
    study: str
    as_of: date
    cutoff: date | None
    origin: str
    seq: int
    digest: str
    study_hash: str
    last_recorded: datetime | None
    version: str

    @property
    def source(self) -> str:
        """Entry, digest and study file, as a sentence; a record that does not hold together shows no page."""
        return (
            f"Record entry {self.seq}, digest {self.digest}; study file {self.study_hash}; "
            "the chain holds together and ends in its signed head."
        )

    @property
    def banner(self) -> str:
        """What must be said on every page and figure: that nothing here was observed."""
        return "SIMULATED" if self.origin == "simulated" else ""
