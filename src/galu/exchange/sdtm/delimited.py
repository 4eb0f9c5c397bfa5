"""Rows of a CSV file: a line that cannot be read costs itself and never its neighbours."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from galu.exchange.sdtm.lines import Line
from galu.finding import InputError

#: Signs between fields, most usual first; the header says which one it is.
_SIGNS: Final = (",", ";", "\t", "|")
#: A quoted field may run over so many lines (assumed); an open quote is a fault of its own line.
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Rows:
    """Column names, rows with their numbers (from 1, the header not counted), and lines not read."""

    names: list[str]
    rows: list[list[str]]
    numbers: list[int]
    unread: tuple[Line, ...]


def read_delimited(path: Path, text: str) -> Rows:
    """Read the rows of a CSV file.

    Raises
    ------
    InputError
        When there is no header, or the file ends within a row: then it was cut, and nobody knows
        what is missing.
    """
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise InputError(f"{path}, line 1", "has no header", "start with the variable names")
    sign = max(_SIGNS, key=lambda each: lines[first].count(each))
    names = _parsed(lines[first : first + 1], sign)
    if isinstance(names, str):
        raise InputError(f"{path}, line {first + 1}", f"broken header ({names})", "mend the line")
    body = lines[first + 1 :]
    whole = _whole(body, sign, len(names))
    if whole is not None:
        return Rows(names, whole, list(range(1, len(whole) + 1)), ())
    return _line_by_line(path, body, sign, names)


def _whole(lines: Sequence[str], sign: str, width: int) -> list[list[str]] | None:
    """All rows at once; None where one of them is not as wide as the header or is broken."""
    try:
        rows = [row for row in csv.reader(lines, delimiter=sign, strict=True) if row]
    except csv.Error:
        return None
    return rows if all(len(row) == width for row in rows) else None


def _parsed(lines: Sequence[str], sign: str) -> list[str] | str:
    """Fields of one record, or what is wrong with it."""
    try:
        records = list(csv.reader(lines, delimiter=sign, strict=True))
    except csv.Error as error:
        return str(error)
    return records[0] if len(records) == 1 else "several records"


def _line_by_line(path: Path, lines: Sequence[str], sign: str, names: list[str]) -> Rows:
    rows: list[list[str]] = []
    numbers: list[int] = []
    unread: list[Line] = []
    at = 0
    while at < len(lines):
        if not lines[at].strip("\r\n"):
            at += 1
            continue
        number = len(rows) + len(unread) + 1
        fields, used = _record(lines, at, sign, len(names))
        if isinstance(fields, str):
            if at == len(lines) - 1 and not lines[at].endswith(("\n", "\r")):
                raise InputError(
                    f"{path}, line {at + 2}", f"the file ends within a row ({fields})", "copy it again"
                )
            unread.append((number, fields))
        else:
            rows.append(fields)
            numbers.append(number)
        at += used
    return Rows(names, rows, numbers, tuple(unread))


def _record(lines: Sequence[str], at: int, sign: str, width: int) -> tuple[list[str] | str, int]:
    """Fields of the record that begins at a line, or what is wrong with it; and how many lines it takes."""
    fault = ""
    for end in range(at + 1, min(at + _LONGEST, len(lines)) + 1):
        fields = _parsed(lines[at:end], sign)
        if not isinstance(fields, str):
            if len(fields) > width and not any(cell.strip() for cell in fields[width:]):
                fields = fields[:width]
            if len(fields) == width:
                return fields, end - at
            fault = fault or f"has {len(fields)} fields where the header has {width}"
            break
        fault = fault or f"broken CSV ({fields})"
        if "unexpected end of data" not in fields:
            break
    return fault, 1
