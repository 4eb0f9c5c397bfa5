"""What changed between two versions of a registry record: values, and criteria that came or went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any, Final

from galu.exchange.registry.record import Arm, Intervention, Outcome, RegistryRecord
from galu.finding import InputError

#: Two criteria that share this part of their words are one that was reworded.
_ALIKE: Final = 0.6
_CRITERIA: Final = {"inclusion": "I", "exclusion": "E"}
_NO_FIELD: Final = frozenset({*_CRITERIA, "headings", "missing"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change; None before: it came, None after: it went. Criteria are told by their id."""

    place: str
    before: str | None
    after: str | None


def compare_records(old: RegistryRecord, new: RegistryRecord) -> tuple[Change, ...]:
    """Every change from one version of a record to another, fields first, then criteria.

    A criterion that only moved to another number is no change.

    Raises
    ------
    InputError
        When the records are of two studies.
    """
    if old.nct_id != new.nct_id:
        fault = f"is {new.nct_id}, the earlier record is {old.nct_id}"
        raise InputError("the later record", fault, "give two versions of one record")
    found: list[Change] = []
    for field in fields(RegistryRecord):
        if field.name not in _NO_FIELD:
            found += _changes(field.name, getattr(old, field.name), getattr(new, field.name))
    for polarity, letter in _CRITERIA.items():
        found += _criteria(letter, getattr(old, polarity), getattr(new, polarity))
    return tuple(found)


def _changes(name: str, before: Any, after: Any) -> list[Change]:
    if not isinstance(before, tuple) and not isinstance(after, tuple):
        return [] if before == after else [Change(name, _words(before), _words(after))]
    one, two = (dict(_named(rows or ())) for rows in (before, after))
    return [
        Change(f"{name}{place}", one.get(place), two.get(place))
        for place in dict.fromkeys((*one, *two))
        if one.get(place) != two.get(place)
    ]


def _words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _named(rows: Sequence[Any]) -> list[tuple[str, str | None]]:
    """Each value of a list by the name that tells it from the others."""
    found: list[tuple[str, str | None]] = []
    seen: Counter[str] = Counter()
    for row in rows:
        name, parts = _parts(row)
        seen[name] += 1
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        found += [(f"[{name}{again}]{part}", words) for part, words in parts if words is not None]
    return found


def _parts(row: Any) -> tuple[str, list[tuple[str, str | None]]]:
    if isinstance(row, Arm):
        given = ", ".join(row.interventions)
        return row.label, [("", row.label), (".type", row.type), (".description", row.description)] + (
            [(".interventions", given)] if given else []
        )
    if isinstance(row, Intervention):
        more = ", ".join(row.other_names) or None
        return row.name, [
            ("", row.name),
            (".type", row.type),
            (".description", row.description),
            (".other_names", more),
        ]
    if isinstance(row, Outcome):
        return row.measure, [
            ("", row.measure),
            (".time_frame", row.time_frame),
            (".description", row.description),
        ]
    if isinstance(row, tuple):
        return str(row[0]), [("", str(row[1]))]
    return str(row), [("", str(row))]


def _criteria(letter: str, old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """Criteria that came, went or were reworded; those that are word for word the same are set aside."""
    common = Counter(old) & Counter(new)
    left = [_apart(texts, common.copy()) for texts in (old, new)]
    ranked = sorted(
        (
            (-SequenceMatcher(None, one.split(), two.split(), autojunk=False).ratio(), this, that)
            for this, one in left[0]
            for that, two in left[1]
        ),
    )
    pairs: dict[int, int] = {}
    for score, this, that in ranked:
        if -score >= _ALIKE and this not in pairs and that not in pairs.values():
            pairs[this] = that
    found = []
    for this, text in left[0]:
        place = f"{letter}{this + 1}"
        if this in pairs:
            place += f" → {letter}{pairs[this] + 1}" if pairs[this] != this else ""
            found.append(Change(place, text, new[pairs[this]]))
        else:
            found.append(Change(place, text, None))
    came = [(that, text) for that, text in left[1] if that not in pairs.values()]
    return found + [Change(f"{letter}{that + 1}", None, text) for that, text in came]


def _apart(texts: Sequence[str], common: Counter[str]) -> list[tuple[int, str]]:
    found = []
    for here, text in enumerate(texts):
        if common[text] > 0:
            common[text] -= 1
        else:
            found.append((here, text))
    return found
