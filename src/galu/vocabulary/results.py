"""Results as laboratories write them: numbers with bounds, words for too little, words for no result."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple

from galu.vocabulary.folding import key

#: A result given as a limit is graded just on its side of it: `<0.5` meets a cut of `< 0.5` (assumed).
_BESIDE: Final = 1e-12
_SIGNS: Final = {"≤": "<=", "≦": "<=", "⩽": "<=", "=<": "<=", "≥": ">=", "≧": ">=", "⩾": ">=", "=>": ">="}
_LESS: Final = re.compile(
    r"^(?:less than|lower than|below|under|lt\.?|kleiner als|inf[ée]rieur [àa]|低于|小于)\s*(?=\d|\.)",
    re.IGNORECASE,
)
_MORE: Final = re.compile(
    r"^(?:(?:more|greater|higher) than|above|over|gt\.?|gr[öo](?:ss|ß)er als|高于|大于)\s*(?=\d|\.)",
    re.IGNORECASE,
)
_RESULT: Final = re.compile(
    r"(?P<sign><=|>=|<|>)?\s*(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)\s*(?P<flag>\(?[hlHLN*!↑↓]{1,2}\)?)?",
    re.IGNORECASE,
)
#: One thousand and more, or a number with three decimals: who wrote it knows.
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}\.\d{3}")
#: Marks that point to a remark.
_POINTS: Final = frozenset("*#?†‡!↑↓")
Kind = Literal["number", "below", "trace", "negative", "positive", "no result", "unread"]


class Result(NamedTuple):
    """A result told in words: its number, `bound` (``<``, ``>`` or none) and the number to grade."""

    value: float
    bound: str
    graded: float


@lru_cache(maxsize=65536)
def read_result(text: str | None) -> Result | None:
    """Read a result such as `<0.1`, `> 500`, `≥ 3`, `less than 0.1` or `0.3 L`; None where it is no number.

    Below a limit is read as just below it, above a limit as just above it (assumed). A decimal comma is
    never guessed, nor whether `1.234` is more than a thousand.

    >>> read_result("< 0.1").value, read_result("HEMOLYZED")
    (0.1, None)
    """
    plain = (text or "").strip().replace("＜", "<").replace("＞", ">")
    for sign, instead in _SIGNS.items():
        plain = plain.replace(sign, instead)
    plain = _MORE.sub(">", _LESS.sub("<", plain))
    found = _RESULT.fullmatch(plain)
    if found is None or _THOUSANDS.fullmatch(found["number"]):
        return None
    sign, number = found["sign"] or "", float(found["number"])
    if not math.isfinite(number):
        return None
    strict = {"<": -_BESIDE, ">": _BESIDE}.get(sign, 0.0)
    return Result(number, sign[:1], number * (1.0 + strict))


@lru_cache(maxsize=65536)
def kind_of_result(text: str | None) -> Kind:
    """What a result in words says.

    `ND` is no result: it may mean not detected or not done. A mark alone, such as `*`, points to something
    that was said elsewhere: unread.

    >>> kind_of_result("not detected"), kind_of_result("QNS"), kind_of_result("ND"), kind_of_result("blue")
    ('below', 'no result', 'no result', 'unread')
    """
    if read_result(text) is not None:
        return "number"
    said = key((text or "").replace("<", "below "))
    if not said:
        return "unread" if set(text or "") & _POINTS else "no result"
    return _kinds().get(said, "unread")


@cache
def _kinds() -> Mapping[str, Kind]:
    known: dict[str, Kind] = {
        "below": "below", "trace": "trace", "negative": "negative", "positive": "positive",
    }  # fmt: skip
    text = (files("galu.vocabulary") / "result_words.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {key(row["written"].replace("<", "below ")): known.get(row["kind"], "no result") for row in rows}


_BETWEEN: Final = re.compile(
    r"[\[(]?\s*(?P<low>\d+(?:\.\d+)?)\s*(?:-|–|—|−|~|to|bis|à|\.\.+|,\s)\s*(?P<high>\d+(?:\.\d+)?)\s*[\])]?",
    re.IGNORECASE,
)


class Range(NamedTuple):
    """A reference range; None is an end that is not stated."""

    lower: float | None
    upper: float | None


def read_range(text: str | None) -> Range | None:
    """Read a reference range such as `150-400`, `(3.5 – 5.1)`, `< 45` or `up to 45`; None where it is none.

    Limits that are swapped say nothing and are refused too.

    >>> read_range("150 - 400"), read_range("<45"), read_range("400-150")
    (Range(lower=150.0, upper=400.0), Range(lower=None, upper=45.0), None)
    """
    plain = (text or "").strip()
    between = _BETWEEN.fullmatch(plain)
    if between:
        low, high = float(between["low"]), float(between["high"])
        return Range(low, high) if low <= high else None
    one = read_result(re.sub(r"^(up to|bis|max\.?|jusqu'à)\s*", "<", plain, flags=re.IGNORECASE))
    if one is None or not one.bound:
        return None
    return Range(None, one.value) if one.bound == "<" else Range(one.value, None)
