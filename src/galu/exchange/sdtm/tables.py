"""One SDTM data set as a table of texts, from CSV, SAS transport (XPT) or Dataset-JSON 1.0 and 1.1.

Every cell is text, blank is null and column names are upper case, so that the same rows give the same
table whatever the file type. Rows count from 1, the header not counted.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from galu.exchange.sdtm.dataset_json import read_dataset_json
from galu.exchange.sdtm.xpt import read_xpt
from galu.finding import InputError

MAX_BYTES = 512 * 2**20
MAX_ROWS = 5_000_000
#: A row that could not be read, or was read and not mapped: its number and why.
Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A data set: its domain (`SUPP` for any supplemental qualifiers) and its rows.

    `frame` has String columns and the row number `row`; `unread` lists rows that are not in it.
    """

    path: Path
    domain: str
    frame: pl.DataFrame
    unread: tuple[Line, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return self.frame.height + len(self.unread)


def base_and_set(path: Path) -> tuple[str, str]:
    """Domain and set that a file name means.

    >>> base_and_set(Path("pharmaversesdtm__tu_onco.csv"))
    ('TU', 'onco')
    """
    stem = path.stem.lower().rsplit("__", 1)[-1]
    base, _, suffix = stem.partition("_")
    return base.upper(), suffix


def read_table(path: Path) -> Table:
    """Read one data set.

    Raises
    ------
    InputError
        With file, row and column, for a file that is broken, not UTF-8, too large or no data set.
    """
    data = _bytes(path)
    kind = path.suffix.lower()
    numbers: list[int] | None = None
    unread: tuple[Line, ...] = ()
    if kind == ".csv":
        names, rows, numbers, unread = _read_csv(path, data)
        columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) or [()] * len(names)
    elif kind == ".xpt":
        names, columns = read_xpt(path, data)
    elif kind == ".json":
        names, rows = read_dataset_json(path, data)
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
    else:
        raise InputError(str(path), "is no CSV, XPT or Dataset-JSON file", "give .csv, .xpt or .json")
    frame = _tidy(path, names, columns, numbers)
    return Table(path, _domain(path, frame), frame, unread)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(str(path), f"is larger than {MAX_BYTES // 2**20} MiB", "split the file")
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})", "give an existing file") from None


def _tidy(
    path: Path, names: Sequence[str], columns: Sequence[Sequence[object]], numbers: list[int] | None
) -> pl.DataFrame:
    upper = [name.strip().upper() for name in names]
    for name in upper:
        if not name or upper.count(name) > 1:
            fault = f"names the column {name} twice" if name else "has a column without a name"
            raise InputError(f"{path}, header", fault, "give each column its own name")
    height = len(columns[0]) if columns else 0
    if height > MAX_ROWS:
        raise InputError(str(path), f"has more than {MAX_ROWS:,} rows", "split the file")
    texts = {
        name: pl.Series(name, _texts(path, name, column), dtype=pl.String)
        for name, column in zip(upper, columns, strict=True)
    }
    frame = pl.DataFrame(texts).with_columns(pl.all().str.strip_chars())
    frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
    rows = pl.Series("row", numbers if numbers is not None else range(1, height + 1), dtype=pl.Int64)
    return frame.with_columns(rows)


def _texts(path: Path, column: str, values: Sequence[object]) -> Sequence[object]:
    if all(type(value) is str for value in values):
        return values
    return [_text(path, column, row, value) for row, value in enumerate(values, start=1)]


def _text(path: Path, column: str, row: int, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    place = f"{path}, row {row}, column {column}"
    raise InputError(place, f"holds {value!r}", "write a text or a number")


def _domain(path: Path, frame: pl.DataFrame) -> str:
    if "RDOMAIN" in frame.columns:
        return "SUPP"
    base, _ = base_and_set(path)
    if "DOMAIN" not in frame.columns:
        return base
    named = frame["DOMAIN"].drop_nulls().str.to_uppercase().unique(maintain_order=True).to_list()
    if len(named) > 1:
        fault = f"holds several domains ({', '.join(named[:5])})"
        raise InputError(f"{path}, column DOMAIN", fault, "split the file into one domain each")
    return str(named[0]) if named else base


def _read_csv(path: Path, data: bytes) -> tuple[list[str], list[list[str]], list[int], tuple[Line, ...]]:
    text, whole = _decoded(path, data)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    unread: list[Line] = []
    try:
        names = next(reader, [])
        if not names:
            raise InputError(f"{path}, line 1", "has no header", "start with the variable names")
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                fault = f"has {len(row)} fields where the header has {len(names)}"
                raise InputError(f"{path}, line {reader.line_num}", fault, "mend or quote the line")
            number = len(rows) + len(unread) + 1
            if not whole and _is_garbled(row):
                unread.append((number, "is not UTF-8 text: save the file as UTF-8 to read it"))
                continue
            rows.append(row)
            numbers.append(number)
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}", f"broken CSV ({error})", "mend the line"
        ) from None
    return names, rows, numbers, tuple(unread)


def _is_garbled(row: Sequence[str]) -> bool:
    """Whether a cell holds bytes that are no UTF-8, which `surrogateescape` keeps as lone surrogates."""
    return any("\udc80" <= letter <= "\udcff" for cell in row for letter in cell)


def _decoded(path: Path, data: bytes) -> tuple[str, bool]:
    """Text, and whether all of it is UTF-8."""
    try:
        return data.decode("utf-8-sig"), True
    except UnicodeDecodeError as fault:
        # Trial summaries describe the study, which the study file states: a row of them may be left
        # out and reported. Of a subject's data none may.
        if b"TSPARMCD" in data.split(b"\n", 1)[0].upper():
            return data.decode("utf-8-sig", errors="surrogateescape"), False
        line = data.count(b"\n", 0, fault.start) + 1
        shown = f"is not UTF-8 text (byte 0x{data[fault.start]:02X})"
        raise InputError(f"{path}, line {line}", shown, "save the file as UTF-8") from None
