"""Rows of a CSV file that know where they stand, so that a fault can name file, line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from galu.cells import guarded_cell
from galu.desk.outputs import write_output
from galu.finding import InputError
from galu.foreign import require_lines

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One row; a column that the file lacks reads as empty."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def place(self, column: str) -> str:
        """Where a value stands."""
        return f"{self.file}, line {self.line}, column {column}"

    def given(self, column: str, remedy: str) -> str:
        """Value of a column that may not be empty."""
        if not self[column]:
            raise InputError(self.place(column), "it is empty", remedy)
        return self[column]

    def day(self, column: str) -> date:
        """Value as a date."""
        try:
            return date.fromisoformat(self[column])
        except ValueError:
            raise InputError(self.place(column), f"`{self[column]}` is no date", "write YYYY-MM-DD") from None

    def number(self, column: str) -> float | None:
        """Value as a number; empty and NA are unknown."""
        text = self[column]
        if text in ("", "NA"):
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            raise InputError(self.place(column), f"`{text}` is no number", "write a number such as 12.5")
        return value

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        """Value among those allowed, however it is capitalised; as `allowed` spells it."""
        for name in allowed:
            if name.upper() == self[column].upper():
                return name
        raise InputError(self.place(column), f"`{self[column]}`", f"use one of {', '.join(allowed)}")


def read_rows(path: Path, needed: Iterable[str]) -> list[Row]:
    """Read a CSV file that has the columns `needed`.

    Raises
    ------
    InputError
        For a file that cannot be read, lacks a column, or has a row longer than its header.
    """
    require_lines(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            missing = sorted(set(needed) - set(header))
            if missing:
                raise InputError(
                    str(path), f"columns missing: {', '.join(missing)}", "add them to the header"
                )
            rows = [_row(path, reader.line_num, cells) for cells in reader]
    except OSError as error:
        raise InputError(str(path), error.strerror or "cannot be read", "give a readable CSV file") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(str(path), "is no CSV file in UTF-8", "save it as CSV in UTF-8") from None
    return rows


def _row(path: Path, line: int, cells: Mapping[Any, Any]) -> Row:
    if None in cells:
        raise InputError(
            f"{path.name}, line {line}", "more values than the header has columns", "quote commas"
        )
    return Row(path.name, line, {str(key): str(value or "").strip() for key, value in cells.items()})


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Cells]) -> None:
    """Write rows as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: guarded_cell(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
        for row in rows
    )
    write_output(path, text.getvalue())
