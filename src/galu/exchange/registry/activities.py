"""Activities in the words of a record: levels in GBq, in MBq of an α emitter, by body weight or surface."""

from __future__ import annotations

import itertools
import re
from typing import Final, NamedTuple

from galu.exchange.registry.words import narrow


class _Way(NamedTuple):
    """Units of a way to state an activity, in small letters with their factor, and the range that is read."""

    units: dict[str, float]
    low: float
    high: float


#: Keys of a dose level in the study file.
WAYS: Final = {
    "activity_gbq": _Way({"gbq": 1.0, "mbq": 0.001, "mci": 0.037}, 0.5, 20.0),
    "activity_mbq": _Way({"mbq": 1.0, "kbq": 0.001, "µci": 0.037, "uci": 0.037}, 0.1, 100.0),
    "kbq_per_kg": _Way(
        {"kbq/kg": 1.0, "mbq/kg": 1e3, "gbq/kg": 1e6, "µci/kg": 37.0, "uci/kg": 37.0, "mci/kg": 37e3},
        1.0,
        300_000.0,
    ),
    "mbq_per_m2": _Way({"mbq/m2": 1.0, "gbq/m2": 1e3, "mci/m2": 37.0}, 0.1, 12_000.0),
}
_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
#: Words before a bound.
_BOUND: Final = r"\bmax(?:imum|imal|\.)?(?:\s+\w+){0,3}:?|\bcap(?:ped)?(?:\s+\w+)?"
_NO_LEVEL: Final = re.compile(
    r"cumulative|in total|total (?:of|activity|dose)|"
    r"(?:up to|exceed\w*|at most|no more than|limited to|reduc\w+ by|lower\w* by|[<≤>≥±+–-]"
    rf"|{_BOUND})\s*$",
    re.I,
)
#: The number of a level is none of its activities: "level 2, 7.4 GBq".
_LEVEL_NUMBER: Final = re.compile(
    r"\b((?:level|cohort|DL|part|arm|group)\s*[-−–]?\d{1,2})\s*,(?=\s*\d)", re.I
)
_MOST: Final = re.compile(rf"(?:{_BOUND}|not (?:to )?exceed\w*)\s*$", re.I)
_BY_CYCLE: Final = re.compile(
    r"\bcycles?\s*\d|\b(?:first|second|third|subsequent|later) (?:cycle|dose)", re.I
)
#: Imaging is given by weight, too, and in few MBq.
_IMAGING: Final = re.compile(
    r"\b(?:68Ga|Ga-68|18F|F-18|64Cu|Cu-64|89Zr|Zr-89|99mTc|Tc-99m|111In|In-111|FDG|PET|SPECT|"
    r"imaging|diagnos\w*|tracer|scan)",
    re.I,
)
_ANY: Final = re.compile(r"\d\s*(?:[GMk]Bq|[mµu]Ci)\b", re.I)


def activity_told(sentence: str) -> bool:
    """Whether an activity is told in any unit."""
    return bool(_ANY.search(_look(sentence)))


def read_levels(sentence: str, way: str) -> list[tuple[float, ...]]:
    """Rising activities of one list, stated in a way; a total, a bound or a course by cycle is none."""
    found: list[tuple[float, ...]] = []
    look, stated = _look(sentence), WAYS[way]
    if _BY_CYCLE.search(look) or (way != "activity_gbq" and _IMAGING.search(look)):
        return found
    for match in _amounts(way).finditer(look):
        if _NO_LEVEL.search(look[max(0, match.start() - 45) : match.start()]):
            continue
        values = _values(match.group(1), way)
        again = found and len(values) == len(found[-1])
        if again and all(abs(a / b - 1) < 0.02 for a, b in zip(values, found[-1], strict=True)):
            continue  # the same in another unit, in brackets
        rises = all(a < b for a, b in itertools.pairwise(values))
        if values and rises and all(stated.low <= one <= stated.high for one in values):
            found.append(values)
    return found


def read_most(sentence: str) -> list[float]:
    """The most that one administration may have [MBq]."""
    look = _look(sentence)
    return [
        round(1000.0 * values[0], 4)
        for match in _amounts("activity_gbq").finditer(look)
        if _MOST.search(look[max(0, match.start() - 45) : match.start()])
        and len(values := _values(match.group(1), "activity_gbq")) == 1
        and not _IMAGING.search(look)
    ]


def read_fall(sentence: str) -> list[float]:
    """By how much the activity falls from cycle to cycle [GBq]."""
    units = WAYS["activity_gbq"].units
    told = _FALL.finditer(_look(sentence))
    return [round(_plain(one.group(1)) * units[one.group(2).lower()], 4) for one in told]


def _look(sentence: str) -> str:
    look = narrow(sentence).replace("m²", "m2").replace("μ", "µ")
    look = _LEVEL_NUMBER.sub(r"\1:", look)
    return re.sub(r"\s*(?:/|\bper\b)\s*(?=(?:kg|kilogram|m2)\b)", "/", look, flags=re.I).replace(
        "/kilogram", "/kg"
    )


def _unit(way: str) -> str:
    return "|".join(sorted(map(re.escape, WAYS[way].units), key=len, reverse=True))


def _amounts(way: str) -> re.Pattern[str]:
    unit, between = _unit(way), r"(?:,\s*(?:and|or|then)?|;|/|、|and|or|then|or then|和|或)"
    return re.compile(
        rf"(?<![\w.+])((?:(?:{_NUMBER})(?:\s*(?:{unit}))?\s*{between}\s*)*(?:{_NUMBER})\s*(?:{unit}))(?![A-Za-z0-9/])",
        re.I,
    )


_FALL: Final = re.compile(
    rf"(?:reduc|lower|decreas)\w*\s+by\s+({_NUMBER})\s*({_unit('activity_gbq')})\s+"
    r"(?:(?:with|at|in|for)\s+)?(?:each|every|per)\s+(?:\w+\s+)?(?:cycle|dose|administration)",
    re.I,
)


def _values(text: str, way: str) -> tuple[float, ...]:
    unit, values = "", []
    for number, own in reversed(re.findall(rf"({_NUMBER})\s*({_unit(way)})?", text, re.I)):
        unit = own or unit
        values.append(round(_plain(number) * WAYS[way].units[unit.lower()], 4))
    return tuple(reversed(values))


def _plain(number: str) -> float:
    thousands = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number)
    return float(number.replace(",", "") if thousands else number.replace(",", "."))
