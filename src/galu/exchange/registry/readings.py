"""What the words of a registry record say about treatment: dose levels, interval, cycles, design, expansion.

Each reading keeps the sentence it was read from. A thing said in two ways is not read: the sentences are
told instead.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from galu.exchange.registry.activities import WAYS, activity_told, read_fall, read_levels, read_most
from galu.exchange.registry.words import narrow

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9(])|\n+")
_LABEL: Final = re.compile(r"\b(?:level|cohort|DL)\s*-?\d", re.I)
_WORDS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
_COUNT: Final = rf"(\d{{1,3}}|{'|'.join(_WORDS)})"
_DOSING: Final = re.compile(
    r"administ|dos(?:e|ing)|cycle|inject|infus|treat|[GMk]Bq|[mµu]Ci|therapy|治疗|给药|注射", re.I
)
_OTHER_VISIT: Final = re.compile(
    r"follow|scan|imag|assess|visit|monitor|blood|CT\b|MRI|PSA (?:test|level)", re.I
)
_INTERVALS: Final = (
    re.compile(
        rf"\b(?:every|each)\s+{_COUNT}\s*(?:\([^)]*\)\s*)?(?:±\s*\d+\s*)?-?\s*(week|day|month)s?\b", re.I
    ),
    re.compile(rf"\bintervals?\s+of\s+{_COUNT}\s*(?:±\s*\d+\s*)?(week|day|month)s?\b", re.I),
    re.compile(rf"\b{_COUNT}[\s-]+(week|day|month)s?\s+(?:intervals?|apart|cycles?)\b", re.I),
    re.compile(rf"\bintervals?\s+of\s+(?:\w+\s+)?{_COUNT}\s*\([^)]*\)\s*(week|day|month)s?\b", re.I),
    re.compile(rf"\b{_COUNT}-(week|day|month)ly\b", re.I),
    re.compile(rf"\b{_COUNT}\s+(week|day|month)s?\s+between\b", re.I),
    re.compile(r"\bq\s?(\d{1,2})\s?(w|d)(?:ee?ks?|ays?)?\b", re.I),
    re.compile(r"每\s*(?:隔\s*)?(\d{1,2})\s*(周|天)"),
)
_RANGE: Final = re.compile(rf"{_COUNT}\s*(?:-|–|to|or)\s*$", re.I)
_DAYS: Final = {"week": 7, "w": 7, "day": 1, "d": 1, "周": 7, "天": 1}
_GIVEN: Final = r"(?:cycles?|doses?|administrations?|injections?|infusions?|treatments?)"
_CYCLES: Final = (
    re.compile(
        rf"\b(?:up to|maximum(?: number)? of|at most|no more than|total of|for|receive|of)\s+"
        rf"(?:a (?:maximum|total) of\s+)?{_COUNT}\s+(?:(?!week|day|month|year|hour|prior)\w+\s+)?{_GIVEN}\b",
        re.I,
    ),
    re.compile(rf"\b{_COUNT}\s+{_GIVEN}\s+(?:of|every|at)\b", re.I),
    re.compile(r"(?:最多|不超过|共)\s*(\d{1,2})\s*个?(?:周期|次|疗程)"),
)
_BRACKETS: Final = re.compile(rf"\b{_COUNT}\s*\(\s*\d{{1,3}}\s*\)", re.I)
#: "fractionated on day 1 and day 15", "two fractions, two weeks apart".
_FRACTION_DAYS: Final = re.compile(
    r"\b(?:on\s+)?(?:days?|D)\s*1\s*(?:,|and|&|/|\+)\s*(?:then\s+)?(?:days?\s*|D\s*)?(\d{1,2})\b"
    r"(?!\s*(?:,|and|&|/)\s*\d)",
    re.I,
)
_FRACTIONS_APART: Final = re.compile(
    rf"\b(?:two|2)\s+(?:equal\s+)?(?:fractions|fractionated doses|split doses)\D{{0,40}}?\b{_COUNT}\s*"
    r"(week|day)s?\s+apart",
    re.I,
)
_SPLIT: Final = re.compile(r"fraction|split|divided|administ|given|inject|infus|dos(?:e|ing)", re.I)
_TITRATION: Final = re.compile(
    r"accelerated (?:titration|escalation|dose)|intra-?patient (?:dose )?escalation", re.I
)
_AT_LEAST: Final = re.compile(
    r"(?:minimum(?: number)?|at least|least|[≥>]|every|first|last)\W*(?:of)?\W*$", re.I
)
_NEGATED: Final = re.compile(
    r"(?:\bnot|\bno|unlike|instead of|rather than|other than|than)\s+(?:\w+\s+)?$", re.I
)
_PER_ADMINISTRATION: Final = re.compile(
    r"administered (?:every|each|at)|per (?:cycle|dose|administration|injection|infusion)|/cycle|"
    r"each (?:cycle|dose|administration|injection|infusion)|\bevery\b",
    re.I,
)
_EXPANSION: Final = re.compile(r"expansion|expand", re.I)
_RATE: Final = re.compile(
    r"target\w*\s+(?:\w+\s+){0,3}?(?:toxicity|DLT)\s*(?:rate|probability|level)?\s*(?:of|is|at|=|:)?\s*"
    r"(0?\.\d+|\d{1,2}(?:\.\d+)?\s?%)",
    re.I,
)

#: Words for a design and its name here; of words that begin alike the longer come first.
_DESIGNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(words, re.I))
    for name, words in (
        ("rolling-six", r"rolling[\s-]*(?:six|6)\b|滚动\s*(?:六|6)"),
        ("i3+3", r"\bi3\s*\+\s*3\b"),
        ("3+3", r"(?<![\w+])(?:3\s*\+\s*3|3[\s-]plus[\s-]3|three[\s-](?:plus|by|\+)[\s-]three)\b"),
        ("tite-boin", r"TITE[\s-]*BOIN|time[\s-]to[\s-]event (?:BOIN|bayesian optimal interval)"),
        ("boin", r"\bBOIN\b|bayesian optimal interval"),
        ("tite-crm", r"TITE[\s-]*CRM|time[\s-]to[\s-]event (?:CRM|continual re-?assessment)"),
        ("crm", r"\bCRM\b|continual re-?assessment"),
        ("blrm", r"\bBLRM\b|bayesian logistic regression"),
        ("mtpi2", r"\bmTPI[\s-]*2\b"),
        ("mtpi", r"\bmTPI\b|modified toxicity probability interval"),
        ("keyboard", r"\bkeyboard\b"),
    )
)


#: Way in which a level states its activity, name of its reading.
LEVELS: Final = {way: "levels" if way == "activity_gbq" else f"levels by {way}" for way in WAYS}


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and the sentence it was read from."""

    value: Any
    sentence: str


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read, by name, and what was seen but not read, as sentences."""

    found: dict[str, Reading]
    unread: tuple[str, ...]


def read_treatment(texts: Iterable[str], alpha: bool = False) -> Readings:
    """Read what the texts say about treatment and escalation.

    Parameters
    ----------
    alpha
        Whether an α emitter is given, of which a few MBq are a dose level.
    """
    sentences = [" ".join(one.split()) for text in texts for one in _SENTENCE.split(text) if one.strip()]
    found: dict[str, Reading] = {}
    unread: list[str] = []
    readers = {name: read for name, read in _READERS.items() if alpha or name != LEVELS["activity_mbq"]}
    for name, read in readers.items():
        said = [Reading(value, one) for one in sentences for value in read(_look(one))]
        said = _labelled(said) if name in LEVELS.values() else said
        distinct = {one.value: one for one in reversed(said)}
        if len(distinct) == 1:
            found[name] = said[0]
        elif distinct:
            told = "; ".join(f"{_shown(one.value)} in “{one.sentence}”" for one in distinct.values())
            unread.append(f"{name} is said in more than one way: {told}")
    levels = [found[name] for name in LEVELS.values() if name in found]
    if len(levels) > 1:
        words = "; ".join(f"{_shown(one.value)} in “{one.sentence}”" for one in levels)
        unread.append(f"levels are said in more than one unit: {words}")
    if not levels:
        unread += [f"activity not read as dose levels: “{one}”" for one in sentences if activity_told(one)]
    unread += [f"not read: “{one}”" for one in sentences if _TITRATION.search(one)]
    return Readings(found, tuple(unread))


def _look(sentence: str) -> str:
    """The sentence with narrow signs and "six (6)" as "six"."""
    return _BRACKETS.sub(lambda found: found[1], narrow(sentence))


def _shown(value: Any) -> str:
    return ", ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else str(value)


def _labelled(said: list[Reading]) -> list[Reading]:
    """Levels that are told one by one ("Cohort 1: 3.7 GBq", "Cohort 2: …") as one list."""
    single = list(dict.fromkeys(one.value for one in said))
    rises = all(a < b for a, b in itertools.pairwise(single))
    if len(single) < 2 or not rises or not all(len(v) == 1 for v in single):
        return said
    if not all(_LABEL.search(one.sentence) for one in said):
        return said
    words = " … ".join(dict.fromkeys(one.sentence for one in said))
    return [Reading(tuple(value[0] for value in single), words)]


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS[word.lower()]


def _interval_days(sentence: str) -> list[int]:
    """Days between administrations; months are of no fixed length and are not read."""
    found = []
    for pattern in _INTERVALS:
        for match in pattern.finditer(sentence):
            before = sentence[max(0, match.start() - 60) : match.start()]
            around = re.split(r"[,;]", before)[-1] + match.group(0)
            unit = match.group(2).lower()
            if not _DOSING.search(sentence) or _OTHER_VISIT.search(around) or _RANGE.search(before):
                continue
            if unit in _DAYS:
                found.append(_number(match.group(1)) * _DAYS[unit])
    return list(dict.fromkeys(found))


def _max_cycles(sentence: str) -> list[int]:
    """The most administrations; a least number, or a range, is none."""
    found = []
    for pattern in _CYCLES:
        for match in pattern.finditer(sentence):
            before = (sentence[: match.start()], sentence[: match.start(1)])
            if not any(no.search(text) for no in (_AT_LEAST, _RANGE) for text in before):
                found.append(_number(match.group(1)))
    return list(dict.fromkeys(found))


def _design(sentence: str) -> list[str]:
    found: list[str] = []
    rest = sentence
    for name, words in _DESIGNS:
        if any(not _NEGATED.search(rest[: match.start()]) for match in words.finditer(rest)):
            found.append(name)
        rest = words.sub(" ", rest)
    return found


def _target(sentence: str) -> list[float]:
    found = []
    for match in _RATE.finditer(sentence):
        text = match.group(1)
        found.append(float(text.rstrip("% ")) / 100 if "%" in text else float(text))
    return found


def _reading(sentence: str) -> list[str]:
    told = any(read_levels(sentence, way) for way in WAYS)
    return ["per administration"] if told and _PER_ADMINISTRATION.search(sentence) else []


def _fraction_days(sentence: str) -> list[tuple[int, ...]]:
    """Days of a cycle on which its fractions are given."""
    found: list[tuple[int, ...]] = []
    if _SPLIT.search(sentence) and not _OTHER_VISIT.search(sentence):
        found += [(1, int(match[1])) for match in _FRACTION_DAYS.finditer(sentence) if int(match[1]) > 1]
    for match in _FRACTIONS_APART.finditer(sentence):
        found.append((1, 1 + _number(match[1]) * _DAYS[match[2].lower()]))
    return list(dict.fromkeys(found))


def _expansion(sentence: str) -> list[bool]:
    return (
        [True] if _EXPANSION.search(sentence) and re.search(r"RP2D|recommended|MTD|level", sentence) else []
    )


_READERS: Final[dict[str, Callable[[str], list[Any]]]] = {
    **{name: partial(read_levels, way=way) for way, name in LEVELS.items()},
    "fraction_days": _fraction_days,
    "lower_each_cycle_gbq": read_fall,
    "most_mbq": read_most,
    "cycle_days": _interval_days,
    "max_cycles": _max_cycles,
    "reading": _reading,
    "design": _design,
    "target": _target,
    "expansion": _expansion,
}
