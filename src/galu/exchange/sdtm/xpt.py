"""SAS transport files, versions 5 and 8: checked as to their structure, then read with pyreadstat.

SAS Institute, "The Record Layout of a Data Set in SAS Transport (XPORT) Format" (TS-140). The format
states no row count, so a file cut between two observations cannot be told from a shorter one.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from galu.finding import InputError

_RECORD = 80
_MEMBER = re.compile(rb"HEADER RECORD\*{7}(?:MEMBER  |MEMBV8  )HEADER RECORD")
_NAMES = re.compile(rb"HEADER RECORD\*{7}(?:NAMESTR |NAMSTV8 )HEADER RECORD!{7}0*?(\d{10})")
_VALUES = re.compile(rb"HEADER RECORD\*{7}(?:OBS     |OBSV8   )HEADER RECORD")


def read_xpt(path: Path, data: bytes) -> tuple[list[str], list[list[object]]]:
    """Variable names, and the values of each variable.

    Raises
    ------
    InputError
        When the file is no transport file, is cut short, is not UTF-8 or holds several data sets.
    """
    import pyreadstat

    _check_structure(path, data)
    try:
        values, _ = pyreadstat.read_xport(
            io.BytesIO(data), encoding="UTF-8", disable_datetime_conversion=True, output_format="dict"
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        fault = str(error).split("\n", 1)[0]
        raise InputError(str(path), f"cannot be read as XPT ({fault})", "export it again, as UTF-8") from None
    return list(values), [list(column) for column in values.values()]


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
