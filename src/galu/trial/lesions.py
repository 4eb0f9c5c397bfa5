"""Lesions wired to the record: measurements become responses, and are held against those collected.

One response is derived per subject and reader; readers are never mixed. A visit's day is the earliest
day of its images; a measurement whose day is only partly known takes that of its visit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from math import nan
from typing import Final

from galu.efficacy.parts import parents_of
from galu.efficacy.recist import Measurement, RecistRule, Role, State, VisitResponse, visit_responses
from galu.finding import InputError
from galu.record import Record, Row
from galu.record.disease import CollectedResponse, Lesion
from galu.record.disease import Measurement as Measured

#: Tests that hold the size RECIST sums, best first: the stated diameter, then axis by kind of lesion.
SIZES: Final = {False: ("DIAMETER", "LDIAM"), True: ("DIAMETER", "SAXIS", "LPERP")}
_MILLIMETRES: Final = {"mm": 1.0, "cm": 10.0}
#: Words of a collected tumour state to RECIST's; CDISC terminology TUMSTATE.
_STATES: Final[Mapping[str, State]] = {
    "ABSENT": "absent",
    "PRESENT": "present",
    "EQUIVOCAL": "equivocal",
    "TOO SMALL TO MEASURE": "too-small",
    "NOT EVALUABLE": "not-evaluable",
    "NOT ASSESSABLE": "not-evaluable",
    "NOT DONE": "not-evaluable",
    "UNEQUIVOCAL PROGRESSION": "progressed",
    "PROGRESSED": "progressed",
}


@dataclass(frozen=True, slots=True)
class ReaderResponses:
    """Responses of one subject as one reader saw the lesions; none with the reason.

    `left_out` says which lesions and measurements could not be used, and why.
    """

    subject: str
    reader: str
    targets_at_baseline: bool
    visits: tuple[VisitResponse, ...]
    reason: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseDifference:
    """A collected response that the measurements do not give."""

    subject: str
    reader: str
    visit: str
    test: str
    collected: str
    derived: str
    reason: str
    fact: str


def reader_of(row: Row[Lesion] | Row[Measured] | Row[CollectedResponse]) -> str:
    """Who read: the evaluator, and which of several; `reader` where the source names none."""
    return " ".join(part for part in (row.fact.evaluator, row.fact.reader) if part) or "reader"


def derive_responses(
    record: Record, first_dose: Mapping[str, date | None], rule: RecistRule
) -> tuple[ReaderResponses, ...]:
    """RECIST responses of every subject and reader, in their order."""
    lesions: dict[tuple[str, str], dict[str, Row[Lesion]]] = {}
    for row in record.rows(Lesion):
        own = lesions.setdefault((row.subject, reader_of(row)), {})
        own[row.fact.lesion] = _first_sight(own.get(row.fact.lesion), row)
    groups: dict[tuple[str, str], list[Row[Measured]]] = {}
    for size in record.rows(Measured):
        groups.setdefault((size.subject, reader_of(size)), []).append(size)
    found = []
    for (subject, reader), rows in sorted(groups.items()):
        known = _with_parts(_lesions_of(lesions, subject, reader), rows)
        targets = any(row.fact.role == "target" for row in known.values())
        start = first_dose.get(subject)
        try:
            sized = _measurements(rows, known)
            seen, unseen = _unmeasured(known, rows, sized, start)
            told = (*_unused(rows, known), *unseen)
            visits = visit_responses((*sized, *seen), rule, start)
            found.append(ReaderResponses(subject, reader, targets, visits, left_out=told))
        except InputError as error:
            found.append(ReaderResponses(subject, reader, targets, (), str(error), _unused(rows, known)))
    return tuple(found)


def _first_sight(known: Row[Lesion] | None, row: Row[Lesion]) -> Row[Lesion]:
    """Of several facts about a lesion the newest; of a new lesion the one that saw it first."""
    if known is None or row.fact.role != "new" or known.fact.role != "new":
        return row
    return min(known, row, key=lambda one: (one.day is None, one.day or date.max))


def _lesions_of(
    lesions: Mapping[tuple[str, str], dict[str, Row[Lesion]]], subject: str, reader: str
) -> dict[str, Row[Lesion]]:
    """Lesions that a reader listed; of a subject whose lesions one list has, that list, whoever is named."""
    own = lesions.get((subject, reader))
    if own is not None:
        return own
    lists = [listed for (name, _), listed in lesions.items() if name == subject]
    return lists[0] if len(lists) == 1 else {}


def _with_parts(lesions: Mapping[str, Row[Lesion]], rows: Iterable[Row[Measured]]) -> dict[str, Row[Lesion]]:
    """The lesions, and those that are measured as a part of one or as several grown together."""
    found = dict(lesions)
    for name in {row.fact.lesion for row in rows} - found.keys():
        above = parents_of(name, lesions)
        if above:
            found[name] = _named(lesions[above[0]], name)
    return found


def _named(row: Row[Lesion], name: str) -> Row[Lesion]:
    return row._replace(fact=row.fact.model_copy(update={"lesion": name}))


def _unmeasured(
    lesions: Mapping[str, Row[Lesion]],
    rows: Iterable[Row[Measured]],
    sized: Sequence[Measurement],
    start: date | None,
) -> tuple[tuple[Measurement, ...], tuple[str, ...]]:
    """New lesions before their first measurement, each present from its own fact on; and those left out.

    One belongs to the visit that its fact names or that has an image of its day, else it is a visit.
    """
    measured = _first_measured(rows)
    visits = {(item.lesion, item.visit) for item in sized}
    labels = {item.day: item.visit for item in sized} | {item.visit: item.visit for item in sized}
    first = start or min((item.day for item in sized), default=None)
    found, told = [], []
    for name, row in lesions.items():
        day = row.day
        if row.fact.role != "new" or (name in measured and (day is None or day >= measured[name])):
            continue
        if day is None:
            told.append(f"new lesion {name}: its day is known only as {row.fact.on}")
        elif first is None or day <= first:
            told.append(f"new lesion {name} of {day}: not after the baseline")
        else:
            visit = labels.get(row.fact.visit or "") or labels.get(day) or row.fact.visit or str(day)
            if (name, visit) in visits:
                continue
            site, nodal = row.fact.site or "", bool(row.fact.nodal)
            found.append(Measurement(name, day, visit, None, "present", "new", nodal, site, row.id))
    return tuple(found), tuple(told)


def _first_measured(rows: Iterable[Row[Measured]]) -> dict[str, date]:
    """Day on which each lesion was first measured or judged, on the first day there is where unknown."""
    found: dict[str, date] = {}
    for row in rows:
        day = row.day or date.min
        found[row.fact.lesion] = min(day, found.get(row.fact.lesion, day))
    return found


def _unused(rows: Iterable[Row[Measured]], lesions: Mapping[str, Row[Lesion]]) -> tuple[str, ...]:
    """Measurements of lesions that nobody listed, and visits without any day."""
    kept = tuple(rows)
    told = dict.fromkeys(
        f"{row.fact.lesion} is measured but no lesion" for row in kept if row.fact.lesion not in lesions
    )
    dated = {row.fact.visit or str(row.fact.on)[:10] for row in kept if row.day is not None}
    for row in kept:
        label = row.fact.visit or str(row.fact.on)[:10]
        if label not in dated:
            told[f"visit {label}: its day is known only as {row.fact.on}"] = None
    return tuple(told)


def _measurements(
    rows: Iterable[Row[Measured]], lesions: Mapping[str, Row[Lesion]]
) -> tuple[Measurement, ...]:
    """One measurement per lesion and visit, from the rows that describe it; of two on one day the later."""
    labels: dict[str, list[Row[Measured]]] = {}
    for row in rows:
        labels.setdefault(row.fact.visit or str(row.fact.on)[:10], []).append(row)
    found = []
    for label, all_of_it in labels.items():
        for visit, own in _visits(label, all_of_it):
            day = min((row.day for row in own if row.day is not None), default=None)
            tests: dict[str, dict[str, Row[Measured]]] = {}
            for row in own:
                tests.setdefault(row.fact.lesion, {})[row.fact.test.upper()] = row
            for name, described in tests.items():
                if day is not None and name in lesions:
                    found.append(_measurement(visit, day, described, lesions[name]))
    return tuple(item for item in found if item is not None)


def _visits(label: str, rows: Sequence[Row[Measured]]) -> list[tuple[str, list[Row[Measured]]]]:
    """Rows of one visit's name, in more than one part where a lesion was measured again on another day.

    A name such as UNSCHEDULED may serve twice; each part after the first has its day in its name.
    """
    days: dict[tuple[str, str], set[date]] = {}
    for row in rows:
        if row.day is not None:
            days.setdefault((row.fact.lesion, row.fact.test), set()).add(row.day)
    repeats = [sorted(seen) for seen in days.values()]
    parts = max((len(seen) for seen in repeats), default=1)
    starts = [min(seen[n] for seen in repeats if len(seen) > n) for n in range(1, parts)]
    split: list[list[Row[Measured]]] = [[] for _ in range(parts)]
    for row in rows:
        split[0 if row.day is None else bisect_right(starts, row.day)].append(row)
    names = [label, *(f"{label} ({start})" for start in starts)]
    return list(zip(names, split, strict=True))


def _measurement(
    visit: str, day: date, tests: Mapping[str, Row[Measured]], lesion: Row[Lesion]
) -> Measurement | None:
    if lesion.fact.role == "bone":
        return None
    role: Role = lesion.fact.role
    nodal = bool(lesion.fact.nodal)
    sized = next((tests[test] for test in SIZES[nodal] if test in tests), None)
    shown = next((row for row in tests.values() if row.fact.state), None)
    row = sized or shown
    if row is None:
        return None
    value = None if sized is None else _millimetres(sized, visit)
    state = _state(role, value, shown)
    return Measurement(
        lesion.fact.lesion, day, visit, value, state, role, nodal, lesion.fact.site or "", row.id
    )


def _millimetres(row: Row[Measured], visit: str) -> float | None:
    """Size [mm]; a size without a unit is in RECIST's own, mm."""
    factor = _MILLIMETRES.get((row.fact.unit or "mm").lower())
    if row.fact.value is None:
        return None
    if factor is None:
        place = f"lesion {row.fact.lesion}, {visit}"
        raise InputError(place, f"`{row.fact.unit}` is no unit of length here", "give mm or cm")
    return factor * float(row.fact.value)


