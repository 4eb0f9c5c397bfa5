"""One SDTM data set as a table of texts: CSV, SAS (XPT, sas7bdat) or Dataset-JSON (1.0, 1.1, NDJSON).

Every cell is text, what is missing is null and column names are upper case, so that the same rows give
the same table whatever the file type. Rows count from 1, the header not counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from galu.exchange.sdtm.dataset_json import read_dataset_json, read_dataset_ndjson
from galu.exchange.sdtm.dates import with_iso_dates
from galu.exchange.sdtm.delimited import read_delimited
from galu.exchange.sdtm.encoding import UNREADABLE, encoding_of
from galu.exchange.sdtm.lines import Line
from galu.exchange.sdtm.xpt import read_sas, read_xpt
from galu.finding import InputError
from galu.foreign import MAX_ROWS, require_lines, require_plain

#: How programs write that a cell is empty. `NONE` is a word (an attribution) and not among them.
MISSING: Final = ("", ".", "NA", "N/A", "<NA>", "NULL", "null", "NaN", "nan")


@dataclass(frozen=True, slots=True)
class Table:
    """A data set: its domain (`SUPP` for any supplemental qualifiers) and its rows.

    `frame` has String columns and the row number `row`; `unread` lists rows that are not in it,
    `damaged` cells of which not every letter could be read.
    """

    path: Path
    domain: str
    frame: pl.DataFrame
    unread: tuple[Line, ...] = ()
    damaged: tuple[Line, ...] = ()
    encoding: str = ""

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return self.frame.height + len(self.unread)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a reader of one file type gives; `numbers` are those of the rows, from 1 on where None."""

    names: Sequence[str]
    columns: Sequence[Sequence[object]]
    encoding: str
    numbers: Sequence[int] | None = None
    unread: tuple[Line, ...] = ()


def base_and_set(path: Path) -> tuple[str, str]:
    """Domain and set that a file name means.

    >>> base_and_set(Path("pharmaversesdtm__tu_onco.csv"))
    ('TU', 'onco')
    """
    stem = path.stem.lower().rsplit("__", 1)[-1]
    base, _, suffix = stem.partition("_")
    return base.upper(), suffix


