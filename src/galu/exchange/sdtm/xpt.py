"""SAS files: transport (versions 5 and 8, checked as to their structure) and sas7bdat, read with pyreadstat.

SAS Institute, "The Record Layout of a Data Set in SAS Transport (XPORT) Format" (TS-140). The format
states no row count, so a file cut between two observations cannot be told from a shorter one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from galu.exchange.sdtm.encoding import Encoding, encoding_of
from galu.finding import InputError
from galu.foreign import MAX_ROWS

#: Columns by name, as SAS holds them; texts are decoded.
Columns = tuple[list[str], list[list[object]], Encoding]
_RECORD = 80
_MEMBER = re.compile(rb"HEADER RECORD\*{7}(?:MEMBER  |MEMBV8  )HEADER RECORD")
_NAMES = re.compile(rb"HEADER RECORD\*{7}(?:NAMESTR |NAMSTV8 )HEADER RECORD!{7}0*?(\d{10})")
_VALUES = re.compile(rb"HEADER RECORD\*{7}(?:OBS     |OBSV8   )HEADER RECORD")


def read_xpt(path: Path, data: bytes, stated: str | None = None) -> Columns:
    """Variable names, the values of each variable, and the encoding of its texts.

    Raises
    ------
    InputError
        When the file is no transport file, is cut short or holds several data sets.
    """
    import pyreadstat

    _check_structure(path, data)
    # A transport file does not say how its texts are encoded: every byte is a letter of Latin-1, so
    # that read as such nothing is lost and the texts can be decoded afterwards.
    try:
        values, _ = pyreadstat.read_xport(
            io.BytesIO(data), encoding="LATIN1", disable_datetime_conversion=True, output_format="dict"
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        raise _unreadable(path, "XPT", error) from None
    return _decoded(values, stated)


def read_sas(path: Path, data: bytes, stated: str | None = None) -> Columns:
    """The same of a sas7bdat file, which names its encoding; one that is stated goes before.

    Raises
    ------
    InputError
        When the file is no sas7bdat file or is broken.
    """
    import pyreadstat

    try:
        if stated is None:
            values, _ = pyreadstat.read_sas7bdat(
                io.BytesIO(data), disable_datetime_conversion=True, output_format="dict"
            )
            columns = [list(column) for column in values.values()]
            return list(values), columns, Encoding("utf-8")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError):
        pass  # its texts are not in the encoding that it names: they are read below, whatever they are
    try:
        values, _ = pyreadstat.read_sas7bdat(
            io.BytesIO(data), encoding="LATIN1", disable_datetime_conversion=True, output_format="dict"
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        raise _unreadable(path, "sas7bdat", error) from None
    return _decoded(values, stated)


def _unreadable(path: Path, form: str, error: Exception) -> InputError:
    fault = str(error).split("\n", 1)[0]
    return InputError(str(path), f"cannot be read as {form} ({fault})", "export it again")


def _decoded(values: Mapping[str, Iterable[object]], stated: str | None) -> Columns:
    columns = [list(column) for column in values.values()]
    foreign = [c for column in columns for c in column if isinstance(c, str) and not c.isascii()]
    raw = "\n".join(foreign).encode("latin-1", errors="replace")
    encoding = encoding_of(raw, stated) if raw else Encoding("utf-8")
    if raw:
        columns = [[_text(cell, encoding) for cell in column] for column in columns]
    return list(values), columns, encoding


def _text(cell: object, encoding: Encoding) -> object:
    if not isinstance(cell, str) or cell.isascii():
        return cell
    return encoding.decode(cell.encode("latin-1", errors="replace"))


def _check_structure(path: Path, data: bytes) -> None:
    if not data.startswith(b"HEADER RECORD*******LIB"):
        raise InputError(str(path), "is no SAS transport file", "export it again in XPT version 5")
    if len(data) % _RECORD:
        raise InputError(str(path), "is cut short (no whole number of 80-byte records)", "copy it again")
    if len(_MEMBER.findall(data)) > 1:
        raise InputError(str(path), "holds several data sets", "export one data set per file")
    names, values = _NAMES.search(data), _VALUES.search(data)
    if names is None or values is None:
        raise InputError(str(path), "is cut short (its header is incomplete)", "copy it again")
    width = _observation_width(data, names.start(), values.start())
    rest = len(data) - values.start() - _RECORD
    if rest > MAX_ROWS * max(width, 1):
        raise InputError(str(path), f"has more than {MAX_ROWS:,} rows", "split the file")
    tail = rest % width if width else 0
    if tail and (tail >= _RECORD or data[-tail:].strip(b" ")):
        row = rest // width + 1
        raise InputError(f"{path}, row {row}", "the file ends within the row", "copy it again")


def _observation_width(data: bytes, names: int, values: int) -> int:
    """Length of one observation: the sum of the field lengths in the 140-byte variable descriptors."""
    count = int(data[names + 48 : names + 58])
    first = names + _RECORD
    return sum(
        int.from_bytes(data[first + 140 * i + 4 : first + 140 * i + 6], "big")
        for i in range(count)
        if first + 140 * (i + 1) <= values
    )