def _state(role: Role, value: float | None, shown: Row[Measured] | None) -> State:
    word = "" if shown is None else str(shown.fact.state).upper()
    if word == "UNEQUIVOCAL":
        return "present" if role == "new" else "progressed"
    named = next((state for known, state in _STATES.items() if word.startswith(known)), None)
    if value is not None:
        return named if named == "too-small" else "measured"
    return named or "not-evaluable"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two readers' overall responses agree over the visits that both judged.

    `kappa` (Cohen) is the agreement beyond chance; NaN where chance alone would give all of it.
    `visits` counts each pair of answers, first reader's first.
    """

    readers: tuple[str, str]
    visits: tuple[tuple[str, str, int], ...]
    n: int
    agreement: float
    kappa: float


def reader_agreement(responses: Iterable[ReaderResponses]) -> tuple[Agreement, ...]:
    """Agreement on the overall response per visit, of every pair of readers with a visit in common.

    Kappa: Cohen, Educ Psychol Meas 1960;20:37.
    """
    by_reader: dict[str, dict[tuple[str, str], str]] = {}
    for one in responses:
        own = by_reader.setdefault(one.reader, {})
        own.update({(one.subject, visit.visit): visit.overall for visit in one.visits})
    found = (_agreement(pair, by_reader) for pair in combinations(sorted(by_reader), 2))
    return tuple(one for one in found if one.n)


def _agreement(readers: tuple[str, str], answers: Mapping[str, Mapping[tuple[str, str], str]]) -> Agreement:
    first, second = (answers[reader] for reader in readers)
    pairs = Counter((first[key], second[key]) for key in first.keys() & second.keys())
    n = pairs.total()
    if not n:
        return Agreement(readers, (), 0, nan, nan)
    rows, columns = Counter[str](), Counter[str]()
    for (one, other), count in pairs.items():
        rows[one] += count
        columns[other] += count
    same = sum(count for (one, other), count in pairs.items() if one == other) / n
    chance = sum(rows[answer] * columns[answer] for answer in rows) / n**2
    kappa = (same - chance) / (1.0 - chance) if chance < 1.0 else nan
    table = tuple((one, other, count) for (one, other), count in sorted(pairs.items()))
    return Agreement(readers, table, n, same, kappa)


#: Collected test to the part of a visit's response it states.
_PARTS: Final = {"TRGRESP": "target", "NTRGRESP": "non_target", "OVRLRESP": "overall"}
VisitKey = tuple[str, str, str]


def collected_responses(
    record: Record, responses: Iterable[ReaderResponses]
) -> dict[VisitKey, dict[str, Row[CollectedResponse]]]:
    """Responses as collected, by subject, reader and derived visit, then by test.

    Of several visits of one name the nearest in time is meant.
    """
    derived: dict[VisitKey, list[VisitResponse]] = {}
    for one in responses:
        for visit in one.visits:
            label = visit.visit.removesuffix(f" ({visit.day})")
            derived.setdefault((one.subject, one.reader, label), []).append(visit)
    found: dict[VisitKey, dict[str, Row[CollectedResponse]]] = {}
    for row in record.rows(CollectedResponse):
        subject, reader, day = row.subject, reader_of(row), row.day
        near = derived.get((subject, reader, row.fact.visit or str(row.fact.on)[:10]))
        if near and row.fact.test in _PARTS:
            visit = min(near, key=lambda one: abs((one.day - (day or one.day)).days))
            found.setdefault((subject, reader, visit.visit), {})[row.fact.test] = row
    return found


def differences(record: Record, responses: Iterable[ReaderResponses]) -> tuple[ResponseDifference, ...]:
    """Collected responses that recomputation from the measurements does not give."""
    given = tuple(responses)
    derived = {(one.subject, one.reader, visit.visit): visit for one in given for visit in one.visits}
    found = []
    for key, tests in collected_responses(record, given).items():
        for test, row in tests.items():
            value = getattr(derived[key], _PARTS[test])
            said = row.fact.value
            if value is not None and said is not None and value != said:
                reason = derived[key].reason
                found.append(ResponseDifference(*key, test, said, value, reason, row.id))
    return tuple(found)
