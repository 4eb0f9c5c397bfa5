"""How a CSV writes numbers, dates and its cells: declared, never guessed.

``12.345`` is a little more than twelve in one country and twelve thousand in another, and 03/04 is a day in
March or in April. So the plain dialect (commas between cells, points in numbers, ISO dates) is taken as
long as nothing speaks against it; every other is named by who wrote the file; and what could be read two
ways is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from galu.finding import InputError

Decimal = Literal["", "point", "comma"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way of writing a CSV.

    Parameters
    ----------
    delimiter
        Between cells.
    decimal
        `point` or `comma` as declared; empty when nobody said so, and then a point is read as a decimal
        one unless the number could be meant otherwise.
    dates
        Order and separator of dates beside ISO 8601, such as ``DD.MM.YYYY``; empty for ISO 8601 alone.
    """

    delimiter: str = ","
    decimal: Decimal = ""
    dates: str = ""


PLAIN: Final = Dialect()
_WORDS: Final[dict[str, dict[str, Any]]] = {
    "comma": {"delimiter": ","},
    "semicolon": {"delimiter": ";"},
    "tab": {"delimiter": "\t"},
    "decimal-point": {"decimal": "point"},
    "decimal-comma": {"decimal": "comma"},
    "dd.mm.yyyy": {"dates": "DD.MM.YYYY"},
    "dd/mm/yyyy": {"dates": "DD/MM/YYYY"},
    "dd-mm-yyyy": {"dates": "DD-MM-YYYY"},
    "mm/dd/yyyy": {"dates": "MM/DD/YYYY"},
    "german": {"delimiter": ";", "decimal": "comma", "dates": "DD.MM.YYYY"},
    "french": {"delimiter": ";", "decimal": "comma", "dates": "DD/MM/YYYY"},
}
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u2009\u202f'’_.,]\d{3})+(?:[.,]\d+)?")
_ONE_WAY: Final = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_POINT: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_COMMA: Final = re.compile(r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?")
_OTHER_DATE: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{2}|\d{4})(?:[ T].*)?")
_CLOCK: Final = r"(?:[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?P<rest>(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?))?"


def dialect_named(words: str) -> Dialect:
    """The dialect of words joined by ``+``, such as ``semicolon+decimal-comma+DD.MM.YYYY``, or ``german``.

    Raises
    ------
    InputError
        When a word is none of them.
    """
    found = PLAIN
    for word in words.split("+"):
        changes = _WORDS.get(word.strip().lower())
        if changes is None:
            raise InputError("--dialect", f"{word!r} is unknown", f"join by + any of {', '.join(_WORDS)}")
        found = replace(found, **changes)
    return found


def number_in(text: str, dialect: Dialect) -> str:
    """A cell of a number as Python writes it.

    Raises
    ------
    ValueError
        With fault and remedy, when the cell is no number of this dialect but one of another; a cell that is
        no number at all is given back as it is.
    """
    if dialect.decimal == "comma":
        if _COMMA.fullmatch(text):
            return text.replace(",", ".")
        if _POINT.fullmatch(text) or _GROUPED.fullmatch(text):
            raise ValueError(
                f"{text!r} is no number with a decimal comma: write thousands without separators, as 1234,5"
            )
        return text
    if _POINT.fullmatch(text):
        return text
    if _GROUPED.fullmatch(text):
        both = ", or declare --dialect decimal-comma" if _COMMA.fullmatch(text) else ""
        raise ValueError(
            f"{text!r} may group its thousands, which is never guessed: write it without separators, "
            f"as 1234.5{both}"
        )
    if _COMMA.fullmatch(text):
        raise ValueError(
            f"{text!r} has a decimal comma: write a number with a point, or declare --dialect decimal-comma"
        )
    return text


def other_reading(text: str, dialect: Dialect) -> str | None:
    """What a number means where points group thousands; None where it can only be read one way."""
    if dialect.decimal or not _ONE_WAY.fullmatch(text):
        return None
    return text.replace(".", "")


def time_in(text: str, dialect: Dialect) -> str:
    """A cell of a date or time in ISO 8601.

    Raises
    ------
    ValueError
        When it is a date of another dialect.
    """
    if dialect.dates:
        order, separator = dialect.dates[:2], re.escape(dialect.dates[2])
        first, second = ("day", "month") if order == "DD" else ("month", "day")
        day = rf"(?P<{first}>\d{{1,2}}){separator}(?P<{second}>\d{{1,2}}){separator}(?P<year>\d{{4}})"
        found = re.fullmatch(day + _CLOCK, text)
        if found:
            iso = f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}"
            hour = f"T{int(found['hour']):02}:{found['minute']}{found['rest']}" if found["hour"] else ""
            return iso + hour
        month = re.fullmatch(rf"(\d{{1,2}}){separator}(\d{{4}})", text)
        if month:
            return f"{month[2]}-{int(month[1]):02}"
    if _OTHER_DATE.fullmatch(text):
        orders = ", ".join(word.upper() for word in _WORDS if "yyyy" in word)
        raise ValueError(
            f"{text!r} could be read in more than one order: write 2026-01-31, or declare --dialect with one "
            f"of {orders}"
        )
    return text


def delimiter_fault(header: list[str], dialect: Dialect) -> tuple[str, str] | None:
    """Fault and remedy of a header that was cut at another delimiter; None where it was not."""
    if len(header) != 1:
        return None
    for delimiter, name, remedy in _DELIMITERS:
        if delimiter != dialect.delimiter and delimiter in header[0]:
            return f"its cells are separated by {name}", remedy
    return None


_DELIMITERS: Final = (
    (
        ";",
        "semicolons",
        "declare that dialect: --dialect semicolon, with +decimal-comma and +DD.MM.YYYY where the file "
        "writes so (german means all three)",
    ),
    ("\t", "tabs", "declare that dialect: --dialect tab"),
    (",", "commas", "leave out the delimiter in --dialect"),
    ("|", "bars", "save it with commas between cells"),
)
