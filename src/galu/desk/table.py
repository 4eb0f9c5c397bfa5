"""A CSV file by its columns, for files of so many rows that an object for each would cost too much."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from galu.foreign import require_lines

Row = dict[str, str]
#: Some rows of a file with their lines.
Rows = list[tuple[int, Row]]
#: ASCII that is stripped from a cell, but for line feeds.
_BLANK = " \t\v\f\x1c\x1d\x1e\x1f"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A CSV file by its columns, stripped; row i stands in line i + 2."""

    path: Path
    columns: dict[str, list[str]]
    count: int

    def has(self, name: str) -> bool:
        """Whether a column has a cell that is filled."""
        return any(self.columns.get(name, ()))

    def column(self, name: str) -> list[str]:
        """Cells of a column; empty where the file lacks it."""
        return self.columns.get(name) or [""] * self.count

    def rows(self, numbers: Iterable[int]) -> Rows:
        """Rows by their number from 0, each with its line."""
        named = list(self.columns.items())
        return [(i + 2, {name: cells[i] for name, cells in named}) for i in numbers]


def plain_columns(path: Path) -> tuple[list[str], list[list[str]]] | None:
    """Header and columns of a file in which every line has as many cells and none is quoted, else None."""
    require_lines(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    lines = text.removesuffix("\n").split("\n")
    commas = lines[0].count(",")
    even = set(map(str.count, lines, itertools.repeat(","))) == {commas}
    if '"' in text or commas == 0 or not even or max(map(len, lines)) > csv.field_size_limit():
        return None
    cells = ",".join(lines[1:]).split(",") if len(lines) > 1 else []
    columns = [cells[i :: commas + 1] for i in range(commas + 1)]
    if not text.isascii() or any(blank in text for blank in _BLANK):
        columns = [list(map(str.strip, one)) for one in columns]
    return lines[0].split(","), columns