def read_table(path: Path, encoding: str | None = None) -> Table:
    """Read one data set; `encoding` is that of its texts where somebody states it.

    Raises
    ------
    InputError
        For a file that is cut, broken as a whole, too large or no data set.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(str(path), "is no SDTM data set", f"give {', '.join(_READERS)}")
    read = reader(path, _bytes(path), encoding)
    frame = with_iso_dates(_tidy(path, read))
    domain, frame, strangers = _of_one_domain(path, frame)
    damaged = _damaged(frame)
    nameless = {row: (row, why) for row, why in damaged if why.startswith("USUBJID ")}
    frame = frame.filter(~pl.col("row").is_in(list(nameless)))
    left = (*read.unread, *strangers, *nameless.values())
    return Table(path, domain, frame, left, tuple(d for d in damaged if d[0] not in nameless), read.encoding)


def _csv(path: Path, data: bytes, stated: str | None) -> _Read:
    encoding = encoding_of(data, stated)
    rows = read_delimited(path, encoding.decode(data))
    columns = list(zip(*rows.rows, strict=True)) or [()] * len(rows.names)
    return _Read(rows.names, columns, encoding.told, rows.numbers, rows.unread)


def _json(path: Path, data: bytes, stated: str | None) -> _Read:
    encoding = encoding_of(data, stated)
    names, rows = read_dataset_json(path, encoding.decode(data))
    return _Read(names, list(zip(*rows, strict=True)) or [()] * len(names), encoding.told)


def _ndjson(path: Path, data: bytes, stated: str | None) -> _Read:
    encoding = encoding_of(data, stated)
    names, rows, numbers, unread = read_dataset_ndjson(path, encoding.decode(data))
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return _Read(names, columns, encoding.told, numbers, unread)


def _xpt(path: Path, data: bytes, stated: str | None) -> _Read:
    names, columns, encoding = read_xpt(path, data, stated)
    return _Read(names, columns, encoding.told)


def _sas(path: Path, data: bytes, stated: str | None) -> _Read:
    names, columns, encoding = read_sas(path, data, stated)
    return _Read(names, columns, encoding.told)


_READERS: Final[dict[str, Callable[[Path, bytes, str | None], _Read]]] = {
    ".csv": _csv, ".xpt": _xpt, ".json": _json, ".ndjson": _ndjson, ".sas7bdat": _sas,
}  # fmt: skip
#: File types that are read.
SUFFIXES: Final = tuple(_READERS)


def _bytes(path: Path) -> bytes:
    try:
        require_lines(path) if path.suffix.lower() == ".csv" else require_plain(path)
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})", "give an existing file") from None


def _tidy(path: Path, read: _Read) -> pl.DataFrame:
    upper = [name.strip().upper() for name in read.names]
    for name in upper:
        if not name or upper.count(name) > 1:
            fault = f"names the column {name} twice" if name else "has a column without a name"
            raise InputError(f"{path}, header", fault, "give each column its own name")
    height = len(read.columns[0]) if read.columns else 0
    if height > MAX_ROWS:
        raise InputError(str(path), f"has more than {MAX_ROWS:,} rows", "split the file")
    texts = {
        name: pl.Series(name, _texts(path, name, column), dtype=pl.String)
        for name, column in zip(upper, read.columns, strict=True)
    }
    frame = pl.DataFrame(texts).with_columns(pl.all().str.strip_chars())
    # A test code of NA is natrium, in whatever language.
    words = [pl.col(c).is_in(MISSING[:1] if c.endswith("TESTCD") else MISSING) for c in upper]
    frame = frame.with_columns(pl.when(~w).then(pl.col(c)) for w, c in zip(words, upper, strict=True))
    numbers = read.numbers if read.numbers is not None else range(1, height + 1)
    return frame.with_columns(pl.Series("row", numbers, dtype=pl.Int64))


def _texts(path: Path, column: str, values: Sequence[object]) -> Sequence[object]:
    if set(map(type, values)) <= {str}:
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
        if math.isinf(value):
            place = f"{path}, row {row}, column {column}"
            raise InputError(place, "holds a number without end", "write the number that was measured")
        return str(int(value)) if value.is_integer() else repr(value)
    place = f"{path}, row {row}, column {column}"
    raise InputError(place, f"holds {value!r}", "write a text or a number")


def _of_one_domain(path: Path, frame: pl.DataFrame) -> tuple[str, pl.DataFrame, tuple[Line, ...]]:
    """The domain that most rows name, else the file's name; rows that name another are set aside.

    Raises
    ------
    InputError
        Where no domain has a clear majority.
    """
    if {"RDOMAIN", "QNAM"} <= set(frame.columns):
        return "SUPP", frame, ()
    base, _ = base_and_set(path)
    if "RDOMAIN" in frame.columns or "DOMAIN" not in frame.columns:
        return base, frame, ()
    named = frame.select("row", pl.col("DOMAIN").str.to_uppercase().alias("domain")).drop_nulls()
    if named.height == 0:
        return base, frame, ()
    counts = named["domain"].value_counts(sort=True).rows()
    domain, most = counts[0]
    if most <= named.height - most:
        fault = f"holds several domains ({', '.join(sorted(name for name, _ in counts)[:5])})"
        raise InputError(f"{path}, column DOMAIN", fault, "split the file into one domain each")
    others = named.filter(pl.col("domain") != domain)
    strangers = tuple((row, f"DOMAIN is {name} among rows of {domain}") for row, name in others.iter_rows())
    return str(domain), frame.filter(~pl.col("row").is_in(others["row"].to_list())), strangers


def _damaged(frame: pl.DataFrame) -> tuple[Line, ...]:
    """Cells with letters that could not be read."""
    found: list[Line] = []
    for column in frame.columns:
        if column != "row":
            hit = frame.filter(pl.col(column).str.contains(UNREADABLE, literal=True))
            found += [(row, f"{column} holds letters that cannot be read") for row in hit["row"].to_list()]
    return tuple(sorted(found))
